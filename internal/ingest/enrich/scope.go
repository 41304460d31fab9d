// SPDX-License-Identifier: Apache-2.0

package enrich

import "net/netip"

// scopeOf names the range that an address lies in, where it is none of the public
// internet (IANA's registries of special-purpose addresses, RFC 6890): nothing is
// known of where such an address is. "" for all others.
func scopeOf(a netip.Addr) string {
	switch {
	case a.IsLoopback():
		return "loopback"
	case a.IsUnspecified():
		return "unspecified"
	case a.IsPrivate():
		return "private"
	case a.IsLinkLocalUnicast():
		return "link_local"
	case a.IsMulticast():
		return "multicast"
	}
	for _, r := range [...]struct{ network, scope string }{
		{"100.64.0.0/10", "shared"},
		{"192.0.2.0/24", "documentation"},
		{"198.51.100.0/24", "documentation"},
		{"203.0.113.0/24", "documentation"},
		{"2001:db8::/32", "documentation"},
		{"3fff::/20", "documentation"},
		{"198.18.0.0/15", "benchmarking"},
		{"2001:2::/48", "benchmarking"},
		{"0.0.0.0/8", "reserved"},
		{"192.0.0.0/24", "reserved"},
		{"240.0.0.0/4", "reserved"},
		{"100::/64", "reserved"},
	} {
		if netip.MustParsePrefix(r.network).Contains(a) {
			return r.scope
		}
	}
	return ""
}
