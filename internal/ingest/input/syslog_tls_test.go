// SPDX-License-Identifier: Apache-2.0

package input

import (
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// The real rsyslogd forwards over TLS, and shows a certificate where it must.
func TestRsyslogdTLS(t *testing.T) {
	t.Parallel()
	daemon, logger := rsyslogd(t), needs(t, "logger", "bsdutils")
	if found, _ := filepath.Glob("/usr/lib/*/rsyslog/lmnsd_ossl.so"); len(found) == 0 {
		t.Skip("needs the TLS driver of rsyslogd (apt-get install rsyslog-openssl)")
	}
	ca := newAuthority(t, "ca")
	ca.issue(t, "server.example.com")
	ca.issue(t, "web-1.example.com")
	for _, mutual := range []bool{false, true} {
		t.Run(fmt.Sprintf("mutual %t", mutual), func(t *testing.T) {
			t.Parallel()
			section, sender := ca.section("server.example.com", nil), "syslog:127.0.0.1"
			globals := []string{fmt.Sprintf(`DefaultNetstreamDriverCAFile="%s"`, ca.file("ca.crt"))}
			if mutual {
				section, sender = ca.section("server.example.com", ca), "syslog:web-1.example.com"
				globals = append(globals, fmt.Sprintf(`DefaultNetstreamDriverCertFile="%s" DefaultNetstreamDriverKeyFile="%s"`,
					ca.file("web-1.example.com.crt"), ca.file("web-1.example.com.key")))
			}
			s := newSink(t)
			in := openTLS(t, s, section)
			run(t, in)
			const options = `StreamDriver="ossl" StreamDriverMode="1" StreamDriverAuthMode="x509/name"
				StreamDriverPermittedPeers="server.example.com" TCP_Framing="octet-counted"`
			socket := forward(t, daemon, in.Stats().Address, "tcp", options, "RSYSLOG_SyslogProtocol23Format", globals...)
			logThrough(t, logger, socket, s, in)
			if got := s.all()[0].Sender; got != sender {
				t.Errorf("sender %q, want %q", got, sender)
			}
		})
	}
}

// So does the real syslog-ng.
func TestSyslogNG(t *testing.T) {
	t.Parallel()
	daemon, logger := needs(t, "syslog-ng", "syslog-ng-core"), needs(t, "logger", "bsdutils")
	ca := newAuthority(t, "ca")
	ca.issue(t, "server.example.com")
	ca.issue(t, "web-1.example.com")
	secure := func(more string) string {
		return fmt.Sprintf(`transport("tls") tls(ca-file("%s") peer-verify(required-trusted) %s)`, ca.file("ca.crt"), more)
	}
	shown := fmt.Sprintf(`cert-file("%s") key-file("%s")`, ca.file("web-1.example.com.crt"), ca.file("web-1.example.com.key"))
	for _, c := range []struct {
		name, driver, options, sender string
		section                       TLS
	}{
		{"lines", "network", `transport("tcp")`, "syslog:127.0.0.1", TLS{}},
		{"RFC 5424 counted", "syslog", `transport("tcp")`, "syslog:127.0.0.1", TLS{}},
		{"TLS", "syslog", secure(""), "syslog:127.0.0.1", ca.section("server.example.com", nil)},
		{"mutual TLS", "syslog", secure(shown), "syslog:web-1.example.com", ca.section("server.example.com", ca)},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			s := newSink(t)
			in := openTLS(t, s, c.section)
			run(t, in)
			dir, err := os.MkdirTemp("", "ng") //nolint:usetesting // the path of a socket must be short
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() { _ = os.RemoveAll(dir) })
			_, port, err := net.SplitHostPort(in.Stats().Address)
			if err != nil {
				t.Fatal(err)
			}
			socket := filepath.Join(dir, "log")
			config := fmt.Sprintf(`@version: 3.38
source in { unix-stream("%s" keep-hostname(yes)); };
destination out { %s("127.0.0.1" port(%s) %s); };
log { source(in); destination(out); flags(flow-control); };
`, socket, c.driver, port, c.options)
			file := filepath.Join(dir, "syslog-ng.conf")
			if err := os.WriteFile(file, []byte(config), 0o600); err != nil {
				t.Fatal(err)
			}
			args := []string{"--foreground", "--no-caps", "--cfgfile=" + file}
			for _, f := range []string{"persist-file", "pidfile", "control"} {
				args = append(args, "--"+f+"="+filepath.Join(dir, f))
			}
			cmd := exec.Command(daemon, args...)
			if strings.HasPrefix(daemon, unpacked) {
				modules, err := filepath.Abs(unpacked + "/usr/lib/syslog-ng/3.38")
				if err != nil {
					t.Fatal(err)
				}
				cmd.Args = append(cmd.Args, "--module-path="+modules)
				cmd.Env = append(os.Environ(), libraries(t))
			}
			start(t, socket, cmd)
			logThrough(t, logger, socket, s, in)
			if got := s.all()[0].Sender; got != c.sender {
				t.Errorf("sender %q, want %q", got, c.sender)
			}
		})
	}
}
