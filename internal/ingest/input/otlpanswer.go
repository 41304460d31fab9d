// SPDX-License-Identifier: Apache-2.0

package input

import (
	"log/slog"
	"net/http"
	"strconv"

	"google.golang.org/protobuf/encoding/protowire"

	"github.com/tocsin-siem/tocsin/internal/ingest/pipeline"
)

// answerOTLP answers with an ExportLogsServiceResponse in the encoding of the request.
// partial_success is there only where a record was rejected.
func answerOTLP(w http.ResponseWriter, media string, r *pipeline.Result) {
	why := ""
	if len(r.Errors) > 0 {
		why = "record " + strconv.Itoa(r.Errors[0].Index) + ": " + r.Errors[0].Err
	}
	if media == otlpJSON {
		var a struct {
			PartialSuccess *otlpPartial `json:"partialSuccess,omitempty"`
		}
		if r.Rejected > 0 {
			a.PartialSuccess = &otlpPartial{Rejected: int64(r.Rejected), Message: why}
		}
		send(w, http.StatusOK, media, a)
		return
	}
	var body []byte
	if r.Rejected > 0 {
		partial := protowire.AppendTag(nil, 1, protowire.VarintType)
		partial = protowire.AppendVarint(partial, uint64(r.Rejected))
		partial = protowire.AppendTag(partial, 2, protowire.BytesType)
		partial = protowire.AppendString(partial, why)
		body = protowire.AppendBytes(protowire.AppendTag(nil, 1, protowire.BytesType), partial)
	}
	sendBytes(w, http.StatusOK, media, body)
}

// otlpPartial is an ExportLogsPartialSuccess; numbers of 64 bits are text in JSON.
type otlpPartial struct {
	Rejected int64  `json:"rejectedLogRecords,string"`
	Message  string `json:"errorMessage"`
}

// otlpStatus is a google.rpc.Status.
type otlpStatus struct {
	Code    int    `json:"code"`
	Message string `json:"message"`
}

// otlpRefusal answers with a google.rpc.Status in the encoding of the request; in JSON
// where that is neither of the two.
func otlpRefusal(logger *slog.Logger) refusal {
	return func(w http.ResponseWriter, r *http.Request, err error) {
		status, detail := refused(w, r, logger, err)
		code := rpcCode(status)
		if media, _ := otlpMedia(r); media != otlpProtobuf {
			send(w, status, otlpJSON, otlpStatus{Code: code, Message: detail})
			return
		}
		body := protowire.AppendVarint(protowire.AppendTag(nil, 1, protowire.VarintType), uint64(code)) //nolint:gosec // below 17
		body = protowire.AppendString(protowire.AppendTag(body, 2, protowire.BytesType), detail)
		sendBytes(w, status, otlpProtobuf, body)
	}
}

// rpcCode is the google.rpc.Code of a status.
func rpcCode(status int) int {
	switch status {
	case http.StatusUnauthorized:
		return 16 // UNAUTHENTICATED
	case http.StatusForbidden:
		return 7 // PERMISSION_DENIED
	case http.StatusTooManyRequests:
		return 8 // RESOURCE_EXHAUSTED
	case http.StatusServiceUnavailable, http.StatusRequestTimeout:
		return 14 // UNAVAILABLE
	case http.StatusInternalServerError:
		return 13 // INTERNAL
	default:
		return 3 // INVALID_ARGUMENT
	}
}
