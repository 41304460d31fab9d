// SPDX-License-Identifier: Apache-2.0

package auth

import (
	"encoding/hex"
	"strings"
	"testing"
	"time"

	"golang.org/x/crypto/argon2"
)

// Hashes made by the reference implementation (phc-winner-argon2, `argon2 -id`):
// parameters, password and salt as in its test.c.
func TestArgon2Vectors(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		memory, time   uint32
		threads        uint8
		password, salt string
		want           string
	}{
		{1 << 16, 2, 1, "password", "somesalt", "09316115d5cf24ed5a15a31a3ba326e5cf32edc24702987c02b6566f61913cf7"},
		{1 << 8, 2, 1, "password", "somesalt", "9dfeb910e80bad0311fee20f9c0e2b12c17987b4cac90c2ef54d5b3021c68bfe"},
		{1 << 8, 2, 2, "password", "somesalt", "6d093c501fd5999645e0ea3bf620d7b8be7fd2db59c20d9fff9539da2bf57037"},
		{1 << 16, 2, 1, "differentpassword", "somesalt", "0b84d652cf6b0c4beaef0dfe278ba6a80df6696281d7e0d2891b817d8c458fde"},
		{1 << 16, 2, 1, "password", "diffsalt", "bdf32b05ccc42eb15d58fd19b1f856b113da1e9a5874fdcc544308565aa8141c"},
	} {
		got := hex.EncodeToString(argon2.IDKey([]byte(c.password), []byte(c.salt), c.time, c.memory, c.threads, 32))
		if got != c.want {
			t.Errorf("m=%d t=%d p=%d %q %q = %s, want %s", c.memory, c.time, c.threads, c.password, c.salt, got, c.want)
		}
	}
	const phc = "$argon2id$v=19$m=65536,t=2,p=1$c29tZXNhbHQ$CTFhFdXPJO1aFaMaO6Mm5c8y7cJHAph8ArZWb2GRPPc"
	if ok, err := matches(phc, "password"); err != nil || !ok {
		t.Errorf("matches(reference PHC string) = %v, %v", ok, err)
	}
	if ok, err := matches(phc, "Password"); err != nil || ok {
		t.Errorf("matches(wrong password) = %v, %v", ok, err)
	}
}

func TestHashRoundTrip(t *testing.T) {
	t.Parallel()
	h, err := newHasher()
	if err != nil {
		t.Fatal(err)
	}
	one, err := h.hash(t.Context(), "pässword")
	if err != nil {
		t.Fatal(err)
	}
	two, err := h.hash(t.Context(), "pässword")
	if err != nil {
		t.Fatal(err)
	}
	if one == two || !strings.HasPrefix(one, "$argon2id$v=19$m=19456,t=2,p=1$") {
		t.Errorf("hashes %q and %q", one, two)
	}
	for _, c := range []struct {
		phc, password string
		want          bool
	}{{one, "pässword", true}, {one, "password", false}, {two, "pässword", true}, {"", "pässword", false}} {
		if got, err := h.check(t.Context(), c.phc, c.password); err != nil || got != c.want {
			t.Errorf("check(%q, %q) = %v, %v, want %v", c.phc, c.password, got, err, c.want)
		}
	}
}

func TestHasherTurnsAwayWhatDoesNotFit(t *testing.T) {
	t.Parallel()
	h := &hasher{running: make(chan struct{}, 1), waiting: make(chan struct{}, 1)}
	leave, err := h.enter(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if _, err := h.enter(t.Context()); err != errBusy { //nolint:errorlint // exactly this one
		t.Errorf("second caller: %v, want errBusy", err)
	}
	leave()
	if leave, err = h.enter(t.Context()); err != nil {
		t.Errorf("after the first left: %v", err)
	} else {
		leave()
	}
}

func TestBucketsStayBounded(t *testing.T) {
	t.Parallel()
	b := newBuckets(1, time.Minute)
	now := time.Unix(1_800_000_000, 0)
	if _, ok := b.take("kept", now); !ok {
		t.Fatal("first place refused")
	}
	for i := range 5 * generation {
		b.take(string(rune(i))+"x", now)
		if i%(generation/2) == 0 {
			if _, ok := b.take("kept", now); ok {
				t.Fatalf("a key in use was forgotten after %d others", i)
			}
		}
		if len(b.young)+len(b.old) > 2*generation {
			t.Fatalf("%d keys are held", len(b.young)+len(b.old))
		}
	}
}

func TestCacheRefusesWhatWasForgottenMeanwhile(t *testing.T) {
	t.Parallel()
	c := newTokenCache(time.Hour)
	now := time.Unix(1_800_000_000, 0)
	hash := [32]byte{1}
	_, _, epoch := c.find(hash, now) // the store is read here
	c.forget(hash)                   // and the token revoked at the same time
	c.keep(hash, Principal{Kind: KindToken}, now, epoch)
	if _, ok, _ := c.find(hash, now); ok {
		t.Error("a revoked token is believed")
	}
	for i := range 3 * cacheSize {
		_, _, epoch := c.find(hash, now)
		c.keep([32]byte{byte(i), byte(i >> 8), byte(i >> 16), 1}, Principal{}, now, epoch)
	}
	if len(c.entries) > cacheSize {
		t.Errorf("%d tokens are held, want at most %d", len(c.entries), cacheSize)
	}
}

func FuzzParsePHC(f *testing.F) {
	f.Add("$argon2id$v=19$m=65536,t=2,p=1$c29tZXNhbHQ$CTFhFdXPJO1aFaMaO6Mm5c8y7cJHAph8ArZWb2GRPPc")
	f.Add("$argon2id$v=19$m=99999999,t=2,p=1$c29tZXNhbHQ$CTFhFdXPJO1aFaMaO6Mm5c8y7cJHAph8ArZWb2GRPPc")
	f.Add("$argon2i$v=19$$$")
	f.Fuzz(func(t *testing.T, phc string) {
		p, salt, key, err := parsePHC(phc)
		if err == nil && (p.memory > maxMemory || p.time > maxTime || p.threads == 0 || len(salt) < 8 || len(key) < 16) {
			t.Errorf("parsePHC(%q) let %+v with salt %d and hash %d bytes through", phc, p, len(salt), len(key))
		}
	})
}
