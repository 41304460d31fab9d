// SPDX-License-Identifier: Apache-2.0

package proof

import "testing"

func TestABundleNamesTheKeyThatItTakes(t *testing.T) {
	t.Parallel()
	const other = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW"
	for _, c := range []struct {
		origin  string
		trusted []string
		want    string
	}{
		{"siem.example/abcdefgh", []string{other, other}, "; it takes the public key of siem.example/abcdefgh, and the keys that were given are of PeterNeumann"},
		{"PeterNeumann", []string{other}, ""}, // another key of that name: the name is no help
	} {
		if got := wantedKey(&BundleHead{Origin: c.origin}, c.trusted); got != c.want {
			t.Errorf("%s: %q, want %q", c.origin, got, c.want)
		}
	}
}
