"""The Python API, from its signatures and docstrings."""

from __future__ import annotations

import dataclasses
import inspect
import re
from collections.abc import Callable, Iterator
from typing import Any

from openhitl.agent import (
    HITL,
    Decision,
    FormSummary,
    OpenCase,
    Outcome,
    SyncHITL,
    SyncWaiting,
    Telling,
    Update,
    Waiting,
)
from openhitl.agent.inline import Call, InlineDesk, Place, Press, Pressed, PressOutcome
from openhitl.agent.questions import Terms
from openhitl.agent.receiver import Receiver
from openhitl.agent.receiving import ReceiverServer
from openhitl.agent.transports.holding import Options
from openhitl.agent.waiting import Manner
from openhitl.service import (
    CaseDecision,
    Reviews,
    Theme,
    approval,
    confirmation,
    escalation,
    form,
    selection,
)
from openhitl.service.asgi import ReviewsApp
from openhitl.service.wsgi import ReviewsWsgi
from scripts.reference.tables import code, table

_HEAD = """# Python

    from openhitl import HITL, SyncHITL

Importing this loads nothing of the server. Errors are those of [`openhitl.errors`](errors.md).
"""


_TRANSPORTS = """
## Transports

    from openhitl.agent.transports.httpx2 import AsyncHITLTransport, HITLTransport
    from openhitl.agent.transports.httpx import AsyncHITLTransport, HITLTransport
    from openhitl.agent.transports.requests import HITLAdapter

Each takes the transport that it wraps as its first argument, by default a plain one; the adapter takes a
dictionary of what `requests.adapters.HTTPAdapter` takes.
"""


def page() -> str:
    """Write the page."""
    parts = [
        _HEAD,
        _class(HITL),
        *_methods(HITL),
        _class(SyncHITL),
        _keywords(Terms, "What every question takes as keyword arguments."),
        _class(Waiting),
        *_methods(*reversed(Waiting.__mro__)),
        _class(SyncWaiting),
        _keywords(Manner, "What waits take as keyword arguments."),
        _TRANSPORTS,
        _keywords(Options, "What transports and the adapter take as keyword arguments."),
        _class(Receiver),
        _class(ReceiverServer),
        *map(_values, (Telling, Update, Decision, OpenCase, FormSummary)),
    ]
    parts.append(f"\n## Outcome\n\n{inspect.getdoc(Outcome)}\n\n")
    parts.append("".join(f"- `Outcome.{one.name}`: `{one.value!r}`\n" for one in Outcome))
    parts += [
        "\n# Buttons in chats\n\n    from openhitl.agent.inline import InlineDesk, telegram\n",
        _class(InlineDesk),
        *_methods(InlineDesk),
        *map(_values, (Pressed, Press, Place, Call)),
        f"\n## PressOutcome\n\n{inspect.getdoc(PressOutcome)}\n",
    ]
    parts += [
        "\n# In a web service\n\n    from openhitl.service import Reviews, approval\n",
        _class(Reviews),
        *_methods(Reviews),
        *map(_function, (approval, selection, form, confirmation, escalation)),
        _values(CaseDecision),
        *map(_class, (Theme, ReviewsApp, ReviewsWsgi)),
    ]
    return "".join(parts)


def _function(function: Callable[..., Any]) -> str:
    name = function.__name__
    return f"\n## {name}\n\n{_block(name, function)}\n{inspect.getdoc(function)}\n"


def _class(cls: type[object]) -> str:
    return f"\n## {cls.__name__}\n\n{_block(cls.__name__, cls)}\n{inspect.getdoc(cls)}\n"


def _methods(*classes: type) -> Iterator[str]:
    """Describe the methods that classes define, class methods as functions of their class."""
    for name, member in ((name, one) for cls in classes for name, one in vars(cls).items()):
        method = member.__func__ if isinstance(member, classmethod) else member
        if not name.startswith("_") and inspect.isfunction(method):
            yield f"\n### {name}\n\n{_block(_kind(method) + name, method)}\n{inspect.getdoc(method)}\n"


def _block(name: str, called: Callable[..., Any]) -> str:
    return f"```python\n{name}{_signature(called)}\n```\n"


def _kind(method: Callable[..., Any]) -> str:
    return "await " if inspect.iscoroutinefunction(method) else ""


def _signature(method: Callable[..., Any]) -> str:
    """Spell a signature as the source does, without `self`, one parameter to a line if it is long."""
    signature = inspect.signature(method)
    parameters = [one for one in signature.parameters.values() if one.name not in ("self", "cls")]
    returns = "" if signature.return_annotation in ("None", None) else f" -> {signature.return_annotation}"
    bare = signature.replace(parameters=parameters, return_annotation=inspect.Signature.empty)
    line = _plain(str(bare))
    if len(line) + len(returns) <= 80:
        return line + returns
    shown = ",\n    ".join(_spelled(parameters))
    return _plain(f"(\n    {shown},\n)") + returns


def _spelled(parameters: list[inspect.Parameter]) -> Iterator[str]:
    named = False
    for one in parameters:
        if one.kind is inspect.Parameter.KEYWORD_ONLY and not named:
            named = True
            yield "*"
        yield str(one)


def _plain(text: str) -> str:
    """Write names for functions, and annotations without the quotes that postponed evaluation gives them."""
    unquoted = re.sub(r"(: |-> )'([^']*)'", r"\1\2", text)
    return re.sub(r"<function (\w+) at \w+>", r"\1", unquoted)


def _keywords(cls: type, says: str) -> str:
    """Make a table of keyword arguments; the docstring says `name: words. name: words.`"""
    names = "|".join(cls.__annotations__)
    doc = (inspect.getdoc(cls) or "").partition("\n\n")[2]
    said = dict(re.findall(rf"({names}): (.*?)(?=\s+(?:{names}): |\s*$)", doc, re.DOTALL))
    rows = (
        (code(name), code(kind.__forward_arg__), said[name]) for name, kind in cls.__annotations__.items()
    )
    return f"\n## {cls.__name__}\n\n{says}\n\n" + table(("argument", "is", ""), rows)


def _values(cls: type) -> str:
    fields = "".join(f"{one.name}: {one.type}\n" for one in dataclasses.fields(cls))
    properties = "".join(
        f"- `{name}`: {(inspect.getdoc(value) or '').partition(chr(10))[0]}\n"
        for name, value in vars(cls).items()
        if isinstance(value, property)
    )
    methods = "".join(_methods(cls))
    shown = f"\n{properties}" if properties else ""
    return f"\n## {cls.__name__}\n\n{inspect.getdoc(cls)}\n\n```python\n{fields}```\n{shown}{methods}"
