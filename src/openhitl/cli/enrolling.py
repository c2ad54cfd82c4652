"""This terminal as one of its person's devices, on the command line."""

from __future__ import annotations

import socket
from contextlib import suppress

from openhitl.cli.inboxes import opened_inbox
from openhitl.cli.terminal import Terminal
from openhitl.client.config import ClientConfig
from openhitl.client.device_keys import DeviceKeys
from openhitl.client.pins import Pins
from openhitl.errors import CallerError, HitlError, SetupError, SignInRequired
from openhitl.person.enrolling import Membership, enroll, register
from openhitl.person.handing import hand_over
from openhitl.protocol.sealed.device_list import MAX_NAME_CHARACTERS


async def enrolled(config: ClientConfig) -> Membership:
    """Make this terminal a device. Raises: as `enroll`."""
    async with opened_inbox(config) as inbox:
        return await enroll(config, inbox, _name())


async def first_keys(config: ClientConfig) -> str:
    """Make this terminal a device if it never was one, and say so; empty if there is nothing to say.

    One that broke off before it had seen its person's list begins once more.

    Without that everything that is not encrypted works all the same. Raises: SignInRequired.
    """
    folder = config.logins.folder
    has_keys = DeviceKeys(folder, config.server_url).find() is not None
    if has_keys and Pins.own(folder, config.server_url).people():
        return ""
    try:
        membership = await enrolled(config)
    except SignInRequired:
        raise
    except HitlError as error:
        return f"This terminal cannot read encrypted questions yet: {error.message}"
    if membership.is_listed:
        return f"This terminal is one of your devices now: {membership.words}\n{said_anew(membership)}"
    return f"This terminal: {membership.words}\n{to_be_added(config)}"


async def handed_over(config: ClientConfig) -> str:
    """Hand what this terminal can read to later devices, beside other things; say what went wrong.

    Empty too where it cannot hand over anything: that is no trouble of whoever opens the inbox.
    """
    try:
        async with opened_inbox(config) as inbox:
            await hand_over(inbox)
    except (SetupError, SignInRequired):
        return ""
    except HitlError as error:
        return f"Your other devices were not handed what they lack: {error.message}"
    return ""


async def hand_over_now(config: ClientConfig) -> None:
    """Hand what this terminal can read to later devices, and say so.

    Raises: SetupError if it cannot; as `hand_over`.
    """
    terminal = Terminal()
    async with opened_inbox(config) as inbox:
        done = await hand_over(
            inbox, lambda count: terminal.say(f"Handing over {count} encrypted questions…")
        )
    if not done:
        terminal.say("Your other devices lack nothing that this terminal can read.")


async def keep_device(config: ClientConfig) -> None:
    """Let the keys of this terminal be good with a new sign-in, if they are this person's."""
    if DeviceKeys(config.logins.folder, config.server_url).find() is None:
        return
    with suppress(CallerError):
        async with opened_inbox(config) as inbox:
            await register(config, inbox, _name())


def said_anew(membership: Membership) -> str:
    """Say that a device list has begun anew; empty if it has not."""
    if not membership.is_anew:
        return ""
    return (
        "None of your former devices is left, so your device list begins anew: whoever encrypts to you has "
        "to run `hitl keys forget` and compare six words again."
    )


def to_be_added(config: ClientConfig) -> str:
    """Say how a terminal that is not on the device list gets there."""
    return (
        f"One of your other devices has to add it: open {config.server_url}/devices there, "
        "and compare its six words."
    )


def _name() -> str:
    return socket.gethostname()[:MAX_NAME_CHARACTERS] or "terminal"
