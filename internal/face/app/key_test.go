// SPDX-License-Identifier: Apache-2.0

package app_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/tocsin-siem/tocsin/internal/face/app"
	"github.com/tocsin-siem/tocsin/internal/ground/keyring"
	"github.com/tocsin-siem/tocsin/internal/record/proof"
)

// started is a data folder that a server was run over.
func started(t *testing.T) (dir string) {
	t.Helper()
	dir = t.TempDir()
	start(t, options(t, dir)).stop()
	return dir
}

// publicKeys are those of a purpose, the oldest first.
func publicKeys(k app.Keys, purpose string) (vkeys []string) {
	for _, s := range k.Signing {
		if s.Purpose == purpose {
			vkeys = append(vkeys, s.VerifierKey)
		}
	}
	return vkeys
}

// TestStrangersFollowARotation: who has only the first public key comes to the
// current one by the statements that the rotations have left, as package proof
// reads them.
func TestStrangersFollowARotation(t *testing.T) {
	t.Parallel()
	dir := started(t)
	var keys app.Keys
	for range 3 {
		var err error
		if keys, _, err = app.RotateKeys(dir, options(t, dir), false); err != nil {
			t.Fatal(err)
		}
	}
	ring, findings := keyring.Inspect(keyring.Options{Dir: filepath.Join(dir, "keys")})
	if len(findings) != 0 || len(ring.Statements()) != 6 {
		t.Fatalf("findings %v, %d statements", findings, len(ring.Statements()))
	}
	for _, purpose := range []string{proof.PurposeCheckpoint, proof.PurposeReceipt} {
		want := publicKeys(keys, purpose)
		if len(want) != 4 {
			t.Fatalf("%s: %d keys", purpose, len(want))
		}
		chain, err := proof.Chain(want[:1], ring.Statements())
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(want, chain.Keys()); diff != "" {
			t.Errorf("%s (-want +got):\n%s", purpose, diff)
		}
		without, err := proof.Chain(want[:1], ring.Statements()[4:])
		if err != nil || len(without.Keys()) != 1 {
			t.Errorf("%s: without the statements between, %d keys (%v)", purpose, len(without.Keys()), err)
		}
	}
}

// TestReadKeysWritesNothing and tells the same as the command that made them.
func TestReadKeysWritesNothing(t *testing.T) {
	t.Parallel()
	dir := started(t)
	made, _, err := app.RotateKeys(dir, options(t, dir), false)
	if err != nil {
		t.Fatal(err)
	}
	before := snapshot(t, dir)
	read, err := app.ReadKeys(dir)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(made, read); diff != "" {
		t.Errorf("keys (-made +read):\n%s", diff)
	}
	if diff := cmp.Diff(before, snapshot(t, dir)); diff != "" {
		t.Errorf("the folder was changed:\n%s", diff)
	}
}

// TestAnchorsGoAway from the data folder, whatever their path is called.
func TestAnchorsGoAway(t *testing.T) {
	t.Parallel()
	dir := started(t)
	link := filepath.Join(t.TempDir(), "link")
	if err := os.Symlink(filepath.Join(dir, "state"), link); err != nil {
		t.Fatal(err)
	}
	before := snapshot(t, filepath.Join(dir, "keys"))
	for _, inside := range []string{
		filepath.Join(dir, "anchors"),
		filepath.Join(dir, "keys", "copy", "anchors"),
		filepath.Join(dir, "keys", "..", "anchors"),
		filepath.Join(link, "anchors"),
	} {
		if _, err := app.ExportAnchors(dir, inside, options(t, dir)); err == nil || !strings.Contains(err.Error(), "inside the data folder") {
			t.Errorf("%s: %v", inside, err)
		}
	}
	if diff := cmp.Diff(before, snapshot(t, filepath.Join(dir, "keys"))); diff != "" {
		t.Errorf("the keys were changed:\n%s", diff)
	}
	// beside it is outside, also when the name begins alike
	file := filepath.Join(filepath.Dir(dir), filepath.Base(dir)+"-anchors")
	epochs, err := app.ExportAnchors(dir, file, options(t, dir))
	if err != nil || !cmp.Equal(epochs, []uint32{1}) {
		t.Errorf("%v, %v", epochs, err)
	}
	if _, err := os.Stat(file); err != nil {
		t.Error(err)
	}
}
