"""A whole case as lines: the server's own words, the agent's in a frame, and what can be answered."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from datetime import datetime

from openhitl.person.asked import Asked
from openhitl.person.drawing.bodies import body, titled
from openhitl.person.drawing.forms import value_text
from openhitl.person.drawing.frame import frame, outcome, said_words
from openhitl.person.drawing.lines import BOX_CELLS, EMPTY, Line, Tone, boxed, paragraph, said
from openhitl.person.drawing.values import nodes
from openhitl.protocol.case import Json
from openhitl.protocol.tree import humanise, read

BOX_TITLE = "Written by the agent"


def draw(asked: Asked, *, now: datetime, width: int, before: Asked | None = None) -> list[Line]:
    """Draw a case within a width.

    Args:
        now: aware, in the zone in which instants are said.
        before: the round that this one is compared with.
    """
    inner = width - BOX_CELLS
    lines = [*frame(asked, now, width), EMPTY]
    if before is not None:
        lines += [*_round(before, now, width), EMPTY]
    if asked.seal is not None and asked.seal.trouble:
        return lines
    lines += boxed(BOX_TITLE, _tight(_words(asked, before, inner)), width)
    return [*lines, *_answer(asked, width)]


def _answer(asked: Asked, width: int) -> Iterator[Line]:
    """Draw what was answered, but for the words that stand above with what became of the case."""
    if asked.ended is None:
        return
    words = said_words(asked, asked.ended)
    data = {name: value for name, value in asked.ended.data.items() if name not in words}
    if data:
        yield EMPTY
        yield from titled("The answer", answer_lines(asked, data, width), width)


def answer_lines(asked: Asked, data: Json, width: int) -> Iterator[Line]:
    """Draw the data of an answer with the labels of its form; what is secret is only said to be there."""
    form = asked.parts.form if asked.parts else None
    fields = {field.key: field for field in form.fields} if form else {}
    drawn = []
    for key, value in data.items():
        field = fields.get(key)
        if field is None:
            drawn.append(read(value, humanise(key)))
        else:
            drawn.append(read("(secret)" if field.sensitive else value_text(field, value), field.label))
    return nodes(drawn, width)


def _words(asked: Asked, before: Asked | None, width: int) -> Iterator[Line]:
    yield from paragraph(asked.prompt, width, Tone.STRONG)
    yield EMPTY
    if asked.message.strip() != asked.prompt.strip():
        yield from titled("", paragraph(asked.message, width), width)
    if asked.parts is None:
        text = json.dumps(asked.context, ensure_ascii=False, indent=2)
        yield from paragraph(text, width)
    else:
        yield from body(asked, asked.parts, before, width)


def _round(before: Asked, now: datetime, width: int) -> Iterator[Line]:
    yield from paragraph(f"The round before this, ref {said(before.ref)}:", width, Tone.QUIET)
    if before.ended is None:
        yield from paragraph("Not answered yet.", width)
    else:
        yield from outcome(before, before.ended, now, width)


def _tight(lines: Iterable[Line]) -> Iterator[Line]:
    """Leave out gaps at the end, and all but one between."""
    gap = False
    for line in lines:
        if line:
            if gap:
                yield EMPTY
            yield line
        gap = not line
