// SPDX-License-Identifier: Apache-2.0

package enrich

import (
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"net/netip"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/tocsin-siem/tocsin/internal/core/event"
)

// What stands before the columns of the list: for the host where something happened,
// and for the address that did it.
const (
	assetPrefix        = "asset."
	addressAssetPrefix = "ip_asset."
)

// The bounds of the list.
const (
	maxAssets      = 100_000
	maxAssetCols   = 16
	maxAssetCell   = 256
	maxAssetsBytes = 32 << 20
)

// assets is the user's list of hosts and networks.
type assets struct {
	hosts    map[string][]event.Attr // by name, lower case
	networks map[netip.Prefix][]event.Attr
	bits     []int // the lengths of networks, longest first
}

// readAssets reads the list: CSV with a head. The first column, match, is a host's
// name, an address or a network; each other is told of what matches, tags as a list
// (words separated by blanks or semicolons).
func readAssets(in io.Reader) (*assets, error) {
	r := csv.NewReader(in)
	r.ReuseRecord, r.TrimLeadingSpace = true, true
	r.Comment = '#'
	head, err := r.Read()
	if err != nil {
		return nil, fmt.Errorf("line 1: %w", unexpected(err))
	}
	columns, err := assetColumns(head)
	if err != nil {
		return nil, err
	}
	list := &assets{hosts: map[string][]event.Attr{}, networks: map[netip.Prefix][]event.Attr{}}
	for n := 0; ; n++ {
		row, err := r.Read()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return nil, err // names the line
		}
		line, _ := r.FieldPos(0)
		if n == maxAssets {
			return nil, fmt.Errorf("line %d: more than %d assets", line, maxAssets)
		}
		if err := list.add(columns, row); err != nil {
			return nil, fmt.Errorf("line %d: %w", line, err)
		}
	}
	for p := range list.networks {
		if !slices.Contains(list.bits, p.Bits()) {
			list.bits = append(list.bits, p.Bits())
		}
	}
	slices.Sort(list.bits)
	slices.Reverse(list.bits)
	return list, nil
}

func unexpected(err error) error {
	if errors.Is(err, io.EOF) {
		return errors.New("no head: want match and the names of columns")
	}
	return err
}

// assetColumns checks the head and returns the names behind match.
func assetColumns(head []string) ([]string, error) {
	if len(head) == 0 || strings.TrimPrefix(head[0], "\ufeff") != "match" {
		return nil, errors.New("line 1: the first column must be match")
	}
	if len(head) > maxAssetCols {
		return nil, fmt.Errorf("line 1: %d columns, at most %d are allowed", len(head), maxAssetCols)
	}
	names := slices.Clone(head[1:])
	for i, name := range names {
		if name == "" || len(name) > 64 || strings.Trim(name, "abcdefghijklmnopqrstuvwxyz0123456789_") != "" {
			return nil, fmt.Errorf("line 1: column %d: %.64q: want a name of a-z, 0-9 and _", i+2, name)
		}
		if slices.Contains(names[:i], name) {
			return nil, fmt.Errorf("line 1: column %d: %s: twice", i+2, name)
		}
	}
	return names, nil
}

// add takes one row. A host or network that is there already is an error: which of
// the two counts would be a guess.
func (l *assets) add(columns, row []string) error {
	var attrs []event.Attr
	for i, cell := range row[1:] {
		cell = strings.TrimSpace(cell)
		switch {
		case cell == "":
			continue
		case len(cell) > maxAssetCell:
			return fmt.Errorf("%s: %d bytes, at most %d are allowed", columns[i], len(cell), maxAssetCell)
		case !utf8.ValidString(cell):
			return fmt.Errorf("%s: not UTF-8", columns[i])
		}
		v := event.Text(strings.Clone(cell))
		if columns[i] == "tags" {
			v = event.Texts(strings.FieldsFunc(v.Text, func(c rune) bool { return c == ' ' || c == ';' })...)
		}
		attrs = append(attrs, event.Attr{Key: columns[i], Value: v})
	}
	match := strings.TrimSpace(row[0])
	if match == "" || len(match) > maxAssetCell || !utf8.ValidString(match) {
		return errors.New("match: want a host's name, an address or a network")
	}
	network, err := netip.ParsePrefix(match)
	if addr, e := netip.ParseAddr(match); e == nil {
		addr = addr.Unmap()
		network, err = netip.PrefixFrom(addr, addr.BitLen()), nil
	}
	if err != nil {
		if strings.Contains(match, "/") {
			return fmt.Errorf("match: %.80q is no network", match)
		}
		match = strings.ToLower(match)
		if _, twice := l.hosts[match]; twice {
			return fmt.Errorf("match: %.80s: twice", match)
		}
		l.hosts[strings.Clone(match)] = prefixed(assetPrefix, attrs)
		return nil
	}
	network = network.Masked()
	if _, twice := l.networks[network]; twice {
		return fmt.Errorf("match: %s: twice", network)
	}
	l.networks[network] = attrs
	return nil
}

func prefixed(prefix string, attrs []event.Attr) []event.Attr {
	out := make([]event.Attr, len(attrs))
	for i, a := range attrs {
		out[i] = event.Attr{Key: prefix + a.Key, Value: a.Value}
	}
	return out
}

// ofHost adds what the list says of a host: by its name, else by the first part of
// it, else by its address.
func (l *assets) ofHost(host string, more []event.Attr) []event.Attr {
	host = strings.ToLower(host)
	attrs, ok := l.hosts[host]
	if !ok {
		if short, _, dotted := strings.Cut(host, "."); dotted {
			attrs, ok = l.hosts[short]
		}
	}
	if !ok {
		if addr, err := netip.ParseAddr(host); err == nil {
			return append(more, prefixed(assetPrefix, l.network(addr.Unmap().WithZone("")))...)
		}
	}
	return append(more, attrs...)
}

// ofAddress adds what the list says of an address, by the narrowest network.
func (l *assets) ofAddress(addr netip.Addr, more []event.Attr) []event.Attr {
	return append(more, prefixed(addressAssetPrefix, l.network(addr))...)
}

func (l *assets) network(addr netip.Addr) []event.Attr {
	for _, bits := range l.bits {
		if p, err := addr.Prefix(bits); err == nil {
			if attrs, ok := l.networks[p]; ok {
				return attrs
			}
		}
	}
	return nil
}
