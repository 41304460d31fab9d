// SPDX-License-Identifier: Apache-2.0

// Package geo carries the databases of countries and autonomous systems that Tocsin
// ships, in MMDB form. `make build` makes them from npm packages (geo/package.json)
// and builds with the tag geodata; a plain `go build` carries none, and only the
// user's own databases are asked then.
//
// Countries: ip-location-db, geo-whois-asn-country, CC BY 4.0 by the Number Resource
// Organization (https://www.nro.net). Autonomous systems: ip-location-db, asn, CC BY
// 4.0 by DB-IP (https://db-ip.com) and RouteViews (https://www.routeviews.org).
package geo
