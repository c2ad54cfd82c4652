"""Ask a human, wait, and print the answer."""

from __future__ import annotations

from typing import Annotated

import typer

from openhitl.agent import HITL, OpenCase
from openhitl.agent.questions import Terms
from openhitl.cli import relay
from openhitl.cli.answers import tell_answer
from openhitl.cli.contexts import ReviewType, question_from, read_context
from openhitl.cli.place import Place
from openhitl.cli.relayed import ask_as_relay_client
from openhitl.cli.terminal import Terminal
from openhitl.cli.waiting import Wait, show_case

app = typer.Typer(add_completion=False, rich_markup_mode=None)


@app.command()
def request(
    prompt: Annotated[str, typer.Option(help="The question, at most 500 characters.")],
    choice: Annotated[list[str] | None, typer.Option(help="An answer to choose; repeat it.")] = None,
    placeholder_text: Annotated[str | None, typer.Option(help="Grey text in the answer's field.")] = None,
    review_type: Annotated[ReviewType | None, typer.Option("--type", help="The kind of question.")] = None,
    context: Annotated[
        str | None,
        typer.Option(metavar="FILE|-", help="JSON object to show: artifact, items, form, error, facts, …"),
    ] = None,
    timeout: Annotated[str | None, typer.Option(help="How long it stays open: 90s, 30m, 24h, 7d.")] = None,
    default_action: Annotated[
        str | None, typer.Option(help="What you will do if nobody answers: skip, reject or abort.")
    ] = None,
    assurance: Annotated[
        str | None, typer.Option(help="How sure to be of who answers, at least: signed_in or passkey.")
    ] = None,
    assignee: Annotated[
        list[str] | None, typer.Option(help="Who is asked, by name, of those whom you belong to; repeat it.")
    ] = None,
    agent_name: Annotated[str | None, typer.Option(help="Who asks.")] = None,
    agent_id: Annotated[str | None, typer.Option(hidden=True)] = None,
    e2ee: Annotated[
        bool, typer.Option("--e2ee", help="Encrypt it to the devices of people; they answer in their inbox.")
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print the whole decision as JSON.")] = False,
    open_browser: Annotated[bool, typer.Option("--open/--no-open", help="Open the page here.")] = True,
) -> int:
    """Ask a human, wait, and print the answer.

    Without a server it serves the page itself while it waits. The answer alone is on stdout. Exit
    codes: 0 answered, 1 error, 2 usage, 10 not agreed to, 11 expired, 12 cancelled.
    """
    terminal = Terminal()
    shown = read_context(context)
    question = question_from(review_type, choice or [], placeholder_text, context=shown)
    terms: Terms = {"context": shown}
    if timeout:
        terms["timeout"] = timeout
    if default_action:
        terms["default_action"] = default_action
    if assurance:
        terms["assurance"] = assurance
    if assignee:
        terms["assignees"] = assignee
    if agent_name:
        terms["agent_name"] = agent_name
    if agent_id:
        terms["metadata"] = {"agent_id": agent_id}

    async def ask(hitl: HITL) -> OpenCase:
        case = await hitl.create(prompt, question, **terms)
        show_case(terminal, case, open_browser=open_browser and not e2ee)
        return case

    if relay.started_as_relay_client() and not as_json:
        relay.print_request(prompt, choice, placeholder_text)
        return ask_as_relay_client(terminal, ask, relay.REQUEST, e2ee=e2ee)
    with Place(terminal) as place:
        wait = Wait(place, terminal, e2ee=e2ee)
        return wait.run(ask, lambda ended: tell_answer(terminal, ended, as_json=as_json))
