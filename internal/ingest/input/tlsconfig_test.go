// SPDX-License-Identifier: Apache-2.0

package input

import (
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"net"
	"net/url"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func openTLS(t testing.TB, s *sink, section TLS, change ...func(*SyslogTCP)) Input {
	t.Helper()
	return openTCP(t, s, func(c *SyslogTCP) {
		c.TLS = section
		for _, f := range change {
			f(c)
		}
	})
}

// greetBy connects as a client and sends a line. It returns the error of the
// handshake, also where the server tells it only afterwards, as in TLS 1.3.
func greetBy(t testing.TB, address string, config *tls.Config, line string) (*tls.Conn, error) {
	t.Helper()
	conn, err := tls.Dial("tcp", address, config)
	if err != nil {
		return nil, err
	}
	t.Cleanup(func() { _ = conn.Close() })
	write(t, conn, line)
	_ = conn.SetReadDeadline(time.Now().Add(200 * time.Millisecond))
	if _, err := conn.Read(make([]byte, 1)); err != nil && !strings.Contains(err.Error(), "timeout") {
		return nil, err
	}
	return conn, nil
}

func TestSyslogTLS(t *testing.T) {
	t.Parallel()
	ca, other := newAuthority(t, "ca"), newAuthority(t, "other ca")
	for _, name := range []string{"server", "web-1"} {
		ca.issue(t, name)
		other.issue(t, name)
	}
	alien := other.client(t, "web-1")
	alien.RootCAs = ca.client(t, "").RootCAs
	old, twelve := ca.client(t, ""), ca.client(t, "")
	old.MaxVersion, twelve.MaxVersion = tls.VersionTLS11, tls.VersionTLS12
	old.MinVersion = tls.VersionTLS10
	thirteen := ca.section("server", nil)
	thirteen.MinVersion = "1.3"
	for _, c := range []struct {
		name    string
		section TLS
		client  *tls.Config
		sender  string // "" when the client is refused
	}{
		{"server alone", ca.section("server", nil), ca.client(t, ""), "syslog:127.0.0.1"},
		{"a certificate nobody asked for", ca.section("server", nil), ca.client(t, "web-1"), "syslog:127.0.0.1"},
		{"mutual", ca.section("server", ca), ca.client(t, "web-1"), "syslog:web-1"},
		{"mutual without a certificate", ca.section("server", ca), ca.client(t, ""), ""},
		{"mutual with that of another authority", ca.section("server", ca), alien, ""},
		{"another authority for clients", ca.section("server", other), alien, "syslog:web-1"},
		{"TLS 1.2", ca.section("server", nil), twelve, "syslog:127.0.0.1"},
		{"TLS 1.1", ca.section("server", nil), old, ""},
		{"TLS 1.2 where 1.3 is the least", thirteen, twelve, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			s := newSink(t)
			in := openTLS(t, s, c.section)
			run(t, in)
			_, err := greetBy(t, in.Stats().Address, c.client, "9 <34>hello")
			if c.sender == "" {
				if err == nil {
					t.Error("the client is let in")
				}
				for deadline := time.Now().Add(10 * time.Second); in.Stats().Broken == 0 && time.Now().Before(deadline); {
					time.Sleep(time.Millisecond) // the client may know first
				}
				if got := in.Stats(); got.Broken != 1 || got.Received != 0 {
					t.Errorf("%+v", got)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			s.waitFor(t, 1)
			if e := s.all()[0]; e.Message != "<34>hello" || e.Sender != c.sender || e.Host != "127.0.0.1" {
				t.Errorf("%q of %q at %q", e.Message, e.Sender, e.Host)
			}
		})
	}
}

func TestTLSSectionIsChecked(t *testing.T) {
	t.Parallel()
	ca := newAuthority(t, "ca")
	ca.issue(t, "server")
	ca.issue(t, "else")
	empty := ca.file("empty.crt")
	if err := os.WriteFile(empty, []byte("nothing\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	cert, key := ca.file("server.crt"), ca.file("server.key")
	for _, c := range []struct {
		section TLS
		field   string
	}{
		{TLS{Key: key}, "tls.cert"},
		{TLS{ClientCA: cert}, "tls.cert"},
		{TLS{Cert: cert}, "tls.key"},
		{TLS{Cert: cert, Key: key, MinVersion: "1.1"}, "tls.min_version"},
		{TLS{Cert: cert, Key: ca.file("else.key")}, "tls.cert, tls.key"},
		{TLS{Cert: ca.file("none"), Key: key}, "tls.cert, tls.key"},
		{TLS{Cert: cert, Key: key, ClientCA: ca.file("none")}, "tls.client_ca"},
		{TLS{Cert: cert, Key: key, ClientCA: empty}, "tls.client_ca"},
	} {
		config := syslogTCPSpec().New().(*SyslogTCP)
		config.Listen, config.TLS = "127.0.0.1:0", c.section
		if _, err := config.Open(t.Context(), newSink(t).env("in")); err == nil || !strings.HasPrefix(err.Error(), c.field+":") {
			t.Errorf("%+v: %v, want an error of %s", c.section, err, c.field)
		}
	}
}

// New files count from the next handshake on; those that are no good do not count at
// all, and a connection that is open stays.
func TestTLSFilesAreReadAgain(t *testing.T) {
	t.Parallel()
	first, second := newAuthority(t, "first"), newAuthority(t, "second")
	for _, a := range []*authority{first, second} {
		a.issue(t, "server")
		a.issue(t, "client")
	}
	section := first.section("server", first)
	place := func(from, to string) {
		text, err := os.ReadFile(from)
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(to+".new", text, 0o600); err != nil {
			t.Fatal(err)
		}
		if err := os.Rename(to+".new", to); err != nil {
			t.Fatal(err)
		}
	}
	s := newSink(t)
	in := openTLS(t, s, section)
	run(t, in)
	address := in.Stats().Address
	conn, err := greetBy(t, address, first.client(t, "client"), "<1>a\n")
	if err != nil {
		t.Fatal(err)
	}
	ofFirst, ofSecond := first.client(t, "client"), second.client(t, "client")

	place(second.file("server.crt"), section.Cert) // without its key: of no use
	if _, err := greetBy(t, address, ofFirst, "<1>b\n"); err != nil {
		t.Fatalf("half of new files takes those from before away: %v", err)
	}
	place(second.file("server.key"), section.Key)
	mixed := ofFirst.Clone()
	mixed.RootCAs = ofSecond.RootCAs
	if _, err := greetBy(t, address, mixed, "<1>c\n"); err != nil {
		t.Fatalf("the new certificate is not used: %v", err)
	}
	if _, err := greetBy(t, address, ofFirst, "<1>x\n"); err == nil {
		t.Error("the certificate from before is still used")
	}
	place(second.file("ca.crt"), section.ClientCA)
	if _, err := greetBy(t, address, mixed, "<1>x\n"); err == nil {
		t.Error("a client of the authority from before is let in")
	}
	if _, err := greetBy(t, address, ofSecond, "<1>d\n"); err != nil {
		t.Fatalf("a client of the new authority: %v", err)
	}
	if err := os.Remove(section.Cert); err != nil {
		t.Fatal(err)
	}
	if _, err := greetBy(t, address, ofSecond, "<1>e\n"); err != nil {
		t.Fatalf("without files: %v", err)
	}
	write(t, conn, "<1>f\n")
	s.waitFor(t, 6)
	if diff := cmp.Diff([]string{"<1>a", "<1>b", "<1>c", "<1>d", "<1>e", "<1>f"}, s.messages()); diff != "" {
		t.Error(diff)
	}
}

func TestNameOf(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		cert x509.Certificate
		want string
	}{
		{x509.Certificate{Subject: pkix.Name{CommonName: "web-1"}, DNSNames: []string{"other"}}, "web-1"},
		{x509.Certificate{DNSNames: []string{"web-1.example.com", "web-2.example.com"}}, "web-1.example.com"},
		{x509.Certificate{EmailAddresses: []string{"ana@example.com"}}, "ana@example.com"},
		{x509.Certificate{IPAddresses: []net.IP{net.IPv4(192, 0, 2, 1)}}, "192.0.2.1"},
		{x509.Certificate{URIs: []*url.URL{{Scheme: "spiffe", Host: "example.com", Path: "/web"}}}, "spiffe://example.com/web"},
		{x509.Certificate{Subject: pkix.Name{CommonName: "a\nb"}, DNSNames: []string{"web-1"}}, "web-1"},
		{x509.Certificate{Subject: pkix.Name{CommonName: "a\u202eb"}, DNSNames: []string{"web-1"}}, "web-1"},
		{x509.Certificate{Subject: pkix.Name{CommonName: "a\xff"}, DNSNames: []string{"web-1"}}, "web-1"},
		{
			x509.Certificate{Subject: pkix.Name{CommonName: strings.Repeat("x", 300)}, Raw: []byte("raw")},
			"sha256:d7439bee24773bcbfa2d0a97947ee36227b10d1022b1a55847e928965bb6bfde",
		},
	} {
		if got := nameOf(&c.cert); got != c.want {
			t.Errorf("%q, want %q", got, c.want)
		}
	}
	if certifiedBy(tls.ConnectionState{PeerCertificates: []*x509.Certificate{{Subject: pkix.Name{CommonName: "x"}}}}) != "" {
		t.Error("a certificate that was not verified names its owner")
	}
}
