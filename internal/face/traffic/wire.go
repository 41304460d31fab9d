// SPDX-License-Identifier: Apache-2.0

package traffic

import (
	"strconv"
	"time"
)

func (g *generator) stamp(at time.Duration) string {
	return g.start.Add(at).UTC().Format("2006-01-02T15:04:05.000Z07:00")
}

// json makes a record for POST /api/siem/events; pairs become attributes.
func (g *generator) json(at time.Duration, source, category, outcome, severity string, who person, message string, pairs ...string) Record {
	b := append(make([]byte, 0, 640), `{"timestamp":"`...)
	b = append(append(b, g.stamp(at)...), '"')
	for _, f := range [...][2]string{
		{"source", source},
		{"category", category},
		{"outcome", outcome},
		{"severity", severity},
		{"message", message},
		{"user", who.name},
		{"ip", who.ip},
		{"user_agent", who.agent},
		{"session", "s-" + strconv.FormatUint(g.Uint64()>>20, 36)},
		{"service", "shop"},
		{"host", "web-1"},
	} {
		b = appendPair(append(b, ','), f[0], f[1])
	}
	b = append(b, `,"attrs":{`...)
	for i := 0; i+1 < len(pairs); i += 2 {
		if i > 0 {
			b = append(b, ',')
		}
		b = appendPair(b, pairs[i], pairs[i+1])
	}
	return Record{At: at, Wire: JSON, Body: append(b, '}', '}')}
}

func appendPair(b []byte, key, value string) []byte {
	b = append(strconv.AppendQuote(b, key), ':')
	return strconv.AppendQuote(b, value)
}

// line makes an RFC 5424 line of a process with a pid of its own.
func (g *generator) line(at time.Duration, priority int, host, app, message string) Record {
	return g.lineOf(at, priority, host, app, strconv.Itoa(1000+g.IntN(30_000)), message)
}

func (g *generator) lineOf(at time.Duration, priority int, host, app, pid, message string) Record {
	return Record{At: at, Wire: Syslog, Body: []byte("<" + strconv.Itoa(priority) + ">1 " + g.stamp(at) + " " + host + " " + app + " " + pid + " - - " + message)}
}

// resk makes one event in the shape of an LLM client's.
func (g *generator) resk(at time.Duration, kind, severity string, who person, details string) Record {
	id := "resk_" + strconv.FormatInt(g.start.Add(at).UnixMilli(), 10) + "_" + strconv.FormatUint(g.Uint64()>>16, 36)
	return Record{At: at, Wire: Resk, Body: []byte(`{"timestamp":"` + g.stamp(at) + `","eventId":"` + id + `","eventType":"` + kind +
		`","severity":"` + severity + `","source":"security_filter","userId":"` + who.name + `","ipAddress":"` + who.ip +
		`","details":` + details + `,"compliance":{"gdprRelevant":false,"retentionDays":365,"pciScope":false,"hipaaProtected":false}}`)}
}
