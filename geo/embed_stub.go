// SPDX-License-Identifier: Apache-2.0

//go:build !geodata

package geo

// Data returns nothing: this binary was built without the databases.
func Data() (countries, systems []byte) { return nil, nil }
