// SPDX-License-Identifier: Apache-2.0

package state

import (
	"bytes"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/tocsin-siem/tocsin/internal/face/auth"
)

// TestDamagedDatabaseIsRefused damages a database in many ways: it is refused with
// a word about what to do, and left as it is.
func TestDamagedDatabaseIsRefused(t *testing.T) {
	t.Parallel()
	whole := t.TempDir()
	s := openState(t, whole)
	for i := range 200 { // some pages of rows
		u := auth.User{ID: fmt.Sprint("u", i), Name: fmt.Sprint("name", i), PasswordHash: strings.Repeat("x", 300), Role: auth.Viewer, Created: time.Unix(1, 0)}
		if err := s.CreateUser(t.Context(), u); err != nil {
			t.Fatal(err)
		}
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	good, err := os.ReadFile(filepath.Join(whole, fileName))
	if err != nil || len(good) < 20*4096 {
		t.Fatalf("%d bytes, %v", len(good), err)
	}
	garbage := bytes.Repeat([]byte{0x5a, 0x00, 0xff, 0x13}, 3*1024)
	over := func(at int, with []byte) []byte {
		b := bytes.Clone(good)
		copy(b[at:], with)
		return b
	}
	for name, raw := range map[string][]byte{
		"zeroed head":        over(0, make([]byte, 100)),
		"garbage in tables":  over(4096, garbage),
		"garbage at the end": over(len(good)-len(garbage), garbage),
		"cut":                good[:6000],
		"cut by a page":      good[:len(good)-4096],
		"another file":       bytes.Repeat([]byte("not a database\n"), 2000),
	} {
		dir := t.TempDir()
		path := filepath.Join(dir, fileName)
		if err := os.WriteFile(path, raw, 0o600); err != nil {
			t.Fatal(err)
		}
		broken, err := Open(t.Context(), dir, slog.New(slog.DiscardHandler))
		if err == nil {
			_ = broken.Close()
		}
		if !errors.Is(err, ErrDamaged) || !strings.Contains(err.Error(), "backup") || !strings.Contains(err.Error(), path) {
			t.Errorf("%s: %v, want ErrDamaged with the file's name and what to do", name, err)
		}
		if now, err := os.ReadFile(path); err != nil || !bytes.Equal(now, raw) {
			t.Errorf("%s: the damaged file was changed (%v)", name, err)
		}
	}
}
