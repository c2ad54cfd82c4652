"""The page of somebody's devices, and where one more is let in."""

from __future__ import annotations

from collections.abc import Sequence
from urllib.parse import urlsplit

from openhitl.errors import DeviceKeyTaken, PairingOver, TooManyDevices, WrongNumber
from openhitl.identity.pairing import Shown
from openhitl.protocol.devices import Device, Pairing, PairingState
from openhitl.protocol.people import SignedIn
from openhitl.review.accounts.desks import desk_of, done
from openhitl.review.accounts.devices import device_name
from openhitl.review.accounts.entering import accounts_of
from openhitl.review.accounts.numbers import number_in
from openhitl.review.door import Door
from openhitl.review.http import Request, Response
from openhitl.review.pages.desk import Desk
from openhitl.review.pages.qr import qr_code
from openhitl.review.pages.view import Page
from openhitl.review.reading import html_response

PATH = "/devices"
#: What keeps a device out, and is said beside the number.
_WRONG = frozenset({WrongNumber.code, DeviceKeyTaken.code, TooManyDevices.code})


async def page(door: Door, request: Request) -> Response:
    """Show somebody their devices."""
    signed_in = await door.person(request)
    typed = {"name": device_name(request.headers.get("user-agent", ""))}
    desk = desk_of(door, request, signed_in, typed=typed)
    return html_response(devices_page(desk, await accounts_of(door).devices.of(signed_in.person)))


async def revoke(door: Door, request: Request, device_id: str) -> Response:
    """End a device of somebody's own; their list has to be signed without it by one of the others."""
    signed_in = await door.person_posting(request)
    await accounts_of(door).devices.revoke(signed_in, number_in(device_id))
    return done(door, PATH, "device-revoked")


async def begin(door: Door, request: Request) -> Response:
    """Make a code for one more device, and show it once."""
    signed_in = await door.person_posting(request)
    shown = await accounts_of(door).pairings.begin(signed_in)
    drawn = code_page(desk_of(door, request, signed_in), shown, has_qr=door.is_secure)
    return html_response(drawn)


async def look(door: Door, request: Request, pairing_id: str) -> Response:
    """Show which device has claimed the code, and ask for its number."""
    signed_in = await door.person(request)
    pairing = await accounts_of(door).pairings.look(signed_in, number_in(pairing_id))
    wrong = request.query.get("wrong", "")
    is_known = wrong in _WRONG and pairing.state is PairingState.CLAIMED
    return _drawn(door, request, signed_in, pairing, wrong if is_known else "")


async def decide(door: Door, request: Request, pairing_id: str) -> Response:
    """Let the device in that shows the number, or keep it out."""
    signed_in = await door.person_posting(request)
    number, given = number_in(pairing_id), dict(request.form())
    pairings = accounts_of(door).pairings
    try:
        if "deny" in given:
            await pairings.deny(signed_in, number)
        else:
            await pairings.allow(signed_in, number, given.get("number", ""))
            return done(door, PATH, "device-let-in")
    except (WrongNumber, DeviceKeyTaken, TooManyDevices, PairingOver) as error:
        found = await pairings.look(signed_in, number)
        is_open = found.state is PairingState.CLAIMED
        return _drawn(door, request, signed_in, found, error.code if is_open else "")
    return _drawn(door, request, signed_in, await pairings.look(signed_in, number))


def _drawn(door: Door, request: Request, signed_in: SignedIn, pairing: Pairing, wrong: str = "") -> Response:
    problems = [("number", wrong)] if wrong else []
    return html_response(pairing_page(desk_of(door, request, signed_in, problems=problems), pairing))


def devices_page(desk: Desk, devices: Sequence[Device]) -> Page:
    """Draw somebody's devices, in the order in which they came."""
    return desk.draw("devices.html", devices=devices)


def code_page(desk: Desk, shown: Shown, *, has_qr: bool) -> Page:
    """Draw a code, once: as a QR code only for an address that a phone's browser gives keys to.

    Any other address is that of this machine, and is told how others get to it.
    """
    return desk.draw(
        "pairing.html",
        pairing_id=shown.pairing_id,
        state=PairingState.WAITING,
        shown=shown,
        address=shown.url.partition("?")[0],
        port=urlsplit(shown.url).port or 80,
        qr=qr_code(shown.url) if has_qr else "",
    )


def pairing_page(desk: Desk, pairing: Pairing) -> Page:
    """Draw how far a pairing is; the code itself is known no more."""
    return desk.draw(
        "pairing.html",
        pairing_id=pairing.pairing_id,
        state=pairing.state,
        device=pairing.device,
        place=pairing.place,
        shown=None,
    )
