// SPDX-License-Identifier: Apache-2.0

package journal

import (
	"path/filepath"
	"strings"

	"github.com/tocsin-siem/tocsin/internal/record/proof"
)

// elsewhere is what was given to compare with archives.
type elsewhere struct {
	anchors  [][]byte
	receipts []proof.Receipt
	at       []int // of each receipt of the verifier itself, its place among all
	others   []int // of each of receipts
}

// setAside keeps the checkpoints and receipts of archives apart from those of the
// journal.
func (v *verifier) setAside() error {
	numbers, err := archiveNumbers(v.dir)
	if err != nil || len(numbers) == 0 {
		return err
	}
	origins := map[string]bool{}
	for _, n := range numbers {
		dir := filepath.Join(v.dir, filepath.FromSlash(archiveName(n)))
		origin, err := originOfArchive(dir)
		if err != nil {
			return err
		}
		if origin == "" && v.opts.Archived != nil { // nothing of it was sealed
			if keys := v.opts.Archived(dir).Keys; keys != nil {
				origin = keys.Origin()
			}
		}
		origins[origin] = true
	}
	var own [][]byte
	for _, raw := range v.opts.Anchors {
		if origins[originIn(raw)] {
			v.elsewhere.anchors = append(v.elsewhere.anchors, raw)
			continue
		}
		own = append(own, raw)
	}
	v.opts.Anchors = own
	var receipts []proof.Receipt
	for i, r := range v.opts.Receipts {
		if b, err := proof.ParseReceiptBody(r.Body); err == nil && origins[b.Origin] {
			v.elsewhere.receipts, v.elsewhere.others = append(v.elsewhere.receipts, r), append(v.elsewhere.others, i)
			continue
		}
		receipts, v.elsewhere.at = append(receipts, r), append(v.elsewhere.at, i)
	}
	v.opts.Receipts = receipts
	return nil
}

// receiptsOf gives an archive the receipts that are of it, and returns their places.
func (v *verifier) receiptsOf(a *verifier) (at []int) {
	for i, r := range v.elsewhere.receipts {
		if b, err := proof.ParseReceiptBody(r.Body); err == nil && b.Origin == a.report.Origin {
			a.opts.Receipts, at = append(a.opts.Receipts, r), append(at, v.elsewhere.others[i])
		}
	}
	return at
}

// spreadReceipts puts the findings about the journal's own receipts in their places
// among all.
func (v *verifier) spreadReceipts() []ReceiptFinding {
	if len(v.elsewhere.receipts) == 0 {
		return v.report.Receipts
	}
	all := make([]ReceiptFinding, len(v.elsewhere.at)+len(v.elsewhere.others))
	for i, f := range v.report.Receipts {
		all[v.elsewhere.at[i]] = f
	}
	return all
}

// wereCarried tells whether all entries of a promise that were not found are entries
// of the journal after this one.
func (v *verifier) wereCarried(stream string, p *promise) bool {
	for i := range p.leaves {
		if p.leaves[i] == (hash{}) && !inRuns(v.carried[stream], p.First+uint64(i)) {
			return false
		}
	}
	return v.carried != nil
}

// afterBackup tells whether what is missing of a promise came after all that the
// archive has: then a restore from an older backup has lost it.
func (v *verifier) afterBackup(stream string, p *promise) bool {
	if !v.named {
		return false
	}
	next := v.nextOf(v.stream(stream))
	for i := range p.leaves {
		if seq := p.First + uint64(i); p.leaves[i] == (hash{}) && seq < next {
			return false
		}
	}
	return p.Last >= next
}

// originIn is the first line of a checkpoint.
func originIn(signed []byte) string {
	line, _, _ := strings.Cut(string(signed), "\n")
	return line
}

// originOfArchive is the origin that the headers of an archive name.
func originOfArchive(dir string) (string, error) {
	copies, err := readHeaderFiles(func(names ...string) string { return filepath.Join(append([]string{dir}, names...)...) })
	if err != nil {
		return "", err
	}
	for _, raw := range copies {
		if l, _, ok := hlogRecord(raw, hlogHead); ok {
			return l.Header.Origin, nil
		}
	}
	return "", nil
}
