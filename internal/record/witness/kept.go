// SPDX-License-Identifier: Apache-2.0

package witness

import (
	"bytes"
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/tocsin-siem/tocsin/internal/record/proof"
)

const (
	keptHead = "tocsin-witnessed 1"
	// maxWitnesses bounds how many witnesses a log has.
	maxWitnesses = 32
	maxKeptBytes = maxWitnesses * (maxMemoryBytes + 1024)
)

// Cosigned is a checkpoint with the cosignature of one witness, checked with its key.
type Cosigned struct {
	// Key is the witness's key in note form. Whether it is to be trusted is for who
	// reads this to know.
	Key string
	// Checkpoint is what was co-signed, and At when.
	Checkpoint proof.Checkpoint
	At         time.Time
	// Note is the log's signed note with the cosignature's line at its end.
	Note []byte
}

// kept is what the witnesses of a log co-signed last, by their keys. The file:
//
//	witness <key> <length of the note in bytes>
//	<note>
//	…
type kept map[string]*memory

func (k kept) encode() []byte {
	var b bytes.Buffer
	for _, key := range slices.Sorted(maps.Keys(k)) {
		fmt.Fprintf(&b, "witness %s %d\n%s", key, len(k[key].note), k[key].note)
	}
	return withSum(keptHead, b.Bytes())
}

// decodeKept reads a file. Each note must have its witness's cosignature.
func decodeKept(raw []byte) (kept, error) {
	text, err := cutSum(keptHead, raw)
	if err != nil {
		return nil, err
	}
	k := kept{}
	for len(text) > 0 {
		line, rest, _ := bytes.Cut(text, []byte("\n"))
		fields := strings.Split(string(line), " ")
		if len(fields) != 3 || fields[0] != "witness" || len(k) == maxWitnesses {
			return nil, fmt.Errorf("line %.60q is not `witness <key> <length>`, or one too many", line)
		}
		n, err := strconv.ParseUint(fields[2], 10, 31)
		if err != nil || n > uint64(len(rest)) {
			return nil, fmt.Errorf("witness %.60q: the note of %.20q bytes is not there", fields[1], fields[2])
		}
		key, err := cosignatureKey(fields[1])
		if err != nil {
			return nil, err
		}
		if k[fields[1]], err = readCosigned(rest[:n], "", key); err != nil {
			return nil, fmt.Errorf("witness %.60q: %w", fields[1], err)
		}
		text = rest[n:]
	}
	return k, nil
}

// list returns them, the largest size first.
func (k kept) list() []Cosigned {
	list := make([]Cosigned, 0, len(k))
	for key, m := range k {
		list = append(list, Cosigned{Key: key, Checkpoint: m.checkpoint, At: m.at, Note: m.note})
	}
	slices.SortFunc(list, func(a, b Cosigned) int {
		return cmp.Or(cmp.Compare(b.Checkpoint.Size, a.Checkpoint.Size), cmp.Compare(a.Key, b.Key))
	})
	return list
}

// ReadCosigned reads the file of a Follower, the largest size first. An error is
// os.ErrNotExist or says what is damaged. What the file was made of is not checked
// but for the cosignatures: a caller compares keys, origin and roots.
func ReadCosigned(path string) ([]Cosigned, error) {
	k, err := readKept(path)
	if err != nil {
		return nil, err
	}
	return k.list(), nil
}

func readKept(path string) (kept, error) {
	raw, err := readBounded(path, maxKeptBytes)
	if err != nil {
		return nil, fmt.Errorf("cosignatures: %w", err)
	}
	k, err := decodeKept(raw)
	if err != nil {
		return nil, fmt.Errorf("cosignatures in %s: %w", path, err)
	}
	return k, nil
}
