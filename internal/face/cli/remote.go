// SPDX-License-Identifier: Apache-2.0

package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"time"
)

// origin is where a command gets its data: of a running server, or of the folder of a
// stopped one.
type origin struct {
	URL   string `help:"Where Tocsin answers (default http://127.0.0.1:8514)." env:"TOCSIN_URL"`
	Token string `help:"An API token with the scope read, or manage where something is changed." env:"TOCSIN_TOKEN"`
	Data  string `help:"The data folder of a stopped server, instead of --url." placeholder:"DIR"`
}

// choose refuses two origins; a folder counts more than the environment's server.
func (o *origin) choose(env *Env) error {
	if o.Data != "" && o.URL != "" && o.URL != env.getenv("TOCSIN_URL") {
		return &exitError{ExitUsage, errors.New("want either --url or --data")}
	}
	return nil
}

const defaultURL = "http://127.0.0.1:8514"

// headerWithin is how long a server may take to begin its answer: it may have to seal.
const headerWithin = 2 * time.Minute

// maxAnswer bounds an answer that is read into memory.
const maxAnswer = 16 << 20

// open requests a path of the server's API and returns body and headers of a 200.
func (o *origin) open(ctx context.Context, path string, params url.Values) (io.ReadCloser, http.Header, error) {
	resp, err := o.get(ctx, path, params)
	if err != nil {
		return nil, nil, err
	}
	return resp.Body, resp.Header, nil
}

// get is open for who wants the trailers, too, which are there once the body was read.
func (o *origin) get(ctx context.Context, path string, params url.Values) (*http.Response, error) {
	base := o.URL
	if base == "" {
		base = defaultURL
	}
	u, err := url.Parse(base)
	if err != nil || u.Scheme != "http" && u.Scheme != "https" {
		return nil, &exitError{ExitUsage, errors.New("--url: want http://HOST:PORT or https://HOST")}
	}
	u = u.JoinPath(path)
	u.RawQuery = params.Encode()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, u.String(), nil)
	if err != nil {
		return nil, err
	}
	if o.Token != "" {
		req.Header.Set("Authorization", "Bearer "+o.Token)
	}
	client := &http.Client{Transport: &http.Transport{Proxy: http.ProxyFromEnvironment, ResponseHeaderTimeout: headerWithin}}
	resp, err := client.Do(req)
	if err != nil {
		return nil, err
	}
	if resp.StatusCode == http.StatusOK {
		return resp, nil
	}
	defer func() { _ = resp.Body.Close() }()
	body, err := io.ReadAll(io.LimitReader(resp.Body, maxAnswer))
	if err != nil {
		return nil, fmt.Errorf("read answer: %w", err)
	}
	return nil, problem(resp.Status, body)
}

// read is open for an answer that fits into memory.
func (o *origin) read(ctx context.Context, path string) ([]byte, error) {
	body, _, err := o.open(ctx, path, nil)
	if err != nil {
		return nil, err
	}
	defer func() { _ = body.Close() }()
	raw, err := io.ReadAll(io.LimitReader(body, maxAnswer+1))
	if err != nil {
		return nil, fmt.Errorf("read answer: %w", err)
	}
	if len(raw) > maxAnswer {
		return nil, fmt.Errorf("the answer has more than %d bytes", maxAnswer)
	}
	return raw, nil
}
