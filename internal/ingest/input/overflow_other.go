// SPDX-License-Identifier: Apache-2.0

//go:build !linux

package input

import "net"

// enlarge asks the kernel to hold so many bytes for the socket. What it got is
// not known here, and the kernel does not say what it drops.
func enlarge(conn *net.UDPConn, size int) (got int, counts bool) {
	if conn.SetReadBuffer(size) != nil {
		return 0, false
	}
	return size, false
}

// overflow knows nothing here.
func overflow([]byte) (total uint32, ok bool) { return 0, false }
