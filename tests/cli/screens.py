"""A terminal that a program is run on, and the bytes that it was sent."""

from __future__ import annotations

import os
import pty
import subprocess
import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

PATIENCE_SECONDS = 60


@dataclass(frozen=True)
class Screen:
    """What a program sent to its terminal on standard output and, apart, on standard error."""

    code: int
    out: str
    err: str


def on_screen(arguments: list[str], environment: Mapping[str, str]) -> Screen:
    """Run a program whose standard output and error are terminals of their own."""
    read: list[list[bytes]] = [[], []]
    ours, theirs = zip(*(pty.openpty() for _ in read), strict=True)
    with subprocess.Popen(
        arguments, stdin=subprocess.DEVNULL, stdout=theirs[0], stderr=theirs[1], env=dict(environment)
    ) as process:
        for descriptor in theirs:
            os.close(descriptor)
        readers = [threading.Thread(target=_read, args=pair) for pair in zip(ours, read, strict=True)]
        for reader in readers:
            reader.start()
        code = process.wait(PATIENCE_SECONDS)
        for reader in readers:
            reader.join(PATIENCE_SECONDS)
    for descriptor in ours:
        os.close(descriptor)
    out, err = (b"".join(chunks).decode().replace("\r\n", "\n") for chunks in read)
    return Screen(code, out, err)


def typed_on_screen(
    arguments: list[str],
    environment: Mapping[str, str],
    *,
    after: str,
    keys: str,
    then: Sequence[tuple[str, str]] = (),
) -> Screen:
    """Run a program on one terminal, and type on it once it has said something, `then` once more."""
    ours, theirs = pty.openpty()
    with subprocess.Popen(
        arguments,
        stdin=theirs,
        stdout=theirs,
        stderr=theirs,
        env=dict(environment),
        start_new_session=True,  # else what asks for a secret would ask on the terminal of the tests
    ) as process:
        os.close(theirs)
        limit = threading.Timer(PATIENCE_SECONDS, process.kill)
        limit.start()
        read: list[bytes] = []
        for words, letters in ((after, keys), *then):
            while words.encode() not in b"".join(read):
                read.append(os.read(ours, 65536))
            os.write(ours, letters.encode())
        _read(ours, read)
        code = process.wait()
        limit.cancel()
    os.close(ours)
    return Screen(code, b"".join(read).decode().replace("\r\n", "\n"), "")


def _read(descriptor: int, chunks: list[bytes]) -> None:
    while True:
        try:
            chunk = os.read(descriptor, 65536)
        except OSError:  # how a terminal says that nobody writes to it any more
            return
        if not chunk:
            return
        chunks.append(chunk)
