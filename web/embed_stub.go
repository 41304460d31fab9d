// SPDX-License-Identifier: Apache-2.0

//go:build !webapp

package web

import "io/fs"

// Dist returns nil and false: this binary was built without the web app.
func Dist() (fs.FS, bool) {
	return nil, false
}
