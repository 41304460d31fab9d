// SPDX-License-Identifier: Apache-2.0

package input

import (
	"encoding/json"
	"net/http"
	"strings"

	"github.com/tocsin-siem/tocsin/internal/ingest/pipeline"
)

// hecCode is a code of the HTTP Event Collector (docs.splunk.com, "Troubleshoot HTTP
// Event Collector", possible error codes).
type hecCode int

const (
	hecSuccess     hecCode = 0
	hecNoToken     hecCode = 2
	hecBadAuth     hecCode = 3
	hecBadToken    hecCode = 4
	hecNoData      hecCode = 5
	hecBadFormat   hecCode = 6
	hecFault       hecCode = 8
	hecBusy        hecCode = 9
	hecNoChannel   hecCode = 10
	hecBadChannel  hecCode = 11
	hecNoEvent     hecCode = 12
	hecBlankEvent  hecCode = 13
	hecBadFields   hecCode = 15
	hecQueryToken  hecCode = 16
	hecHealthy     hecCode = 17
	hecQueuesFull  hecCode = 18
	hecStopping    hecCode = 23
	hecAckFull     hecCode = 27
	hecBusySeconds         = "5"
)

// answer is the status and the text of a code.
func (c hecCode) answer() (status int, text string) {
	switch c {
	case hecSuccess:
		return http.StatusOK, "Success"
	case hecNoToken:
		return http.StatusUnauthorized, "Token is required"
	case hecBadAuth:
		return http.StatusUnauthorized, "Invalid authorization"
	case hecBadToken:
		return http.StatusForbidden, "Invalid token"
	case hecNoData:
		return http.StatusBadRequest, "No data"
	case hecBadFormat:
		return http.StatusBadRequest, "Invalid data format"
	case hecBusy:
		return http.StatusServiceUnavailable, "Server is busy"
	case hecNoChannel:
		return http.StatusBadRequest, "Data channel is missing"
	case hecBadChannel:
		return http.StatusBadRequest, "Invalid data channel"
	case hecNoEvent:
		return http.StatusBadRequest, "Event field is required"
	case hecBlankEvent:
		return http.StatusBadRequest, "Event field cannot be blank"
	case hecBadFields:
		return http.StatusBadRequest, "Error in handling indexed fields"
	case hecQueryToken:
		return http.StatusBadRequest, "Query string authorization is not enabled"
	case hecHealthy:
		return http.StatusOK, "HEC is healthy"
	case hecQueuesFull:
		return http.StatusServiceUnavailable, "HEC is unhealthy, queues are full"
	case hecStopping:
		return http.StatusServiceUnavailable, "Server is shutting down"
	case hecAckFull:
		return http.StatusTooManyRequests, "ACK channel is at capacity"
	default:
		return http.StatusInternalServerError, "Internal server error"
	}
}

// member is a further member of an answer.
type member struct {
	name  string
	value any
}

// sendHEC answers with a code.
func sendHEC(w http.ResponseWriter, c hecCode, more ...member) {
	status, text := c.answer()
	sendHECText(w, status, text, c, more...)
}

func sendHECText(w http.ResponseWriter, status int, text string, c hecCode, more ...member) {
	if w.Header().Get("Retry-After") == "" && (status == http.StatusServiceUnavailable || status == http.StatusTooManyRequests) {
		w.Header().Set("Retry-After", hecBusySeconds)
	}
	answer := map[string]any{"text": text, "code": int(c)}
	for _, m := range more {
		answer[m.name] = m.value
	}
	send(w, status, "application/json", answer)
}

// refused answers with what an error means in Splunk's words. Statuses that it has none
// for (413, 415, 408) are kept, with our text.
func (in *hecInput) refused(w http.ResponseWriter, r *http.Request, err error) {
	status, detail := refused(w, r, in.env.Logger, err)
	switch status {
	case http.StatusUnauthorized:
		in.strange(w, r)
	case http.StatusForbidden:
		sendHEC(w, hecBadToken)
	case http.StatusTooManyRequests, http.StatusServiceUnavailable:
		sendHEC(w, hecBusy)
	case http.StatusInternalServerError:
		sendHEC(w, hecFault)
	case http.StatusBadRequest:
		if err == pipeline.ErrEmpty { //nolint:errorlint // as the splitters return it
			sendHEC(w, hecNoData)
			return
		}
		sendHEC(w, hecBadFormat)
	default:
		sendHECText(w, status, detail, hecBadFormat)
	}
}

// strange answers a request without a token that we know.
func (in *hecInput) strange(w http.ResponseWriter, r *http.Request) {
	switch {
	case tokenOf(r, in.credentials) != "":
		w.Header().Del("WWW-Authenticate") // another try would not help
		sendHEC(w, hecBadToken)
	case strings.TrimSpace(r.Header.Get("Authorization")) != "":
		sendHEC(w, hecBadAuth)
	case r.URL.Query().Has("token"):
		w.Header().Del("WWW-Authenticate")
		sendHEC(w, hecQueryToken)
	default:
		sendHEC(w, hecNoToken)
	}
}

// maxAcks bounds the body of a question for acknowledgements.
const maxAcks = 1 << 20

// serveAck answers which of a channel's requests are recorded. All are whose ids were
// given: the answer says true once, then the id is forgotten.
func (in *hecInput) serveAck(w http.ResponseWriter, r *http.Request) {
	sender, ok := in.knock(w, r)
	if !ok {
		return
	}
	key, given, ok := ackKeyOf(r, sender)
	switch {
	case !given:
		sendHEC(w, hecNoChannel)
		return
	case !ok:
		sendHEC(w, hecBadChannel)
		return
	case r.ContentLength > maxAcks:
		sendHECText(w, http.StatusRequestEntityTooLarge, "too large", hecBadFormat)
		return
	}
	body, ok := in.read(w, r)
	if !ok {
		return
	}
	defer body.Release()
	var asked struct {
		Acks []uint64 `json:"acks"`
	}
	switch {
	case len(body.Bytes) == 0:
		sendHEC(w, hecNoData)
	case len(body.Bytes) > maxAcks || json.Unmarshal(body.Bytes, &asked) != nil:
		sendHEC(w, hecBadFormat)
	default:
		send(w, http.StatusOK, "application/json", map[string]any{"acks": in.acks.ask(key, asked.Acks)})
	}
}
