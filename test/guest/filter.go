// SPDX-License-Identifier: Apache-2.0

//go:build linux && amd64

package main

import (
	"fmt"
	"unsafe"

	"golang.org/x/sys/unix"
)

// Where struct seccomp_data has the number of the call and the low half of an
// argument.
const (
	atNumber   = 0
	atArgument = 16
	argument   = 8 // bytes each
)

// answer is what a filtered call returns in the place of being done: 0 is success.
func answer(errno unix.Errno) unix.SockFilter {
	return unix.SockFilter{Code: unix.BPF_RET | unix.BPF_K, K: unix.SECCOMP_RET_ERRNO | uint32(errno)}
}

func load(at uint32) unix.SockFilter {
	return unix.SockFilter{Code: unix.BPF_LD | unix.BPF_W | unix.BPF_ABS, K: at}
}

// is goes on when the loaded word is k, and otherwise skips some instructions.
func is(k uint32, skip uint8) unix.SockFilter {
	return unix.SockFilter{Code: unix.BPF_JMP | unix.BPF_JEQ | unix.BPF_K, K: k, Jf: skip}
}

func allow() unix.SockFilter {
	return unix.SockFilter{Code: unix.BPF_RET | unix.BPF_K, K: unix.SECCOMP_RET_ALLOW}
}

// noExtendedState hides ptrace's extended register state. User Mode Linux 6.1 has
// room for 2,696 bytes of it, reads it cut off on a processor that has more, cannot
// write it back, and dies. Without it, it uses the old calls, which know the
// registers up to SSE: programs in the guest must not use AVX.
func noExtendedState() []unix.SockFilter {
	return []unix.SockFilter{
		load(atNumber),
		is(unix.SYS_PTRACE, 5),
		load(atArgument),
		is(unix.PTRACE_GETREGSET, 3),
		load(atArgument + 2*argument),
		is(0x202, 1), // NT_X86_XSTATE
		answer(unix.EINVAL),
		allow(),
	}
}

// noSync makes every sync succeed at once and do nothing: a server that
// acknowledges before its events are on the disk.
func noSync() []unix.SockFilter {
	calls := []uint32{unix.SYS_FSYNC, unix.SYS_FDATASYNC, unix.SYS_SYNC, unix.SYS_SYNCFS, unix.SYS_SYNC_FILE_RANGE, unix.SYS_MSYNC}
	filter := []unix.SockFilter{load(atNumber)}
	for _, call := range calls {
		filter = append(filter, is(call, 1), answer(0))
	}
	return append(filter, allow())
}

func install(filter []unix.SockFilter) error {
	if err := unix.Prctl(unix.PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0); err != nil {
		return fmt.Errorf("give up new privileges: %w", err)
	}
	prog := unix.SockFprog{Len: uint16(len(filter)), Filter: &filter[0]}
	if err := unix.Prctl(unix.PR_SET_SECCOMP, unix.SECCOMP_MODE_FILTER, uintptr(unsafe.Pointer(&prog)), 0, 0); err != nil {
		return fmt.Errorf("filter system calls: %w", err)
	}
	return nil
}
