// SPDX-License-Identifier: Apache-2.0

package api

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"mime"
	"net/http"
	"path"
	"strings"
	"time"
)

// webApp serves the built web app: whole files from memory, in the encoding that
// the browser takes, and index.html for every path that is a page of the app.
type webApp struct {
	files map[string]*webFile
}

// webFile is one file with its compressed forms (nil where there is none).
type webFile struct {
	plain, br, gz []byte
	kind          string
	etag          string
	forever       bool // its name has its content's hash in it
}

// newWebApp reads the files once; none at all is a binary without a web app.
func newWebApp(files fs.FS) (http.Handler, error) {
	w := &webApp{files: map[string]*webFile{}}
	if files == nil {
		return w, nil
	}
	err := fs.WalkDir(files, ".", func(name string, d fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case d.IsDir() && name != "." && strings.HasPrefix(d.Name(), "."): // the build's own notes
			return fs.SkipDir
		case d.IsDir():
			return nil
		}
		data, err := fs.ReadFile(files, name)
		if err != nil {
			return err
		}
		w.add(name, data)
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("api: web app: %w", err)
	}
	for name, f := range w.files {
		if f.plain == nil {
			delete(w.files, name)
		}
	}
	if w.files["index.html"] == nil {
		return nil, errors.New("api: web app: index.html is missing")
	}
	return w, nil
}

func (w *webApp) add(name string, data []byte) {
	ext := path.Ext(name)
	base := strings.TrimSuffix(name, ext)
	if ext != ".br" && ext != ".gz" {
		base = name
	}
	f := w.files[base]
	if f == nil {
		f = &webFile{}
		w.files[base] = f
	}
	switch ext {
	case ".br":
		f.br = data
	case ".gz":
		f.gz = data
	default:
		sum := sha256.Sum256(data)
		f.plain, f.etag = data, `"`+hex.EncodeToString(sum[:8])+`"`
		f.kind = kindOf(ext)
		f.forever = strings.HasPrefix(name, "assets/")
	}
}

// kindOf is the media type of a file; the machine's own table is not asked, so that
// it is the same everywhere.
func kindOf(ext string) string {
	switch ext {
	case ".html":
		return "text/html; charset=utf-8"
	case ".js", ".mjs":
		return "text/javascript; charset=utf-8"
	case ".css":
		return "text/css; charset=utf-8"
	case ".json", ".map":
		return "application/json"
	case ".svg":
		return "image/svg+xml"
	case ".woff2":
		return "font/woff2"
	case ".webmanifest":
		return "application/manifest+json"
	case ".txt":
		return "text/plain; charset=utf-8"
	}
	if t := mime.TypeByExtension(ext); t != "" {
		return t
	}
	return "application/octet-stream"
}

// ServeHTTP implements http.Handler for GET and HEAD.
func (w *webApp) ServeHTTP(out http.ResponseWriter, r *http.Request) {
	name := strings.TrimPrefix(path.Clean("/"+r.URL.Path), "/")
	f := w.files[name]
	if f == nil {
		if strings.HasPrefix(name, "assets/") || path.Ext(name) != "" {
			http.NotFound(out, r)
			return
		}
		if f = w.files["index.html"]; f == nil {
			out.Header().Set("Content-Type", "text/plain; charset=utf-8")
			_, _ = out.Write([]byte("This Tocsin was built without its web app (make build builds both). The API is at /api/openapi.json.\n"))
			return
		}
	}
	h := out.Header()
	h.Set("Content-Type", f.kind)
	h.Set("Vary", "Accept-Encoding")
	if f.forever {
		h.Set("Cache-Control", "public, max-age=31536000, immutable")
	} else {
		h.Set("Cache-Control", "no-cache")
	}
	body, etag := f.plain, f.etag
	switch accepted := r.Header.Get("Accept-Encoding"); {
	case f.br != nil && accepts(accepted, "br"):
		h.Set("Content-Encoding", "br")
		body, etag = f.br, strings.TrimSuffix(f.etag, `"`)+`-br"`
	case f.gz != nil && accepts(accepted, "gzip"):
		h.Set("Content-Encoding", "gzip")
		body, etag = f.gz, strings.TrimSuffix(f.etag, `"`)+`-gz"`
	}
	h.Set("ETag", etag)
	http.ServeContent(out, r, "", time.Time{}, bytes.NewReader(body))
}

// accepts tells whether an Accept-Encoding header takes an encoding.
func accepts(header, encoding string) bool {
	for part := range strings.SplitSeq(header, ",") {
		name, params, _ := strings.Cut(part, ";")
		if strings.EqualFold(strings.TrimSpace(name), encoding) {
			q := strings.ReplaceAll(params, " ", "")
			return q != "q=0" && q != "q=0.0" && q != "q=0.00" && q != "q=0.000"
		}
	}
	return false
}
