# SPDX-License-Identifier: Apache-2.0
"""Reads a segment file and prints its rows, one JSON object a line.

Written from docs/segment-format.md alone; the canonical bytes are those of docs/journal-format.md.

    segment.py FILE              the rows, for people
    segment.py --canonical FILE  the rows as {"public", "slots", "leaf8", "mac16"} in hex
    segment.py --filters FILE    also checks that the filters have what the rows say

Needs Python 3.14, or the module zstandard. Exits with 1 when the file is damaged, with 3 when there is no zstd.
"""

import ipaddress
import json
import re
import struct
import sys

MAGIC = b"TOCSEG\x00\x03"
PAGE = 2048
PART = 512
BLOCK = 16384
MASK = (1 << 64) - 1
PRESENT, ABSENT, BLANK, NULL = 0, 1, 2, 3
TEXTS = "source category action message user ip session user_agent host service origin_id input sender".split()
INTS = "time received ord seq".split()
WIDTHS = {"severity": 1, "outcome": 1, "id": 16, "leaf8": 8, "mac16": 16}


class Damaged(Exception):
    """The file is not what a writer wrote."""


def need(condition, why):
    if not condition:
        raise Damaged(why)


def zstd():
    try:
        from compression import zstd as module  # Python 3.14

        return lambda b, size: module.decompress(b)
    except ImportError:
        pass
    try:
        import zstandard

        return lambda b, size: zstandard.ZstdDecompressor().decompress(b, max_output_size=size)
    except ImportError:
        sys.stderr.write("needs Python 3.14 or the module zstandard\n")
        sys.exit(3)


def crc_table():
    table = []
    for n in range(256):
        for _ in range(8):
            n = n >> 1 ^ (0x82F63B78 if n & 1 else 0)
        table.append(n)
    return table


CRC = crc_table()


def crc32c(b):
    c = 0xFFFFFFFF
    for x in b:
        c = CRC[(c ^ x) & 0xFF] ^ c >> 8
    return c ^ 0xFFFFFFFF


def signed(n, bits=64):
    n &= (1 << bits) - 1
    return n - (1 << bits) if n >> bits - 1 else n


class Cursor:
    """Takes values off the front of some bytes."""

    def __init__(self, b):
        self.b, self.at = b, 0

    def take(self, n):
        need(n <= len(self.b) - self.at, "cut off")
        self.at += n
        return self.b[self.at - n : self.at]

    def byte(self):
        return self.take(1)[0]

    def varint(self):
        value = 0
        for shift in range(0, 64, 7):
            c = self.byte()
            value |= (c & 0x7F) << shift
            if c < 0x80:
                need(value <= MASK, "a varint of more than 64 bits")
                return value
        raise Damaged("a varint of more than 64 bits")

    def zigzag(self):
        n = self.varint()
        return n >> 1 ^ -(n & 1)

    def text(self):
        return self.take(self.varint())

    def end(self):
        need(self.at == len(self.b), "bytes are left over")


class Segment:
    def __init__(self, raw):
        need(len(raw) >= 24 and raw[:8] == MAGIC and raw[-8:] == MAGIC, "not a segment file of version 3")
        length, crc = struct.unpack("<II", raw[-16:-8])
        begin = len(raw) - 16 - length
        need(begin >= 8, "a footer longer than the file")
        footer = raw[begin:-16]
        need(crc32c(footer) == crc, "footer: wrong checksum")
        self.raw, self.offset, self.unpack = raw, 8, zstd()
        c = self.footer = Cursor(footer)
        self.rows, page = c.varint(), c.varint()
        need(self.rows <= 65536 and page == PAGE, "%d rows in pages of %d" % (self.rows, page))
        self.count = (self.rows + PAGE - 1) // PAGE
        self.origin, self.stream, self.meta = c.text(), c.text(), c.text()
        self.bounds, last = [], [0] * 5
        for _ in range(self.count):
            pairs = []
            for k in range(5):
                last[k] += c.zigzag()
                pairs.append((last[k], last[k] + c.varint()))
            self.bounds.append(pairs)
        self.columns, keys = {}, []
        for _ in range(c.varint()):
            name = c.text()
            dictionary, codes = self.extent(), c.varint()
            need((codes == 0) == (dictionary[0] == 0), "codes and no dictionary, or the other way round")
            if name.startswith(b"attrs."):
                need(not keys or keys[-1] < name, "keys do not rise")
                keys.append(name)
            self.columns[name] = (dictionary, codes, self.pages())
        self.keys = keys
        for name in INTS + list(WIDTHS) + TEXTS + ["rest"]:
            need(name.encode() in self.columns, "no column " + name)
        self.rollup, self.words, self.filter = self.extent(), self.extent(), self.extent()
        c.end()
        need(self.offset == begin, "the bodies end at %d, not at %d" % (self.offset, begin))

    def extent(self):
        """A form and, for 1, a code; else where the body lies, its size there and unpacked, and its checksum."""
        c = self.footer
        form = c.byte()
        if form == 0:
            return (0,)
        if form == 1:
            return (1, c.varint())
        stored = c.varint()
        size = c.varint() if form & 0x80 else stored
        need(size <= 65 << 20 and size <= (1 << 20) + 512 * stored, "a body of %d bytes" % size)
        at, self.offset = self.offset, self.offset + stored
        return (form, at, stored, size, struct.unpack("<I", c.take(4))[0])

    def pages(self):
        """The extent of each page; of a raw page a list of those of its parts."""
        out = []
        while len(out) < self.count:
            x = self.extent()
            if x[0] & 0x7F == 6:
                parts = (self.length(len(out)) + PART - 1) // PART
                x = [x] + [self.extent() for _ in range(1, parts)]
                need(all(part[0] & 0x7F == 6 for part in x), "a raw page of which a part is not raw")
                out.append(x)
                continue
            out += [x] * (1 + (self.footer.varint() if x[0] < 2 else 0))
        need(len(out) == self.count, "more pages than there are")
        return out

    def body(self, x, *forms):
        form, at, stored, size, crc = x
        b = self.raw[at : at + stored]
        need(form & 0x7F in forms, "a body of form %d" % form)
        need(len(b) == stored and crc32c(b) == crc, "wrong checksum at %d" % at)
        if form & 0x80:
            b = self.unpack(b, size)
        need(len(b) == size, "%d bytes, not %d" % (len(b), size))
        return form & 0x7F, b

    def length(self, page):
        return min(PAGE, self.rows - page * PAGE)

    def ints(self, name, page):
        _, b = self.body(self.columns[name.encode()][2][page], 2)
        c, out, last = Cursor(b), [], 0
        for _ in range(self.length(page)):
            last = signed(last + c.zigzag())
            out.append(last)
        c.end()
        return out

    def bytes(self, name, page):
        _, b = self.body(self.columns[name.encode()][2][page], 3)
        width, n = WIDTHS[name], self.length(page)
        need(len(b) == width * n, "rows of another width")
        if name == "id":
            return [bytes(b[k * n + i] for k in range(16)) for i in range(n)]
        return [b[i * width : (i + 1) * width] for i in range(n)]

    def dictionary(self, name):
        extent, codes, _ = self.columns[name]
        if codes == 0:
            return [b""] * 3
        c = Cursor(self.body(extent, 7)[1])
        out = [b""] * 3 + [c.text() for _ in range(codes - 3)]
        c.end()
        return out

    def texts(self, name, page):
        """A state and a text for each row, and whether the page is raw."""
        x, n = self.columns[name][2][page], self.length(page)
        if isinstance(x, list):
            return [row for k, part in enumerate(x) for row in self.raw_texts(self.body(part, 6)[1], min(PART, n - k * PART))], True
        if x[0] == 1:
            codes = [x[1]] * n
        else:
            form, b = self.body(x, 4, 5)
            need(len(b) == n * (form - 3), "codes of another number of rows")
            codes = list(b) if form == 4 else [b[i] | b[n + i] << 8 for i in range(n)]
        need(max(codes) < max(3, self.columns[name][1]), "a code behind the dictionary")
        words = self.dictionary(name) if max(codes) > 2 else [b""] * 3
        return [((ABSENT, BLANK, NULL)[k] if k < 3 else PRESENT, words[k]) for k in codes], False

    @staticmethod
    def raw_texts(b, n):
        c = Cursor(b)
        lengths = [c.varint() for _ in range(n)]
        out = [(v & 3, c.take(v >> 2)) for v in lengths]
        c.end()
        need(all(state == PRESENT or not text for state, text in out), "a text of a row that has none")
        return out


def value(c, depth=0):
    kind = c.byte()
    if kind in (4, 5, 7):
        return (kind, c.text())
    if kind == 6:
        need(depth < 33, "lists too deep")
        return (6, [value(c, depth + 1) for _ in range(c.varint())])
    return (kind, None)


def attribute(state, row):
    """The value of a row of an attribute's column."""
    if state == BLANK:
        return (5, b"")
    if state == NULL:
        return (1, None)
    need(row, "a present row without a value")
    if row[0] in (4, 5, 7):
        return (row[0], row[1:])
    c = Cursor(row)
    v = value(c)
    c.end()
    return v


def rest_of(row, keys):
    out = {"attrs": []}
    c = Cursor(row)
    flags = c.byte()
    need(flags < 128, "unknown flags in rest")
    if flags & 1:
        out["place"] = c.text(), c.text()
    if flags & 2:
        out["tags"] = [c.text() for _ in range(c.varint())]
    if flags & 4:
        out["compliance"] = c.byte(), c.byte(), c.byte(), signed(c.zigzag(), 32)
    if flags & 8:
        out["geo"] = c.text(), c.text(), c.text(), c.text()
    if flags & 16:
        for _ in range(c.varint()):
            code = c.varint()
            need(code < len(keys) if code else True, "a key behind the dictionary")
            key = keys[code] if code else c.text()
            out["attrs"].append((key, value(c)))
    if flags & 32:
        out["raw"] = c.text()
    if flags & 64:
        out["marks"] = [(c.text(), c.text(), c.text(), c.text(), c.zigzag()) for _ in range(c.varint())]
    c.end()
    return out


def events(s, check):
    """All rows as dicts; check is called with each raw text."""
    keys = s.dictionary(b"rest")
    for page in range(s.count):
        ints = {name: s.ints(name, page) for name in INTS}
        fixed = {name: s.bytes(name, page) for name in WIDTHS}
        texts = {}
        for name in [t.encode() for t in TEXTS] + s.keys + [b"rest"]:
            texts[name], raw = s.texts(name, page)
            if raw:
                check(page, name, texts[name])
        for i in range(s.length(page)):
            e = {"origin": s.origin, "stream": s.stream, "core": {}, "attrs": []}
            e.update((name, ints[name][i]) for name in INTS)
            e.update((name, fixed[name][i]) for name in WIDTHS)
            for name in TEXTS:
                state, text = texts[name.encode()][i]
                if state != ABSENT:
                    e["core"][name] = (1, None) if state == NULL else (5, text)
            for name in s.keys:
                state, text = texts[name][i]
                if state != ABSENT:
                    e["attrs"].append((name[6:], attribute(state, text)))
            state, text = texts[b"rest"][i]
            if state == PRESENT:
                rest = rest_of(text, keys)
                own, over = e["attrs"], rest.pop("attrs")
                e.update(rest)
                e["attrs"] = sorted(own + over, key=lambda a: a[0]) if own and over else own or over
                if "place" in rest:
                    e["origin"], e["stream"] = rest["place"]
            yield e


# The canonical bytes, as docs/journal-format.md says.


def text16(b):
    return struct.pack(">H", len(b) & 0xFFFF) + b


def text32(b):
    return struct.pack(">I", len(b)) + b


def encode(v):
    kind, content = v
    if kind in (4, 5, 7):
        return bytes([kind]) + text32(content)
    if kind == 6:
        return b"\x06" + struct.pack(">I", len(content)) + b"".join(map(encode, content))
    return bytes([kind])


def optional(v):
    if v is None:
        return b"\x00"
    return b"\x01" if v[0] == 1 else b"\x05" + text16(v[1])


def slot(fields):
    return b"\x01" + struct.pack(">I", len(fields)) + b"".join(text16(name) + encode(v) for name, v in fields)


def canonical(e):
    core = e["core"]
    public = b"\x01" + text16(e["origin"]) + text16(e["stream"])
    public += struct.pack(">QQqq", e["seq"] & MASK, e["ord"] & MASK, e["received"], e["time"]) + e["id"]
    public += b"".join(optional(core.get(name)) for name in ("source", "category", "action")) + e["outcome"] + e["severity"]
    country, lat, lon, asn = e.get("geo", (b"",) * 4)
    who = [(b"as.number", (4, asn)), (b"geo.country", (5, country)), (b"geo.lat", (4, lat)), (b"geo.lon", (4, lon))]
    who = [f for f in who if f[1][1]]
    who += [(name.encode(), core[name]) for name in ("host", "ip", "session", "user", "user_agent") if name in core]
    what = [(b"attrs." + key, v) for key, v in e["attrs"]]
    gdpr, pci, hipaa, days = e.get("compliance", (0, 0, 0, 0))
    for name, flag in ((b"gdpr_relevant", gdpr), (b"hipaa_protected", hipaa), (b"pci_scope", pci)):
        if flag:
            what.append((b"compliance." + name, (1 + flag, None)))
    if days:
        what.append((b"compliance.retention_days", (4, b"%d" % days)))
    more = {name: core[name] for name in ("input", "message", "origin_id", "sender", "service") if name in core}
    if e.get("marks"):
        more["marks"] = (6, [(6, [(5, k), (5, f), (4, b"%d" % n), (5, h), (5, d)]) for k, f, h, d, n in e["marks"]])
    if e.get("raw"):
        more["raw"] = (7, e["raw"])
    if "tags" in e:
        more["tags"] = (6, [(5, t) for t in e["tags"]])
    what += [(name.encode(), more[name]) for name in sorted(more)]
    return public, slot(who), slot(what)


# The filters.


def rotate(v, n):
    return (v << n | v >> 64 - n) & MASK


def hash_of(of, b):
    h = 0xCBF29CE484222325 ^ of ^ len(b) << 8 & MASK
    for i in range(0, len(b), 8):
        w = int.from_bytes(bytes(c | 0x20 for c in b[i : i + 8]), "little")
        h = rotate((h ^ w) * 0x9E3779B97F4A7C15 & MASK, 29)
    h = (h ^ h >> 33) * 0xFF51AFD7ED558CCD & MASK
    h = (h ^ h >> 33) * 0xC4CEB9FE1A85EC53 & MASK
    return h ^ h >> 33


GOLDEN = 0x9E3779B97F4A7C15


class Filter:
    def __init__(self, body, parts):
        self.width = 1
        while self.width < parts:
            self.width *= 2
        need(len(body) >= 8 and len(body) % (4 if len(body) <= BLOCK else BLOCK) == 0, "a filter of %d bytes" % len(body))
        self.blocks = [body[i : i + BLOCK] for i in range(0, len(body), BLOCK)]
        for b in self.blocks:
            need(crc32c(b[:-4]) == struct.unpack("<I", b[-4:])[0], "a filter's block has a wrong checksum")

    def parts(self, h, of):
        """The parts that may hold in the column with that hash of its name what has the hash h, as bits."""
        block = self.blocks[h * len(self.blocks) >> 64][:-4]
        slots = len(block) * 8 // self.width
        at, step, out = (h ^ of) * GOLDEN & MASK, (h >> 32 | 1) * GOLDEN & MASK, (1 << self.width) - 1
        for _ in range(7):
            bit = (at * slots >> 64) * self.width
            out &= int.from_bytes(block[bit >> 3 : (bit >> 3) + 16], "little") >> (bit & 7)
            at = at + step & MASK
        return out


def hashes(name, text):
    """What a filter has of a text of that column; of rest, its words."""
    words = re.findall(rb"[0-9A-Za-z_]+", text)
    out = [hash_of(1, w) for w in words]
    if name == b"ip":
        try:
            address = ipaddress.ip_address(text.decode().split("%")[0])
            mapped = address.packed if address.version == 6 else b"\x00" * 10 + b"\xff\xff" + address.packed
            out.append(hash_of(2, mapped))
        except ValueError:
            pass
    elif name not in (b"message", b"rest") and 0 < len(text) <= 64 and words != [text]:
        out.append(hash_of(hash_of(4, name), text))
    return out


def scalars(v):
    if v[0] == 6:
        return [s for m in v[1] for s in scalars(m)]
    return [v]


def hashes_of_value(name, v):
    out = []
    for kind, content in scalars(v):
        if kind in (4, 5):
            out += hashes(name, content)
        elif kind in (2, 3) and name != b"rest":
            out += [hash_of(1, (b"false", b"true")[kind - 2])]
    return out


def filter_check(s):
    keys = s.dictionary(b"rest")

    def read(x, parts):
        return Filter(s.body(x, 9)[1], parts) if x[0] else None

    def expect(f, part, name, hashes):
        of = hash_of(4, name)
        need(f is None or all(f.parts(h, of) >> part & 1 for h in hashes), "the filter lacks something of %s, part %d" % (name.decode("utf-8", "replace"), part))

    raw, words = read(s.filter, (s.rows + PART - 1) // PART), read(s.words, 1)

    def of_row(name, text):
        if name == b"rest":
            rest, out = rest_of(text, keys), []
            for key, v in rest["attrs"]:
                out += [hash_of(3, key)] + hashes_of_value(name, v)
            for t in rest.get("tags", []) + [rest.get("raw", b"")]:
                out += hashes(name, t)
            return out
        return hashes_of_value(name, attribute(PRESENT, text)) if name.startswith(b"attrs.") else hashes(name, text)

    def check(page, name, rows):
        for i, (state, text) in enumerate(rows):
            if state == PRESENT:
                expect(raw, (page * PAGE + i) // PART, name, of_row(name, text))

    for name in [t.encode() for t in TEXTS] + s.keys:
        for text in s.dictionary(name)[3:]:
            expect(words, 0, name, of_row(name, text))
    return check


def check_rollup(s, rows):
    """The rollup counts what the rows say."""
    if s.rollup[0] == 0:
        return
    c = Cursor(s.body(s.rollup, 8)[1])

    def counts():
        key, out = 0, {}
        for _ in range(c.varint()):
            key += c.zigzag()
            out[key] = c.varint()
        return out

    def tally(keys):
        out = {}
        for k in keys:
            out[k] = out.get(k, 0) + 1
        return out

    words = {name: s.dictionary(name) for name in (b"source", b"category")}

    def code(e, name):
        v = e["core"].get(name)
        if v is None:
            return 0
        return 2 if v[0] == 1 else words[name.encode()].index(v[1], 3) if v[1] else 1

    want = [(e["time"] // (3600 * 10**9), code(e, "source"), code(e, "category"), e["severity"][0]) for e in rows]
    for k, name in enumerate(("hours", "sources", "categories", "severities")):
        need(counts() == tally(w[k] for w in want), "the rollup's %s are not those of the rows" % name)
    if c.byte():
        hour, buckets = 0, {}
        for _ in range(c.varint()):
            hour += c.zigzag()
            key = (hour, c.varint(), c.varint(), c.byte())
            buckets[key] = c.varint()
        need(buckets == tally(want), "the rollup's buckets are not those of the rows")
    c.end()


# For people.


def shown(v):
    kind, content = v
    if kind == 6:
        return [shown(m) for m in content]
    if kind in (2, 3):
        return kind == 3
    if kind == 4:
        return {"number": content.decode()}
    return None if content is None else content.decode("utf-8", "backslashreplace")


def readable(e):
    out = {"id": e["id"].hex(), "stream": e["stream"].decode(), "seq": e["seq"] & MASK, "ord": e["ord"] & MASK}
    out.update(time=e["time"], received=e["received"], severity=e["severity"][0], outcome=e["outcome"][0])
    out.update((name, shown(v)) for name, v in e["core"].items())
    out["attrs"] = {key.decode("utf-8", "backslashreplace"): shown(v) for key, v in e["attrs"]}
    for name in ("tags", "geo", "raw", "compliance", "marks"):
        if name in e:
            out[name] = json.loads(json.dumps(e[name], default=lambda b: b.decode("utf-8", "backslashreplace")))
    return out


def main(args):
    flags, files = [a for a in args if a.startswith("--")], [a for a in args if not a.startswith("--")]
    if len(files) != 1 or not set(flags) <= {"--canonical", "--filters"}:
        sys.stderr.write(__doc__)
        return 2
    try:
        with open(files[0], "rb") as f:
            s = Segment(f.read())
        rows = list(events(s, filter_check(s) if "--filters" in flags else lambda page, name, texts: None))
        if "--filters" in flags:
            check_rollup(s, rows)
        for e in rows:
            if "--canonical" in flags:
                public, *slots = canonical(e)
                row = {"public": public.hex(), "slots": [b.hex() for b in slots], "leaf8": e["leaf8"].hex(), "mac16": e["mac16"].hex()}
            else:
                row = readable(e)
            print(json.dumps(row))
    except Damaged as why:
        sys.stderr.write("%s: damaged: %s\n" % (files[0], why))
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
