// SPDX-License-Identifier: Apache-2.0

// Command senders sends records with the libraries of other projects, so that the
// inputs are tested with what is really sent. It is a module of its own: nothing of it
// comes into the binary.
//
//	senders otlp URL TOKEN    three log records over OTLP/HTTP, by OpenTelemetry's SDK
//	senders fluent HOST PORT  three records with acknowledgement, by Fluent's own logger
package main

import (
	"context"
	"fmt"
	"os"
)

func main() {
	if err := run(context.Background(), os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, "senders:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, args []string) error {
	switch {
	case len(args) == 3 && args[0] == "otlp":
		return sendOTLP(ctx, args[1], args[2])
	case len(args) == 3 && args[0] == "fluent":
		return sendFluent(args[1], args[2])
	default:
		return fmt.Errorf("unknown arguments: %q", args)
	}
}
