"""The thing an approval is about: how to show it, and what changed since the last round."""

from __future__ import annotations

import json
from collections.abc import Sequence
from itertools import zip_longest
from typing import Any

from markupsafe import Markup

from openhitl.cases import StoredCase
from openhitl.protocol.case import Content, ref_of
from openhitl.protocol.context import Artifact
from openhitl.protocol.diffs import MAX_LINES, Diff, PatchLine, compare, parse_patch
from openhitl.protocol.record import record
from openhitl.protocol.tree import Node, humanise, read
from openhitl.review.pages.labels import edited_content
from openhitl.review.pages.markdown import render_markdown
from openhitl.review.pages.rounds import compared_round
from openhitl.review.pages.sheet import Sheet
from openhitl.review.pages.zone import is_drawable

#: What is longer is shown as it was sent: to lay out hostile Markdown takes up to 20 µs a character.
MAX_LAID_OUT_CHARACTERS = 30_000
_MARKDOWN = frozenset({"markdown", "md", "text/markdown", "commonmark", "gfm"})
_PROSE = frozenset({"", "text", "plain", "text/plain", "txt"})
_PATCH = frozenset({"diff", "patch", "text/x-diff", "text/x-patch"})
_HTML = frozenset({"html", "text/html", "xhtml", "svg", "image/svg+xml"})


@record(frozen=True, slots=True, kw_only=True)
class ArtifactView:
    """An artifact ready to draw; `tabs` are the ways to show it and `shown` the first one.

    `preview` is rendered Markdown, `source` the text itself, `changes` those since the round that
    `compared` names. `editable` when the content is text.
    """

    title: str
    source: str
    is_code: bool
    preview: Markup | None
    patch: Sequence[PatchLine]
    changes: Diff | None
    tabs: Sequence[str]
    shown: str
    compared: str
    notes: Sequence[str]
    details: Sequence[Node]
    editable: bool


def artifact_of(sheet: Sheet) -> ArtifactView | None:
    """Read the artifact off a case; None when it has none."""
    artifact = sheet.context.artifact if sheet.context else None
    if artifact is None:
        return None
    kind = artifact.format.strip().lower()
    source = text_of(artifact.content)
    is_long = len(source) > MAX_LAID_OUT_CHARACTERS
    preview = render_markdown(source) if kind in _MARKDOWN and not is_long else None
    before = compared_round(sheet)
    known = _known_text(before, artifact.content) if before else None
    found = compare(known, source) if known is not None else None
    changes = found if found and found.changed else None
    tabs = _tabs(has_preview=preview is not None, has_changes=changes is not None)
    return ArtifactView(
        title=artifact.title,
        source=source,
        is_code=preview is None and (is_long or kind not in _PROSE),
        preview=preview.html if preview else None,
        patch=parse_patch(source) if kind in _PATCH and source.count("\n") < MAX_LINES else (),
        changes=changes,
        tabs=tabs,
        shown="changes" if changes else "source" if preview and preview.leaves_out else tabs[0],
        compared=_compared(sheet, before) if before else "",
        notes=_notes(sheet, kind, found, leaves_out=bool(preview and preview.leaves_out)),
        details=_details(sheet, artifact) if is_drawable(sheet) else [],
        editable=isinstance(artifact.content, str),
    )


def text_of(content: Any) -> str:
    """Return an artifact's content as text; anything but text as indented JSON."""
    if isinstance(content, str):
        return content.replace("\r\n", "\n")
    return json.dumps(content, ensure_ascii=False, indent=2)


def sent_text(content: Content, *, like: Any = None) -> str | None:
    """Return the text of a case's artifact, which may be its text alone; None if it has none.

    JSON is spelt with its members in the order of `like`, since their order says nothing.
    """
    artifact = content.context.get("artifact")
    if isinstance(artifact, dict):
        artifact = artifact.get("content")
    return None if artifact is None else text_of(_ordered(artifact, like))


def _ordered(value: Any, like: Any) -> Any:
    if isinstance(value, dict) and isinstance(like, dict):
        keys = [*(key for key in like if key in value), *(key for key in value if key not in like)]
        return {key: _ordered(value[key], like.get(key)) for key in keys}
    if isinstance(value, list) and isinstance(like, list):
        return [_ordered(one, other) for one, other in zip_longest(value, like[: len(value)])]
    return value


def _known_text(before: StoredCase, content: Any) -> str | None:
    """Return the text that the round before ended with: as the human edited it, else as it was sent."""
    edited = edited_content(before.answer) if before.answer else None
    return sent_text(before.content, like=content) if edited is None else text_of(_ordered(edited, content))


def _compared(sheet: Sheet, before: StoredCase) -> str:
    gettext, ref = sheet.words.gettext, ref_of(before.case.case_id)
    if before.answer and edited_content(before.answer) is not None:
        return gettext("Compared with ref %(ref)s, as it was edited there.") % {"ref": ref}
    return gettext("Compared with ref %(ref)s.") % {"ref": ref}


def _tabs(*, has_preview: bool, has_changes: bool) -> tuple[str, ...]:
    tabs = ["preview"]
    if has_changes:
        tabs.append("changes")
    if has_preview:
        tabs.append("source")
    return tuple(tabs)


def _notes(sheet: Sheet, kind: str, found: Diff | None, *, leaves_out: bool) -> list[str]:
    gettext, notes = sheet.words.gettext, []
    if leaves_out:
        notes.append(gettext("The preview leaves parts of the text out, so the source comes first."))
    elif kind in _HTML:
        notes.append(gettext("This is HTML. It is shown as source and not run."))
    if found and found.too_large:
        notes.append(gettext("The text is too long to compare it with the last round."))
    elif found and not found.changed:
        notes.append(gettext("The text is the same as at the end of the last round."))
    return notes


def _details(sheet: Sheet, artifact: Artifact) -> list[Node]:
    nodes = [read(value, humanise(key)) for key, value in artifact.metadata.items()]
    return [*nodes, read(artifact.format, sheet.words.gettext("Format"))]
