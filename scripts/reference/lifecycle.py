"""The lifecycle, from the table of transitions."""

from __future__ import annotations

from collections.abc import Iterator

from openhitl.protocol.case import ACTIONS, CUSTOM_TYPE_ACTIONS, FINAL, Status
from openhitl.protocol.lifecycle import TRANSITIONS, EventKind
from scripts.reference.tables import code, table

_HEAD = """# Lifecycle

A case has one of six statuses, and three of them are final: nothing changes a case after that. The table is
the one that the server consults (`TRANSITIONS` in `openhitl/protocol/lifecycle.py`); what it does not list
cannot happen.

```mermaid
stateDiagram-v2
    [*] --> pending: created
"""
_EVENTS = """
## Events

On the event stream an event is called `review.<name>`.

| event | happens when |
| --- | --- |
| `pending` | the case was created |
| `opened` | a human has touched, clicked, typed or scrolled on the page; loading it is not enough |
| `in_progress` | a draft was saved, or a step of a form was finished |
| `reminder` | an instant of `reminder_at` has come, and nobody has begun to answer |
| `completed` | an answer was accepted |
| `expired` | the deadline has passed |
| `cancelled` | the agent withdrew the question, or the human refused to deal with it |

## Actions

What can answer a case depends on its type.

"""


def page() -> str:
    """Write the page."""
    actions = {**ACTIONS, "x-…": CUSTOM_TYPE_ACTIONS}
    rows = ((code(name), ", ".join(map(code, names))) for name, names in actions.items())
    parts = [_HEAD, "\n".join(_edges()), "\n```\n\n", _matrix(), _EVENTS, table(("type", "actions"), rows)]
    return "".join(parts)


def _edges() -> Iterator[str]:
    for (before, event), after in TRANSITIONS.items():
        yield f"    {before} --> {after}: {event}"
    for status in Status:
        if status in FINAL:
            yield f"    {status} --> [*]"


def _matrix() -> str:
    """Draw what each event makes of each status; an empty cell cannot happen."""
    kinds = [kind for kind in EventKind if kind is not EventKind.PENDING]
    rows = (
        (code(status), *(code(TRANSITIONS.get((status, kind), "")) for kind in kinds))
        for status in Status
        if status not in FINAL
    )
    return table(("", *map(code, kinds)), rows)
