// SPDX-License-Identifier: Apache-2.0

// Package traffic makes realistic traffic: what a small company's shop, servers
// and LLM assistant would send in a few minutes, with attacks inside that are
// labelled. The demo replays it through the public inputs, benchmarks and tests
// draw from the same source, and a label says what ought to be found.
//
//	Options (seed, length, rate, attacks) → Generate → Record, Record, …
//
// The same options give the same records, byte for byte, apart from Start. The
// ordinary part stays below every detection's threshold, so that a run without
// attacks raises nothing; that is a promise and has a test. The package sends
// nothing: a Record says by which wire form it wants to travel.
//
// Addresses, names and hosts are those that RFC 5737, RFC 3849 and RFC 2606 set
// aside for documents.
package traffic

import (
	"cmp"
	"math/rand/v2"
	"slices"
	"time"
)

// Wire is the form that a record travels in.
type Wire uint8

// The wire forms.
const (
	// JSON is one event for POST /api/siem/events.
	JSON Wire = iota
	// Syslog is one RFC 5424 line for the syslog inputs.
	Syslog
	// Resk is one event of an LLM client for POST /api/security/events.
	Resk
)

// The labels of the attacks.
const (
	BruteForce   = "brute_force"
	Enumeration  = "enumeration"
	LLMInjection = "llm_injection"
	LLMRepeated  = "llm_repeated"
)

// Attacks are all labels, in the order in which the demo shows them.
func Attacks() []string { return []string{BruteForce, Enumeration, LLMInjection, LLMRepeated} }

// Record is one thing to send.
type Record struct {
	// At is when it happens, since Options.Start.
	At time.Duration
	// Wire says how it travels.
	Wire Wire
	// Body is the record in that form, without a line end.
	Body []byte
	// Label is the attack that it belongs to, "" for ordinary traffic.
	Label string
}

// Options say what to make.
type Options struct {
	// Seed chooses the traffic.
	Seed uint64
	// Start is the time of the first record.
	Start time.Time
	// Length is how long the traffic lasts.
	Length time.Duration
	// Rate is how many ordinary records there are a second, on average.
	Rate float64
	// Attacks are labels of Attacks; each begins after Delay and a few seconds
	// after the one before it.
	Attacks []string
	// Delay is how long after Start the first attack begins.
	Delay time.Duration
}

// Generate returns the records in the order of their times.
func Generate(o Options) []Record {
	g := &generator{Rand: rand.New(rand.NewPCG(o.Seed, 0x70c51)), start: o.Start, failed: map[int]time.Duration{}}
	var out []Record
	for at := time.Duration(0); at < o.Length && o.Rate > 0; {
		at += time.Duration(g.ExpFloat64() / o.Rate * float64(time.Second))
		out = append(out, g.ordinary(at))
	}
	for i, label := range o.Attacks {
		out = append(out, g.attack(label, o.Delay+time.Duration(i)*4*time.Second)...)
	}
	slices.SortStableFunc(out, func(a, b Record) int { return cmp.Compare(a.At, b.At) })
	return out
}

// generator draws everything from one seeded source.
type generator struct {
	*rand.Rand
	start  time.Time
	failed map[int]time.Duration // when each person last mistyped the password
}

func (g *generator) pick(from []string) string { return from[g.IntN(len(from))] }

// person is somebody who works at the shop.
type person struct{ name, ip, agent string }

// staff are the people whose ordinary day the traffic shows. Each has an
// address of their own, as most people at home have.
func staff() []person {
	const (
		firefox = "Mozilla/5.0 (X11; Linux x86_64; rv:145.0) Gecko/20100101 Firefox/145.0"
		chrome  = "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 Chrome/142.0 Safari/537.36"
		phone   = "Mozilla/5.0 (iPhone; CPU iPhone OS 19_1 like Mac OS X) AppleWebKit/605.1.15 Mobile/15E148"
	)
	return []person{
		{"ana.popescu", "192.0.2.11", firefox},
		{"mihai.ionescu", "192.0.2.12", chrome},
		{"ioana.radu", "192.0.2.13", phone},
		{"george.dinu", "192.0.2.14", chrome},
		{"elena.stan", "192.0.2.15", firefox},
		{"vlad.marin", "192.0.2.16", phone},
		{"maria.toma", "192.0.2.17", chrome},
		{"andrei.luca", "192.0.2.18", firefox},
		{"sara.klein", "2001:db8:10::21", chrome},
		{"tom.becker", "2001:db8:10::22", firefox},
		{"lea.moreau", "2001:db8:10::23", phone},
		{"jon.hansen", "192.0.2.22", chrome},
	}
}
