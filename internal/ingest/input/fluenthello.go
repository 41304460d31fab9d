// SPDX-License-Identifier: Apache-2.0

package input

import (
	"crypto/rand"
	"crypto/sha512"
	"crypto/subtle"
	"encoding/hex"
	"errors"
	"fmt"
	"net"
	"time"

	"github.com/tocsin-siem/tocsin/internal/core/secret"
)

var errSharedKey = errors.New("the sender does not know the shared key")

// writeTime is how long a sender may take to take an answer.
const writeTime = 10 * time.Second

// greeting is the server's side of the handshake with a shared key (forward protocol
// v1, "Handshake messages"): HELO with a nonce, PING with a digest of the key, PONG.
type greeting struct {
	key   secret.Text
	nonce [16]byte
}

// helo sends the nonce. Users with passwords are not asked for.
func (g *greeting) helo(conn net.Conn) error {
	_, _ = rand.Read(g.nonce[:]) // it never fails
	m := packText16([]byte{0x92}, "HELO")
	m = packText16(append(m, 0x83), "nonce")
	m = append(append(m, 0xc4, byte(len(g.nonce))), g.nonce[:]...)
	m = packText16(packText16(m, "auth"), "")
	m = append(packText16(m, "keepalive"), 0xc3)
	return sendOn(conn, m)
}

// ping reads PING and answers PONG.
func (g *greeting) ping(conn net.Conn, message []byte) error {
	head, n, err := packHead(message)
	if err != nil || head.kind != packList || head.members < 4 {
		return fmt.Errorf("%w: no PING", errPack)
	}
	var words [4][]byte // PING, host name, salt, digest
	for i := range words {
		v, used, err := packHead(message[n:])
		if err != nil || v.kind != packText && v.kind != packBytes {
			return fmt.Errorf("%w: no PING", errPack)
		}
		words[i] = v.bytes
		n += used
	}
	if string(words[0]) != "PING" {
		return fmt.Errorf("%w: no PING", errPack)
	}
	const self = "tocsin"
	ok := subtle.ConstantTimeCompare(words[3], []byte(g.digest(words[2], words[1]))) == 1
	m := packText16([]byte{0x95}, "PONG")
	if ok {
		m = packText16(append(m, 0xc3), "")
		m = packText16(packText16(m, self), g.digest(words[2], []byte(self)))
		return sendOn(conn, m)
	}
	m = packText16(append(m, 0xc2), "shared_key mismatch")
	m = packText16(packText16(m, self), "")
	return errors.Join(errSharedKey, sendOn(conn, m))
}

// digest is the hex SHA-512 of salt, host name, nonce and key.
func (g *greeting) digest(salt, host []byte) string {
	h := sha512.New()
	h.Write(salt)
	h.Write(host)
	h.Write(g.nonce[:])
	h.Write([]byte(g.key.Reveal()))
	return hex.EncodeToString(h.Sum(nil))
}

// packText16 appends a text of at most 64 KiB in MessagePack.
func packText16(dst []byte, text string) []byte {
	if len(text) < 32 {
		return append(append(dst, 0xa0|byte(len(text))), text...) //nolint:gosec // below 32
	}
	return append(append(dst, 0xda, byte(len(text)>>8), byte(len(text))), text...) //nolint:gosec // two bytes hold it
}

func sendOn(conn net.Conn, message []byte) error {
	_ = conn.SetWriteDeadline(time.Now().Add(writeTime)) // an error shows in the write
	_, err := conn.Write(message)
	return err
}
