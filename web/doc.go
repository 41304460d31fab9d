// SPDX-License-Identifier: Apache-2.0

// Package web carries the built web app, so that one binary is the whole product.
//
//	npm run build → dist/ (each compressible file beside its .br and .gz form) → Dist
//
// With the build tag "webapp" dist is embedded; without it (tests, tools, work
// on the server alone) the package is empty and Dist says so. What Dist returns
// never changes while the program runs and is safe for concurrent use.
package web
