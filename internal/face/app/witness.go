// SPDX-License-Identifier: Apache-2.0

package app

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"os"
	"time"

	"github.com/tocsin-siem/tocsin/internal/ground/config"
	"github.com/tocsin-siem/tocsin/internal/ground/keyring"
	"github.com/tocsin-siem/tocsin/internal/record/proof"
	"github.com/tocsin-siem/tocsin/internal/record/witness"
)

// The bounds of a witness's server: a request is small, and its answer waits for
// one sync at most.
const (
	witnessConnections   = 1024
	witnessReadTimeout   = 15 * time.Second
	witnessAnswerTimeout = 30 * time.Second
	witnessMaxHeader     = 16 << 10
)

// WitnessOptions are what a witness is started with.
type WitnessOptions struct {
	DataDir string
	Config  config.Witnessing
	Version string
	// Stdout gets what a script reads: the address.
	Stdout io.Writer
	Logger *slog.Logger
}

// RunWitness serves until the context ends and returns nil then.
func RunWitness(ctx context.Context, o WitnessOptions) (err error) {
	if len(o.Config.Logs) == 0 {
		return errors.New("no log to watch: its public key is missing")
	}
	key, err := witnessKey(o)
	if err != nil {
		return err
	}
	w, err := witness.Open(witness.Options{Dir: o.DataDir, Key: key, Logs: o.Config.Logs, Logger: o.Logger})
	if err != nil {
		return fmt.Errorf("open witness: %w", err)
	}
	defer func() { err = errors.Join(err, w.Close()) }()
	var lc net.ListenConfig
	inner, err := lc.Listen(ctx, "tcp", o.Config.Listen)
	if err != nil {
		return fmt.Errorf("witness: %w", err)
	}
	listener := newLimitedListener(inner, openFiles())
	listener.max = min(listener.max, witnessConnections)
	server := &http.Server{
		Handler: w.Handler(), ReadHeaderTimeout: headerTimeout, ReadTimeout: witnessReadTimeout, WriteTimeout: witnessAnswerTimeout,
		IdleTimeout: idleTimeout, MaxHeaderBytes: witnessMaxHeader,
		ErrorLog:    slog.NewLogLogger(o.Logger.With("part", "http").Handler(), slog.LevelWarn),
		BaseContext: func(net.Listener) context.Context { return context.WithoutCancel(ctx) },
	}
	served := make(chan error, 1)
	go func() { served <- server.Serve(listener) }()
	if _, err = fmt.Fprintf(o.Stdout, "ready on http://%s\n", inner.Addr()); err == nil {
		o.Logger.InfoContext(ctx, "witness is ready", "key", w.VerifierKey(), "logs", len(w.Logs()), "version", o.Version)
		select {
		case err = <-served:
			return fmt.Errorf("witness: %w", err)
		case <-ctx.Done():
		}
	}
	stop, cancel := context.WithTimeout(context.WithoutCancel(ctx), stopTimeout)
	defer cancel()
	if e := server.Shutdown(stop); e != nil {
		_ = server.Close()
	}
	<-served
	o.Logger.InfoContext(stop, "witness has stopped")
	return err
}

// WitnessKey returns the cosignature key of the witness over a folder in note form.
// It is made when there is none.
func WitnessKey(o WitnessOptions) (string, error) {
	key, err := witnessKey(o)
	if err != nil {
		return "", err
	}
	return key.VerifierKey(), nil
}

func witnessKey(o WitnessOptions) (*proof.Cosigner, error) {
	f, err := openFolder(o.DataDir)
	if err != nil {
		return nil, err
	}
	if f.hasJournal() {
		return nil, fmt.Errorf("%s is the folder of a journal; a witness has one of its own, on another machine", f.dir)
	}
	existing, err := witness.Existing(f.dir)
	if err != nil {
		return nil, err
	}
	host, err := os.Hostname()
	if err != nil {
		host = ""
	}
	name, key, err := keyring.Lone(keyring.LoneOptions{Dir: f.keys(), Name: o.Config.Name, Host: host, Existing: existing, Logger: o.Logger})
	if err != nil {
		return nil, fmt.Errorf("key of the witness: %w", err)
	}
	return proof.NewCosigner(name, key, time.Now)
}

// CheckWitnesses tells what is wrong with the witnesses of a configuration.
func CheckWitnesses(c *config.Config) error {
	_, err := witnessClients(c)
	return err
}

// witnessClients makes a client for each witness of the configuration.
func witnessClients(c *config.Config) ([]*witness.Client, error) {
	var clients []*witness.Client
	for i, w := range c.Journal.Witnesses {
		client, err := witness.NewClient(w.URL, w.Key, nil)
		if err != nil {
			return nil, fmt.Errorf("journal.witnesses[%d]: %w", i, err)
		}
		clients = append(clients, client)
	}
	return clients, nil
}
