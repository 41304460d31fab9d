// SPDX-License-Identifier: Apache-2.0

package app

import (
	"bytes"
	"errors"
	"fmt"
	"log/slog"
	"testing"

	"github.com/tocsin-siem/tocsin/internal/face/api"
)

// Damage that is met shows at once, asks for one check however much there is, and
// fills no log.
func TestDamageShowsAtOnce(t *testing.T) {
	t.Parallel()
	var log bytes.Buffer
	s := &server{logger: slog.New(slog.NewTextHandler(&log, nil))}
	v := &s.face.vitals
	v.suspect = make(chan struct{}, 1)
	v.integrity = api.Integrity{Status: "VALID", Total: 9, Verified: 9}
	for i := range 3 * maxDamages {
		s.damaged(fmt.Sprintf("segments/366d/%d.seg", i), errors.New("wrong checksum"))
	}
	if v.integrity.Status != api.IntegrityStatusINVALID || v.integrity.CheckedAt == nil {
		t.Errorf("integrity %+v, want INVALID and when", v.integrity)
	}
	if len(v.suspect) != 1 {
		t.Errorf("%d checks are asked for, want 1", len(v.suspect))
	}
	if lines := bytes.Count(log.Bytes(), []byte("\n")); lines != maxDamages {
		t.Errorf("%d lines in the log, want %d", lines, maxDamages)
	}
}
