#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Writes the requests and answers of this folder, from the texts of the
specifications alone (c2sp.org/tlog-witness, tlog-checkpoint, tlog-cosignature,
signed-note; RFC 6962, 2.1): it shares no code with the package that is tested.

    python3 make.py        # needs the package `cryptography`
"""
import base64
import hashlib
import pathlib
import struct

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

HERE = pathlib.Path(__file__).parent
ORIGIN = "example.com/behind-the-sofa"
WITNESS = "witness.example/w1"
TIME = 1700000000


def b64(raw):
    return base64.b64encode(raw).decode()


def sha(raw):
    return hashlib.sha256(raw).digest()


class Key:
    def __init__(self, name, seed, kind):
        self.name, self.kind = name, kind
        self.private = Ed25519PrivateKey.from_private_bytes(seed)
        self.public = self.private.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)
        self.id = sha(name.encode() + b"\n" + bytes([kind]) + self.public)[:4]

    def vkey(self):
        return f"{self.name}+{self.id.hex()}+{b64(bytes([self.kind]) + self.public)}"

    def line(self, text):
        sig = self.private.sign(text.encode())
        return f"\u2014 {self.name} {b64(self.id + sig)}\n"

    def coline(self, text, at=TIME):
        sig = self.private.sign(f"cosignature/v1\ntime {at}\n{text}".encode())
        return f"\u2014 {self.name} {b64(self.id + struct.pack('>Q', at) + sig)}\n"


def mth(leaves):
    """RFC 6962, 2.1: the Merkle Tree Hash."""
    if not leaves:
        return sha(b"")
    if len(leaves) == 1:
        return sha(b"\x00" + leaves[0])
    k = 1
    while 2 * k < len(leaves):
        k *= 2
    return sha(b"\x01" + mth(leaves[:k]) + mth(leaves[k:]))


def subproof(m, leaves, whole):
    """RFC 6962, 2.1.2: SUBPROOF(m, D[n], b)."""
    n = len(leaves)
    if m == n:
        return [] if whole else [mth(leaves)]
    k = 1
    while 2 * k < n:
        k *= 2
    if m <= k:
        return subproof(m, leaves[:k], whole) + [mth(leaves[k:])]
    return subproof(m - k, leaves[k:], False) + [mth(leaves[:k])]


LOG = Key(ORIGIN, b"the seed of the log, 32 bytes...", 1)
STRANGER = Key(ORIGIN, b"the seed of a stranger, 32 bytes", 1)
W = Key(WITNESS, b"the seed of the witness, 32 byte", 4)
TREE = [f"leaf {i}".encode() for i in range(100)]
FORK = TREE[:50] + [f"fork {i}".encode() for i in range(50, 100)]


def text(leaves, size):
    return f"{ORIGIN}\n{size}\n{b64(mth(leaves[:size]))}\n"


def request(old, size, leaves=TREE, keys=(LOG,), path=None):
    if path is None:
        path = subproof(old, leaves[:size], True) if 0 < old else []
    note = text(leaves, size) + "\n" + "".join(k.line(text(leaves, size)) for k in keys)
    return f"old {old}\n" + "".join(b64(h) + "\n" for h in path) + "\n" + note


def size(n):
    return f"409 text/x.tlog.size\n{n}\n"


def cosigned(n):
    return "200 text/plain; charset=utf-8\n" + W.coline(text(TREE, n))


# The requests in order; of an answer without a text only the first line counts.
CASES = [
    ("ask", request(64, 64), size(0)),
    ("first", request(0, 13), cosigned(13)),
    ("grow", request(13, 64), cosigned(64)),
    ("again", request(64, 64), cosigned(64)),
    ("power-of-two", request(64, 65), cosigned(65)),
    ("stale", request(13, 90), size(65)),
    ("rolled-back", request(13, 50), size(65)),
    ("fork", request(65, 65, FORK), "409 text/plain; charset=utf-8\n"),
    ("fork-grown", request(65, 90, FORK), "422 text/plain; charset=utf-8\n"),
    ("no-proof", request(65, 90, path=[]), "422 text/plain; charset=utf-8\n"),
    ("stranger", request(65, 90, keys=(STRANGER,)), "403 text/plain; charset=utf-8\n"),
    ("unknown-log", request(65, 90).replace(ORIGIN, "example.com/elsewhere"), "404 text/plain; charset=utf-8\n"),
    ("backwards", request(90, 65, path=[]), "400 text/plain; charset=utf-8\n"),
    ("two-keys", request(65, 90, keys=(STRANGER, LOG)), cosigned(90)),
    ("all", request(90, 100), cosigned(100)),
]

if __name__ == "__main__":
    (HERE / "keys.txt").write_text(f"{LOG.vkey()}\n{W.vkey()}\n")
    for i, (name, body, answer) in enumerate(CASES):
        (HERE / f"{i:02d}-{name}.request").write_text(body)
        (HERE / f"{i:02d}-{name}.answer").write_text(answer)
