// SPDX-License-Identifier: Apache-2.0

package input

import (
	"net/http"
	"time"

	"github.com/tocsin-siem/tocsin/internal/ingest/pipeline"
)

// door is how the requests of one protocol come in, and how they are turned away.
type door struct {
	env *Env
	// credentials are where the protocol puts the token; the first that finds one
	// counts. nil is bearer alone.
	credentials []credential
	refuse      refusal
}

// enter is what handlers of all HTTP protocols begin with: the sender, then the body,
// of which nothing is read for a stranger. On false the answer has been given.
func (d *door) enter(w http.ResponseWriter, r *http.Request) (Sender, *Body, bool) {
	sender, ok := d.knock(w, r)
	if !ok {
		return Sender{}, nil, false
	}
	body, ok := d.read(w, r)
	return sender, body, ok
}

// read reads the body of a sender who has been let in. On false the answer has been
// given.
func (d *door) read(w http.ResponseWriter, r *http.Request) (*Body, bool) {
	start := time.Now()
	body, err := d.env.Bodies.Read(w, r)
	if err != nil {
		d.refuse(w, r, err)
		return nil, false
	}
	d.env.spent(pipeline.StageRead, start, 0)
	return body, true
}

// knock tells the sender of a request. On false the answer has been given.
func (d *door) knock(w http.ResponseWriter, r *http.Request) (Sender, bool) {
	sender, err := d.env.Authorize(r.Context(), tokenOf(r, d.credentials))
	if err != nil {
		d.refuse(w, r, err)
		return Sender{}, false
	}
	return sender, true
}
