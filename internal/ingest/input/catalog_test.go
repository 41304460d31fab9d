// SPDX-License-Identifier: Apache-2.0

package input

import (
	"context"
	"fmt"
	"os"
	"reflect"
	"regexp"
	"strings"
	"testing"
	"time"
)

// TestCatalog is the contract of every member.
func TestCatalog(t *testing.T) {
	t.Parallel()
	seen := map[string]bool{}
	for _, spec := range Catalog() {
		t.Run(spec.Type, func(t *testing.T) {
			t.Parallel()
			if !regexp.MustCompile(`^[a-z][a-z0-9_]*$`).MatchString(spec.Type) || len(spec.Summary) < 20 || strings.Contains(spec.Summary, "\n") {
				t.Errorf("type %q, summary %q", spec.Type, spec.Summary)
			}
			if spec.New() == spec.New() && reflect.TypeOf(spec.New()).Elem().Size() > 0 {
				t.Error("two configurations are one")
			}
			config := spec.New()
			if file, ok := config.(*File); ok { // there is no path that is everybody's
				file.Path = Patterns{t.TempDir() + "/*.log"}
			}
			if err := config.Validate(); err != nil {
				t.Errorf("the defaults are refused: %v", err)
			}
			for f := range reflect.TypeOf(config).Elem().Fields() {
				if tag := f.Tag.Get("yaml"); !regexp.MustCompile(`^[a-z][a-z0-9_]*$`).MatchString(tag) {
					t.Errorf("field %s has the name %q in the configuration", f.Name, tag)
				}
				if f.Name == "Listen" {
					reflect.ValueOf(config).Elem().FieldByName(f.Name).SetString("127.0.0.1:0")
				}
			}
			if _, err := config.Open(t.Context(), Env{}); err == nil {
				t.Error("opened without an environment")
			}
			in, err := config.Open(t.Context(), newSink(t).env("in"))
			if err != nil {
				t.Fatal(err)
			}
			for _, r := range in.Routes() {
				manners(spec.Type).check(t, in, r)
			}
			if len(in.Routes()) == 0 && in.Stats().Address == "" {
				t.Error("it has neither routes nor an address")
			}
			ctx, cancel := context.WithCancel(t.Context())
			ended := make(chan error)
			go func() { ended <- in.Run(ctx) }()
			cancel()
			if err := <-ended; err != nil {
				t.Errorf("run: %v", err)
			}
			for range 2 {
				if err := in.Close(); err != nil {
					t.Errorf("close: %v", err)
				}
			}
		})
		if seen[spec.Type] {
			t.Errorf("type %s is there twice", spec.Type)
		}
		seen[spec.Type] = true
	}
	if _, ok := Lookup("telepathy"); ok {
		t.Error("found what is not there")
	}
}

func TestConfigNamesTheWrongField(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		config Config
		field  string
	}{
		{&SyslogTCP{MaxPerPeer: 1, IdleTimeout: 1e9, LineTimeout: 1e9, Format: "syslog", Listen: ":0"}, "max_connections"},
		{&SyslogTCP{MaxConnections: 1, IdleTimeout: 1e9, LineTimeout: 1e9, Format: "syslog", Listen: ":0"}, "max_per_peer"},
		{&SyslogTCP{MaxConnections: 1, MaxPerPeer: 1, LineTimeout: 1e9, Format: "syslog", Listen: ":0"}, "idle_timeout"},
		{&SyslogTCP{MaxConnections: 1, MaxPerPeer: 1, IdleTimeout: 1e9, Format: "syslog", Listen: ":0"}, "line_timeout"},
		{&SyslogTCP{MaxConnections: 1, MaxPerPeer: 1, IdleTimeout: 1e9, LineTimeout: 1e9, Format: "syslog", Listen: "5514"}, "listen"},
		{&SyslogUDP{Queue: 1 << 20, Listen: ":0", Format: "syslog"}, "receive_buffer"},
		{&SyslogUDP{ReceiveBuffer: 1 << 20, Listen: ":0", Format: "syslog"}, "queue"},
		{&SyslogUDP{ReceiveBuffer: 1 << 20, Queue: 1 << 20, Listen: ":0"}, "format"},
		{&SyslogUDP{ReceiveBuffer: 1 << 20, Queue: 1 << 20, Listen: ":0", Format: "morse"}, ""},
		{&SyslogUDP{ReceiveBuffer: 1 << 20, Queue: 1 << 20, Listen: ":0", Format: "syslog", Timezone: "Mars/Base"}, "timezone"},
	} {
		err := c.config.Validate()
		if c.field == "" {
			c.field = "format"
			_, err = c.config.Open(t.Context(), newSink(t).env("in"))
		}
		if err == nil || !strings.HasPrefix(err.Error(), c.field+":") {
			t.Errorf("%+v: %v, want an error of %s", c.config, err, c.field)
		}
	}
}

// The document for users names every input, every setting and every default.
func TestDocumentNamesEverySetting(t *testing.T) {
	t.Parallel()
	raw, err := os.ReadFile("../../../docs/inputs.md")
	if err != nil {
		t.Fatal(err)
	}
	text := string(raw)
	for _, spec := range Catalog() {
		if !strings.Contains(text, "`"+spec.Type+"`") {
			t.Errorf("docs/inputs.md does not name %s", spec.Type)
		}
		config := reflect.ValueOf(spec.New()).Elem()
		for f := range config.Type().Fields() {
			value := config.FieldByIndex(f.Index)
			want := "| `" + f.Tag.Get("yaml") + "` | "
			switch d, isDuration := reflect.TypeAssert[time.Duration](value); {
			case value.IsZero():
				want += "none |"
			case isDuration:
				want += strings.Replace(d.String(), "h0m0s", "h", 1) + " |"
			case value.Kind() == reflect.String:
				want += "`" + value.String() + "` |"
			default:
				want += fmt.Sprint(value.Interface()) + " |"
			}
			if !strings.Contains(text, want) {
				t.Errorf("docs/inputs.md has no row %q for %s", want, spec.Type)
			}
		}
	}
}
