// SPDX-License-Identifier: Apache-2.0

package redact

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/tocsin-siem/tocsin/internal/core/event"
)

// planted is a secret of ours in a text.
type planted struct {
	kind Kind
	text string
	// secret is what must be gone from the text.
	secret string
}

// Two bodies of keys, without and with letters beyond f.
const (
	hexBody  = "0a1b2c3d4e5f60718293a4b5c6d7e8f90a1b2c3d4e5f6071"
	wordBody = "aB3dE6gH9jK2mN5pQ8sT1vW4yZ7bC0eF3hI6kL9nO2qR5tU8xV1w"
)

// plantedSecrets are secrets of every kind, and the keys of every provider. They are
// put together here, so that no scanner takes this file for a leak.
func plantedSecrets() []planted {
	list := []planted{
		{Password, "login password=hunter2-planted failed", "hunter2-planted"},
		{Password, "amqp://svc:hunter2-planted@mq.example.com/v", "hunter2-planted"},
		{Password, `{\"user\":\"bob\",\"password\":\"hunter2-planted\"}`, "hunter2-planted"},
		{Password, "mysql -u root -phunter2-planted shop", "hunter2-planted"},
		{Secret, "client_secret=planted-0123456789&x=1", "planted-0123456789"},
		{Token, "GET /cb?access_token=planted0123456789&state=1", "planted0123456789"},
		{APIKey, "X-Api-Key: planted0123456789", "planted0123456789"},
		{Authorization, "Authorization: Bearer planted0123456789", "planted0123456789"},
		{Authorization, "sent Basic dXNlcjpodW50ZXIy", "dXNlcjpodW50ZXIy"},
		{Cookie, "Set-Cookie: sid=planted0123456789; HttpOnly", "planted0123456789"},
		{JWT, "at eyJhbGciOiJIUzI1NiJ9" + ".eyJzdWIiOiJwbGFudGVkIn0" + ".cGxhbnRlZDAxMjM0NTY3ODk", "eyJzdWIiOiJwbGFudGVkIn0"},
		{PrivateKey, "-----BEGIN RSA PRIVATE" + " KEY-----\nMIIEplanted\n-----END RSA PRIVATE" + " KEY-----", "MIIEplanted"},
		{Webhook, "https://hooks.slack.com" + "/services/T0PLANTED/B0PLANTED/planted0123456789", "planted0123456789"},
		{Card, "paid by 4111 1111 1111 1111 today", "4111 1111 1111 1111"},
		{Card, "paid by 4111111111111111 today", "4111111111111111"},
		{IBAN, "to RO49AAAA1B31007593840000 today", "1B31007593840000"},
		{IBAN, "to RO49 AAAA 1B31 0075 9384 0000 today", "1B31 0075 9384 0000"},
		{SSN, "of 536-22-8726 today", "536-22-8726"},
		{CNP, "of 2990228410019 today", "2990228410019"},
		{Email, "by planted@example.com today", "planted@example.com"},
		{Phone, "by +40 722 123 456 today", "722 123 456"},
	}
	for _, k := range keys() {
		body := wordBody
		if k.hex {
			body = hexBody[:k.least]
		} else if len(body) < k.least {
			body += wordBody
		}
		list = append(list, planted{k.kind, "key " + k.prefix + body + " today", body})
	}
	return list
}

// SelfTest runs secrets of every kind through the Redactor, under the policy of each
// source, and tells the first that comes through: then no event may be taken in.
func (r *Redactor) SelfTest() error {
	for _, source := range append([]string{""}, slices.Sorted(maps.Keys(r.sources))...) {
		p := r.policy(source)
		for _, c := range plantedSecrets() {
			if p.actions[c.kind] == Keep {
				continue
			}
			e := &event.Event{Source: source, Message: c.text, Attrs: []event.Attr{{Key: "planted", Value: event.Text(c.text)}}}
			r.Events([]*event.Event{e})
			if strings.Contains(e.Message, c.secret) || strings.Contains(e.Attrs[0].Value.Text, c.secret) {
				return fmt.Errorf("redaction lets a planted secret through (kind %s, policy of source %q): nothing is taken in with this build", c.kind, source)
			}
		}
	}
	return nil
}
