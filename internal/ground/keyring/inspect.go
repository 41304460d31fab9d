// SPDX-License-Identifier: Apache-2.0

package keyring

import (
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"strconv"
	"strings"
)

// maxEpochs bounds the epochs that Inspect looks for, whatever the files are called.
const maxEpochs = 1000

// Finding is what Inspect has to say about one key file.
type Finding struct {
	// File is its name below the key folder; a second copy is `copy/<name>`.
	File string `json:"file"`
	// Damage says what is wrong with it, and what cannot be checked for it.
	Damage string `json:"damage"`
}

// Inspect reads the keys as they lie there, for a check of a folder that is
// evidence. It writes nothing: no folder, no key and no epoch is made, no copy
// healed, and no lock taken. Of two copies it takes the one that is good. The
// ring has the root of every epoch that the key files and the secrets give;
// Key says ErrNoAnchor for the others. The ring is nil when the origin cannot
// be read, for all keys depend on it. Only Dir and the secrets of the options
// count.
func Inspect(opts Options) (*Ring, []Finding) {
	in := inspection{store: store{dir: opts.Dir, log: slog.New(slog.DiscardHandler), readOnly: true}}
	r := &Ring{store: in.store, secrets: map[string][]byte{}}
	origin, usable := in.load("origin", "no MAC can be checked")
	r.origin = string(origin.data)
	for epoch := range in.epochs() {
		r.roots = append(r.roots, in.root(uint32(epoch)+1, opts))
	}
	if !usable {
		return nil, in.findings
	}
	return r, in.findings
}

// inspection gathers what is found.
type inspection struct {
	store    store
	findings []Finding
}

func (in *inspection) find(file, format string, args ...any) {
	in.findings = append(in.findings, Finding{File: file, Damage: fmt.Sprintf(format, args...)})
}

// load reads a key file; outcome is what follows when neither copy can be used.
func (in *inspection) load(name, outcome string) (f keyFile, usable bool) {
	c := in.store.read(name)
	good, err := c.good()
	switch bad := 1 - good; {
	case errors.Is(err, os.ErrNotExist):
		in.find(name, "is missing, and so is its copy; %s", outcome)
	case err != nil && c.errs[0] == nil:
		in.find(name, "differs from its copy, and both are whole; %s", outcome)
	case err != nil:
		in.find(name, "%s; its copy %s; %s", reason(c.errs[0]), reason(c.errs[1]), outcome)
	case c.errs[bad] != nil:
		file := [2]string{name, "copy/" + name}
		in.find(file[bad], "%s; %s is used", reason(c.errs[bad]), file[good])
		return c.files[good], true
	default:
		return c.files[good], true
	}
	return keyFile{}, false
}

// root reads the root of an epoch, which is not known when it cannot be had.
func (in *inspection) root(epoch uint32, opts Options) root {
	name := rootName(epoch)
	outcome := fmt.Sprintf("MACs of epoch %d are not checked", epoch)
	f, usable := in.load(name, outcome)
	if !usable {
		return root{}
	}
	rt, err := readRoot(f, epoch, opts)
	switch {
	case err != nil:
		in.find(name, "does not hold a key that fits its check value; %s", outcome)
	case rt.known:
	case opts.Secret == "" && opts.PreviousSecret == "":
		in.find(name, "was made with LOG_SIGNATURE_SECRET, which is not set; %s", outcome)
	default:
		in.find(name, "was made with another LOG_SIGNATURE_SECRET; %s", outcome)
	}
	return rt
}

// epochs is the highest epoch that has a file in either place, and 1 at least.
func (in *inspection) epochs() int {
	highest := 1
	for _, dir := range [...]string{in.store.dir, filepath.Join(in.store.dir, "copy")} {
		entries, err := os.ReadDir(dir)
		if err != nil {
			continue // its key files are missing, which is told for each
		}
		for _, e := range entries {
			number, ok := strings.CutPrefix(e.Name(), "mac-root.")
			n, err := strconv.Atoi(number)
			if ok && err == nil && n <= maxEpochs && strconv.Itoa(n) == number {
				highest = max(highest, n)
			}
		}
	}
	return highest
}

// reason is what is wrong with one copy, without its path.
func reason(err error) string {
	var path *fs.PathError
	switch {
	case errors.Is(err, os.ErrNotExist):
		return "is missing"
	case errors.As(err, &path):
		return "cannot be read: " + path.Err.Error()
	}
	return "is damaged: " + err.Error()
}
