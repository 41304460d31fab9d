// SPDX-License-Identifier: Apache-2.0

package input

import (
	"crypto/sha256"
	"crypto/tls"
	"crypto/x509"
	"encoding/hex"
	"net"
	"unicode"
	"unicode/utf8"
)

// maxName bounds a name out of a certificate.
const maxName = 253

// nameOf returns the name in a verified client certificate: the common name of its
// subject, else the first of its alternative names (DNS, mail address, IP address,
// URI) that is fit to be read, else its SHA-256.
func nameOf(cert *x509.Certificate) string {
	names := []string{cert.Subject.CommonName}
	names = append(names, cert.DNSNames...)
	names = append(names, cert.EmailAddresses...)
	for _, ip := range cert.IPAddresses {
		names = append(names, ip.String())
	}
	for _, u := range cert.URIs {
		names = append(names, u.String())
	}
	for _, name := range names {
		if readable(name) {
			return name
		}
	}
	sum := sha256.Sum256(cert.Raw)
	return "sha256:" + hex.EncodeToString(sum[:])
}

// readable tells whether a name is one that a person and a log can be shown.
func readable(name string) bool {
	if name == "" || len(name) > maxName || !utf8.ValidString(name) {
		return false
	}
	for _, r := range name {
		if !unicode.IsPrint(r) {
			return false
		}
	}
	return true
}

// certified returns the name of who is at the other end of a connection, "" where
// no certificate was asked for.
func certified(conn net.Conn) string {
	secure, ok := conn.(*tls.Conn)
	if !ok {
		return ""
	}
	return certifiedBy(secure.ConnectionState())
}

// certifiedBy is certified of a connection's state. Only chains that were verified
// count.
func certifiedBy(state tls.ConnectionState) string {
	if len(state.VerifiedChains) == 0 || len(state.PeerCertificates) == 0 {
		return ""
	}
	return nameOf(state.PeerCertificates[0])
}
