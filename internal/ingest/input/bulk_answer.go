// SPDX-License-Identifier: Apache-2.0

package input

import (
	"net/http"
	"strings"
)

// bulkAnswer is the answer to a bulk request.
type bulkAnswer struct {
	Took   int64                   `json:"took"`
	Errors bool                    `json:"errors"`
	Items  []map[string]bulkStatus `json:"items"`
}

// bulkStatus says what became of one action. There is no _seq_no: entries are numbered
// by the journal, not by index.
type bulkStatus struct {
	Index   string     `json:"_index"`
	ID      string     `json:"_id,omitempty"`
	Version int        `json:"_version,omitempty"`
	Result  string     `json:"result,omitempty"`
	Status  int        `json:"status"`
	Error   *bulkError `json:"error,omitempty"`
}

type bulkError struct {
	Type   string `json:"type"`
	Reason string `json:"reason"`
}

// bulkRefusal is Elasticsearch's form of an error.
type bulkRefusal struct {
	Error struct {
		RootCause []bulkError `json:"root_cause"`
		bulkError
	} `json:"error"`
	Status int `json:"status"`
}

// send answers in the media type that the client asked for, and as the product that the
// clients of Elasticsearch insist on.
func (in *bulkInput) send(w http.ResponseWriter, r *http.Request, status int, v any) {
	w.Header().Set("X-Elastic-Product", "Elasticsearch")
	media := "application/json"
	for _, version := range []string{"8", "9"} {
		if want := "application/vnd.elasticsearch+json"; strings.Contains(r.Header.Get("Accept"), want) &&
			strings.Contains(r.Header.Get("Accept"), "compatible-with="+version) {
			media = want + ";compatible-with=" + version
		}
	}
	send(w, status, media, v)
}

// refused answers with what an error means, in Elasticsearch's form.
func (in *bulkInput) refused(w http.ResponseWriter, r *http.Request, err error) {
	status, detail := refused(w, r, in.env.Logger, err)
	kind := "exception"
	switch status {
	case http.StatusUnauthorized, http.StatusForbidden:
		kind = "security_exception"
	case http.StatusTooManyRequests:
		kind = "es_rejected_execution_exception"
	case http.StatusServiceUnavailable:
		kind = "unavailable_shards_exception"
	case http.StatusBadRequest:
		kind = "illegal_argument_exception"
	case http.StatusRequestEntityTooLarge:
		kind = "content_too_long_exception"
	}
	var answer bulkRefusal
	answer.Error.bulkError = bulkError{kind, detail}
	answer.Error.RootCause = []bulkError{answer.Error.bulkError}
	answer.Status = status
	in.send(w, r, status, answer)
}
