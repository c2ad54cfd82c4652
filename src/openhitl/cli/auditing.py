"""The audit log as a file: written by its server, verified anywhere."""

from __future__ import annotations

import os
import secrets
import sys
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import BinaryIO, TextIO

from openhitl.agent.receipts import is_signed, verify_receipt
from openhitl.cli.answers import print_json
from openhitl.cli.contexts import UsageMistake
from openhitl.cli.exits import Exit
from openhitl.cli.terminal import for_stdout
from openhitl.cli.verification import json_file
from openhitl.errors import HitlError, InvalidCheckpoint, LogBroken, SetupError
from openhitl.protocol.audit_export import Anchor, Export, Whole, anchor_of
from openhitl.protocol.case import Json
from openhitl.protocol.checkpoints import read_checkpoint
from openhitl.server.audit_admin import AuditLog, audit_log
from openhitl.settings import Settings

#: No line is longer: an entry's payload is an answer, and a request body is at most 1 MiB.
MAX_LINE_BYTES = 64 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class Beliefs:
    """What is known from elsewhere: checkpoints, receipts, a JWKS, names of keys; as the options say it."""

    checkpoints: Sequence[str]
    receipts: Sequence[str]
    jwks: str | None
    keys: frozenset[str]

    @property
    def pins(self) -> bool:
        """Whether anything is known of the installation's keys."""
        return self.jwks is not None or bool(self.keys)


def export_log(log: AuditLog, out: str | None, since: int) -> Whole:
    """Write the log to a file, or to stdout, and check it on the way.

    It is written to its end whatever is found. Raises: LogBroken, SetupError, StoreError.
    """
    if out is None:
        found = _copied(log, sys.stdout.buffer, since)
        sys.stdout.flush()
    else:
        with _appearing(Path(out)) as file:
            found = _copied(log, file, since)
    if isinstance(found, LogBroken):
        raise _placed(found)
    return found


def _copied(log: AuditLog, file: BinaryIO, since: int) -> Whole | LogBroken:
    lines = _written(log.export(since), file)
    try:
        return Export(lines, is_signed).check(log.jwks)
    except LogBroken as error:
        for _ in lines:  # what follows is evidence, too
            pass
        return error


def _written(lines: Iterable[bytes], file: BinaryIO) -> Iterator[bytes]:
    for line in lines:
        file.write(line)
        yield line


@contextmanager
def _appearing(path: Path) -> Iterator[BinaryIO]:
    """Open a file for its owner alone that appears when it is complete. Raises: SetupError."""
    draft = path.with_name(f".{path.name}.{secrets.token_hex(8)}")
    try:
        with open(draft, "xb", opener=partial(os.open, mode=0o600)) as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        draft.replace(path)
    except OSError as error:
        raise SetupError(f"{path} cannot be written: {error.strerror}.") from error
    finally:
        draft.unlink(missing_ok=True)


def verify_database(settings: Settings, beliefs: Beliefs) -> Whole:
    """Check the log where it is. Raises: LogBroken, InvalidCheckpoint, InvalidReceipt, StoreError."""
    with audit_log(settings) as log:
        return _verified(Export(log.export(), is_signed), beliefs, own=log.jwks)


def verify_file(source: str, beliefs: Beliefs) -> Whole:
    """Check an exported log. Raises: UsageMistake; LogBroken, InvalidCheckpoint, InvalidReceipt."""
    if source == "-":
        return _verified(Export(_lines(sys.stdin.buffer), is_signed), beliefs, own=None)
    try:
        with open(source, "rb") as file:
            return _verified(Export(_lines(file), is_signed), beliefs, own=None)
    except OSError as error:
        raise UsageMistake(f"{source}: {error.strerror}.") from error


def _lines(file: BinaryIO) -> Iterator[bytes]:
    return iter(partial(file.readline, MAX_LINE_BYTES), b"")


def _verified(export: Export, beliefs: Beliefs, *, own: Json | None) -> Whole:
    brought = _keys(export.header.jwks)
    believed = brought if own is None else _keys(own)
    if beliefs.jwks is not None:
        believed = _keys(json_file(beliefs.jwks, "--jwks"))
    if beliefs.keys:
        believed = [key for key in believed if key.get("kid") in beliefs.keys]
    # What the file brings is vouched for by the signature of its last line, which `check` looks at.
    anchors = list(_anchors(export, beliefs, {"keys": [*believed, *brought]}))
    return export.check({"keys": believed}, anchors)


def _keys(jwks: Json) -> list[Json]:
    listed = jwks.get("keys")
    return [key for key in listed if isinstance(key, dict)] if isinstance(listed, list) else []


def _anchors(export: Export, beliefs: Beliefs, jwks: Json) -> Iterator[Anchor]:
    for source in beliefs.checkpoints:
        for statement in _statements(source):
            checkpoint = read_checkpoint(statement, jwks, is_signed)
            if checkpoint.instance != export.header.instance:
                raise InvalidCheckpoint("The checkpoint is of another installation than the log.")
            yield anchor_of(checkpoint)
    for source in beliefs.receipts:
        receipt = verify_receipt(json_file(source, "--receipt"), jwks)
        witness = f"the receipt of {receipt.case_id} at position {receipt.position}"
        yield Anchor(receipt.position, bytes.fromhex(receipt.log_hash), witness)


def _statements(source: str) -> Sequence[str]:
    """Return the checkpoints that are meant: the one that is given, or those in a file, one a line."""
    if source.startswith("eyJ"):  # how every compact JWS begins
        return [source.strip()]
    try:
        found = Path(source).read_text(encoding="ascii").split()
    except (OSError, UnicodeDecodeError) as error:
        raise UsageMistake(f"--checkpoint: {source} cannot be read.") from error
    if not found:
        raise UsageMistake(f"--checkpoint: {source} is empty.")
    return found


def tell_whole(whole: Whole, *, as_json: bool, out: TextIO) -> int:
    """Say what was checked; return the exit code."""
    first, end = whole.header.after + 1, whole.end
    if as_json:
        print_json(
            {
                "valid": True,
                "instance": end.instance,
                "first": first,
                "position": end.position,
                "hash": end.hash.hex(),
                "at": end.at,
                "key": end.key_id,
                "purged": whole.purged,
                "emptied": whole.emptied,
                "checkpoints": whole.checkpoints,
                "agrees": list(whole.witnesses),
            }
        )
        return Exit.ANSWERED
    checkpoints = "1 checkpoint" if whole.checkpoints == 1 else f"{whole.checkpoints} checkpoints"
    lines = [
        f"whole    positions {first} to {end.position}; {whole.purged} purged, {whole.emptied} emptied",
        f"end      {end.at}, hash {end.hash.hex()}",
        f"signed   {end.key_id}, and {checkpoints} before",
        *(f"agrees   {witness}" for witness in whole.witnesses),
    ]
    for line in lines:
        print(for_stdout(line), file=out)
    return Exit.ANSWERED


def tell_broken(error: HitlError, *, as_json: bool) -> int:
    """Say what is wrong, as JSON or by raising it again; return the exit code."""
    if as_json:
        print_json({"valid": False, "error": error.code, "message": error.message, **error.details})
        return Exit.ERROR
    raise _placed(error)


def _placed(error: HitlError) -> HitlError:
    """Say the position, too, where there is one."""
    position = error.details.get("position")
    return error if position is None else LogBroken(f"Position {position}: {error.message}", **error.details)
