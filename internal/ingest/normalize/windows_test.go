// SPDX-License-Identifier: Apache-2.0

package normalize_test

import (
	"bytes"
	"compress/gzip"
	"encoding/json"
	"errors"
	"io"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/tocsin-siem/tocsin/internal/core/event"
	"github.com/tocsin-siem/tocsin/internal/ingest/normalize"
)

// one reads a record that must become one event.
func one(t *testing.T, format string, record []byte) *event.Event {
	t.Helper()
	f, ok := normalize.Lookup(format)
	if !ok {
		t.Fatalf("no format %s", format)
	}
	events, err := f.Normalize(record, &normalize.Hint{Received: received}, nil)
	if err != nil || len(events) != 1 {
		t.Fatalf("%d events, %v, of %s", len(events), err, record)
	}
	check(t, events[0])
	return events[0]
}

func textOf(e *event.Event, key string) string {
	v, _ := e.Attr(key)
	return v.String()
}

// TestWindowsRecords reads 3,000 real events, of which 2,836 are of the Windows event
// log in four collectors' forms. The counts were made of the same file by their log
// and number alone, with another program.
func TestWindowsRecords(t *testing.T) {
	t.Parallel()
	zipped, err := gzip.NewReader(bytes.NewReader(outside(t, "data/otrf/events3k.ndjson.gz")))
	if err != nil {
		t.Fatal(err)
	}
	text, err := io.ReadAll(zipped)
	if err != nil {
		t.Fatal(err)
	}
	records, windows, got := 0, 0, map[string]int{}
	for record := range bytes.Lines(text) {
		records++
		e := one(t, "json", bytes.TrimSuffix(record, []byte("\n")))
		if _, ok := e.Attr("EventID"); !ok {
			continue
		}
		windows++
		got[e.Category]++
		if textOf(e, "Channel") == "" || e.Host == "" || e.Time == 0 || e.Message == "" {
			t.Errorf("no channel, host, time or message: %s", native(e))
		}
	}
	if records != 3000 || windows != 2836 {
		t.Errorf("%d records, %d of them of Windows; want 3000, 2836", records, windows)
	}
	for category, want := range map[string]int{
		"login_success": 1, "logout": 0, "session_closed": 3, "process_started": 11, "process_ended": 16,
		"network_connection": 158, "log_paused": 1, "script_executed": 296, "file_activity": 35, "dns_query": 8, "data_access": 111,
	} {
		if got[category] != want {
			t.Errorf("%d of %s, want %d", got[category], category, want)
		}
	}
}

// TestWindowsNamesAreSigmas: events as evtx_dump has them get the names and values
// that Sigma's own regression data has for them.
func TestWindowsNamesAreSigmas(t *testing.T) {
	t.Parallel()
	flat := json.NewDecoder(bytes.NewReader(outside(t, "data/sigma-regression/reg.ndjson")))
	n, last := 0, ""
	var dump *json.Decoder
	for line := range strings.Lines(string(outside(t, "data/sigma-regression/reg_exp.tsv"))) {
		fields := strings.Split(strings.TrimSpace(line), "\t")
		path := "data/sigma-regression/" + strings.TrimPrefix(fields[len(fields)-1], "sigma/")
		if path != last {
			dump, last = json.NewDecoder(bytes.NewReader(outside(t, path))), path
		}
		var record json.RawMessage
		if err := dump.Decode(&record); err != nil {
			t.Fatalf("%s: %v", path, err)
		}
		var want map[string]any
		flat.UseNumber()
		if err := flat.Decode(&want); err != nil {
			t.Fatal(err)
		}
		e := one(t, "windows_json", record)
		if e.Marked(event.MarkInvalid) {
			t.Errorf("not understood: %s", native(e))
		}
		for name, value := range want {
			text, _ := value.(string)
			if number, ok := value.(json.Number); ok {
				text = number.String()
			}
			if got := textOf(e, name); got != text && !strings.Contains(name, " ") {
				t.Errorf("%s: %s is %q, want %q", path, name, got, text)
			}
		}
		n++
	}
	if err := flat.Decode(new(any)); n != 238 || !errors.Is(err, io.EOF) {
		t.Errorf("%d events, %v; want all 238", n, err)
	}
}

// TestWindowsFormsAgree: one event in five collectors' forms is the same event, under
// the same names.
func TestWindowsFormsAgree(t *testing.T) {
	t.Parallel()
	const provider, data = `Microsoft-Windows-Security-Auditing`, `"TargetUserName":"ana","IpAddress":"198.51.100.9","SubStatus":"0xc000006a","LogonType":"3","Threat Name":"x"`
	forms := map[string]string{
		"nxlog":      `{"EventID":4625,"Channel":"Security","SourceName":"` + provider + `","Hostname":"ws1","RecordNumber":7,"EventTime":"2026-11-22 10:00:00",` + strings.ReplaceAll(data, "Threat Name", "ThreatName") + `}`,
		"winlogbeat": `{"@timestamp":"2026-11-22T10:00:00Z","winlog":{"event_id":4625,"channel":"Security","provider_name":"` + provider + `","computer_name":"ws1","record_id":7,"event_data":{` + data + `}}}`,
		"ecs":        `{"ecs":{"version":"8.0.0"},"@timestamp":"2026-11-22T10:00:00Z","winlog":{"event_id":"4625","channel":"Security","provider_name":"` + provider + `","computer_name":"ws1","record_id":"7","event_data":{` + data + `}}}`,
		"old beat":   `{"@timestamp":"2026-11-22T10:00:00Z","event_id":4625,"log_name":"Security","source_name":"` + provider + `","computer_name":"ws1","record_number":"7","event_data":{` + data + `}}`,
		"evtx_dump":  `{"Event":{"System":{"Provider":{"#attributes":{"Name":"` + provider + `"}},"EventID":{"#attributes":{"Qualifiers":0},"#text":4625},"TimeCreated":{"#attributes":{"SystemTime":"2026-11-22T10:00:00Z"}},"EventRecordID":7,"Channel":"Security","Computer":"ws1"},"EventData":{` + data + `}}}`,
		"xml": `<Event><System><Provider Name="` + provider + `"/><EventID Qualifiers="0">4625</EventID><TimeCreated SystemTime="2026-11-22T10:00:00Z"/><EventRecordID>7</EventRecordID><Channel>Security</Channel><Computer>ws1</Computer></System><EventData>` +
			`<Data Name="TargetUserName">ana</Data><Data Name="IpAddress">198.51.100.9</Data><Data Name="SubStatus">0xc000006a</Data><Data Name="LogonType">3</Data><Data Name="Threat Name">x</Data></EventData></Event>`,
	}
	want := map[string]string{
		"EventID": "4625", "Channel": "Security", "Provider_Name": provider, "Computer": "ws1", "TargetUserName": "ana", "IpAddress": "198.51.100.9",
		"SubStatus": "0xc000006a", "LogonType": "3", "ThreatName": "x", "category": "login_failed", "user": "ana", "ip": "198.51.100.9", "host": "ws1",
		"origin_id": "ws1/Security/7", "message": "Log-on refused: ana from 198.51.100.9: wrong password", "time": "2026-11-22T10:00:00Z", "severity": "low",
	}
	for name, record := range forms {
		e := one(t, "auto", []byte(record))
		got := map[string]string{}
		for key := range want {
			v, _ := e.Lookup(key)
			got[key] = v.String()
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s, -want +got:\n%s", name, diff)
		}
	}
}
