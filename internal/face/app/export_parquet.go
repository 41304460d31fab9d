// SPDX-License-Identifier: Apache-2.0

package app

import (
	"context"
	"errors"
	"io"
	"time"

	"github.com/tocsin-siem/tocsin/internal/core/parquet"
	"github.com/tocsin-siem/tocsin/internal/face/auth"
	"github.com/tocsin-siem/tocsin/internal/record/query"
)

// ExportParquet writes the events that a hunt without stages finds in the folder of a
// stopped server as one Parquet file, the newest first. It opens the journal as a start
// would; the next start records who exported what. After an error w holds no file.
func ExportParquet(ctx context.Context, dataDir string, o SearchOptions, w io.Writer) (found Found, err error) {
	f := folder{dataDir}
	j, logs, err := f.search(ctx, &o.Options)
	if err != nil {
		return found, err
	}
	defer func() { err = errors.Join(err, j.Close()) }()
	now := time.Now()
	out := parquet.NewWriter(w, parquet.About{
		Version: o.Version, Origin: j.Origin(), Query: o.Hunt.String(), From: o.From, To: o.To, Limit: o.Limit, Made: now,
	})
	var next string
	found, next, err = eventsOf(ctx, logs, &o, query.HuntOptions{From: o.From, To: o.To, Limits: query.Limits{Now: now}}, out.Write)
	if err != nil {
		return found, err
	}
	if err := out.Close(parquet.End{Next: next, Incomplete: found.Incomplete}); err != nil {
		return found, err
	}
	return found, f.queue(ctx, auth.DataExport, o.Hunt.String(), found.Rows, o.Logger)
}
