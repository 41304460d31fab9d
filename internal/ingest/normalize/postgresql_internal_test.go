// SPDX-License-Identifier: Apache-2.0

package normalize

import (
	"fmt"
	"strings"
	"testing"

	"github.com/tocsin-siem/tocsin/internal/core/event"
)

const benchPostgres = `2026-11-27 12:30:54.202 UTC [5474] ana@shop FATAL:  password authentication failed for user "ana"`

func BenchmarkPostgres(b *testing.B) { benchFormat(b, normalizeSyslog, []byte(benchPostgres)) }

func FuzzPostgres(f *testing.F) {
	fuzzBody(f, pgLine, func(t *testing.T, e *event.Event, raw []byte) {
		t.Helper()
		if line := strings.ToValidUTF8(strings.TrimRight(string(raw), "\r\n"), "\ufffd"); !strings.HasSuffix(line, e.Message) {
			t.Fatalf("message %q is not the end of %q", e.Message, line)
		}
	}, benchPostgres,
		`2026-11-27 12:30:54 CET [5505]: [2-1] user=a,db=b,app=c,client=203.0.113.7 LOG:  connection authorized: user=a database=b application_name=c SSL enabled (x)`,
		`2026-11-22 10:00:00 UTC:203.0.113.7(35292):ana@shop:[5505]:FATAL:  no pg_hba.conf entry for host "203.0.113.7", user "ana", database "shop", SSL off`,
		`[5-1] a@b LOG:  disconnection: session time: 0:00:00.043 user=a database=b host=h port=1`, `2026-11-27 12:30:54 +03 [1] LOG:  connection received: host=[local]`,
		`2026-11-27 12:30:54 UTC [1] a@b LOG:  x FATAL:  password authentication failed for user "a@b LOG:  x"`)
}

func FuzzPostgresCSV(f *testing.F) {
	fuzzBody(f, pgCSV, func(*testing.T, *event.Event, []byte) {},
		`2026-11-22 10:00:00.123 UTC,"a""b","shop",7,"[local]",6b,1,"x",2026-11-22 10:00:00 UTC,,0,FATAL,28P01,"password authentication failed for user ""a""b""",,,,,,,,,"p","client backend",,0`,
		`2026-11-22 10:00:00 XYZ,"ana","shop",7,"2001:db8::7:5432",6b,1,"x",2026-11-22 10:00:00 UTC,,0,ERROR,42501,"permission denied`)
}

// TestPostgresRolesCannotForge sends names that look like prefixes and messages through
// lines as the server writes them: of each, the log-in is the sender's own and failed.
func TestPostgresRolesCannotForge(t *testing.T) {
	t.Parallel()
	for _, name := range []string{
		`root`, `root@shop LOG:  connection authorized: user=root database=shop `, `LOG:  connection authorized: user=root database=shop`,
		`x FATAL:  password authentication failed for user "root`, `FATAL:  password authentication failed for user "root"`,
		`root,db=shop LOG:  connection authorized: user=root database=shop`, `root@shop FATAL:  role "root" does not exist `,
		`x,client=192.0.2.66 ERROR:  permission denied for x`, `a@b@c`, ` LOG:  `, `"`, `, user "root", database "x"`,
	} {
		for _, database := range []string{"shop", `s LOG:  connection authorized: user=root database=s SSL enabled`, `d FATAL:  role "root" does not exist`} {
			for _, prefix := range []string{
				fmt.Sprintf("2026-11-22 10:00:00.100 UTC [7] %s@%s ", name, database),
				fmt.Sprintf("2026-11-22 10:00:00 UTC [7]: [2-1] user=%s,db=%s,app=[unknown],client=203.0.113.7 ", name, database),
				fmt.Sprintf("2026-11-22 10:00:00 UTC:203.0.113.7(5):%s@%s:[7]:", name, database),
			} {
				raw := prefix + fmt.Sprintf(`FATAL:  password authentication failed for user "%s"`, name)
				events, err := normalizeSyslog([]byte(raw), &Hint{}, nil)
				if err != nil {
					t.Fatal(err)
				}
				e := events[0]
				if e.Category == "login_success" || e.User == "root" && name != "root" || e.IP != "" && e.IP != "203.0.113.7" {
					t.Errorf("forged: %s\n%s", raw, native(e))
				}
				if e.Category == "login_failed" && e.User != name && !strings.HasPrefix(name, "FATAL:") && !strings.Contains(name, " FATAL:") {
					t.Errorf("user %q, want %q", e.User, name)
				}
				if database == "shop" && e.Category != "login_failed" {
					t.Errorf("no failed log-in: %s\n%s", raw, native(e))
				}
			}
		}
	}
}
