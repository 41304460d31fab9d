// SPDX-License-Identifier: Apache-2.0

// Package e2e tests the whole product from outside: each test starts the real
// binary in a folder of its own, talks to it over HTTP and syslog as a user's
// systems do, and looks at what the API and the command line answer. The binary
// is named by TOCSIN_BIN or taken from bin/tocsin.
package e2e
