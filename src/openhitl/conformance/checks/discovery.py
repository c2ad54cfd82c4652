"""What the service says of itself, and whether it is so. HITL v0.8 Appendix D."""

from __future__ import annotations

from openhitl.conformance.cases import Case
from openhitl.conformance.check import Level, NotApplicable, check, expect, expect_none
from openhitl.conformance.probe import Probe
from openhitl.conformance.schema import problems
from openhitl.conformance.wire_objects import DISCOVERY


@check(Level.MAY, "Appendix D")
async def document(probe: Probe) -> None:
    """The service describes itself at /.well-known/hitl.json."""
    reply = await probe.discover()
    expect(reply.status == 200, "200 with a discovery document", reply)


@check(Level.MUST, "Appendix D")
async def document_schema(probe: Probe) -> None:
    """The discovery document has the fields and values that the protocol defines."""
    reply = await probe.discover()
    if reply.status != 200:
        raise NotApplicable("there is no discovery document")
    expect(reply.media_type == "application/json", "a document of type application/json", reply)
    expect_none(problems(reply.object(), DISCOVERY), "a document that fits the schema")


@check(Level.MUST, "§8.5")
async def polling_always(probe: Probe) -> None:
    """Whatever transports are claimed, polling is one of them."""
    transports = probe.part("capabilities").get("transports")
    if not isinstance(transports, list):
        raise NotApplicable("discovery names no transports")
    expect("polling" in transports, "polling among the transports", transports)


@check(Level.MUST, "Appendix D")
async def types_made(probe: Probe) -> None:
    """Cases of every review type that is claimed can be made."""
    if "review_types" not in probe.part("capabilities") or not probe.target.creation.chooses_type:
        raise NotApplicable("discovery claims no types, or --create names none")
    made = {one: await probe.shared(one) for one in probe.types()}
    missing = [f"{one}: {reply}" for one, reply in made.items() if not isinstance(reply, Case)]
    expect_none(missing, "a 202 with a hitl object for each type")


def _offered(cases: list[Case]) -> dict[str, bool]:
    return {
        "inline": any("submit_url" in case.hitl for case in cases),
        "sse": any("events_url" in case.hitl for case in cases),
    }


@check(Level.SHOULD, "Appendix D")
async def offers_claimed(probe: Probe) -> None:
    """What hitl objects offer, inline submit and event streams, discovery does not deny."""
    denied = [
        feature
        for feature, offered in _offered(await probe.every()).items()
        if offered and probe.claims(feature) is False
    ]
    expect(not denied, "claims that fit what hitl objects offer", f"offered but denied: {', '.join(denied)}")


@check(Level.MAY, "Appendix D")
async def claims_offered(probe: Probe) -> None:
    """What discovery claims, inline submit and event streams, some hitl object offers."""
    unmet = [
        feature
        for feature, offered in _offered(await probe.every()).items()
        if probe.claims(feature) and not offered
    ]
    expect(not unmet, "a hitl object that offers it", f"claimed but never offered: {', '.join(unmet)}")
