// SPDX-License-Identifier: Apache-2.0

package app

import (
	"context"
	"encoding/base64"
	"fmt"
	"sync/atomic"
	"time"

	"github.com/tocsin-siem/tocsin/internal/face/api"
	"github.com/tocsin-siem/tocsin/internal/record/journal"
)

// maxVerdicts is how many entries an answer names; runs are told one by one.
const maxVerdicts = 1000

// verifyForAPI checks the journal beside the running server.
func (s *server) verifyForAPI(ctx context.Context, from, to time.Time, progress func(float64)) (api.Verification, error) {
	o := journal.VerifyOptions{From: nanos(from), To: nanos(to)}
	if progress != nil {
		o.Pace = countFiles(s.record.journal.Stats().Segments, progress)
	}
	report, err := s.verify(ctx, o)
	if err != nil {
		return api.Verification{}, err
	}
	out, err := verificationOf(&report)
	if err == nil && from.IsZero() && to.IsZero() {
		s.concluded(ctx, &report)
	}
	return out, err
}

// countFiles tells how far a check is by the files that it has read. The last one is
// not the end: the rest is judged after it.
func countFiles(files int, progress func(float64)) func(context.Context) error {
	var done atomic.Int64
	return func(context.Context) error {
		progress(min(float64(done.Add(1))/float64(files+1), .99))
		return nil
	}
}

func verificationOf(r *journal.Report) (api.Verification, error) {
	out := api.Verification{
		Status: api.VerificationStatus(r.Status), Total: r.Total, Verified: r.Verified, Tampered: r.Tampered, Erased: r.Erased, Pruned: r.Pruned,
		Macs: api.VerificationMacs(r.MACs), Headers: int64(r.Headers), Completeness: *completenessOf(&r.Completeness), //nolint:gosec // counts stay far below 2^63
		Entries: make([]api.EntryVerdict, 0, len(r.Entries)),
	}
	if c := r.Checkpoint; c != nil {
		root, err := base64.StdEncoding.DecodeString(c.Root)
		if err != nil {
			return out, fmt.Errorf("root of the checkpoint: %w", err)
		}
		out.Checkpoint = &api.SignedRoot{Headers: int64(c.Headers), Root: root} //nolint:gosec // counts stay far below 2^63
	}
	addVerdicts(&out, nil, r.Entries)
	for i := range r.Archives {
		addVerdicts(&out, &r.Archives[i].Origin, r.Archives[i].Entries)
	}
	return out, nil
}

// addVerdicts adds what was found of a journal; no origin is the present one.
func addVerdicts(out *api.Verification, origin *string, found []journal.Finding) {
	for _, e := range found {
		for seq := e.Seq; seq <= max(e.Seq, e.LastSeq) && len(out.Entries) < maxVerdicts; seq++ {
			out.Entries = append(out.Entries, api.EntryVerdict{Origin: origin, Stream: e.Stream, Seq: int64(seq), Verdict: string(e.Verdict)}) //nolint:gosec // counts stay far below 2^63
		}
	}
}

// entriesForAPI implements api.Options.Entries.
func (s *server) entriesForAPI(from, to time.Time) int64 {
	return s.record.journal.Entries(nanos(from), nanos(to))
}
