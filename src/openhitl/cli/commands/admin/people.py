"""People: the first owner, ways in, who may what."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from openhitl.cli.answers import print_json
from openhitl.cli.terminal import Terminal, for_stdout, telling
from openhitl.errors import SetupError
from openhitl.protocol.people import Person, Role
from openhitl.protocol.timestamps import timestamp
from openhitl.server.people_admin import roster
from openhitl.settings import load_settings

app = typer.Typer(add_completion=False, rich_markup_mode=None)
_Named = Annotated[str, typer.Argument(metavar="PERSON", help="Their name, in any case.")]


@app.command("owner-link")
def print_owner_link() -> None:
    """Print the link that makes the first owner's account, good once and for an hour."""
    with roster(load_settings()) as people:
        link = people.first_owner_link()
    if link is None:
        raise SetupError(
            "Somebody has an account here already.",
            hint="`hitl admin login-link` lets them in; `hitl admin invite --role owner` adds an owner.",
        )
    _print_link(link, "Whoever opens it first owns this server: hand it to nobody else.")


@app.command("login-link")
def print_login_link(
    person: Annotated[
        str | None, typer.Argument(metavar="PERSON", help="Who signs in; by default the owner.")
    ] = None,
) -> None:
    """Print a link, good once and for 15 minutes, that signs somebody in."""
    with roster(load_settings()) as people:
        whose, link = people.login_link(person)
    _print_link(link, f"Whoever opens it first is {whose.name} here: hand it to nobody else.")


@app.command("invite")
def print_invitation(
    role: Annotated[Role, typer.Option(help="Owners invite others and look after everybody.")] = Role.MEMBER,
) -> None:
    """Print a link with which somebody joins, good once and for three days."""
    with roster(load_settings()) as people:
        link = people.invite(role)
    _print_link(link, f"Whoever opens it first becomes {_ROLES[role]} here.")


@app.command("people")
def list_people(
    as_json: Annotated[bool, typer.Option("--json", help="Print a JSON array.")] = False,
) -> None:
    """List everybody who has an account."""
    with roster(load_settings()) as people:
        found = [_told(person) for person in people.everybody()]
    if as_json:
        print_json(found)
        return
    if not found:
        Terminal().say("Nobody has an account yet. `hitl admin owner-link` prints a link for the first.")
    for one in found:
        state = f"disabled {one['disabled_at']}" if one["disabled_at"] else f"since {one['created_at']}"
        print(for_stdout(f"{one['id']}  {one['name']}  {one['role']}  {state}"))


@app.command("disable")
def disable(person: _Named) -> None:
    """Lock somebody out, everywhere and at once. What they did stays."""
    with roster(load_settings()) as people:
        whose = people.disable(person)
    Terminal().say(f"{whose.name} is signed out everywhere and cannot come back until enabled.")


@app.command("enable")
def enable(person: _Named) -> None:
    """Let somebody in again who was disabled."""
    with roster(load_settings()) as people:
        whose = people.enable(person)
    Terminal().say(f"{whose.name} can sign in again.")


@app.command("role")
def set_role(
    person: _Named,
    role: Annotated[Role, typer.Argument(help="Owners invite others and look after everybody.")],
) -> None:
    """Make somebody an owner, or a member."""
    with roster(load_settings()) as people:
        whose = people.set_role(person, role)
    Terminal().say(f"{whose.name} is {_ROLES[role]} now.")


@app.command("end-sessions")
def end_sessions(person: _Named) -> None:
    """Sign somebody out everywhere; they can sign in again."""
    with roster(load_settings()) as people:
        whose, count = people.end_sessions(person)
    Terminal().say(f"{whose.name} is signed out of {count} place{'' if count == 1 else 's'}.")


@app.command("reset-totp")
def reset_totp(person: _Named) -> None:
    """Ask somebody who has lost their app for codes no longer."""
    with roster(load_settings()) as people:
        whose = people.reset_totp(person)
    Terminal().say(f"{whose.name} signs in without a code now.")


@app.command("reset-password")
def reset_password(person: _Named) -> None:
    """Take away a forgotten password, so that another can be set."""
    with roster(load_settings()) as people:
        whose = people.reset_password(person)
    Terminal().say(f'{whose.name} has no password now. `hitl admin login-link "{whose.name}"` lets them in.')


_ROLES = {Role.OWNER: "an owner", Role.MEMBER: "a member"}


def _print_link(link: str, note: str) -> None:
    """Print a link alone on stdout, and for a human at a terminal what helps to open it elsewhere."""
    print(link, flush=True)
    terminal = Terminal()
    terminal.say(note)
    telling(terminal, open_browser=False).show(link)


def _told(person: Person) -> dict[str, Any]:
    return {
        "id": person.person_id,
        "name": person.name,
        "role": person.role.value,
        "password": person.has_password,
        "totp": person.has_totp,
        "created_at": timestamp(person.created_at),
        "disabled_at": timestamp(person.disabled_at) if person.disabled_at else None,
    }
