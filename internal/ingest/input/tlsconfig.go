// SPDX-License-Identifier: Apache-2.0

package input

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"sync"
)

// TLS is the section `tls` of an input that listens by itself. Without any of its
// fields the input speaks plainly.
type TLS struct {
	// Cert and Key are PEM files: the chain, own certificate first, and its key.
	Cert string `yaml:"cert"`
	Key  string `yaml:"key"`
	// ClientCA is a PEM file with the authorities of clients. When it is set, each
	// client must show a certificate of one of them.
	ClientCA string `yaml:"client_ca"`
	// MinVersion is the lowest version, 1.2 when it is empty, or 1.3.
	MinVersion string `yaml:"min_version"`
}

// on tells whether the section is there.
func (c *TLS) on() bool { return *c != TLS{} }

// validate checks the fields; the files are looked at when they are opened.
func (c *TLS) validate() error {
	switch {
	case !c.on():
		return nil
	case c.Cert == "":
		return errors.New("tls.cert: missing")
	case c.Key == "":
		return errors.New("tls.key: missing")
	}
	_, err := c.version()
	return err
}

func (c *TLS) version() (uint16, error) {
	switch c.MinVersion {
	case "", "1.2":
		return tls.VersionTLS12, nil
	case "1.3":
		return tls.VersionTLS13, nil
	default:
		return 0, fmt.Errorf("tls.min_version: %.20q is none of 1.2, 1.3", c.MinVersion)
	}
}

// open reads the files; without a section it returns nil, which is plain text. The
// configuration that it returns reads them again when they
// have changed, before the next handshake: connections that are open stay as they
// are, and files that cannot be used (or are half replaced) leave the earlier ones
// in force. Sessions are not resumed, so that an authority that was taken out lets
// nobody in.
func (c *TLS) open(logger *slog.Logger) (*tls.Config, error) {
	if !c.on() {
		return nil, nil //nolint:nilnil // plain text is no error
	}
	f := &tlsFiles{section: *c, logger: logger}
	if err := f.read(); err != nil {
		return nil, err
	}
	first := f.config.Clone()
	first.GetConfigForClient = func(hello *tls.ClientHelloInfo) (*tls.Config, error) { return f.current(hello.Context()), nil }
	return first, nil
}

// tlsFiles are the files of a section as they were read last. It is safe for
// concurrent use.
type tlsFiles struct {
	section TLS
	logger  *slog.Logger

	mu     sync.Mutex // guards what follows
	seen   []os.FileInfo
	config *tls.Config
}

// current returns what holds for a handshake that begins now.
func (f *tlsFiles) current(ctx context.Context) *tls.Config {
	f.mu.Lock()
	defer f.mu.Unlock()
	if !f.changed() {
		return f.config
	}
	if err := f.read(); err != nil {
		f.logger.WarnContext(ctx, "new TLS files cannot be used, those from before stay", "error", err)
	} else {
		f.logger.InfoContext(ctx, "TLS files are read again", "cert", f.section.Cert)
	}
	return f.config
}

// changed tells whether a file is another one than what was read, or read in vain.
func (f *tlsFiles) changed() bool {
	for i, now := range f.look() {
		was := f.seen[i]
		if (now == nil) != (was == nil) || now != nil &&
			(!os.SameFile(now, was) || now.Size() != was.Size() || !now.ModTime().Equal(was.ModTime())) {
			return true
		}
	}
	return false
}

// look returns what the files are now, nil for one that is missing or not asked for.
func (f *tlsFiles) look() []os.FileInfo {
	names := [...]string{f.section.Cert, f.section.Key, f.section.ClientCA}
	infos := make([]os.FileInfo, len(names))
	for i, name := range names {
		if info, err := os.Stat(name); name != "" && err == nil {
			infos[i] = info
		}
	}
	return infos
}

// read reads the files. It looks at them first: what changes meanwhile is read again.
func (f *tlsFiles) read() error {
	f.seen = f.look()
	pair, err := tls.LoadX509KeyPair(f.section.Cert, f.section.Key)
	if err != nil {
		return fmt.Errorf("tls.cert, tls.key: %w", err)
	}
	version, err := f.section.version()
	if err != nil {
		return err
	}
	config := &tls.Config{
		Certificates: []tls.Certificate{pair}, MinVersion: version, SessionTicketsDisabled: true,
	}
	if f.section.ClientCA != "" {
		text, err := os.ReadFile(f.section.ClientCA)
		if err != nil {
			return fmt.Errorf("tls.client_ca: %w", err)
		}
		config.ClientCAs, config.ClientAuth = x509.NewCertPool(), tls.RequireAndVerifyClientCert
		if !config.ClientCAs.AppendCertsFromPEM(text) {
			return fmt.Errorf("tls.client_ca: no certificate in %s", f.section.ClientCA)
		}
	}
	f.config = config
	return nil
}
