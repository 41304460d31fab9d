// SPDX-License-Identifier: Apache-2.0

//go:build webapp

package web

import (
	"embed"
	"io/fs"
)

//go:embed all:dist
var dist embed.FS //nolint:gochecknoglobals // go:embed can fill only a package variable

// Dist returns the built web app with index.html at its root, and whether this
// binary carries one.
func Dist() (fs.FS, bool) {
	sub, err := fs.Sub(dist, "dist")
	if err != nil { // fs.Sub refuses only an invalid path; "dist" is valid
		return nil, false
	}
	return sub, true
}
