"""Your agents' key for end-to-end encryption, and the people it encrypts to."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import Annotated, Any

import typer

from openhitl.agent.sealed.desk import SealedDesk
from openhitl.agent.sealed.people import Reader
from openhitl.cli.answers import print_json
from openhitl.cli.contexts import UsageMistake
from openhitl.cli.exits import Exit
from openhitl.cli.place import Place
from openhitl.cli.prompts import agreed, is_interactive
from openhitl.cli.terminal import Terminal, for_stdout
from openhitl.client.agent_keys import AgentKey
from openhitl.client.config import find_server
from openhitl.client.logins import config_dir
from openhitl.client.pins import KnownPerson, Pins
from openhitl.client.session import Session
from openhitl.errors import NotFound
from openhitl.protocol.base64url import decode, encode
from openhitl.protocol.sealed.fingerprint import agent_fingerprint, identity_fingerprint
from openhitl.protocol.sealed.keys import Keys
from openhitl.protocol.timestamps import timestamp
from openhitl.protocol.visible import one_line

app = typer.Typer(add_completion=False, rich_markup_mode=None)


@app.callback(invoke_without_command=True)
def show_own(
    context: typer.Context,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Show the six words of your agents' key, which people's devices show beside what they ask.

    Without a key yet, one is made.
    """
    if context.invoked_subcommand is not None:
        return
    public = Keys(AgentKey(config_dir()).load()).public
    words = agent_fingerprint(public)
    if as_json:
        print_json({"words": words, "public_key": encode(public)})
    else:
        print(words)


@app.command("list")
def list_people(
    as_json: Annotated[bool, typer.Option("--json", help="Print a JSON array.")] = False,
) -> None:
    """List whom your agents have encrypted to at this server, with their six words."""
    server = find_server()
    found = [_told(one) for one in Pins(server.logins.folder, server.server_url).people().values()]
    if as_json:
        print_json(found)
        return
    if not found:
        Terminal().say(f"Nothing has been encrypted to anybody at {server.server_url} yet.")
    for one in found:
        state = f"verified {one['verified_at']}" if one["verified_at"] else "not verified"
        print(for_stdout(f"{one['name']}  {one['words']}  {state}"))


@app.command()
def verify(
    person: Annotated[
        str | None, typer.Argument(metavar="PERSON", help="Whom; by default everybody not verified yet.")
    ] = None,
    words: Annotated[
        str | None, typer.Option(help="The six words that the person has said, to compare them here.")
    ] = None,
) -> int:
    """Compare six words with a person, so that no server can pass another key for theirs.

    Ask them in person or by telephone, not through the server: their words stand on the page of their
    devices. Exit codes: 0 if all were the same, 10 if some were not.
    """
    if words is not None and person is None:
        raise UsageMistake("--words goes with PERSON.")
    with Place(Terminal()) as place:
        pins = Pins(place.config.logins.folder, place.config.server_url)

        async def fetch() -> Sequence[Reader]:
            async with Session(place.config.credential) as session:
                return await SealedDesk(place.config, session).strangers_too([person] if person else ())

        readers, known = asyncio.run(fetch()), pins.people()
    agreed = [
        _verified(one, words, pins) for one in readers if person is not None or not _is_verified(one, known)
    ]
    if not agreed:
        Terminal().say("Everybody is verified.")
    return Exit.ANSWERED if all(agreed) else Exit.DENIED


@app.command()
def forget(
    person: Annotated[str, typer.Argument(metavar="PERSON", help="Whom, by name.")],
) -> int:
    """Forget somebody who began anew, with new devices: their next device list is taken for theirs."""
    server = find_server()
    pins = Pins(server.logins.folder, server.server_url)
    known = pins.named(person)
    if known is None:
        raise NotFound(f"Nobody is known here as {person}.")
    pins.forget(known.person_id)
    Terminal().say(f"{known.name} is forgotten. Now compare six words: hitl keys verify {known.name!r}")
    return Exit.ANSWERED


def _is_verified(reader: Reader, known: Mapping[str, KnownPerson]) -> bool:
    before = known.get(reader.person_id)
    return before is not None and before.verified_at is not None


def _verified(reader: Reader, words: str | None, pins: Pins) -> bool:
    """Have somebody compare the words of one person, and keep that they were the same."""
    terminal, right = Terminal(), reader.devices.fingerprint
    if words is not None:
        is_right = words.split() == right.split()
    else:
        terminal.say(f"{reader.name}:\n  {right}")
        is_right = _confirmed(reader.name)
    if not is_right:
        terminal.say(f"{reader.name} is not verified: do not encrypt anything to these devices.")
        return False
    pins.keep(replace(reader.pin, verified_at=timestamp(datetime.now(UTC))))
    terminal.say(f"{reader.name} is verified.")
    return True


def _confirmed(name: str) -> bool:
    if not is_interactive():
        raise UsageMistake("Without a terminal, say what you were told: --words 'WORD WORD WORD …'.")
    return agreed(f"Does {one_line(name)} have the same words?")


def _told(person: KnownPerson) -> dict[str, Any]:
    return {
        "name": person.name,
        "person_id": person.person_id,
        "words": identity_fingerprint(decode(person.identity)),
        "number": person.number,
        "verified_at": person.verified_at,
    }
