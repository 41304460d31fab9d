// SPDX-License-Identifier: Apache-2.0

package normalize

import (
	"strings"
	"testing"

	"github.com/tocsin-siem/tocsin/internal/core/event"
)

// TestRename: a new name never takes the place of another attribute, of one that is
// there or of one that gets the same name.
func TestRename(t *testing.T) {
	t.Parallel()
	e := &event.Event{}
	for _, key := range []string{"a.x", "a.y", "b.x", "b.a.x", "y", "z", "b.z z", "b.zz", "a."} {
		e.SetAttr(key, event.Text(key))
	}
	d := &document{e: e}
	d.rename(func(key string) string {
		_, rest, _ := strings.Cut(key, ".")
		return strings.ReplaceAll(rest, " ", "")
	})
	var got []string
	for i, a := range e.Attrs {
		got = append(got, a.Key+"="+a.Value.Text)
		if i > 0 && e.Attrs[i-1].Key >= a.Key {
			t.Errorf("%s stands behind %s", a.Key, e.Attrs[i-1].Key)
		}
	}
	// b.a.x would be a.x, which is there; a.y would be y; of a.x and b.x the first is x.
	want := "a.=a. a.y=a.y b.a.x=b.a.x b.x=b.x b.zz=b.zz x=a.x y=y z=z zz=b.z z"
	if s := strings.Join(got, " "); s != want {
		t.Errorf("\n got %s\nwant %s", s, want)
	}
}
