"""Running the checks against one service."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Collection
from dataclasses import dataclass

from openhitl.conformance.caller import NO_REPLY, Caller, open_client
from openhitl.conformance.check import Check, Deviation, Level, NotApplicable, Outcome, Verdict
from openhitl.conformance.checks import AREAS
from openhitl.conformance.probe import Probe, Target
from openhitl.conformance.quoting import quoted
from openhitl.errors import ServerUnreachable

#: No check takes longer: a service that never ends an answer fails it.
CHECK_SECONDS = 150.0


@dataclass(frozen=True, slots=True)
class Results:
    """How all checks ended, in the order in which they were made."""

    url: str
    outcomes: tuple[Outcome, ...]

    def failed(self, level: Level | None = None) -> list[Outcome]:
        """Return the findings, of all levels or of one."""
        found = [one for one in self.outcomes if one.verdict is Verdict.FAILED]
        return [one for one in found if level is None or one.check.level is level]

    def counted(self, verdict: Verdict) -> int:
        """Count the checks that ended so."""
        return sum(one.verdict is verdict for one in self.outcomes)

    def conforms(self, *, strict: bool = False) -> bool:
        """Tell whether no requirement is missed; with `strict` no recommendation either.

        A run in which no check applied shows nothing, and so it is no.
        """
        missed = self.failed(Level.MUST) or (strict and self.failed(Level.SHOULD))
        return not missed and self.counted(Verdict.PASSED) > 0


async def run(
    target: Target,
    *,
    areas: Collection[str] = tuple(AREAS),
    tell: Callable[[str], None] = lambda line: None,
) -> Results:
    """Make the checks of some areas.

    Args:
        tell: is told what goes on, a line at a time.

    Raises: ServerUnreachable if the service does not answer at all.
    """
    async with open_client(target.url) as client:
        headers = {name.lower(): value for name, value in target.headers.items()}
        probe = Probe(target, Caller(client, target.url, headers, tell))
        try:
            await probe.discover()
        except NO_REPLY as error:
            raise ServerUnreachable(
                f"{target.url} does not answer: {error}",
                hint="Start the service, or look at the address again.",
            ) from error
        try:
            await probe.expiry.start()
            outcomes: list[Outcome] = []
            for area in [one for one in AREAS if one in areas]:
                tell(f"checking {area}")
                outcomes += [await _made(one, probe) for one in AREAS[area]]
            return Results(target.url, tuple(outcomes))
        finally:
            await probe.expiry.stop()


async def _made(check: Check, probe: Probe) -> Outcome:
    def told(text: str) -> str:
        return quoted(text, probe.caller.secrets)

    try:
        async with asyncio.timeout(CHECK_SECONDS):
            await check.run(probe)
    except Deviation as found:
        expected, seen = told(found.expected), told(found.seen)
        return Outcome(check=check, verdict=Verdict.FAILED, expected=expected, seen=seen)
    except NotApplicable as reason:
        return Outcome(check=check, verdict=Verdict.SKIPPED, reason=told(str(reason)))
    except (*NO_REPLY, TimeoutError) as error:
        seen = told(str(error)) or type(error).__name__
        return Outcome(check=check, verdict=Verdict.FAILED, expected="an HTTP response", seen=seen)
    return Outcome(check=check, verdict=Verdict.PASSED)
