// SPDX-License-Identifier: Apache-2.0

package segment

import (
	"bytes"
	"encoding/binary"
	"runtime"
	"strings"
	"testing"

	"github.com/tocsin-siem/tocsin/internal/core/event"
)

// TestHostileValues: rows that no Writer wrote.
func TestHostileValues(t *testing.T) {
	t.Parallel()
	f := func(name string, ok bool, row string, state State) {
		t.Helper()
		if v, got := AttrValue(row, state); got != ok {
			t.Errorf("%s: %v, believed %v, want %v", name, v, got, ok)
		}
		AttrTexts(row, func(string) bool { return true })
	}
	f("text", true, "\x05text", Present)
	f("empty number", true, "\x04", Present)
	f("true", true, "\x03", Present)
	f("nothing", false, "", Present)
	f("absent", true, "", Absent)
	f("blank", true, "", Blank)
	f("null", true, "", Null)
	f("null with a text", false, "\x01", Null)
	f("true with a text", false, "\x03x", Present)
	f("list", true, "\x06\x02\x05\x01x\x01", Present)
	f("empty list", true, "\x06\x00", Present)
	f("list without a count", false, "\x06", Present)
	f("list of too few", false, "\x06\x02\x01", Present)
	f("list and more", false, "\x06\x01\x01\x01", Present)
	f("long text in a list", false, "\x06\x01\x05\x09x", Present)
	f("deepest", true, strings.Repeat("\x06\x01", maxDepth)+"\x01", Present)
	f("too deep", false, strings.Repeat("\x06\x01", maxDepth+1)+"\x01", Present)
	f("too long a list", false, "\x06"+string(binary.AppendUvarint(nil, maxRow))+strings.Repeat("\x01", maxRow), Present)
}

// TestListsClaimNoMemory: a list that says it has as many members as bytes are
// left, in a list that says the same, is no reason to make room for all of them.
func TestListsClaimNoMemory(t *testing.T) { // not parallel: it counts what the process allocates
	row := bytes.Repeat([]byte{byte(event.KindList), 0xff, 0xff, 0x07}, maxDepth) // 131,071 members each
	row = append(row, make([]byte, 140_000)...)                                   // the innermost list has its members
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	if _, ok := AttrValue(string(row), Present); ok {
		t.Fatal("members that are missing were believed")
	}
	runtime.ReadMemStats(&after)
	if n := after.TotalAlloc - before.TotalAlloc; n > 60<<20 {
		t.Errorf("%d MiB for %d bytes", n>>20, len(row))
	}
}
