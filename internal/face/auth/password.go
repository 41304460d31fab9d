// SPDX-License-Identifier: Apache-2.0

package auth

import (
	"context"
	"crypto/rand"
	"crypto/subtle"
	"encoding/base64"
	"errors"
	"fmt"
	"runtime"
	"strings"

	"golang.org/x/crypto/argon2"
)

// argonParams are the cost of one hash. The default is OWASP's first choice for
// argon2id (Password Storage Cheat Sheet): m=19456 (19 MiB), t=2, p=1.
type argonParams struct {
	memory  uint32 // KiB
	time    uint32
	threads uint8
}

// Bounds of what a stored hash may ask for, so that a damaged row cannot take the
// machine.
const (
	saltLen   = 16
	hashLen   = 32
	maxMemory = 1 << 20 // KiB
	maxTime   = 64
	maxPHC    = 512
)

func defaultParams() argonParams { return argonParams{memory: 19456, time: 2, threads: 1} }

var errPHC = errors.New("password hash is not an argon2id PHC string")

// hash returns the PHC string $argon2id$v=19$m=…,t=…,p=…$salt$hash (unpadded base64).
func (p argonParams) hash(password string, salt []byte) string {
	return p.phc(salt, argon2.IDKey([]byte(password), salt, p.time, p.memory, p.threads, hashLen))
}

func (p argonParams) phc(salt, key []byte) string {
	return fmt.Sprintf("$argon2id$v=%d$m=%d,t=%d,p=%d$%s$%s", argon2.Version, p.memory, p.time, p.threads,
		base64.RawStdEncoding.EncodeToString(salt), base64.RawStdEncoding.EncodeToString(key))
}

// matches checks a password against a PHC string in constant time.
func matches(phc, password string) (bool, error) {
	p, salt, want, err := parsePHC(phc)
	if err != nil {
		return false, err
	}
	got := argon2.IDKey([]byte(password), salt, p.time, p.memory, p.threads, uint32(len(want))) //nolint:gosec // bounded by maxPHC
	return subtle.ConstantTimeCompare(got, want) == 1, nil
}

func parsePHC(phc string) (p argonParams, salt, key []byte, err error) {
	part := strings.Split(phc, "$")
	if len(phc) > maxPHC || len(part) != 6 || part[0] != "" || part[1] != "argon2id" || part[2] != fmt.Sprintf("v=%d", argon2.Version) {
		return p, nil, nil, errPHC
	}
	canonical := ""
	if _, err := fmt.Sscanf(part[3], "m=%d,t=%d,p=%d", &p.memory, &p.time, &p.threads); err == nil {
		canonical = fmt.Sprintf("m=%d,t=%d,p=%d", p.memory, p.time, p.threads)
	}
	if canonical != part[3] || p.memory == 0 || p.memory > maxMemory || p.time == 0 || p.time > maxTime || p.threads == 0 {
		return p, nil, nil, fmt.Errorf("%w: bad parameters", errPHC)
	}
	if salt, err = base64.RawStdEncoding.Strict().DecodeString(part[4]); err != nil || len(salt) < 8 {
		return p, nil, nil, fmt.Errorf("%w: bad salt", errPHC)
	}
	if key, err = base64.RawStdEncoding.Strict().DecodeString(part[5]); err != nil || len(key) < 16 {
		return p, nil, nil, fmt.Errorf("%w: bad hash", errPHC)
	}
	return p, salt, key, nil
}

// hasher runs argon2 a few at a time: each takes 19 MiB and a core for its time.
type hasher struct {
	params  argonParams
	running chan struct{} // one place per hash in work
	waiting chan struct{} // one place per caller inside
	dummy   string        // what an unknown user's password is checked against
}

// waitPlaces bounds the callers that wait for a hash; more are turned away.
const waitPlaces = 32

var errBusy = errors.New("too many logins at once")

func newHasher() (*hasher, error) {
	h := &hasher{
		params:  defaultParams(),
		running: make(chan struct{}, min(max(runtime.GOMAXPROCS(0), 1), 4)),
		waiting: make(chan struct{}, waitPlaces),
	}
	random := make([]byte, saltLen+hashLen)
	if _, err := rand.Read(random); err != nil {
		return nil, fmt.Errorf("auth: %w", err)
	}
	h.dummy = h.params.phc(random[:saltLen], random[saltLen:]) // of no password that anybody knows
	return h, nil
}

func (h *hasher) enter(ctx context.Context) (leave func(), err error) {
	select {
	case h.waiting <- struct{}{}:
	default:
		return nil, errBusy
	}
	select {
	case h.running <- struct{}{}:
		return func() { <-h.running; <-h.waiting }, nil
	case <-ctx.Done():
		<-h.waiting
		return nil, ctx.Err()
	}
}

// check compares a password with a PHC string, or with the dummy when phc is "",
// which never matches and costs the same.
func (h *hasher) check(ctx context.Context, phc, password string) (bool, error) {
	leave, err := h.enter(ctx)
	if err != nil {
		return false, err
	}
	defer leave()
	known := phc != ""
	if !known {
		phc = h.dummy
	}
	ok, err := matches(phc, password)
	return ok && known, err
}

func (h *hasher) hash(ctx context.Context, password string) (string, error) {
	leave, err := h.enter(ctx)
	if err != nil {
		return "", err
	}
	defer leave()
	salt := make([]byte, saltLen)
	if _, err := rand.Read(salt); err != nil {
		return "", fmt.Errorf("salt: %w", err)
	}
	return h.params.hash(password, salt), nil
}
