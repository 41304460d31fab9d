// SPDX-License-Identifier: Apache-2.0

package input

import (
	"encoding/binary"
	"net"

	"golang.org/x/sys/unix"
)

// enlarge asks the kernel to hold so many bytes for the socket and to say how
// many datagrams it dropped (SO_RXQ_OVFL, socket(7)). It returns what the socket
// got, and whether the kernel counts.
func enlarge(conn *net.UDPConn, size int) (got int, counts bool) {
	raw, err := conn.SyscallConn()
	if err != nil {
		return 0, false
	}
	err = raw.Control(func(fd uintptr) {
		s := int(fd)
		if unix.SetsockoptInt(s, unix.SOL_SOCKET, unix.SO_RCVBUFFORCE, size) != nil { // needs CAP_NET_ADMIN
			_ = unix.SetsockoptInt(s, unix.SOL_SOCKET, unix.SO_RCVBUF, size) // what it gave is asked for below
		}
		if n, err := unix.GetsockoptInt(s, unix.SOL_SOCKET, unix.SO_RCVBUF); err == nil {
			got = n / 2 // the kernel doubles it for its own use
		}
		counts = unix.SetsockoptInt(s, unix.SOL_SOCKET, unix.SO_RXQ_OVFL, 1) == nil
	})
	return got, counts && err == nil
}

// overflow reads the number of datagrams that the socket has dropped so far from
// a datagram's control messages.
func overflow(oob []byte) (total uint32, ok bool) {
	for len(oob) >= unix.SizeofCmsghdr {
		header, data, rest, err := unix.ParseOneSocketControlMessage(oob)
		if err != nil {
			return 0, false
		}
		if header.Level == unix.SOL_SOCKET && header.Type == unix.SO_RXQ_OVFL && len(data) >= 4 {
			return binary.NativeEndian.Uint32(data), true
		}
		oob = rest
	}
	return 0, false
}
