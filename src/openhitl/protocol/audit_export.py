"""The log as a file: a line of canonical JSON (RFC 8785) for each entry, between a header and an end.

The header names the installation and its public keys; an entry's line has salt and payload while they are
kept; checkpoints stand behind the entry that they are of. The last line is signed: its checkpoint has the
SHA-256 of all bytes before it, so that nothing in the file can be changed. Who has no key of the
installation could only sign with one of their own: whose keys to believe is for the reader to say.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

import orjson

from openhitl.errors import HitlError, InvalidCheckpoint, LogBroken
from openhitl.protocol import jcs
from openhitl.protocol.audit_chain import GENESIS, Chain, Entry
from openhitl.protocol.case import Json
from openhitl.protocol.checkpoints import Checkpoint, IsSigned, digest_from, read_checkpoint
from openhitl.protocol.record import record

VERSION = 1
_PLACE = {"position": int, "hash": str}
_HEADER = {"line": str, "v": int, "instance": str, "exported_at": str, "jwks": dict, "after": dict}
_ENTRY = {
    "line": str, "position": int, "case": str, "seq": int, "kind": str, "at": int, "actor": dict,
    "payload_digest": str, "hash": str,
}  # fmt: skip
_WHOLE_ENTRY = {**_ENTRY, "salt": str, "payload": str}
_ACTOR = {"kind": str, "id": str}
_CHECKPOINT = {"line": str, "statement": str}
_END = {"line": str, **_PLACE, "statement": str}
_SHAPES: Mapping[str, Sequence[Mapping[str, type]]] = {
    "header": (_HEADER,),
    "entry": (_ENTRY, _WHOLE_ENTRY),
    "checkpoint": (_CHECKPOINT,),
    "end": (_END,),
}


@record(frozen=True, slots=True, kw_only=True)
class Header:
    """How a file begins. It holds what comes after position `after`, whose hash is `after_hash`."""

    instance: str
    exported_at: str
    jwks: Json
    after: int = 0
    after_hash: bytes = GENESIS


@record(frozen=True, slots=True)
class Anchor:
    """What the log must have been at a position, and who says so."""

    position: int
    hash: bytes
    witness: str


@record(frozen=True, slots=True, kw_only=True)
class Whole:
    """A file in which nothing is wrong: from which position to which, and what was compared with it.

    `purged` counts entries of cases whose payload was deleted, `emptied` such entries beside the cases, of
    which nothing is ever purged; `checkpoints` those in the file; `witnesses` are the anchors, all of which
    agree; `end` is the checkpoint in the last line.
    """

    header: Header
    end: Checkpoint
    purged: int
    emptied: int
    checkpoints: int
    witnesses: tuple[str, ...]


# -- written ----------------------------------------------------------------------------------


def header_line(header: Header) -> bytes:
    """Spell the first line."""
    after = {"position": header.after, "hash": header.after_hash.hex()}
    told = {"instance": header.instance, "exported_at": header.exported_at, "jwks": dict(header.jwks)}
    return _line("header", v=VERSION, after=after, **told)


def entry_line(entry: Entry) -> bytes:
    """Spell an entry as it is found."""
    found = {
        "position": entry.position,
        "case": entry.case_id,
        "seq": entry.seq,
        "kind": entry.kind,
        "at": entry.at,
        "actor": {"kind": entry.actor_kind, "id": entry.actor_id},
        "payload_digest": entry.payload_digest.hex(),
        "hash": entry.hash.hex(),
    }
    if entry.salt is not None:
        found["salt"] = entry.salt.hex()
    if entry.payload is not None:
        found["payload"] = entry.payload
    return _line("entry", **found)


def checkpoint_line(statement: str) -> bytes:
    """Spell a checkpoint."""
    return _line("checkpoint", statement=statement)


def end_line(position: int, hash: bytes, statement: str) -> bytes:
    """Spell the last line; the statement is a checkpoint with the digest of all lines before."""
    return _line("end", position=position, hash=hash.hex(), statement=statement)


def _line(kind: str, /, **members: Any) -> bytes:
    return jcs.canonical({"line": kind, **members}) + b"\n"


# -- checked ----------------------------------------------------------------------------------


class Export:
    """A file that is read once, from its first line to its last; none is kept.

    Raises: LogBroken if it does not begin like one.
    """

    def __init__(self, lines: Iterable[bytes], is_signed: IsSigned) -> None:
        self._lines = iter(lines)
        self._is_signed = is_signed
        self._number = 1
        first = next(self._lines, b"")
        self._digest = hashlib.sha256(first)
        try:
            kind, value = _parse(first)
            if kind != "header" or value["v"] != VERSION:
                raise ValueError("The file does not begin as a log that can be read here.")
            self.header = _header(value)
        except ValueError as error:
            raise LogBroken(str(error), line=self._number) from error

    def check(self, jwks: Json, anchors: Sequence[Anchor] = ()) -> Whole:
        """Read the rest. Raises: LogBroken, saying the first thing that is wrong.

        `jwks` are the keys that are believed: one of them has signed the last line, and with it vouches
        for the keys in the header, with which older checkpoints may be signed.
        """
        check = _Check(self.header, self._is_signed)
        try:
            for anchor in anchors:
                check.expect(anchor)
            end = self._read(check, jwks)
            return Whole(
                header=self.header,
                end=end,
                purged=check.purged,
                emptied=check.emptied,
                checkpoints=check.checkpoints,
                witnesses=tuple(anchor.witness for anchor in anchors),
            )
        except LogBroken as error:
            raise LogBroken(error.message, **error.details, line=self._number) from error
        except (InvalidCheckpoint, ValueError) as error:
            position = check.chain.position + 1
            raise LogBroken(str(error), position=position, line=self._number) from error

    def _read(self, check: _Check, jwks: Json) -> Checkpoint:
        for line in self._lines:
            self._number += 1
            kind, value = _parse(line)
            if kind == "entry":
                check.entry(_entry(value))
            elif kind == "checkpoint":
                check.checkpoint(value["statement"])
            elif kind == "end":
                end = check.end(value, jwks, self._digest.digest())
                if next(self._lines, None) is not None:
                    raise ValueError("Something stands behind the last line.")
                return end
            else:
                raise ValueError("A file has one header.")
            self._digest.update(line)
        raise ValueError("The file breaks off: its last line is missing.")


class _Check:
    """What is known of the entries read so far."""

    def __init__(self, header: Header, is_signed: IsSigned) -> None:
        self.chain = Chain(header.after, header.after_hash)
        self.purged = 0
        self.emptied = 0
        self.checkpoints = 0
        self._header = header
        self._is_signed = is_signed
        self._anchors: dict[int, list[Anchor]] = {}

    def expect(self, anchor: Anchor) -> None:
        """Compare an anchor with the entry of its position, which must not have passed yet."""
        if anchor.position < self.chain.position:
            raise ValueError(f"The log cannot be compared with {anchor.witness}: its entry is further up.")
        self._anchors.setdefault(anchor.position, []).append(anchor)
        self._compare()

    def _compare(self) -> None:
        for anchor in self._anchors.pop(self.chain.position, ()):
            if anchor.hash != self.chain.hash:
                raise LogBroken(
                    f"This is not the log that {anchor.witness} was signed for.", position=anchor.position
                )

    def entry(self, entry: Entry) -> None:
        self.chain.follow(entry)
        if entry.payload is None:
            self.purged += bool(entry.case_id)
            self.emptied += not entry.case_id
        self._compare()

    def checkpoint(self, statement: str) -> None:
        self.expect(anchor_of(self._read(statement, self._header.jwks)))
        self.checkpoints += 1

    def end(self, value: Json, jwks: Json, digest: bytes) -> Checkpoint:
        end = self._read(value["statement"], jwks)
        said = (value["position"], digest_from(value["hash"]))
        if said != (end.position, end.hash):
            raise ValueError("The last line is not the one that was signed.")
        if end.position > self.chain.position:
            raise ValueError("Entries are missing at the end.")
        if said != (self.chain.position, self.chain.hash):
            raise ValueError("The entries are not those that were signed.")
        if self._anchors:
            cut = min(self._anchors)
            witness = self._anchors[cut][0].witness
            raise ValueError(f"Entries are missing at the end, or the file is older than {witness}.")
        if end.file != digest:
            raise ValueError("The file is not the one that was signed, though its entries are.")
        return end

    def _read(self, statement: str, jwks: Json) -> Checkpoint:
        checkpoint = read_checkpoint(statement, jwks, self._is_signed)
        if checkpoint.instance != self._header.instance:
            raise ValueError("A checkpoint is of another installation.")
        return checkpoint


def anchor_of(checkpoint: Checkpoint) -> Anchor:
    """Return what a checkpoint says about the log."""
    witness = f"the checkpoint of {checkpoint.at} at position {checkpoint.position}"
    return Anchor(checkpoint.position, checkpoint.hash, witness)


def _parse(line: bytes) -> tuple[str, Json]:
    """Read a line: there is one spelling of what it says. Raises: ValueError."""
    if not line.endswith(b"\n"):
        raise ValueError("The file breaks off.")
    try:
        value = orjson.loads(line)
        is_canonical = jcs.canonical(value) + b"\n" == line
    except (ValueError, RecursionError, HitlError) as error:
        raise ValueError("A line is not JSON.") from error
    kind = value.get("line") if isinstance(value, dict) else None
    shapes = _SHAPES.get(kind, ()) if isinstance(kind, str) else ()
    if not is_canonical or not any(_has_shape(value, shape) for shape in shapes):
        raise ValueError("A line is not one that is written here.")
    return str(kind), value


def _has_shape(value: Json, shape: Mapping[str, type]) -> bool:
    return {name: type(one) for name, one in value.items()} == shape


def _header(value: Json) -> Header:
    after = value["after"]
    if not _has_shape(after, _PLACE):
        raise ValueError("The header does not say where the file begins.")
    header = Header(
        instance=value["instance"],
        exported_at=value["exported_at"],
        jwks=value["jwks"],
        after=after["position"],
        after_hash=digest_from(after["hash"]),
    )
    if header.after <= 0 and (header.after, header.after_hash) != (0, GENESIS):
        raise ValueError("The header says that something was before the first entry.")
    return header


def _entry(value: Json) -> Entry:
    actor = value["actor"]
    if not _has_shape(actor, _ACTOR):
        raise ValueError("An entry does not say who did it.")
    return Entry(
        position=value["position"],
        case_id=value["case"],
        seq=value["seq"],
        kind=value["kind"],
        at=value["at"],
        actor_kind=actor["kind"],
        actor_id=actor["id"],
        payload_digest=digest_from(value["payload_digest"]),
        hash=digest_from(value["hash"]),
        salt=bytes.fromhex(value["salt"]) if "salt" in value else None,
        payload=value.get("payload"),
    )


def lines_of(
    header: Header, entries: Iterable[Entry], checkpoints: Iterable[tuple[int, str]]
) -> Iterator[bytes]:
    """Yield all lines but the last: each checkpoint, given with its position, behind the entry it is of."""
    yield header_line(header)
    waiting = iter(checkpoints)
    following = next(waiting, None)
    for entry in entries:
        yield entry_line(entry)
        while following is not None and following[0] <= entry.position:
            yield checkpoint_line(following[1])
            following = next(waiting, None)
    while following is not None:
        yield checkpoint_line(following[1])
        following = next(waiting, None)
