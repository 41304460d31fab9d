// SPDX-License-Identifier: Apache-2.0

// Package enrich adds to events what is known of their addresses, client programs
// and hosts.
//
//	event → Enricher.Events → the same event, with
//	  ip          → geo.*, as.number, attrs.as.name …      (databases in MMDB form)
//	              → attrs.ip_scope for private and reserved ranges
//	              → attrs.ip_asset.*                       (the user's list of assets)
//	  user_agent  → attrs.user_agent.name, .os.name, .device.type
//	  host        → attrs.asset.*
//
// What the sender said stays: only what is absent is added. What is added depends on
// the event and on the files alone; Adds tells which attributes they are, so that a
// repeat of an event is known as one even after the files have changed.
//
// Answers are kept in small tables of fixed size, without locks: the same addresses
// and programs come again and again. The files are read at the start and again when
// they change (Refresh, Run); a file that cannot be read then leaves the answers as
// they were. Any number of goroutines may call Events.
package enrich

import (
	"context"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/tocsin-siem/tocsin/internal/core/event"
)

// Options say what is added, and from what.
type Options struct {
	// Country and AS are databases in MMDB form that the program carries; nil for
	// none. They are never written to, and must stay as they are.
	Country, AS []byte
	// Files are databases of the user's own, in MMDB form: countries, cities and
	// autonomous systems, as MaxMind, DB-IP and IPinfo write them. They are asked
	// first, in this order.
	Files []string
	// Assets is a list of the user's hosts and networks, CSV; "" for none.
	Assets string
	// UserAgent tells whether client programs are taken apart.
	UserAgent bool
	Logger    *slog.Logger
}

// Enricher adds. Make it with New.
type Enricher struct {
	opt    Options
	agents *cache[[]event.Attr] // nil: not wanted
	known  atomic.Pointer[knowledge]

	mu   sync.Mutex // guards seen
	seen []fileState
}

// knowledge is what the files say, and the answers that were found in it.
type knowledge struct {
	databases []database
	assets    *assets
	places    *cache[place]
}

// New reads the databases and lists. It fails when one of them cannot be read.
func New(opt Options) (*Enricher, error) {
	e := &Enricher{opt: opt}
	if opt.UserAgent {
		e.agents = newCache[[]event.Attr](agentSlots)
	}
	k, seen, err := read(opt)
	if err != nil {
		return nil, err
	}
	e.known.Store(k)
	e.seen = seen
	return e, nil
}

// Events adds to all events, in place.
func (en *Enricher) Events(events []*event.Event) {
	k := en.known.Load()
	var room [16]event.Attr
	var b block
	for _, e := range events {
		more := room[:0]
		if e.IP != "" {
			more = k.address(e, more)
		}
		if e.Host != "" && k.assets != nil {
			more = k.assets.ofHost(e.Host, more)
		}
		if en.agents != nil && e.UserAgent != "" {
			more = append(more, en.agent(e.UserAgent)...)
		}
		if len(more) > 0 {
			add(e, more, b.take(len(e.Attrs)+len(more)))
		}
	}
}

// blockAttrs is how many attributes are made at once. They live as long as one event
// that has some of them does.
const blockAttrs = 256

// block shares out room for attributes.
type block []event.Attr

// take returns room for n attributes.
func (b *block) take(n int) []event.Attr {
	if n > len(*b) {
		if n > blockAttrs/4 {
			return make([]event.Attr, 0, n)
		}
		*b = make([]event.Attr, blockAttrs)
	}
	room := (*b)[:0:n]
	*b = (*b)[n:]
	return room
}

// add merges attributes into an event's, which are sorted; one that the event has
// already stays. It sorts more, and writes to room.
func add(e *event.Event, more, room []event.Attr) {
	byKey := func(a, b event.Attr) int { return strings.Compare(a.Key, b.Key) }
	if !slices.IsSortedFunc(more, byKey) {
		slices.SortFunc(more, byKey)
	}
	attrs, own := room, e.Attrs
	for _, a := range more {
		n := 0
		for n < len(own) && own[n].Key < a.Key {
			n++
		}
		attrs = append(attrs, own[:n]...)
		if own = own[n:]; len(own) == 0 || own[0].Key != a.Key {
			attrs = append(attrs, a)
		}
	}
	e.Attrs = append(attrs, own...)
}

// Adds tells whether an attribute is one that this package may add.
func Adds(key string) bool {
	switch key {
	case keyScope, keyASName, keyCity, keyAccuracy, keyAgent, keyOS, keyDevice:
		return true
	default:
		return strings.HasPrefix(key, assetPrefix) || strings.HasPrefix(key, addressAssetPrefix)
	}
}

// refreshEvery is how often the files are looked at for a change.
const refreshEvery = 30 * time.Second

// Run reads files again when they have changed, until ctx ends. It returns nil.
func (en *Enricher) Run(ctx context.Context) error {
	tick := time.NewTicker(refreshEvery)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
		}
		if changed, err := en.Refresh(); err != nil {
			en.opt.Logger.WarnContext(ctx, "what is known of addresses and assets stays as it was", "error", err)
		} else if changed {
			en.opt.Logger.InfoContext(ctx, "what is known of addresses and assets was read again")
		}
	}
}

// Refresh reads all files again when one of them has changed since they were read.
// On an error everything stays as it was, and the file is tried again when it changes
// once more.
func (en *Enricher) Refresh() (changed bool, err error) {
	en.mu.Lock()
	defer en.mu.Unlock()
	now := states(en.opt)
	if slices.Equal(now, en.seen) {
		return false, nil
	}
	en.seen = now
	k, seen, err := read(en.opt)
	if err != nil {
		return false, err
	}
	en.seen = seen
	en.known.Store(k)
	return true, nil
}
