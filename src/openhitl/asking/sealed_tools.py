"""The twins of the older tools: what hitl-cli's proxy encrypts, for a server that carries it unread."""

from __future__ import annotations

from typing import Annotated

from mcp_types import CallToolResult
from pydantic import Field

from openhitl.asking.arguments import Arguments
from openhitl.asking.calls import Call
from openhitl.asking.results import text
from openhitl.asking.tools import AskingTool
from openhitl.protocol import questions
from openhitl.protocol.case import NEUTRAL_PROMPT
from openhitl.protocol.sealed.carried import check_payload

#: What twins are called, behind the name of the tool that they stand in for.
SUFFIX = "_e2ee"
_FOR_PROXIES = " For encrypting proxies: the payload is base64 of a nonce and a NaCl box for one device."


class Sealed(Arguments):
    """Of every twin."""

    encrypted_payload: Annotated[str, Field(min_length=1, description="base64 of a nonce and a NaCl box.")]


async def _ask(call: Call, given: Sealed) -> CallToolResult:
    """Ask, and answer with what the device encrypted, however long that takes."""
    check_payload(given.encrypted_payload, "encrypted_payload")
    asked = await call.ask(NEUTRAL_PROMPT, questions.sealed(given.encrypted_payload), {}, given)
    decision = await call.wait_for_ever(asked)
    return text(str(decision.require_answer().data["payload"]))


async def _notify(call: Call, given: Sealed) -> CallToolResult:
    check_payload(given.encrypted_payload, "encrypted_payload")
    await call.line.questioner.notify({"envelope": given.encrypted_payload}, None)
    return text("Notification sent.")


SEALED_TOOLS: tuple[AskingTool[Sealed], ...] = (
    AskingTool(
        f"request_human_input{SUFFIX}",
        "Ask a human, encrypted",
        "request_human_input, encrypted." + _FOR_PROXIES,
        Sealed,
        _ask,
        answers_data=False,
    ),
    AskingTool(
        f"notify_human{SUFFIX}",
        "Tell a human, encrypted",
        "notify_human, encrypted." + _FOR_PROXIES,
        Sealed,
        _notify,
        answers_data=False,
    ),
    AskingTool(
        f"notify_human_completion{SUFFIX}",
        "Report that work is done, encrypted",
        "notify_human_completion, encrypted." + _FOR_PROXIES,
        Sealed,
        _ask,
        answers_data=False,
    ),
)
