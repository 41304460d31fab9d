// SPDX-License-Identifier: Apache-2.0

//go:build geodata

package geo

import _ "embed"

//go:embed data/country.mmdb
var country []byte //nolint:gochecknoglobals // go:embed can fill only a package variable

//go:embed data/asn.mmdb
var asn []byte //nolint:gochecknoglobals // as above

// Data returns the databases of countries and of autonomous systems. They lie in the
// program and must not be written to.
func Data() (countries, systems []byte) { return country, asn }
