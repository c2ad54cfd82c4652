"""Handing over: what this terminal can read, the later devices of its person read too."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from openhitl.errors import NotFound, PeerError, SetupError
from openhitl.person import requests
from openhitl.person.asked import Asked
from openhitl.person.enrolling import settle
from openhitl.person.inbox import Inbox
from openhitl.protocol.base64url import decode
from openhitl.protocol.case import Json
from openhitl.protocol.sealed.device_list import DeviceList
from openhitl.protocol.sealed.envelope import Opened
from openhitl.protocol.sealed.handed import MAX_AT_ONCE

_NO_DEVICE = "This terminal is none of your devices yet: it has nothing to hand over."
_BEGIN = "`hitl inbox --device` makes it one."
_UNLISTED = "This terminal is not on your device list: what it handed over, none of your devices would take."
_OLDER = "This server keeps no keys for other devices: it is older than this program."
_ADD = "Add it on another device of yours: open {server}/devices there, and compare its six words."


def _unheard(count: int) -> None:
    """Tell nobody."""


async def hand_over(inbox: Inbox, begins: Callable[[int], None] = _unheard) -> int:
    """Hand the keys of the cases that other devices lack to those that are on the verified list.

    What this terminal cannot open, or must not believe, it does not hand over.

    Args:
        begins: is told how many cases it is about, unless there are none.

    Returns: how many cases could be opened. Raises: SetupError for a terminal that is not on the list,
        and for a server of before there were such keys; InvalidDeviceList.
    """
    if not inbox.is_known:
        raise SetupError(_NO_DEVICE, hint=_BEGIN)
    own = inbox.own_list()
    devices = await own.devices()
    if inbox.device.key not in {one.box for one in devices.devices}:
        raise SetupError(_UNLISTED, hint=_ADD.format(server=inbox.server))
    lacking = await _lacking(inbox)
    if lacking:
        await settle(inbox)
        begins(len(lacking))
    keys: list[Json] = []
    done = 0
    for case_id in lacking:
        try:
            asked = await inbox.case(case_id, own)
        except NotFound:  # purged meanwhile
            continue
        done += asked.seal is not None and asked.seal.question is not None
        keys += _keys_of(inbox, asked, devices)
        while len(keys) >= MAX_AT_ONCE:
            await inbox.ask(requests.hand_over(inbox.server, keys[:MAX_AT_ONCE]))
            del keys[:MAX_AT_ONCE]
    if keys:
        await inbox.ask(requests.hand_over(inbox.server, keys))
    return done


async def _lacking(inbox: Inbox) -> list[str]:
    found: list[str] = []
    cursor = ""
    while True:
        try:
            told = await inbox.ask(requests.lacking(inbox.server, inbox.device.key, cursor))
        except NotFound as error:
            raise SetupError(_OLDER, hint="Ask whoever runs it to update it.") from error
        cases: Any = told.get("cases")
        if not isinstance(cases, list):
            raise PeerError("The server's answer is no list of cases.")
        found += map(str, cases)
        cursor = str(told.get("next_cursor") or "")
        if not cursor or not cases:
            return found


def _keys_of(inbox: Inbox, asked: Asked, devices: DeviceList) -> Iterator[Json]:
    """Make the keys of a case for all devices of the list that it was not encrypted to; this one, too."""
    if asked.seal is None or asked.seal.question is None:
        return
    for opened in (asked.seal.question.opened, asked.seal.answer):
        if opened is not None:
            yield from _keys_to(inbox, opened, devices)


def _keys_to(inbox: Inbox, opened: Opened, devices: DeviceList) -> Iterator[Json]:
    for one in devices.devices:
        box = decode(one.box)
        if box not in opened.recipients:
            yield {
                "case_id": opened.head.case_id,
                "direction": opened.head.direction.value,
                "envelope": inbox.device.handing(opened, box),
            }
