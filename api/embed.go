// SPDX-License-Identifier: Apache-2.0

// Package api holds the HTTP contract, openapi.yaml, and embeds it so that the
// server can serve the very description it was generated from.
package api

import _ "embed" // for the go:embed line below

//go:embed openapi.yaml
var spec string

// Spec returns the OpenAPI description in YAML.
func Spec() string { return spec }
