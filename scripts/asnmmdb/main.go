// SPDX-License-Identifier: Apache-2.0

// Command asnmmdb turns lists of autonomous systems, CSV lines of first address, last
// address, number and name, into a database in MMDB form:
//
//	asnmmdb OUT.mmdb LIST.csv…
package main

import (
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"strconv"

	"github.com/maxmind/mmdbwriter"
	"github.com/maxmind/mmdbwriter/mmdbtype"
)

func main() {
	if len(os.Args) < 3 {
		fmt.Fprintln(os.Stderr, "usage: asnmmdb OUT.mmdb LIST.csv…")
		os.Exit(2)
	}
	if err := run(os.Args[1], os.Args[2:]); err != nil {
		fmt.Fprintln(os.Stderr, "asnmmdb:", err)
		os.Exit(1)
	}
}

// epoch is the time of building in the database, always the same so that the same
// lists give the same bytes.
const epoch = 1

func run(out string, lists []string) error {
	tree, err := mmdbwriter.New(mmdbwriter.Options{
		DatabaseType: "autonomous systems", RecordSize: 24, BuildEpoch: epoch, IncludeReservedNetworks: true,
	})
	if err != nil {
		return err
	}
	for _, list := range lists {
		if err := insert(tree, list); err != nil {
			return fmt.Errorf("%s: %w", list, err)
		}
	}
	f, err := os.Create(out + ".tmp")
	if err != nil {
		return err
	}
	if _, err := tree.WriteTo(f); err != nil {
		return errors.Join(err, f.Close())
	}
	if err := f.Close(); err != nil {
		return err
	}
	return os.Rename(f.Name(), out)
}

func insert(tree *mmdbwriter.Tree, list string) error {
	f, err := os.Open(list)
	if err != nil {
		return err
	}
	defer func() { _ = f.Close() }()
	r := csv.NewReader(f)
	r.FieldsPerRecord = 4
	for {
		row, err := r.Read()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		number, err := strconv.ParseUint(row[2], 10, 32)
		if err != nil {
			return fmt.Errorf("%v: %w", row, err)
		}
		var alias *mmdbwriter.AliasedNetworkError // 6to4 and Teredo stand for addresses of version 4
		err = tree.InsertRange(net.ParseIP(row[0]), net.ParseIP(row[1]), mmdbtype.Map{
			"autonomous_system_number":       mmdbtype.Uint32(number),
			"autonomous_system_organization": mmdbtype.String(row[3]),
		})
		if err != nil && !errors.As(err, &alias) {
			return fmt.Errorf("%v: %w", row, err)
		}
	}
}
