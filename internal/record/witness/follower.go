// SPDX-License-Identifier: Apache-2.0

package witness

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"os"
	"sync"
	"time"

	"github.com/tocsin-siem/tocsin/internal/record/proof"
)

const (
	// submitTimeout bounds one exchange with a witness, a second request included.
	submitTimeout = 20 * time.Second
	// minBackoff doubles up to maxBackoff while a witness does not co-sign.
	minBackoff = time.Second
	maxBackoff = 5 * time.Minute
	// pollInterval is how often a Follower looks by itself.
	pollInterval = time.Minute
)

var (
	// ErrNoCheckpoint says that the log has signed nothing yet, so that no witness
	// can be asked.
	ErrNoCheckpoint = errors.New("there is no checkpoint to ask with")
	// ErrDiverged says that the log was told to stop before, and nobody has looked.
	ErrDiverged = errors.New("the log and a witness have two histories")
)

// FollowerOptions are what a Follower is made with. The funcs may be called from
// several goroutines at once, also while the log goes on.
type FollowerOptions struct {
	// Origin is the log's. What the file holds of another one is not used.
	Origin string
	// Latest returns the log's newest checkpoint, a signed note that is durable, with
	// its size; nil while there is none. The size never falls while the log runs, and
	// one size has one root for ever.
	Latest func() (checkpoint []byte, size uint64)
	// Consistency proves that the log's tree of the second size continues that of the
	// first one, which is smaller and not 0.
	Consistency func(old, size uint64) ([]proof.Hash, error)
	// Clients are the witnesses, at most 32.
	Clients []*Client
	// File is where it is kept what each witness co-signed last. Losing it loses evidence, and no
	// safety: a witness tells what it knows.
	File string
	// Diverged is called, once for each witness, when the witness knows more of the
	// log than the log itself, or knows it differently: the log was rolled back or
	// rewritten, or somebody else signs with its key. It must sign no checkpoint from
	// then on. The reason is kept as <File>.diverged, and as long as that file is there
	// the next Follower calls Diverged at once and asks nobody: a person has to look,
	// and removes it when the log is in order. The call must return soon.
	Diverged func(reason string)
	// Cosigned, if set, is called after a new cosignature was stored.
	Cosigned func(Cosigned)
	// Logger may be nil.
	Logger *slog.Logger
}

// Follower submits each new checkpoint of a log to its witnesses and keeps what
// they co-sign. Each witness has its own pace: when checkpoints come faster than it
// answers, it gets the newest one, which covers those before. A witness that does
// not answer is asked again with growing pauses; the log does not wait for it.
type Follower struct {
	opt    FollowerOptions
	logger *slog.Logger
	disk   disk
	pause  func(last time.Duration) time.Duration
	peers  []*peer

	mu      sync.Mutex
	kept    kept
	stopped string // why the log has diverged, "" while it has not
}

// peer is what a Follower knows of one witness.
type peer struct {
	client *Client
	wake   chan struct{}

	mu       sync.Mutex
	err      error // of the last exchange
	diverged string
}

// Status says how far a witness has co-signed.
type Status struct {
	Name, URL string
	// Size and At are of the last checkpoint that it co-signed, zero when none is known.
	Size uint64
	At   time.Time
	// Error is why the last exchange failed, "" after a good one.
	Error string
	// Diverged is why the log must not go on, "" while it may. The witness is asked
	// no more then.
	Diverged string
}

// NewFollower reads the file, if it is there. A damaged one is put aside under the
// name <file>.damaged.
func NewFollower(o FollowerOptions) (*Follower, error) {
	f := &Follower{opt: o, logger: o.Logger, disk: osDisk{}, pause: backoff, kept: kept{}}
	if f.logger == nil {
		f.logger = slog.New(slog.DiscardHandler)
	}
	if len(o.Clients) > maxWitnesses {
		return nil, fmt.Errorf("%d witnesses, at most %d", len(o.Clients), maxWitnesses)
	}
	var err error
	if f.stopped, err = readMark(o.File); err != nil {
		return nil, err
	}
	seen := map[string]bool{}
	for _, c := range o.Clients {
		if seen[c.vkey] {
			return nil, fmt.Errorf("the witness %s is there twice", c.vkey)
		}
		seen[c.vkey] = true
		f.peers = append(f.peers, &peer{client: c, wake: make(chan struct{}, 1)})
	}
	k, err := readKept(o.File)
	switch {
	case err == nil:
		f.take(k, seen)
	case errors.Is(err, os.ErrNotExist):
	default:
		f.logger.Warn("what the witnesses co-signed cannot be read and is put aside", "error", err)
		if err := os.Rename(o.File, o.File+".damaged"); err != nil {
			return nil, fmt.Errorf("put the damaged file aside: %w", err)
		}
	}
	return f, nil
}

// take uses of a file what is of this log and of witnesses that are still asked.
func (f *Follower) take(k kept, asked map[string]bool) {
	for key, m := range k {
		if m.checkpoint.Origin == f.opt.Origin && asked[key] {
			f.kept[key] = m
		}
	}
}

// Run submits until the context ends, and returns nil then.
func (f *Follower) Run(ctx context.Context) error {
	if reason := f.isStopped(); reason != "" {
		f.stop(ctx, reason)
		<-ctx.Done()
		return nil
	}
	var peers sync.WaitGroup
	for _, p := range f.peers {
		peers.Go(func() { f.follow(ctx, p) })
	}
	<-ctx.Done()
	peers.Wait()
	return nil
}

// Wake says that there is a new checkpoint. It never waits.
func (f *Follower) Wake() {
	for _, p := range f.peers {
		select {
		case p.wake <- struct{}{}:
		default: // one call is waiting already
		}
	}
}

// follow is the life of one witness.
func (f *Follower) follow(ctx context.Context, p *peer) {
	var pause time.Duration
	for {
		err := f.submit(ctx, p)
		if ctx.Err() != nil {
			return
		}
		p.tell(err)
		if diverged, ok := errors.AsType[*divergence](err); ok {
			f.stop(ctx, diverged.reason)
			return
		}
		wake, next := p.wake, pollInterval
		if err == nil {
			pause = 0
		} else {
			pause = f.pause(pause)
			wake, next = nil, pause
			f.logger.WarnContext(ctx, "not co-signed", "witness", p.client.Name(), "error", err, "again_in", pause.String())
		}
		timer := time.NewTimer(next)
		select {
		case <-wake:
		case <-timer.C:
		case <-ctx.Done():
		}
		timer.Stop()
	}
}

// backoff is the next pause: twice the last one, and up to a quarter more, so that
// many logs do not come back at once.
func backoff(last time.Duration) time.Duration {
	next := min(max(2*last, minBackoff), maxBackoff)
	return next + rand.N(next/4) //nolint:gosec // spreads load, hides nothing
}

func (p *peer) tell(err error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.err = err
	if diverged, ok := errors.AsType[*divergence](err); ok {
		p.diverged = diverged.reason
	}
}

// Status tells how far each witness has co-signed, in the order of the clients.
func (f *Follower) Status() []Status {
	list := make([]Status, 0, len(f.peers))
	for _, p := range f.peers {
		s := Status{Name: p.client.Name(), URL: p.client.URL()}
		if m := f.remembered(p); m != nil {
			s.Size, s.At = m.checkpoint.Size, m.at
		}
		p.mu.Lock()
		s.Diverged = cmp.Or(p.diverged, f.isStopped())
		if p.err != nil {
			s.Error = p.err.Error()
		}
		p.mu.Unlock()
		list = append(list, s)
	}
	return list
}

// Cosigned returns what the witnesses co-signed last, the largest size first.
func (f *Follower) Cosigned() []Cosigned {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.kept.list()
}

// remembered is what the witness co-signed last, nil if that is not known.
func (f *Follower) remembered(p *peer) *memory {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.kept[p.client.vkey]
}
