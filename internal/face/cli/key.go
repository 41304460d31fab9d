// SPDX-License-Identifier: Apache-2.0

package cli

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"

	"github.com/tocsin-siem/tocsin/internal/core/secret"
	"github.com/tocsin-siem/tocsin/internal/face/app"
)

type keyCommand struct {
	Public keyPublicCommand `cmd:"" help:"Print the public keys with which others check the journal, one a line, the current one first."`
	List   keyListCommand   `cmd:"" help:"List the signing keys and the epochs of the MAC keys."`
	Rotate keyRotateCommand `cmd:"" help:"Start new signing keys and a new epoch of the MAC keys. The server must be stopped."`
	Anchor keyAnchorCommand `cmd:"" help:"Move the MAC roots away from this host. The server must be stopped."`
}

type keyPublicCommand struct {
	Data    string `help:"The data folder." default:"./data" env:"TOCSIN_DATA"`
	Purpose string `help:"What the keys sign: checkpoint or receipt." enum:"checkpoint,receipt" default:"checkpoint"`
	All     bool   `help:"Retired keys as well."`
	Archive bool   `help:"Those of the journals from before restores instead, with which their events are checked."`
}

var errNoArchives = errors.New("the journal stands on no other one: nothing was restored")

var errNoSigningKeys = errors.New("there are no signing keys yet: the next start of the server makes them")

func (c *keyPublicCommand) Run(env *Env) error {
	keys, err := app.ReadKeys(c.Data)
	if err != nil {
		return err
	}
	list := []app.Keys{keys}
	if c.Archive {
		if list, err = app.ReadArchivedKeys(c.Data); err != nil {
			return err
		}
		if len(list) == 0 {
			return errNoArchives
		}
	}
	ew := &errWriter{w: env.Stdout}
	for i := range list {
		if err := c.print(env, ew, &list[i]); err != nil {
			return err
		}
	}
	return ew.err
}

// print writes the keys of one journal.
func (c *keyPublicCommand) print(env *Env, ew *errWriter, keys *app.Keys) error {
	if len(keys.Signing) == 0 {
		return errors.Join(errNoSigningKeys, printDamage(env.Stderr, keys))
	}
	for i := range keys.Signing {
		k := &keys.Signing[len(keys.Signing)-1-i] // the current one is the last
		if k.Purpose == c.Purpose && (c.All || k.State != "retired") {
			ew.printf("%s\n", k.VerifierKey)
		}
	}
	return nil
}

type keyListCommand struct {
	Data string `help:"The data folder." default:"./data" env:"TOCSIN_DATA"`
	JSON bool   `help:"Print one JSON object."`
}

func (c *keyListCommand) Run(env *Env) error {
	keys, err := app.ReadKeys(c.Data)
	if err != nil {
		return err
	}
	if c.JSON {
		return json.NewEncoder(env.Stdout).Encode(keys)
	}
	return errors.Join(printKeys(env.Stdout, &keys), printDamage(env.Stdout, &keys))
}

type keyRotateCommand struct {
	Data string `help:"The data folder." default:"./data" env:"TOCSIN_DATA"`

	WithoutOldSecret bool `help:"Rotate although entries wait in the log for keys of a LOG_SIGNATURE_SECRET that is not at hand. They stay there, unread, until a start is given it as LOG_SIGNATURE_SECRET_PREVIOUS."`
}

func (c *keyRotateCommand) Run(env *Env) error {
	keys, waiting, err := app.RotateKeys(c.Data, keyOptions(env), c.WithoutOldSecret)
	if err != nil {
		return fmt.Errorf("rotate keys: %w", err)
	}
	if waiting {
		if _, err := fmt.Fprintln(env.Stderr, "entries wait in the log: give the next start the old secret as LOG_SIGNATURE_SECRET_PREVIOUS, so that they are sealed"); err != nil {
			return err
		}
	}
	return printKeys(env.Stdout, &keys)
}

type keyAnchorCommand struct {
	Data   string `help:"The data folder." default:"./data" env:"TOCSIN_DATA"`
	Export string `required:"" help:"The new file for the MAC roots, outside the data folder." placeholder:"FILE"`
}

func (c *keyAnchorCommand) Run(env *Env) error {
	epochs, err := app.ExportAnchors(c.Data, c.Export, keyOptions(env))
	if err != nil {
		return err
	}
	ew := &errWriter{w: env.Stdout}
	for _, e := range epochs {
		ew.printf("mac epoch %d is in %s, and no longer in the data folder\n", e, c.Export)
	}
	ew.printf("keep that file on another machine, and remove it here; only with it are old MACs checked (verify --anchor)\n")
	return ew.err
}

// keyOptions are those of the commands that change keys.
func keyOptions(env *Env) app.Options {
	return app.Options{
		SigningSecret:  secret.New(env.getenv("LOG_SIGNATURE_SECRET")),
		PreviousSecret: secret.New(env.getenv("LOG_SIGNATURE_SECRET_PREVIOUS")),
		Logger:         env.logger(slog.LevelWarn),
	}
}

// printKeys writes the keys for people, the current ones first.
func printKeys(w io.Writer, keys *app.Keys) error {
	ew := &errWriter{w: w}
	ew.printf("origin %s\n", keys.Origin)
	for _, purpose := range [...]string{"checkpoint", "receipt"} {
		for i := range keys.Signing {
			k := &keys.Signing[len(keys.Signing)-1-i]
			if k.Purpose != purpose {
				continue
			}
			ew.printf("%-10s  key %d  %s  %-8s from %s", k.Purpose, k.Number, k.ID, k.State, k.From)
			if k.Until != "" {
				ew.printf(" until %s", k.Until)
			}
			ew.printf("\n")
		}
	}
	for i := range keys.Epochs {
		e := keys.Epochs[len(keys.Epochs)-1-i]
		ew.printf("mac epoch %d  %s\n", e.Epoch, e.Kind)
	}
	return ew.err
}

func printDamage(w io.Writer, keys *app.Keys) error {
	ew := &errWriter{w: w}
	for _, d := range keys.Damage {
		ew.printf("key file %s: %s\n", d.File, d.Damage)
	}
	return ew.err
}
