#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Checks evidence bundles of Tocsin with nothing but the journal's public key.

    verify.py BUNDLE... --key PUB [--receipt FILE] [--json]

A second implementation, written from docs/journal-format.md alone; it shares no
code with Tocsin and needs only Python's standard library (3.8 or later). PUB is a
public key, or a file with one on each line. Exit code: 0 everything in the bundles
is proven, 3 it is not, or the receipt is broken, 1 something could not be checked.
"""

import argparse
import hashlib
import json
import struct
import sys

sys.dont_write_bytecode = True  # the folder may be evidence, too

from evidence import Bad, Header, Key, TEXT, b64, b64_strict, chain, check_consistency, check_inclusion, decimal, is_stream, is_time, \
    need, open_checkpoint, open_note, read_public, read_slot, sha

MAX_LINE = 8 << 20


class NoBundle(Exception):
    """Nothing could be checked."""


def unique(pairs):
    members = dict(pairs)
    need(len(members) == len(pairs), "a member twice")
    return members


def not_a_number(_):
    raise Bad("a number that is no integer")


def parse_line(raw):
    need(raw.endswith(b"\n"), "it breaks off")
    try:
        line = json.loads(raw[:-1].decode("utf-8"), object_pairs_hook=unique, parse_float=not_a_number, parse_constant=not_a_number)
    except (ValueError, RecursionError):
        raise Bad("malformed line")
    need(isinstance(line, dict), "malformed line")
    return line


def members(value, **kinds):
    """Checks the members of an object; a kind in a list is optional."""
    need(isinstance(value, dict) and set(value) <= set(kinds), "unknown members")
    for name, kind in kinds.items():
        if isinstance(kind, list):
            if name not in value:
                continue
            kind = kind[0]
        need(name in value and type(value[name]) is kind, "member %s" % name)
        if kind is int:
            need(0 <= value[name] < 2**64, "member %s" % name)
    return value


def path_of(value):
    need(len(value) <= 64, "a path too long")
    return [b64(h, 32) for h in value]


def stream_order(name):
    return (name != b"system", name)


class Tombstones:
    """What proven entries of the stream system say is gone."""

    def __init__(self):
        self.pruned, self.erased = {}, {}

    def take(self, public, slot1):
        attrs = {n[16:].decode("utf-8", "replace"): v for n, (kind, v) in slot1.items() if n.startswith(b"attrs.tombstone.") and kind == TEXT}
        try:
            need(is_stream(attrs["stream"]), "malformed tombstone")
            if public["category"] == b"journal_erased":
                need(attrs["id"], "malformed tombstone")
                slots = [self.runs(attrs.get("slot%d" % s, b"")) for s in (0, 1)]
                need(slots[0] or slots[1], "malformed tombstone")
                self.erased[public["seq"]] = attrs["stream"], slots
            elif public["category"] == b"journal_pruned":
                first, last, low, high = (decimal(attrs[n].decode()) for n in ("first_seq", "last_seq", "first_range", "last_range"))
                need(0 < first <= last and 0 < low <= high and len(attrs["headers"]) == 64, "malformed tombstone")
                self.pruned[public["seq"]] = {"stream": attrs["stream"], "seqs": (first, last), "ranges": (low, high),
                                              "headers": attrs["headers"], "next": low, "leaves": hashlib.sha256()}
        except (Bad, KeyError, ValueError):
            pass  # it excuses nothing

    @staticmethod
    def runs(text):
        runs = []
        for part in text.decode().split(",") if text else []:
            first, dash, last = part.partition("-")
            run = decimal(first), decimal(last if dash else first)
            need(0 < run[0] <= run[1] and not (dash and run[0] == run[1]) and (not runs or run[0] > runs[-1][1] + 1), "malformed runs")
            runs.append(run)
        return runs

    def erases(self, at, stream, seq, slot):
        stream_of, slots = self.erased.get(at, (None, None))
        return stream_of == stream and any(first <= seq <= last for first, last in slots[slot])

    def prunes(self, at, header):
        t = self.pruned.get(at)
        if not t or t["stream"] != header.stream or header.stream == b"system":
            return False
        if not (t["ranges"][0] <= header.number <= t["ranges"][1] and t["seqs"][0] <= header.first and header.last <= t["seqs"][1]):
            return False
        if header.number != t["next"]:
            t["next"] = 0
            return True
        t["next"] += 1
        t["leaves"].update(header.leaf)
        return header.number < t["ranges"][1] or t["leaves"].hexdigest().encode() == t["headers"]


class Receipt:
    """A receipt, and what passed of the entries that it names."""

    def __init__(self, raw, origin, keys):
        try:
            answer = json.loads(raw)
            answer = answer.get("receipt", answer)
            body, index, size, note = answer["body"], answer["index"], answer["size"], answer["note"]
            path = [b64(h, 32) for h in answer["path"]]
        except (ValueError, KeyError, AttributeError, TypeError):
            raise Bad("malformed receipt")
        lines = body.split("\n")
        need(lines[0] == "tocsin-receipt/1" and lines[1] == origin and lines[-1] == "", "malformed receipt")
        text, signers = open_note(note, keys)
        need(any(k.name == origin + "/receipt" for k in signers), "no known key signed the receipt")
        signed = text.split("\n")
        need(len(signed) == 5 and signed[:3] == ["tocsin-receipts/1", origin, str(size)], "the receipt's note is of something else")
        need(check_inclusion(sha(b"\x00", body.encode()), index, size, path, b64_strict(signed[3], 32)), "the receipt is not under its note")
        self.runs = []
        for line in lines[8:-1]:
            word, stream, first, last, leaves = line.split(" ")
            need(word == "stream", "malformed receipt")
            self.runs.append({"stream": stream.encode(), "first": decimal(first), "next": decimal(first), "last": decimal(last),
                              "want": b64_strict(leaves, 32), "sum": hashlib.sha256(), "pruned": False})

    def take(self, stream, seq, leaf):
        for r in self.runs:
            if r["stream"] == stream and r["next"] == seq <= r["last"]:
                r["next"] += 1
                r["sum"].update(leaf)

    def prune(self, stream, first, last):
        for r in self.runs:
            r["pruned"] = r["pruned"] or r["stream"] == stream and first <= r["last"] and r["first"] <= last

    def verdict(self):
        verdicts = {"KEPT"}
        for r in self.runs:
            if r["pruned"]:
                verdicts.add("PRUNED")
            elif r["next"] <= r["last"]:
                verdicts.add("NOT COVERED")
            elif r["sum"].digest() != r["want"]:
                verdicts.add("BROKEN")
        return next(v for v in ("BROKEN", "NOT COVERED", "PRUNED", "KEPT") if v in verdicts)


class Check:
    def __init__(self, lines, trusted, receipt=None):
        self.lines = lines
        self.failures = []
        self.counts = dict.fromkeys(("headers", "entries", "lost", "pruned"), 0)
        self.open = self.withheld = self.erased = self.hidden = 0
        self.header = None  # the current one
        self.proven = False
        self.before = None  # the range before, when it is proven
        self.tombstones = Tombstones()
        self.receipt, self.unproven = None, False
        self.claims = []
        self.query = ""
        try:
            self.head(next(lines, b""), trusted, receipt)
            self.body()
        except (Bad, UnicodeError) as problem:
            self.failures.append(str(problem))
        for c in self.claims:
            if c["absent"] or c["next"] <= c["last"]:
                self.failures.append("entries of stream %s from %d to %d are not all there" % (c["stream"].decode(), c["first"], c["last"]))

    def fail(self, what, first, last=None):
        self.failures.append("stream %s, %d to %d: %s" % (self.header.stream.decode(), first, first if last is None else last, what))

    def head(self, raw, trusted, receipt):
        h = members(parse_line(raw), bundle=str, origin=str, created=str, query=str, **{"from": [str]}, to=[str], complete=list,
                    checkpoint=str, statements=list, consistency=[dict])
        for name in ("created", "from", "to"):
            need(name not in h or is_time(h[name]), "member %s" % name)
        last = None
        for claim in h["complete"]:
            c = members(claim, stream=str, first_seq=int, last_seq=int)
            stream, first, end = c["stream"].encode(), c["first_seq"], c["last_seq"]
            need(is_stream(stream) and 0 < first <= end, "malformed claim")
            need(last is None or stream_order(last[0]) < stream_order(stream) or last[0] == stream and last[1] < first, "claims out of order")
            last = stream, end
            self.claims.append({"stream": stream, "first": first, "next": first, "last": end, "absent": False})
        keys = chain(trusted, h["statements"])
        self.query = h["query"]
        self.origin, self.size, self.root = open_checkpoint(h["checkpoint"], keys)
        need(self.origin == h["origin"], "a checkpoint of another log")
        if "consistency" in h:
            k = members(h["consistency"], size=int, root=str, path=list)
            need(check_consistency(k["size"], self.size, b64(k["root"], 32), self.root, path_of(k["path"])), "the consistency is not proven")
        if receipt is not None:
            try:
                self.receipt = Receipt(receipt, self.origin, keys)
            except (Bad, ValueError):
                self.unproven = True

    def body(self):
        for raw in self.lines:
            line = parse_line(raw)
            need(len(line) == 1, "a line of several kinds")
            (kind, value), = line.items()
            if kind == "end":
                members(value, headers=int, entries=int, lost=int, pruned=int)
                need(value == self.counts, "other counts than lines")
                need(next(self.lines, b"") == b"", "something follows the end")
                return
            take = {"header": self.take_header, "entry": self.take_entry, "lost": self.take_lost, "pruned": self.take_pruned}.get(kind)
            need(take, "a line of unknown kind")
            take(value)
        raise Bad("it breaks off")

    def take_header(self, v):
        members(v, index=int, bytes=str, path=list)
        h, old = Header(b64(v["bytes"])), self.header
        h.index, path = v["index"], path_of(v["path"])
        if old:
            need(stream_order(old.stream) <= stream_order(h.stream), "streams out of order")
            if old.stream == h.stream:
                need(old.number < h.number and old.last < h.first and old.index < h.index, "ranges out of order")
        before = self.before
        self.header, self.proven, self.before = h, False, None
        self.next_i, self.ord, self.pruned = 0, 0, False
        self.counts["headers"] += 1
        follows = before and before.stream == h.stream and before.number + 1 == h.number
        if h.origin != self.origin.encode() or not check_inclusion(h.leaf, h.index, self.size, path, self.root):
            self.fail("its header is not in the log", h.first, h.last)
        elif follows and (h.previous != before.leaf or h.first != before.last + 1) or h.number == 1 and (h.first != 1 or h.previous != bytes(32)):
            self.fail("it does not continue the range before", h.first, h.last)
        else:
            self.proven, self.before = True, h

    def place(self, v):
        need(self.header and not self.pruned and v["header"] == self.header.index, "an entry out of place")
        need(self.next_i <= v["i"] < self.header.count, "an entry out of place")
        self.next_i = v["i"] + 1
        return self.header.first + v["i"]

    def take_entry(self, v):
        members(v, header=int, i=int, public=str, slots=list, path=list)
        need(len(v["slots"]) == 2, "an entry of other than two slots")
        public, path = b64(v["public"]), path_of(v["path"])
        slots = []
        for s in v["slots"]:
            members(s, r=[str], bytes=[str], c=[str], state=[str], tombstone=[int])
            if set(s) == {"r", "bytes"}:
                slots.append(("open", b64(s["r"], 32), b64(s["bytes"])))
            else:
                members(s, c=str, state=str, tombstone=[int])
                need(s["state"] == ("erased" if s.get("tombstone", 0) else "withheld"), "malformed slot")
                slots.append((s["state"], b64(s["c"], 32), s.get("tombstone", 0)))
        seq = self.place(v)
        self.counts["entries"] += 1
        if not self.proven:
            return
        try:
            leaf, p, fields = self.prove(seq, v["i"], public, slots, path)
        except Bad as problem:
            self.fail(str(problem), seq)
            return
        self.ord = p["ord"]
        if self.header.stream == b"system" and fields[1] is not None:
            self.tombstones.take(p, fields[1])
        states = [s[0] for s in slots]
        self.open += states == ["open", "open"]
        self.withheld += "withheld" in states
        self.erased += "erased" in states
        self.account(seq, seq, states == ["open", "open"])
        if self.receipt:
            self.receipt.take(self.header.stream, seq, leaf)

    def prove(self, seq, i, public, slots, path):
        h, p = self.header, read_public(public)
        fields, commitments = [], []
        for n, (state, first, second) in enumerate(slots):
            fields.append(read_slot(second, n) if state == "open" else None)
            commitments.append(sha(b"\x02", bytes([n]), first, second) if state == "open" else first)
        leaf = sha(b"\x00", sha(b"tocsin-pub-1", public), *commitments)
        need(check_inclusion(leaf, i, h.count, path, h.root), "it is not in its range")
        need((p["origin"], p["stream"], p["seq"]) == (h.origin, h.stream, seq), "it belongs elsewhere")
        need(h.ords[0] <= p["ord"] <= h.ords[1] and p["ord"] > self.ord, "its ord is out of order")
        need(h.received[0] <= p["received"] <= h.received[1] and h.time[0] <= p["time"] <= h.time[1], "its times are out of range")
        for n, (state, _, tombstone) in enumerate(slots):
            need(state != "erased" or self.tombstones.erases(tombstone, h.stream, seq, n), "no tombstone erases slot %d" % n)
        return leaf, p, fields

    def take_lost(self, v):
        members(v, header=int, i=int, path=list)
        path, seq = path_of(v["path"]), self.place(v)
        self.counts["lost"] += 1
        if not self.proven:
            return
        h = self.header
        leaf = sha(b"\x00", b"tocsin-lost-1", struct.pack(">H", len(h.stream)), h.stream, struct.pack(">Q", seq))
        if not check_inclusion(leaf, v["i"], h.count, path, h.root):
            self.fail("it was not lost", seq)
            return
        self.account(seq, seq, False)
        if self.receipt:
            self.receipt.take(h.stream, seq, leaf)

    def take_pruned(self, v):
        members(v, header=int, tombstone=int)
        need(self.header and not self.pruned and self.next_i == 0 and v["header"] == self.header.index, "pruned entries out of place")
        self.pruned = True
        self.counts["pruned"] += 1
        h = self.header
        if not self.proven:
            return
        if not self.tombstones.prunes(v["tombstone"], h):
            self.fail("no tombstone says that they are pruned", h.first, h.last)
            return
        self.account(h.first, h.last, False)
        if self.receipt:
            self.receipt.prune(h.stream, h.first, h.last)

    def account(self, first, last, is_open):
        for c in self.claims:
            low, high = max(first, c["first"]), min(last, c["last"])
            if c["stream"] == self.header.stream and low <= high:
                c["absent"] = c["absent"] or low > c["next"]
                c["next"] = high + 1
                self.hidden += 0 if is_open else high - low + 1

    def report(self):
        broken = any(c["absent"] or c["next"] <= c["last"] for c in self.claims)
        complete = "proven"
        if not self.claims:
            complete = "not claimed"
        if broken or self.query and self.hidden or self.failures and self.claims:
            complete = "not proven"
        return dict(self.counts, status="INVALID" if self.failures else "VALID", open=self.open, withheld=self.withheld,
                    erased=self.erased, complete=complete, failures=self.failures,
                    receipt="UNPROVEN" if self.unproven else self.receipt and self.receipt.verdict())


def lines_of(file):
    while True:
        line = file.readline(MAX_LINE + 1)
        if not line:
            return
        need(len(line) <= MAX_LINE, "a line too long")
        yield line


def read_keys(value):
    try:
        return [Key(value)]
    except Bad:
        with open(value, encoding="utf-8") as file:
            lines = [line.strip() for line in file]
    return [Key(line) for line in lines if line and not line.startswith("#")]


def check(name, keys, receipt):
    with open(name, "rb") as file:
        begin = b'{"bundle":"tocsin-bundle/1",'
        if file.read(len(begin)) != begin:
            raise NoBundle("%s: not an evidence bundle of this version" % name)
        file.seek(0)
        return Check(lines_of(file), keys, receipt).report()


def show(report):
    print("{status}  {entries} entries, {open} open, {withheld} withheld and {erased} erased in part; complete: {complete}".format(**report))
    for failure in report["failures"]:
        print(ascii(failure)[1:-1])
    if report["receipt"]:
        print("receipt: %s" % report["receipt"])


def main():
    parser = argparse.ArgumentParser(description="Checks evidence bundles of Tocsin.")
    parser.add_argument("bundle", nargs="+")
    parser.add_argument("--key", required=True, help="the journal's public key, or a file with such keys")
    parser.add_argument("--receipt", help="a receipt that the bundle must keep")
    parser.add_argument("--json", action="store_true", help="print each report as one JSON object")
    args = parser.parse_args()
    codes = {0}
    try:
        keys, receipt = read_keys(args.key), None
        if args.receipt:
            with open(args.receipt, "rb") as file:
                receipt = file.read(16 << 20)
        for name in args.bundle:
            report = check(name, keys, receipt)
            if args.json:
                print(json.dumps(report))
            else:
                show(report)
            if report["failures"] or report["receipt"] == "BROKEN":
                codes.add(3)
            elif report["receipt"] in ("NOT COVERED", "UNPROVEN"):
                codes.add(1)
    except (OSError, Bad, NoBundle) as problem:
        print("verify.py: %s" % problem, file=sys.stderr)
        return 1
    return max(codes)


if __name__ == "__main__":
    sys.exit(main())
