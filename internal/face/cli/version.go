// SPDX-License-Identifier: Apache-2.0

package cli

import (
	"encoding/json"
	"fmt"
	"runtime"
)

type versionCommand struct {
	JSON bool `help:"Print one JSON object."`
}

func (c *versionCommand) Run(env *Env) error {
	if !c.JSON {
		_, err := fmt.Fprintf(env.Stdout, "tocsin %s\n", env.Version)
		return err
	}
	return json.NewEncoder(env.Stdout).Encode(map[string]string{
		"version": env.Version, "go": runtime.Version(), "os": runtime.GOOS, "arch": runtime.GOARCH,
	})
}
