"""Python programs of a user, run with nothing of this machine's own set-up."""

from __future__ import annotations

import sys
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.cli.programs import Programs, Running, Transcript


@dataclass(frozen=True)
class Scripts:
    """Runs programs with this environment on top of an empty one, and the Python of `programs`."""

    home: Path
    environment: Mapping[str, str]
    programs: Path = Path(sys.executable).parent

    @asynccontextmanager
    async def start(self, source: str, **environment: str) -> AsyncIterator[Running]:
        """Start a program; it is gone when this is left."""
        async with self._programs.start("-c", source, program=self._python, **environment) as running:
            yield running

    async def run(self, source: str, **environment: str) -> Transcript:
        """Run a program to its end."""
        return await self._programs.run("-c", source, program=self._python, **environment)

    async def run_module(self, module: str, *arguments: str) -> Transcript:
        """Run a module with arguments to its end."""
        return await self._programs.run("-m", module, *arguments, program=self._python)

    @property
    def _programs(self) -> Programs:
        return Programs(self.home, self.environment, self.programs)

    @property
    def _python(self) -> str:
        return "python"
