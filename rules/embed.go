// SPDX-License-Identifier: Apache-2.0

// Package rules carries the detection rules that Tocsin ships: YAML files in the
// form that internal/core/rule describes, one for each anomaly type, and nothing
// else. Each has its tests in testdata/<name>/ (fires, quiet, late and replay),
// which internal/watch/detect runs.
package rules

import "embed"

// Files are the rule files, all in one folder.
//
//go:embed *.yml
var Files embed.FS
