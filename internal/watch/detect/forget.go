// SPDX-License-Identifier: Apache-2.0

package detect

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"sync"
)

// ErrStopped says that Run has ended, so that nobody does what was asked for.
var ErrStopped = errors.New("detection has stopped")

// Settle returns once everything up to a position of the journal was seen and is
// stored, with a snapshot: what lies before it is not read again. It waits for Run,
// and for events as long as ctx allows.
func (n *Engine) Settle(ctx context.Context, upTo uint64) error {
	_, err := n.ask(ctx, upTo, nil)
	return err
}

// Forget takes whoever is one of those out of all windows, once everything up to a
// position of the journal was seen, and returns when a snapshot without them has
// taken the place of the one that is stored. It returns how many windows, values in
// windows and origins went; the figures of everybody else stay as they are.
func (n *Engine) Forget(ctx context.Context, upTo uint64, is func(text string) bool) (gone int, err error) {
	return n.ask(ctx, upTo, is)
}

func (n *Engine) ask(ctx context.Context, upTo uint64, is func(string) bool) (int, error) {
	a := &ask{upTo: upTo, is: is, done: make(chan answer, 1)}
	if !n.asks.add(a) {
		return 0, ErrStopped
	}
	select {
	case got := <-a.done:
		return got.gone, got.err
	case <-ctx.Done():
		n.asks.withdraw(a)
		return 0, fmt.Errorf("wait for detection: %w", ctx.Err())
	}
}

// ask is something that Run's goroutine is to do between two batches.
type ask struct {
	upTo uint64
	is   func(string) bool // nil forgets nobody
	done chan answer       // gets one
}

type answer struct {
	gone int
	err  error
}

// asks are those that wait.
type asks struct {
	mu    sync.Mutex
	list  []*ask
	fresh bool // one was added since they were last looked at
	wake  context.CancelFunc
	ended bool
}

func (q *asks) add(a *ask) bool {
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.ended {
		return false
	}
	q.list, q.fresh = append(q.list, a), true
	if q.wake != nil {
		q.wake()
	}
	return true
}

func (q *asks) withdraw(a *ask) {
	q.mu.Lock()
	defer q.mu.Unlock()
	for i := range q.list {
		if q.list[i] == a {
			q.list = append(q.list[:i:i], q.list[i+1:]...)
			return
		}
	}
}

// listen returns a context that ends when something is asked that was not looked at.
func (q *asks) listen(ctx context.Context) (context.Context, context.CancelFunc) {
	ctx, cancel := context.WithCancel(ctx)
	q.mu.Lock()
	defer q.mu.Unlock()
	q.wake = cancel
	if q.fresh {
		cancel()
	}
	return ctx, cancel
}

// look says that those that wait were looked at.
func (q *asks) look() {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.fresh = false
}

// due takes those that can be done at a position.
func (q *asks) due(ord uint64) (ready []*ask) {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.fresh = false
	var rest []*ask
	for _, a := range q.list {
		if a.upTo <= ord {
			ready = append(ready, a)
		} else {
			rest = append(rest, a)
		}
	}
	q.list = rest
	return ready
}

// end says no to all, and to who comes later.
func (q *asks) end() {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.ended = true
	for _, a := range q.list {
		a.done <- answer{err: ErrStopped}
	}
	q.list = nil
}

// serve does what was asked for and can be done. While events of before the last
// commit are read again it waits: a snapshot of then would be older than what is
// stored.
func (l *loop) serve(ctx context.Context) error {
	if l.engine.ord < l.committed {
		l.engine.asks.look()
		return nil
	}
	for _, a := range l.engine.asks.due(l.engine.ord) {
		l.endReplay()
		l.grow()
		got := answer{}
		if a.is != nil {
			got.gone = l.engine.forget(a.is)
		}
		got.err = l.commit(ctx, true)
		a.done <- got
		if got.err != nil {
			return got.err
		}
		l.engine.publish()
	}
	return nil
}

// forget takes somebody out of the windows.
func (n *Engine) forget(is func(string) bool) (gone int) {
	gone = n.marks.Forget(is)
	for _, c := range n.rules {
		gone += c.windows.Forget(func(key string) bool { return names(key, is) }, is)
	}
	return gone
}

// names tells whether a part of a window's key, its entity or another value that it
// is grouped by, is one of those.
func names(key string, is func(string) bool) bool {
	if key == "" {
		return false
	}
	for rest := key[1:]; rest != ""; {
		n, size := binary.Uvarint([]byte(rest[:min(len(rest), binary.MaxVarintLen64)]))
		if size <= 0 || n > uint64(len(rest)-size) { //nolint:gosec // size is within rest
			return is(rest) // not made by groupOf
		}
		end := size + int(n) //nolint:gosec // bounded by the key's length
		if is(rest[size:end]) {
			return true
		}
		rest = rest[end:]
	}
	return false
}
