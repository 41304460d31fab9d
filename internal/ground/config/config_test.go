// SPDX-License-Identifier: Apache-2.0

package config_test

import (
	"strings"
	"testing"
	"time"

	"github.com/tocsin-siem/tocsin/internal/ground/config"
)

func env(name string) (string, bool) {
	v, ok := map[string]string{"HOST": "0.0.0.0", "EMPTY": ""}[name]
	return v, ok
}

func TestLoad(t *testing.T) {
	t.Parallel()
	const doc = `
server: {listen: "${HOST}:8514"}
sources:
  shop: {criticality: high, retention: 180d}
  access: {criticality: low, retention: 14}
inputs:
  - {name: hosts, type: syslog_tcp, listen: "127.0.0.1:5514"}
detection: {lateness: 2m}
environments:
  production:
    journal: {dual_control: true}
    server: {listen: ":443"}
    sources: {shop: {retention: 365d}}
`
	c, err := config.Load([]byte(doc), "", env)
	if err != nil {
		t.Fatal(err)
	}
	if c.Server.Listen != "0.0.0.0:8514" || c.Sources["shop"].Retention != 180 || c.Sources["access"].Retention != 14 {
		t.Errorf("got %+v", c)
	}
	if c.Sources["authentication"].Retention != 365 {
		t.Error("a default source is gone")
	}
	if len(c.Inputs) != 1 || c.Inputs[0].Type != "syslog_tcp" || c.Inputs[0].Line != 7 {
		t.Errorf("inputs %+v", c.Inputs)
	}
	if c.Detection.Lateness != 2*time.Minute {
		t.Errorf("lateness %s", c.Detection.Lateness)
	}
	p, err := config.Load([]byte(doc), "production", env)
	if err != nil {
		t.Fatal(err)
	}
	if c.Journal.DualControl || !p.Journal.DualControl {
		t.Errorf("dual control is %v, in production %v", c.Journal.DualControl, p.Journal.DualControl)
	}
	if p.Server.Listen != ":443" || p.Sources["shop"].Retention != 365 || p.Sources["shop"].Criticality != "high" {
		t.Errorf("production: %+v", p)
	}
}

func TestEmptyIsTheDefault(t *testing.T) {
	t.Parallel()
	c, err := config.Load(nil, "", env)
	if err != nil || c.Server.Listen != "127.0.0.1:8514" {
		t.Fatalf("%+v %v", c, err)
	}
}

func TestErrorsNameTheLine(t *testing.T) {
	t.Parallel()
	f := func(doc, want string) {
		t.Helper()
		_, err := config.Load([]byte(doc), "", env)
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: got %v, want an error with %q", doc, err, want)
		}
	}
	f("server: {lisen: x}", "line 1: server.lisen: unknown key")
	f("\nsorces: {}", "line 2: sorces: unknown key")
	f("sources:\n  shop:\n    colour: red", "line 3: sources.shop.colour: unknown key")
	f("sources: {shop: {criticality: huge, retention: 3d}}", "sources.shop.criticality")
	f("sources: {shop: {criticality: low, retention: 3 weeks}}", "line 1")
	f("sources: {shop: {criticality: low, retention: 9999d}}", "sources.shop.retention")
	f("server: {listen: \"${NOPE}:1\"}", "line 1: ${NOPE}: not set")
	f("server: {listen: \"${NOPE\"}", "not closed")
	f("server: {listen: \"${EMPTY}\"}", "server.listen: missing")
	f("inputs: [{name: a}]", "line 1: type: missing")
	f("- a\n- b", "want a mapping")
	f("a: [", "yaml")
	f("detection: {lateness: 48h}", "detection.lateness")
	f("environments: {development: {server: {lisen: x}}}", "server.lisen: unknown key")
}

func FuzzLoad(f *testing.F) {
	f.Add([]byte("server: {listen: a}\nenvironments: {development: {server: x}}"))
	f.Add([]byte("sources: {a: &x {criticality: low, retention: 1}, b: *x}"))
	f.Fuzz(func(_ *testing.T, doc []byte) { _, _ = config.Load(doc, "", env) })
}

func TestSectionDecodesStrictly(t *testing.T) {
	t.Parallel()
	type listener struct {
		Listen string `yaml:"listen"`
		Max    int    `yaml:"max"`
	}
	c, err := config.Load([]byte("inputs:\n- {name: a, type: b, listen: here}\n- {type: b,\n   lisen: x}"), "", env)
	if err != nil {
		t.Fatal(err)
	}
	got := listener{Max: 7}
	if err := c.Inputs[0].Decode(&got); err != nil || got != (listener{"here", 7}) {
		t.Errorf("got %+v %v", got, err)
	}
	if err := c.Inputs[1].Decode(&got); err == nil || !strings.Contains(err.Error(), "line 4: lisen: unknown key") {
		t.Errorf("got %v", err)
	}
}
