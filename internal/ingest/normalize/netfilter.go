// SPDX-License-Identifier: Apache-2.0

package normalize

import (
	"strings"

	"github.com/tocsin-siem/tocsin/internal/core/event"
)

// parseNetfilter reads what Linux's packet filter logs (kernel,
// net/netfilter/nf_log_syslog.c), whoever set the rule: iptables, nftables, UFW, firewalld,
// Shorewall.
//
//	[UFW BLOCK] IN=eth0 OUT= MAC=… SRC=192.0.2.1 DST=192.0.2.2 LEN=40 … PROTO=TCP SPT=42772 DPT=22 … SYN URGP=0
//
// What stands before IN= is the rule's own prefix; its words tell what became of the packet.
func parseNetfilter(l *line, body string) bool {
	out := strings.Index(body, " OUT=")
	if out < 0 || !strings.Contains(body[out:], " SRC=") || !strings.Contains(body[out:], " DST=") {
		return false
	}
	in := strings.LastIndex(body[:out], "IN=")
	if in < 0 || strings.IndexByte(body[in:out], ' ') >= 0 || in > 256 {
		return false
	}
	prefix := strings.Trim(body[:in], " []:")
	l.apart()
	l.packet(body[in:])
	if prefix != "" {
		l.text("prefix", prefix)
		l.e.SetCore(event.FieldAction, prefix)
	}
	category, o := filterVerdict(prefix)
	l.is(category, o, event.Info)
	l.together()
	return true
}

// packet reads the fields. Those of the packet that an ICMP error quotes stand in brackets
// and are kept as one text.
func (l *line) packet(s string) {
	var flags []string
	for n := 0; s != "" && n < maxPairs; n++ {
		if strings.HasPrefix(s, "[") {
			quoted, rest, _ := strings.Cut(s[1:], "]")
			l.text("quoted_packet", quoted)
			s = strings.TrimLeft(rest, " ")
			continue
		}
		word, rest := cutWord(s)
		s = rest
		key, value, ok := strings.Cut(word, "=")
		switch {
		case word == "":
		case !ok || !isKey(key):
			flags = append(flags, word)
		case l.find(filterName(key)) >= 0:
			l.more(filterName(key), pairValue(value)) // UDP has a LEN of its own
		default:
			l.filterField(key, value)
		}
	}
	if s != "" {
		flags = append(flags, s)
	}
	if len(flags) > 0 {
		l.text("flags", strings.Join(flags, " "))
	}
}

// filterName is the attribute of a field, its own name where there is no better one.
func filterName(key string) string {
	switch key {
	case "IN":
		return "interface.in"
	case "OUT":
		return "interface.out"
	case "DST":
		return "destination.ip"
	case "SPT":
		return "source.port"
	case "DPT":
		return "destination.port"
	case "PROTO":
		return "network.transport"
	default:
		return key
	}
}

func (l *line) filterField(key, value string) {
	switch key {
	case "SRC":
		if ip, _, ok := parseAddress(value); ok && l.e.IP == "" {
			l.e.IP = ip
			return
		}
	case "DST":
		if ip, _, ok := parseAddress(value); ok {
			value = ip
		}
	case "PROTO":
		l.text(filterName(key), strings.ToLower(value))
		return
	case "IN", "OUT":
		if value == "" {
			return
		}
	}
	l.pair(filterName(key), value)
}

// filterVerdict says by a rule's prefix what became of the packet.
func filterVerdict(prefix string) (category string, o event.Outcome) {
	var buf [160]byte
	s := lower(prefix, &buf)
	for _, word := range [...]string{"block", "drop", "deny", "denied", "reject", "refuse"} {
		if strings.Contains(s, word) {
			return "firewall_blocked", event.Failure
		}
	}
	for _, word := range [...]string{"allow", "accept", "permit", "-acc-"} {
		if strings.Contains(s, word) {
			return "firewall_allowed", event.Success
		}
	}
	return "firewall_event", event.OutcomeAbsent
}
