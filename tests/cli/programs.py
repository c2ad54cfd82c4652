"""The real programs, run as a user would, with nothing of this machine's own set-up."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

PATIENCE_SECONDS = 60
NO_KEYRING = "keyring.backends.fail.Keyring"


@dataclass(frozen=True)
class Transcript:
    """What a program printed and how it ended."""

    code: int
    out: str
    err: str


class Running:
    """A program that has not ended yet."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self._process = process
        self.out = ""
        self.err = ""
        self._grew = asyncio.Condition()
        self._readers = [
            asyncio.create_task(self._read("out")),
            asyncio.create_task(self._read("err")),
        ]

    async def _read(self, name: str) -> None:
        stream = self._process.stdout if name == "out" else self._process.stderr
        assert stream is not None
        while chunk := await stream.read(65536):
            async with self._grew:
                setattr(self, name, getattr(self, name) + chunk.decode())
                self._grew.notify_all()
        async with self._grew:
            self._grew.notify_all()

    async def says(self, words: str, *, on: str = "err", times: int = 1) -> str:
        """Wait until the program has printed a line with these words, and that line is whole.

        Return all that it has printed there. `times` waits for so many such lines.
        """
        reader = self._readers[on == "err"]
        async with asyncio.timeout(PATIENCE_SECONDS), self._grew:
            await self._grew.wait_for(lambda: self._lines_with(words, on) >= times or reader.done())
        assert self._lines_with(words, on) >= times, f"ended with out={self.out!r} err={self.err!r}"
        return str(getattr(self, on))

    def _lines_with(self, words: str, on: str) -> int:
        whole = getattr(self, on).rpartition("\n")[0]
        return sum(words.strip() in line for line in whole.split("\n"))

    def interrupt(self, way: signal.Signals = signal.SIGINT) -> None:
        """Press Ctrl-C, or end it in another way that it can notice."""
        self._process.send_signal(way)

    def kill(self) -> None:
        """End it without warning."""
        self._process.kill()

    async def ends(self) -> Transcript:
        """Wait for the end."""
        async with asyncio.timeout(PATIENCE_SECONDS):
            code = await self._process.wait()
            await asyncio.gather(*self._readers)
        return Transcript(code, self.out, self.err)

    async def stop(self) -> None:
        """Make sure that it is gone."""
        if self._process.returncode is None:
            self._process.kill()
        await self.ends()


@dataclass(frozen=True)
class Programs:
    """Runs `hitl` and `hitl-cli` with this environment on top of an empty one.

    `programs` is the folder where they are, by default that of the Python that runs the tests.
    """

    home: Path
    environment: Mapping[str, str]
    programs: Path = Path(sys.executable).parent

    @asynccontextmanager
    async def start(
        self, *arguments: str, program: str = "hitl", stdin: str = "", **environment: str
    ) -> AsyncIterator[Running]:
        """Start a program; it is gone when this is left."""
        process = await asyncio.create_subprocess_exec(
            str(self.programs / program),
            *arguments,
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
            cwd=self.home,
            env={
                "PATH": os.defpath,
                "HOME": str(self.home),
                "PYTHONWARNINGS": "error",
                # Whoever runs the tests may have a keyring, with logins of their own in it.
                "PYTHON_KEYRING_BACKEND": NO_KEYRING,
                **self.environment,
                **environment,
            },
        )
        assert process.stdin is not None
        process.stdin.write(stdin.encode())
        process.stdin.close()
        running = Running(process)
        try:
            yield running
        finally:
            await running.stop()

    async def run(
        self, *arguments: str, program: str = "hitl", stdin: str = "", **environment: str
    ) -> Transcript:
        """Run a program to its end."""
        async with self.start(*arguments, program=program, stdin=stdin, **environment) as running:
            return await running.ends()
