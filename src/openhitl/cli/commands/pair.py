"""Let a device in, on the server's own terminal."""

from __future__ import annotations

import time
from typing import Annotated

import typer

from openhitl.cli.exits import Exit
from openhitl.cli.prompts import ask
from openhitl.cli.terminal import Terminal, telling
from openhitl.errors import PairingOver, WrongNumber
from openhitl.protocol.devices import NewDevice, Pairing, PairingState
from openhitl.server.pairing_admin import Gatekeeper, gatekeeper
from openhitl.settings import load_settings

LOOK_SECONDS = 1.0
app = typer.Typer(add_completion=False, rich_markup_mode=None)


@app.command()
def pair(
    person: Annotated[
        str | None, typer.Argument(metavar="[PERSON]", help="Whose device it is; by default the owner's.")
    ] = None,
) -> int:
    """Let a phone, a browser or a terminal in: it opens the address, and you type the number that it shows.

    On the server's machine, as whoever owns its data folder. The code is good once, for ten minutes.
    """
    terminal = Terminal()
    with gatekeeper(load_settings()) as keeper:
        whose, shown = keeper.begin(person)
        print(shown.url, flush=True)
        telling(terminal, open_browser=False).show(shown.url)
        terminal.say(f"Open it on the new device of {whose.name}, or enter there: {shown.code}")
        try:
            return _decide(terminal, keeper, _claimed(keeper, shown.pairing_id))
        except (KeyboardInterrupt, EOFError):
            keeper.deny(shown.pairing_id)
            raise


def _claimed(keeper: Gatekeeper, pairing_id: int) -> Pairing:
    """Wait until a device claims. Raises: PairingOver."""
    while True:
        found = keeper.look(pairing_id)
        if found is None or found.state not in (PairingState.WAITING, PairingState.CLAIMED):
            raise PairingOver
        if found.state is PairingState.CLAIMED:
            return found
        time.sleep(LOOK_SECONDS)


def _decide(terminal: Terminal, keeper: Gatekeeper, pairing: Pairing) -> int:
    device = pairing.device
    if device is not None:
        _introduce(terminal, device, pairing.place)
    while True:
        typed = _typed_number()
        if not typed:
            keeper.deny(pairing.pairing_id)
            terminal.say("It was kept out.")
            return Exit.DENIED
        try:
            keeper.allow(pairing.pairing_id, typed)
        except WrongNumber as error:
            terminal.say(error.message)
            if error.details["is_over"]:
                terminal.say("It was kept out.")
                return Exit.DENIED
            continue
        terminal.say("It is in.")
        return Exit.ANSWERED


def _typed_number() -> str:
    """Ask for the number; the end of input keeps the device out as an empty line does."""
    try:
        return ask("Type the number that it shows (nothing: keep it out): ").strip()
    except typer.Abort:
        return ""


def _introduce(terminal: Terminal, device: NewDevice, place: str) -> None:
    terminal.say(f"{device.name} ({device.kind.value}) wants to come in, from {place or 'somewhere'}.")
    if device.keys is None:
        terminal.say("It keeps no keys: it signs in, and reads nothing that is encrypted.")
        return
    terminal.say(f"It has to show these six words: {device.keys.fingerprint}")
    terminal.say("If there are devices already, one of them has to approve its keys: on its page of devices.")
