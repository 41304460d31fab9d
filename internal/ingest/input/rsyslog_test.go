// SPDX-License-Identifier: Apache-2.0

package input

import (
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// The real rsyslogd forwards what the real logger writes, over TCP in both
// framings and over UDP; what arrives is complete and in order.
func TestRsyslogd(t *testing.T) {
	t.Parallel()
	daemon, logger := rsyslogd(t), needs(t, "logger", "bsdutils")
	const counted, lines = `TCP_Framing="octet-counted"`, `TCP_Framing="traditional"`
	for _, c := range []struct{ name, protocol, options string }{
		{"tcp counted", "tcp", counted},
		{"tcp lines", "tcp", lines},
		{"udp", "udp", ""},
	} {
		for _, template := range []string{"RSYSLOG_SyslogProtocol23Format", "RSYSLOG_TraditionalForwardFormat"} {
			t.Run(c.name+"/"+template, func(t *testing.T) {
				t.Parallel()
				s := newSink(t)
				in := openTCP(t, s, nil)
				if c.protocol == "udp" {
					in = openUDP(t, s, nil)
				}
				run(t, in)
				socket := forward(t, daemon, in.Stats().Address, c.protocol, c.options, template)
				logThrough(t, logger, socket, s, in)
			})
		}
	}
}

// logThrough writes lines with logger to a socket; they come out at s, complete and
// in order.
func logThrough(t *testing.T, logger, socket string, s *sink, in Input) {
	t.Helper()
	const n = 200
	var text strings.Builder
	for i := range n {
		fmt.Fprintf(&text, "Failed password for root from 198.51.100.%d port %d ssh2\n", i%250, 40000+i)
	}
	cmd := exec.CommandContext(t.Context(), logger, "-u", socket, "-t", "sshd", "--id=4711", "-p", "auth.info", "--socket-errors=on")
	cmd.Stdin = strings.NewReader(text.String())
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("logger: %v\n%s", err, out)
	}
	s.waitFor(t, n)
	for i, e := range s.all() {
		if !strings.HasPrefix(e.Message, "<38>") || !strings.Contains(e.Message, "sshd") ||
			!strings.HasSuffix(e.Message, fmt.Sprintf("198.51.100.%d port %d ssh2", i%250, 40000+i)) {
			t.Fatalf("message %d: %q", i, e.Message)
		}
	}
	if got := in.Stats(); got.Received != n || got.Broken+got.Cut+got.Lost+got.DroppedKernel+got.DroppedQueue > 0 {
		t.Errorf("%+v", got)
	}
}

// logger itself speaks all of them too.
func TestLogger(t *testing.T) {
	t.Parallel()
	logger := needs(t, "logger", "bsdutils")
	for _, c := range [][]string{
		{"--tcp", "--octet-count", "--rfc5424", "--sd-id", "zoo@123", "--sd-param", `tiger="hungry"`},
		{"--tcp", "--rfc3164"},
		{"--udp", "--rfc5424"},
		{"--udp", "--rfc3164"},
	} {
		t.Run(strings.Join(c[:2], " "), func(t *testing.T) {
			t.Parallel()
			s := newSink(t)
			in := openTCP(t, s, nil)
			if slices.Contains(c, "--udp") {
				in = openUDP(t, s, nil)
			}
			run(t, in)
			host, port, err := net.SplitHostPort(in.Stats().Address)
			if err != nil {
				t.Fatal(err)
			}
			args := append([]string{"-n", host, "-P", port, "-t", "myapp"}, append(slices.Clone(c), "all is well")...)
			if out, err := exec.CommandContext(t.Context(), logger, args...).CombinedOutput(); err != nil {
				t.Fatalf("logger: %v\n%s", err, out)
			}
			s.waitFor(t, 1)
			m := s.all()[0].Message
			if !strings.HasPrefix(m, "<13>") || !strings.HasSuffix(m, "all is well") ||
				slices.Contains(c, "zoo@123") != strings.Contains(m, `[zoo@123 tiger="hungry"]`) {
				t.Errorf("%q", m)
			}
		})
	}
}

// forward starts a rsyslogd that forwards what it gets on a socket, whose path
// it returns.
func forward(t *testing.T, daemon, target, protocol, options, template string, globals ...string) (socket string) {
	t.Helper()
	dir, err := os.MkdirTemp("", "rs") //nolint:usetesting // the path of a socket must be short
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	host, port, err := net.SplitHostPort(target)
	if err != nil {
		t.Fatal(err)
	}
	socket = filepath.Join(dir, "log")
	config := fmt.Sprintf(`global(workDirectory="%s" %s)
module(load="imuxsock" SysSock.Use="off")
input(type="imuxsock" Socket="%s" RateLimit.Interval="0" CreatePath="on")
action(type="omfwd" target="%s" port="%s" protocol="%s" template="%s" %s)
`, dir, strings.Join(globals, " "), socket, host, port, protocol, template, options)
	file := filepath.Join(dir, "rsyslog.conf")
	if err := os.WriteFile(file, []byte(config), 0o600); err != nil {
		t.Fatal(err)
	}
	start(t, socket, exec.Command(daemon, "-n", "-f", file, "-i", filepath.Join(dir, "pid")))
	return socket
}
