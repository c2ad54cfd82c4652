"""One's own agents, and the keys that they ask with."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from openhitl.errors import InvalidRequest, NotFound
from openhitl.identity import Agent, AgentDesk, KeyListed
from openhitl.protocol.case import ActorKind, Assurance
from openhitl.protocol.people import Person, SignedIn
from openhitl.protocol.problems import invalid
from openhitl.protocol.scopes import Scope
from openhitl.review.accounts.desks import desk_of, done, problems_of
from openhitl.review.accounts.numbers import number_in
from openhitl.review.accounts.shown_once import show_once, shown_in
from openhitl.review.door import Door
from openhitl.review.http import Request, Response, see_other
from openhitl.review.pages.desk import Desk
from openhitl.review.pages.view import Page
from openhitl.review.reading import html_response

PATH = "/agents"
#: An agent has the link of each of its cases, so a link alone is never enough for one.
_WANTED = (Assurance.SIGNED_IN, Assurance.PASSKEY)


async def page(door: Door, request: Request) -> Response:
    """List somebody's agents."""
    signed_in = await door.person(request)
    return html_response(await _listed(door, desk_of(door, request, signed_in), signed_in))


async def add(door: Door, request: Request) -> Response:
    """Make an agent of one's own."""
    signed_in = await door.person_posting(request)
    name = _form(request).get("name", "")
    try:
        agent = await _desk(door).add(signed_in, name)
    except InvalidRequest as error:
        desk = desk_of(door, request, signed_in, problems=problems_of(error), typed={"name": name})
        return html_response(await _listed(door, desk, signed_in))
    return done(door, f"{PATH}/{agent.agent_id}", "agent-made")


async def show(door: Door, request: Request, agent_id: str) -> Response:
    """Show one of somebody's agents, with its keys."""
    signed_in = await door.person(request)
    return html_response(await _shown(door, desk_of(door, request, signed_in), signed_in, agent_id))


async def add_key(door: Door, request: Request, agent_id: str) -> Response:
    """Make a key, and go on to where it is shown."""
    signed_in = await door.person_posting(request)
    given = _form(request)
    try:
        kind, scopes = _wanted(request)
        agent = await _owned(door, signed_in, agent_id)
        key = await _desk(door).add_key(
            signed_in, agent.agent_id, given.get("name", ""), kind=kind, scopes=scopes
        )
    except InvalidRequest as error:
        typed = {"name": given.get("name", "")}
        desk = desk_of(door, request, signed_in, problems=problems_of(error), typed=typed)
        return html_response(await _shown(door, desk, signed_in, agent_id))
    return show_once(door, signed_in, path=f"{PATH}/{agent.agent_id}/keys", secret=key)


async def show_key(door: Door, request: Request, agent_id: str) -> Response:
    """Show the key that was just made; once that is over, the agent instead."""
    signed_in = await door.person(request)
    agent = await _owned(door, signed_in, agent_id)
    key = shown_in(door, request, signed_in, path=f"{PATH}/{agent.agent_id}/keys")
    if not key:
        return see_other(f"{door.base}{PATH}/{agent.agent_id}")
    return html_response(key_page(desk_of(door, request, signed_in), agent=agent, key=key))


async def revoke_key(door: Door, request: Request, agent_id: str, key_id: str) -> Response:
    """Make a key of one of somebody's agents useless."""
    signed_in = await door.person_posting(request)
    await _desk(door).revoke_key(signed_in, number_in(key_id))
    return done(door, f"{PATH}/{number_in(agent_id)}", "key-revoked")


async def share(door: Door, request: Request, agent_id: str) -> Response:
    """Let one of somebody's agents belong to one more person."""
    signed_in = await door.person_posting(request)
    number, name = number_in(agent_id), _form(request).get("owner", "")
    try:
        await _desk(door).share(signed_in, number, name)
    except InvalidRequest as error:
        desk = desk_of(door, request, signed_in, problems=problems_of(error), typed={"owner": name})
        return html_response(await _shown(door, desk, signed_in, agent_id))
    return done(door, f"{PATH}/{number}", "agent-shared")


async def unshare(door: Door, request: Request, agent_id: str, person_id: str) -> Response:
    """Let one of somebody's agents belong to somebody no more, be it themselves."""
    signed_in = await door.person_posting(request)
    number, other = number_in(agent_id), number_in(person_id)
    await _desk(door).unshare(signed_in, number, other)
    stays = other != signed_in.person.person_id
    return done(door, f"{PATH}/{number}" if stays else PATH, "agent-unshared")


async def want(door: Door, request: Request, agent_id: str) -> Response:
    """Say how sure the server has to be of who answers one of somebody's agents."""
    signed_in = await door.person_posting(request)
    number, given = number_in(agent_id), _form(request).get("assurance", "")
    if given not in _WANTED:
        invalid("assurance", f"must be one of {', '.join(_WANTED)}")
    await _desk(door).change(signed_in, number, assurance=Assurance(given))
    return done(door, f"{PATH}/{number}", "agent-assurance")


async def rename(door: Door, request: Request, agent_id: str) -> Response:
    """Call one of somebody's agents otherwise from now on."""
    signed_in = await door.person_posting(request)
    number, name = number_in(agent_id), _form(request).get("called", "")
    try:
        await _desk(door).change(signed_in, number, name=name)
    except InvalidRequest as error:
        # The field has a name of its own: the page has another that is called "name".
        problems = [("called" if path == "name" else path, code) for path, code in problems_of(error)]
        desk = desk_of(door, request, signed_in, problems=problems, typed={"called": name})
        return html_response(await _shown(door, desk, signed_in, agent_id))
    return done(door, f"{PATH}/{number}", "agent-renamed")


async def mute(door: Door, request: Request, agent_id: str) -> Response:
    """Tell somebody no more of one of their agents."""
    return await _muted(door, request, agent_id, is_muted=True)


async def unmute(door: Door, request: Request, agent_id: str) -> Response:
    """Tell somebody of one of their agents again."""
    return await _muted(door, request, agent_id, is_muted=False)


async def _muted(door: Door, request: Request, agent_id: str, *, is_muted: bool) -> Response:
    signed_in = await door.person_posting(request)
    number = number_in(agent_id)
    await _desk(door).mute(signed_in, number, is_muted=is_muted)
    return done(door, f"{PATH}/{number}", "agent-muted" if is_muted else "agent-unmuted")


async def stop(door: Door, request: Request, agent_id: str) -> Response:
    """Let one of somebody's agents ask nothing more."""
    return await _changed(door, request, agent_id, is_disabled=True)


async def resume(door: Door, request: Request, agent_id: str) -> Response:
    """Let one of somebody's agents ask again."""
    return await _changed(door, request, agent_id, is_disabled=False)


async def _changed(door: Door, request: Request, agent_id: str, *, is_disabled: bool) -> Response:
    signed_in = await door.person_posting(request)
    number = number_in(agent_id)
    await _desk(door).change(signed_in, number, is_disabled=is_disabled)
    return done(door, f"{PATH}/{number}", "agent-stopped" if is_disabled else "agent-resumed")


def _desk(door: Door) -> AgentDesk:
    if door.agents is None:
        raise NotFound
    return door.agents


def _form(request: Request) -> Mapping[str, str]:
    return dict(request.form()) if request.is_form else {}


def _wanted(request: Request) -> tuple[ActorKind, frozenset[Scope]]:
    """Read what a key is to be made for. Raises: InvalidRequest."""
    pairs = request.form() if request.is_form else []
    kinds = [value for name, value in pairs if name == "kind"]
    scopes = [value for name, value in pairs if name == "scopes"]
    if kinds not in ([ActorKind.AGENT], [ActorKind.SERVICE]):
        invalid("kind", "must be agent or service")
    if not scopes or not set(scopes) <= set(Scope):
        invalid("scopes", "must be one or more of ask, read")
    return ActorKind(kinds[0]), frozenset(Scope(one) for one in scopes)


async def _owned(door: Door, signed_in: SignedIn, agent_id: str) -> Agent:
    number = number_in(agent_id)
    for agent in await _desk(door).all_of(signed_in):
        if agent.agent_id == number:
            return agent
    raise NotFound


async def _listed(door: Door, desk: Desk, signed_in: SignedIn) -> Page:
    agents = await _desk(door).all_of(signed_in)
    return agents_page(desk, agents=agents, muted=await _desk(door).muted(signed_in))


async def _shown(door: Door, desk: Desk, signed_in: SignedIn, agent_id: str) -> Page:
    agent = await _owned(door, signed_in, agent_id)
    return agent_page(
        desk,
        agent=agent,
        owners=await _desk(door).owners(signed_in, agent.agent_id),
        keys=await _desk(door).keys(signed_in, agent.agent_id),
        is_muted=agent.agent_id in await _desk(door).muted(signed_in),
    )


def agents_page(desk: Desk, *, agents: Sequence[Agent], muted: frozenset[int] = frozenset()) -> Page:
    """Draw the list of somebody's agents."""
    return desk.draw("agents.html", agents=agents, muted=muted)


def agent_page(
    desk: Desk,
    *,
    agent: Agent,
    owners: Sequence[Person],
    keys: Sequence[KeyListed],
    is_muted: bool = False,
) -> Page:
    """Draw an agent with its keys that are good."""
    return desk.draw("agent.html", it=agent, owners=owners, keys=keys, is_muted=is_muted)


def key_page(desk: Desk, *, agent: Agent, key: str) -> Page:
    """Draw the page that shows a key, once."""
    return desk.draw("key.html", it=agent, key=key)
