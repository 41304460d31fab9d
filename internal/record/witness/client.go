// SPDX-License-Identifier: Apache-2.0

package witness

import (
	"bytes"
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"
	"net/url"
	"strings"

	"golang.org/x/mod/sumdb/note"

	"github.com/tocsin-siem/tocsin/internal/record/proof"
)

// maxAnswerBytes bounds what is read of an answer.
const maxAnswerBytes = 64 << 10

// The errors of a Client that a caller can tell apart, besides *ConflictError and
// *RefusedError.
var (
	// ErrUnreachable: there was no answer, or one that says to try again. Whether
	// the checkpoint was co-signed is not known.
	ErrUnreachable = errors.New("witness cannot be reached")
	// ErrAnswer: the answer is not one of the protocol, or its cosignature is not
	// by the configured key.
	ErrAnswer = errors.New("answer of the witness is not to be believed")
)

// ConflictError says that the witness remembers something else (409). The answer
// is not signed: it is as good as the way to the witness.
type ConflictError struct {
	// Size is the size that it co-signed last; not set with OtherRoot.
	Size uint64
	// OtherRoot: it co-signed another root for the very size of this checkpoint.
	OtherRoot bool
}

// Error implements error.
func (e *ConflictError) Error() string {
	if e.OtherRoot {
		return "the witness has co-signed another root for this size"
	}
	return fmt.Sprintf("the witness has co-signed size %d last", e.Size)
}

// RefusedError says that the witness does not co-sign this: 400, 403, 404, 422, 500
// and whatever else is no conflict and not passing.
type RefusedError struct {
	Status int
	Reason string // the witness's, shortened and quoted
}

// Error implements error.
func (e *RefusedError) Error() string {
	return fmt.Sprintf("the witness refused with status %d: %s", e.Status, e.Reason)
}

// Client asks one witness for cosignatures. Its methods may be called concurrently.
type Client struct {
	url  string
	vkey string
	key  note.Verifier
	http *http.Client
}

// NewClient makes a client for the witness below that URL (`https://host/prefix`,
// without add-checkpoint) with that cosignature key. Redirects are not followed.
// The transport, nil for one of its own, sets who may be dialled; contexts set
// how long a call may take.
func NewClient(base, vkey string, transport http.RoundTripper) (*Client, error) {
	u, err := url.Parse(base)
	if err != nil {
		return nil, fmt.Errorf("url of the witness: %w", err)
	}
	if u.Scheme != "http" && u.Scheme != "https" || u.Host == "" || u.User != nil || u.RawQuery != "" || u.Fragment != "" {
		return nil, fmt.Errorf("url of the witness: %q: want http or https, a host, and at most a path", u.Redacted())
	}
	c := &Client{url: strings.TrimSuffix(u.String(), "/"), vkey: vkey}
	if c.key, err = cosignatureKey(vkey); err != nil {
		return nil, fmt.Errorf("key of the witness: %w", err)
	}
	if transport == nil {
		transport = &http.Transport{Proxy: http.ProxyFromEnvironment, MaxIdleConnsPerHost: 1, MaxConnsPerHost: 4, MaxResponseHeaderBytes: 16 << 10}
	}
	c.http = &http.Client{Transport: transport, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	return c, nil
}

// cosignatureKey reads a key of a witness. The key of a log has the same form, and
// nothing that it signs is a cosignature.
func cosignatureKey(vkey string) (note.Verifier, error) {
	v, err := proof.NewVerifier(vkey)
	if err != nil {
		return nil, err
	}
	const kind = 0x04 // c2sp.org/signed-note
	raw, err := base64.StdEncoding.DecodeString(strings.SplitN(vkey, "+", 3)[2])
	if err != nil || raw[0] != kind {
		return nil, fmt.Errorf("%q is a key for something else than cosignatures", vkey)
	}
	return v, nil
}

// URL is where the witness is.
func (c *Client) URL() string { return c.url }

// Name is the name of the witness's key.
func (c *Client) Name() string { return c.key.Name() }

// VerifierKey is the witness's key in note form.
func (c *Client) VerifierKey() string { return c.vkey }

// Add submits a checkpoint, a signed note, with the proof that it continues the
// tree of size old. It returns the lines of the witness's cosignatures that were
// checked with its key. The errors are *ConflictError, *RefusedError, ErrUnreachable
// and ErrAnswer.
func (c *Client) Add(ctx context.Context, old uint64, path []proof.Hash, checkpoint []byte) (cosignatures []byte, err error) {
	text, err := noteText(checkpoint)
	if err != nil {
		return nil, err
	}
	cp, err := proof.ParseCheckpoint(text)
	if err != nil {
		return nil, fmt.Errorf("submit: %w", err)
	}
	r := Request{Old: old, Proof: path, Checkpoint: checkpoint}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, c.url+"/add-checkpoint", bytes.NewReader(r.Append(nil)))
	if err != nil {
		return nil, fmt.Errorf("submit: %w", err)
	}
	req.Header.Set("Content-Type", textType)
	res, err := c.http.Do(req)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrUnreachable, err)
	}
	defer func() { _ = res.Body.Close() }()
	body, err := io.ReadAll(io.LimitReader(res.Body, maxAnswerBytes+1))
	switch {
	case err != nil:
		return nil, fmt.Errorf("%w: read the answer: %w", ErrUnreachable, err)
	case len(body) > maxAnswerBytes:
		return nil, fmt.Errorf("%w: more than %d bytes", ErrAnswer, maxAnswerBytes)
	}
	switch res.StatusCode {
	case http.StatusOK:
		return c.believe(text, body)
	case http.StatusConflict:
		return nil, conflict(res.Header.Get("Content-Type"), body, old, cp.Size)
	case http.StatusTooManyRequests, http.StatusBadGateway, http.StatusServiceUnavailable, http.StatusGatewayTimeout:
		return nil, fmt.Errorf("%w: status %d", ErrUnreachable, res.StatusCode)
	default:
		return nil, &RefusedError{Status: res.StatusCode, Reason: fmt.Sprintf("%.200q", body)}
	}
}

// Size asks what the witness has co-signed last of a log, of which checkpoint is any
// signed checkpoint. It changes nothing there. *ConflictError with OtherRoot means
// that it knows this very size with another root.
func (c *Client) Size(ctx context.Context, checkpoint []byte) (uint64, error) {
	text, err := noteText(checkpoint)
	if err != nil {
		return 0, err
	}
	cp, err := proof.ParseCheckpoint(text)
	if err != nil {
		return 0, fmt.Errorf("ask for the size: %w", err)
	}
	// From a size to itself: either it is the witness's own, and nothing is new to
	// it, or the answer says which one is.
	_, err = c.Add(ctx, cp.Size, nil, checkpoint)
	var other *ConflictError
	switch {
	case err == nil:
		return cp.Size, nil
	case errors.As(err, &other) && !other.OtherRoot:
		return other.Size, nil
	default:
		return 0, err
	}
}

// believe checks the lines of an answer against the text that was submitted. Lines
// of other keys are left out.
func (c *Client) believe(text string, lines []byte) ([]byte, error) {
	n, err := note.Open(append([]byte(text+"\n"), lines...), note.VerifierList(c.key))
	if err == nil && n.Text != text { // the answer has an empty line in it
		err = errors.New("it signs another text")
	}
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrAnswer, err)
	}
	var good []byte
	for _, s := range n.Sigs {
		if _, err := proof.CosignatureTime(s); err != nil {
			return nil, fmt.Errorf("%w: %w", ErrAnswer, err)
		}
		good = fmt.Appendf(good, "— %s %s\n", s.Name, s.Base64)
	}
	return good, nil
}

// conflict reads a 409. With a size it says what was co-signed last; without one,
// and only from a size to itself, that another root was.
func conflict(contentType string, body []byte, old, size uint64) error {
	if kind, _, err := mime.ParseMediaType(contentType); err != nil || kind != sizeType {
		if old != size {
			return fmt.Errorf("%w: a conflict without a size", ErrAnswer)
		}
		return &ConflictError{OtherRoot: true}
	}
	line, found := bytes.CutSuffix(body, []byte("\n"))
	known, err := proof.ParseDecimal(string(line))
	switch {
	case !found || err != nil:
		return fmt.Errorf("%w: a conflict with %.60q instead of a size", ErrAnswer, body)
	case known != old:
		return &ConflictError{Size: known}
	case size == old: // some tell the size here too
		return &ConflictError{OtherRoot: true}
	default:
		return fmt.Errorf("%w: a conflict with the size that it has", ErrAnswer)
	}
}

// noteText is the text of a signed note with its last line's end.
func noteText(msg []byte) (string, error) {
	i := bytes.LastIndex(msg, []byte("\n\n"))
	if i < 0 {
		return "", fmt.Errorf("%w: not a signed note", proof.ErrCheckpoint)
	}
	return string(msg[:i+1]), nil
}
