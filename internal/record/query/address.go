// SPDX-License-Identifier: Apache-2.0

package query

import (
	"net/netip"
	"strings"
)

// Address is an address or a network; or a pattern for the address's text.
type Address struct {
	network netip.Prefix
	pattern *Pattern
}

// Single returns the only address that a matches; ok is false when there are
// others.
func (a *Address) Single() (addr netip.Addr, ok bool) {
	return a.network.Addr(), a.pattern == nil && a.network.IsSingleIP()
}

// matchIP tells whether a text is an address of one of them, or there is none.
func matchIP[T string | []byte](wanted []Address, text T) bool {
	if len(wanted) == 0 {
		return true
	}
	if len(text) == 0 {
		return false
	}
	addr, known := parseAddr(text)
	for i := range wanted {
		switch a := &wanted[i]; {
		case a.pattern != nil:
			if match(*a.pattern, text) {
				return true
			}
		case known && a.network.Contains(addr):
			return true
		}
	}
	return false
}

// parseAddr reads an address as netip.ParseAddr does, without its zone and as
// IPv4 where it is one in IPv6. It makes no garbage for IPv4.
func parseAddr[T string | []byte](text T) (netip.Addr, bool) {
	var four [4]byte
	part, digits, good := 0, 0, true
	for i := range len(text) {
		switch c := text[i]; {
		case c == ':':
			addr, err := netip.ParseAddr(string(text))
			return addr.Unmap().WithZone(""), err == nil
		case '0' <= c && c <= '9':
			value := int(four[part])*10 + int(c-'0')
			good = good && value <= 255 && (digits == 0 || value >= 10)
			four[part] = byte(value & 0xff)
			digits++
		case c == '.' && part < 3:
			good = good && digits > 0
			part, digits = part+1, 0
		default:
			good = false
		}
	}
	return netip.AddrFrom4(four), good && part == 3 && digits > 0
}

func addresses(values []string) ([]Address, error) {
	if err := checkValues("ip", values); err != nil {
		return nil, err
	}
	var out []Address
	for _, v := range values {
		if strings.Contains(v, "*") {
			p := NewPattern(v)
			out = append(out, Address{pattern: &p})
			continue
		}
		if addr, ok := parseAddr(v); ok {
			out = append(out, Address{network: netip.PrefixFrom(addr, addr.BitLen())})
			continue
		}
		network, err := netip.ParsePrefix(v)
		if err != nil {
			return nil, fieldErrorf("ip", "%.60q is neither an address nor a network such as 192.0.2.0/24", v)
		}
		if network.Addr().Is4In6() && network.Bits() >= 96 {
			network = netip.PrefixFrom(network.Addr().Unmap(), network.Bits()-96)
		}
		out = append(out, Address{network: network.Masked()})
	}
	return out, nil
}
