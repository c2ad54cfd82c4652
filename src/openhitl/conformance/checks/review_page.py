"""The page that a human opens. HITL v0.8 §7, §11 "Minimum Requirements for Review Pages"."""

from __future__ import annotations

import re

from openhitl.conformance.answers import answer_to, refusing
from openhitl.conformance.caller import Reply
from openhitl.conformance.cases import with_query
from openhitl.conformance.check import Level, NotApplicable, check, expect
from openhitl.conformance.probe import Probe

_VIEWPORT = re.compile(r"<meta[^>]+name\s*=\s*[\"']?viewport", re.IGNORECASE)
_CONTROLS = re.compile(r"<(?:button|input|select|textarea)\b[^>]*>", re.IGNORECASE)
#: Not what a human fills in or presses to decide.
_IDLE = re.compile(r"\bdisabled\b|type\s*=\s*[\"']?hidden", re.IGNORECASE)
_DISCREET = (
    "no-referrer",
    "origin",
    "origin-when-cross-origin",
    "same-origin",
    "strict-origin",
    "strict-origin-when-cross-origin",
)
_SCRIPTS = re.compile(r"<script\b.*?</script", re.IGNORECASE | re.DOTALL)
_MARKUP = "<i id=conformance-markup>"


@check(Level.MUST, "§11")
async def shown(probe: Probe) -> None:
    """The review URL alone shows an HTML page: no login, for cases of all types."""
    for case in await probe.every():
        reply = await probe.page(case)
        expect(reply.status == 200 and reply.media_type == "text/html", "200 with text/html", _brief(reply))


@check(Level.MUST, "§7")
async def looking_decides_nothing(probe: Probe) -> None:
    """Opening a review URL decides nothing, with GET or HEAD and whatever its query says."""
    case = await probe.fresh()
    url = case.address("review_url")
    for method in ("GET", "HEAD"):
        await probe.page(case, url, method)
        await probe.page(case, with_query(url, action=refusing(case.actions), data="{}", submit="1"), method)
    expect(await probe.is_open(case), "an open case after its page was opened", "it is decided")


@check(Level.SHOULD, "§11")
async def viewport(probe: Probe) -> None:
    """The page fits a phone as well as a desktop: it sets a viewport."""
    reply = await probe.page(await probe.any())
    expect(_VIEWPORT.search(reply.text), '<meta name="viewport" …>', "a page without")


@check(Level.SHOULD, "§13 T1")
async def no_referrer(probe: Probe) -> None:
    """The page keeps its address, and so the token, from the sites that it links to."""
    reply = await probe.page(await probe.any())
    policy = reply.headers.get("referrer-policy", "").rpartition(",")[2].strip().lower()
    meta = re.search(r"<meta[^>]+name\s*=\s*[\"']?referrer", reply.text, re.IGNORECASE)
    expect(policy in _DISCREET or meta, "Referrer-Policy: no-referrer", policy or "no such header")


@check(Level.SHOULD, "§13 T1")
async def not_stored(probe: Probe) -> None:
    """The page is not kept by caches that others use."""
    control = (await probe.page(await probe.any())).headers.get("cache-control", "").lower()
    kept_out = any(word in control for word in ("no-store", "private", "no-cache"))
    expect(kept_out, "Cache-Control: no-store", control or "no such header")


@check(Level.MUST, "§13 T4")
async def markup_escaped(probe: Probe) -> None:
    """What the asker writes is shown as text, never as markup."""
    if not probe.target.creation.brings_question:
        raise NotApplicable("--create lets no prompt be chosen")
    case = await probe.fresh(more={"prompt": f"Is this shown as text? {_MARKUP}"})
    reply = await probe.page(case)
    expect(_MARKUP not in _SCRIPTS.sub("", reply.text), f"{_MARKUP} escaped", "the same as markup")


@check(Level.SHOULD, "§11")
async def answered_shows_answer(probe: Probe) -> None:
    """The page of an answered case shows that it is answered, not a fresh form."""
    case = await probe.fresh()
    before = await probe.page(case)
    answered = await probe.respond(case, answer_to(case.hitl))
    if not answered.accepted or not _controls(before):
        raise NotApplicable("the page is drawn by a script, or could not be answered")
    after = await probe.page(case)
    expect(after.status in (200, 409, 410), "a page that shows the answer", _brief(after))
    expect(_controls(after) != _controls(before), "no form to answer with", "the same form as before")


@check(Level.MUST, "§11")
async def expired_shows_expiry(probe: Probe) -> None:
    """The page of an expired case says so: it is no broken form and no error."""
    case = await probe.expiry.case()
    open_page = await probe.page(await probe.fresh(case.type))
    reply = await probe.page(case)
    expect(reply.status in (200, 410), "a page that shows the expiry", _brief(reply))
    if _controls(open_page):
        expect(_controls(reply) != _controls(open_page), "no form to answer with", "the form of an open case")


def _controls(reply: Reply) -> list[str]:
    """List what of a page can be filled in or pressed, without values that change each time."""
    found = [one for one in _CONTROLS.findall(reply.text) if not _IDLE.search(one)]
    return [re.sub(r"value\s*=\s*(\"[^\"]*\"|'[^']*')", "", one) for one in found]


def _brief(reply: Reply) -> str:
    return f"{reply.status} with {reply.media_type or 'no type'}"
