// SPDX-License-Identifier: Apache-2.0

package segment

import (
	"fmt"
	"net/netip"
	"testing"
)

// TestAddressOf reads what net/netip reads.
func TestAddressOf(t *testing.T) {
	t.Parallel()
	texts := []string{
		"", ".", "1", "1.2.3", "1.2.3.4", "01.2.3.4", "1.2.3.04", "1.2.3.0", "0.0.0.0", "255.255.255.255", "256.1.1.1", "1.2.3.4.5", "1.2.3.4.", ".1.2.3",
		"1..2.3", "1.2.3.4 ", "1.2.3.1000", "::1", "2001:DB8::1", "::ffff:192.0.2.7", "fe80::1%eth0", "fe80::1%", "dead:beef", "a.b:c", "::", "abc::", "host", "1.2.3.4:80",
	}
	for i := range 300 {
		texts = append(texts, fmt.Sprintf("%d.%d.%d.%d", i, i*7%260, i*13%260, i*31%260))
	}
	for _, text := range texts {
		want, err := netip.ParseAddr(text)
		got, ok := addressOf([]byte(text))
		if ok != (err == nil) || ok && got != want.Unmap().WithZone("") {
			t.Errorf("%q: %v %v, want %v %v", text, got, ok, want, err)
		}
	}
}

// TestHashOfAPart: a hash depends on its bytes, not on what lies around them.
func TestHashOfAPart(t *testing.T) {
	t.Parallel()
	text := []byte("The Quick Brown Fox Jumps Over The Lazy Dog")
	for from := range text {
		for to := from; to <= len(text); to++ {
			alone := append([]byte(nil), text[from:to]...)
			if hashFolded(ofWord, text, from, to) != hashAll(ofWord, alone) {
				t.Fatalf("%q hashes otherwise on its own", alone)
			}
		}
	}
}
