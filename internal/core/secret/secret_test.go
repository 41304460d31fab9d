// SPDX-License-Identifier: Apache-2.0

package secret_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"log/slog"
	"strings"
	"testing"

	"github.com/tocsin-siem/tocsin/internal/core/secret"
)

func TestNothingShowsIt(t *testing.T) {
	t.Parallel()
	const plain = "correct horse"
	type config struct {
		URL    string
		Token  secret.Text
		hidden secret.Text
	}
	c := config{URL: "https://example.com", Token: secret.New(plain), hidden: secret.New(plain)}
	var log bytes.Buffer
	slog.New(slog.NewJSONHandler(&log, nil)).Info("configuration", "token", c.Token, "all", c)
	encoded, err := json.Marshal(c)
	if err != nil {
		t.Fatal(err)
	}
	shown := map[string]string{
		"%v": fmt.Sprintf("%v", c), "%+v": fmt.Sprintf("%+v", c), "%#v": fmt.Sprintf("%#v", c), "%s": fmt.Sprintf("%s", c.Token),
		"%q": fmt.Sprintf("%q", c.Token), "%x": fmt.Sprintf("%x", c.Token), "%d": fmt.Sprintf("%d", c.hidden), "String": c.Token.String(),
		"pointer": fmt.Sprintf("%+v", &c), "json": string(encoded), "slog": log.String(),
	}
	for how, text := range shown {
		if strings.Contains(text, plain) || strings.Contains(text, fmt.Sprintf("%x", plain)) {
			t.Errorf("%s shows the secret: %s", how, text)
		}
	}
	var masked map[string]string
	if err := json.Unmarshal(encoded, &masked); err != nil || masked["Token"] != secret.Mask {
		t.Errorf("json = %s (%v), want %s as the token", encoded, err, secret.Mask)
	}
	if got := c.hidden.Reveal(); got != plain {
		t.Errorf("Reveal = %q, want %q", got, plain)
	}
}

func TestTextFromOutside(t *testing.T) {
	t.Parallel()
	var in struct{ Password secret.Text }
	if err := json.Unmarshal([]byte(`{"Password":"pässword"}`), &in); err != nil {
		t.Fatal(err)
	}
	if !in.Password.Equal("pässword") || in.Password.Equal("password") || in.Password.IsZero() {
		t.Errorf("password read wrongly: %q", in.Password.Reveal())
	}
	var zero secret.Text
	if zero.Reveal() != "" || !zero.IsZero() || !zero.Equal("") {
		t.Error("the zero value is not an empty secret")
	}
}
