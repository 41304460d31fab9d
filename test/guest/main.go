// SPDX-License-Identifier: Apache-2.0

//go:build linux && amd64

// Command guest is what the power loss test runs inside of its virtual machine,
// and how it starts that machine, which is User Mode Linux: a Linux kernel that is
// a program of the host.
//
//	guest launch LINUX ARGUMENT…   becomes that kernel
//	guest boot MOUNT TOCSIN ROUND sound|faulty   is the kernel's first process
//	guest faulty PROGRAM ARGUMENT…   becomes a program whose syncs do nothing
//
// As the first process it mounts the disk, verifies the journal that it finds on it,
// starts the server there, sends events and asks for proofs, and writes a line for
// each thing it knows:
//
//	booted          the machine runs
//	verified N      what `tocsin verify` exited with, when there was a journal
//	ready           the server answers
//	acked PREFIX N  the server has acknowledged the events PREFIX-0 to PREFIX-(N-1)
//	proved N        the server has sealed the newest event and given out its proof, under
//	                a checkpoint of N headers
//	failed: TEXT    the round is worth nothing
//
// It never ends: the test takes the power away.
package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"runtime"

	"golang.org/x/sys/unix"
)

func main() {
	if err := run(os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stdout, "failed:", err)
		if os.Getpid() == 1 {
			select {} // a kernel whose first process ends says much
		}
		os.Exit(1)
	}
}

func run(args []string) error {
	switch {
	case len(args) > 1 && args[0] == "launch":
		return become(noExtendedState(), args[1:])
	case len(args) > 1 && args[0] == "faulty":
		return become(noSync(), args[1:])
	case len(args) == 5 && args[0] == "boot":
		m := &machine{mount: args[1], tocsin: args[2], round: args[3], faulty: args[4] == "faulty", out: os.Stdout}
		return m.boot(context.Background())
	}
	return errors.New("usage: guest launch LINUX… | guest boot MOUNT TOCSIN ROUND sound|faulty | guest faulty PROGRAM…")
}

// become executes a program in the place of this one, under a filter of its system
// calls.
func become(filter []unix.SockFilter, args []string) error {
	runtime.LockOSThread() // the filter is this thread's, and so is what is executed from it
	if err := install(filter); err != nil {
		return err
	}
	if err := unix.Exec(args[0], args, os.Environ()); err != nil {
		return fmt.Errorf("execute %s: %w", args[0], err)
	}
	return nil
}
