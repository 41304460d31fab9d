# SPDX-License-Identifier: Apache-2.0
"""The parts of an evidence bundle: trees, signed notes, keys, canonical bytes.

Written from docs/journal-format.md alone.
"""

import base64
import datetime
import hashlib
import re
import struct

import ed25519

MAX_NOTE = 128 << 10


class Bad(Exception):
    """Something is not as it must be."""


def need(condition, why):
    if not condition:
        raise Bad(why)


def sha(*parts):
    return hashlib.sha256(b"".join(parts)).digest()


def b64(text, size=None):
    """Decodes base64 of the standard alphabet with padding."""
    need(isinstance(text, str), "base64 is not text")
    try:
        raw = base64.b64decode(text.encode("ascii"), validate=True)
    except ValueError:
        raise Bad("malformed base64")
    need(size is None or len(raw) == size, "base64 of another length")
    return raw


def b64_strict(text, size):
    raw = b64(text, size)
    need(base64.b64encode(raw).decode() == text, "base64 of another form")
    return raw


def decimal(text):
    need(re.fullmatch(r"0|[1-9][0-9]{0,18}", text) is not None and int(text) < 2**63, "%r is no number" % text[:30])
    return int(text)


def node(left, right):
    return sha(b"\x01", left, right)


def lsb(n):
    return n & 1


def check_inclusion(leaf, index, size, path, root):
    """RFC 9162, 2.1.3.2."""
    if index >= size:
        return False
    fn, sn, r = index, size - 1, leaf
    for p in path:
        if sn == 0:
            return False
        if lsb(fn) or fn == sn:
            r = node(p, r)
            while not lsb(fn) and fn != 0:
                fn, sn = fn >> 1, sn >> 1
        else:
            r = node(r, p)
        fn, sn = fn >> 1, sn >> 1
    return sn == 0 and r == root


def check_consistency(first, second, first_root, second_root, path):
    """RFC 9162, 2.1.4.2."""
    if first > second:
        return False
    if first == 0 or first == second:
        return not path and (first == 0 or first_root == second_root)
    if not path:
        return False
    path = list(path)
    if first & (first - 1) == 0:
        path.insert(0, first_root)
    fn, sn = first - 1, second - 1
    while lsb(fn):
        fn, sn = fn >> 1, sn >> 1
    fr = sr = path[0]
    for c in path[1:]:
        if sn == 0:
            return False
        if lsb(fn) or fn == sn:
            fr, sr = node(c, fr), node(c, sr)
            while not lsb(fn) and fn != 0:
                fn, sn = fn >> 1, sn >> 1
        else:
            sr = node(sr, c)
        fn, sn = fn >> 1, sn >> 1
    return sn == 0 and fr == first_root and sr == second_root


class Reader:
    """Takes values off the front of bytes."""

    def __init__(self, raw):
        self.raw, self.at = raw, 0

    def take(self, n):
        need(n <= len(self.raw) - self.at, "bytes are missing")
        self.at += n
        return self.raw[self.at - n : self.at]

    def number(self, form):
        return struct.unpack(">" + form, self.take(struct.calcsize(form)))[0]

    def text16(self):
        return self.take(self.number("H"))

    def text32(self):
        return self.take(self.number("I"))

    def end(self):
        need(self.at == len(self.raw), "bytes follow")


def is_stream(name):
    return re.fullmatch(rb"[a-z0-9][a-z0-9\-_.]{0,63}", name) is not None


def is_time(text):
    """RFC 3339."""
    match = re.fullmatch(r"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(\.\d+)?(Z|[+-]([01]\d|2[0-3]):[0-5]\d)", text)
    try:
        return match is not None and datetime.datetime.strptime(match.group(1), "%Y-%m-%dT%H:%M:%S") is not None
    except ValueError:
        return False


# --- Notes and keys ----------------------------------------------------------


class Key:
    def __init__(self, text):
        parts = text.split("+", 2)
        need(len(parts) == 3, "malformed key")
        self.name, self.text = parts[0], text
        raw = b64_strict(parts[2], 33)
        self.kind, self.key = raw[0], raw[1:]
        self.id = sha(self.name.encode(), b"\n", raw)[:4]
        need(self.kind in (1, 4) and parts[1] == self.id.hex() and self.name and not re.search(r"[\s+]", self.name), "malformed key")

    def verify(self, text, signature):
        if self.kind == 1:
            return ed25519.verify(self.key, text, signature)
        if len(signature) != 72:
            return False
        seconds = struct.unpack(">Q", signature[:8])[0]
        return seconds < 2**63 and ed25519.verify(self.key, b"cosignature/v1\ntime %d\n" % seconds + text, signature[8:])


def open_note(note, keys):
    """Returns the text of a note and the keys that signed it."""
    need(isinstance(note, str) and len(note.encode()) <= MAX_NOTE, "malformed note")
    need(not re.search(r"[\x00-\x09\x0b-\x1f]", note), "control characters in a note")
    text, split, lines = note.rpartition("\n\n")
    need(split and lines.endswith("\n"), "malformed note")
    text = (text + "\n").encode()
    signers = []
    for line in lines[:-1].split("\n"):
        match = re.fullmatch("\u2014 ([^ ]+) ([^ ]+)", line)
        need(match, "malformed signature line")
        raw = b64(match.group(2))
        need(len(raw) > 4, "malformed signature")
        for key in keys:
            if key.name == match.group(1) and key.id == raw[:4] and key not in signers:
                need(key.verify(text, raw[4:]), "the signature of %s does not fit" % key.name)
                signers.append(key)
    return text.decode(), signers


def key_name(origin, purpose):
    need(purpose in ("checkpoint", "receipt"), "a key for %r" % purpose)
    return origin if purpose == "checkpoint" else origin + "/receipt"


def open_statement(note):
    """Returns the old and the new key of a key statement."""
    need(isinstance(note, str) and len(note.encode()) <= 8 << 10, "malformed key statement")
    lines = note.split("\n")
    need(len(lines) > 7 and lines[0] == "tocsin-key/1" and lines[6] == "", "malformed key statement")
    old, new = Key(lines[3]), Key(lines[4])
    for key in (old, new):
        need(key.kind == 1 and key.name == key_name(lines[1], lines[2]), "a key statement for another key")
    need(old.text != new.text and is_time(lines[5]) and len(lines[5]) == 20, "malformed key statement")
    text, signers = open_note(note, [old, new])
    need(text == "\n".join(lines[:6]) + "\n" and len(signers) == 2, "a key statement that not both keys signed")
    return old, new


def chain(trusted, statements):
    """The trusted keys and all that followed them."""
    pairs = [open_statement(s) for s in statements]
    keys = {k.text: k for k in trusted}
    grown = True
    while grown:
        grown = False
        for old, new in pairs:
            if old.text in keys and new.text not in keys:
                keys[new.text] = new
                grown = True
    return list(keys.values())


def open_checkpoint(note, keys):
    """Returns origin, size and root of a checkpoint that the log itself signed."""
    text, signers = open_note(note, keys)
    lines = text[:-1].split("\n")
    need(3 <= len(lines) <= 67 and all(lines), "malformed checkpoint")
    origin, size, root = lines[0], decimal(lines[1]), b64_strict(lines[2], 32)
    need(len(origin.encode()) <= 255 and not re.search(r"[\x00-\x1f\x7f-\x9f]", origin), "malformed origin")
    need(size > 0 or root == sha(), "a root without leaves")
    need(any(k.name == origin for k in signers), "no known key of %s signed the checkpoint" % origin)
    return origin, size, root


# --- Canonical bytes ---------------------------------------------------------

NULL, FALSE, TRUE, NUMBER, TEXT, LIST, BYTES = range(1, 8)

FIELDS = [
    {
        b"as.number": (NUMBER,), b"geo.country": (TEXT,), b"geo.lat": (NUMBER,), b"geo.lon": (NUMBER,), b"host": (TEXT, NULL),
        b"ip": (TEXT, NULL), b"session": (TEXT, NULL), b"user": (TEXT, NULL), b"user_agent": (TEXT, NULL),
    },
    {
        b"compliance.gdpr_relevant": (FALSE, TRUE), b"compliance.hipaa_protected": (FALSE, TRUE), b"compliance.pci_scope": (FALSE, TRUE),
        b"compliance.retention_days": (NUMBER,), b"input": (TEXT, NULL), b"marks": (LIST,), b"message": (TEXT, NULL),
        b"origin_id": (TEXT, NULL), b"raw": (BYTES,), b"sender": (TEXT, NULL), b"service": (TEXT, NULL), b"tags": (LIST,),
    },
]


def read_public(raw):
    r = Reader(raw)
    need(r.number("B") == 1, "another version of the public part")
    p = {"origin": r.text16(), "stream": r.text16()}
    p["seq"], p["ord"], p["received"], p["time"] = r.number("Q"), r.number("Q"), r.number("q"), r.number("q")
    r.take(16)
    for name in ("source", "category", "action"):
        kind = r.number("B")
        need(kind in (0, NULL, TEXT), "malformed public part")
        p[name] = r.text16() if kind == TEXT else b""
    need(r.number("B") <= 3 and r.number("B") <= 4, "malformed public part")
    r.end()
    return p


def read_value(r, depth=0):
    kind = r.number("B")
    need(NULL <= kind <= BYTES, "a value of no kind")
    if kind in (NUMBER, TEXT, BYTES):
        return kind, r.text32()
    if kind == LIST:
        need(depth < 32, "lists too deep")
        return kind, [read_value(r, depth + 1) for _ in range(r.number("I"))]
    return kind, None


def read_slot(raw, slot):
    """Returns the fields of a slot: name to kind and value."""
    r = Reader(raw)
    need(r.number("B") == 1, "another version of a slot")
    fields, last = {}, None
    for _ in range(r.number("I")):
        name = r.text16()
        need(last is None or name > last, "fields that do not rise")
        last = name
        value = read_value(r)
        if not (slot == 1 and name.startswith(b"attrs.")):
            need(name in FIELDS[slot] and value[0] in FIELDS[slot][name], "field %r" % name[:60])
        if name == b"tags":
            need(all(kind == TEXT for kind, _ in value[1]), "malformed tags")
        if name == b"marks":
            need(all(kind == LIST and [k for k, _ in v] == [TEXT, TEXT, NUMBER, TEXT, TEXT] for kind, v in value[1]), "malformed marks")
        fields[name] = value
    r.end()
    return fields


class Header:
    def __init__(self, raw):
        r = Reader(raw)
        need(r.take(8) == b"TCSNRNG1" and r.number("I") == 1, "another version of a header")
        self.origin, self.stream, _ = r.text16(), r.text16(), r.text16()
        self.number, self.first, self.count, self.lost = r.number("Q"), r.number("Q"), r.number("I"), r.number("I")
        self.ords = r.number("Q"), r.number("Q")
        self.received = r.number("q"), r.number("q")
        self.time = r.number("q"), r.number("q")
        self.root, self.previous = r.take(32), r.take(32)
        _, ratchet, _, _ = r.number("I"), r.number("Q"), r.number("Q"), r.number("q")
        r.end()
        need(is_stream(self.stream) and ratchet < self.number and 0 < self.first < 2**63 - 2**19 and 0 < self.count <= 2**19 and self.lost <= self.count, "malformed header")
        self.last = self.first + self.count - 1
        self.leaf = sha(b"\x00", raw)
