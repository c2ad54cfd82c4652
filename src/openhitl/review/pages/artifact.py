"""The thing an approval is about: how to show it, and what changed since the last round."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from markupsafe import Markup

from openhitl.protocol.case import Content
from openhitl.protocol.context import Artifact
from openhitl.protocol.record import record
from openhitl.review.pages.diffs import MAX_LINES, Diff, PatchLine, compare, parse_patch
from openhitl.review.pages.markdown import render_markdown
from openhitl.review.pages.sheet import Sheet
from openhitl.review.pages.tree import Node, humanise, read
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

    `preview` is rendered Markdown, `source` the text itself. `editable` when the content is text.
    """

    title: str
    source: str
    is_code: bool
    preview: Markup | None
    patch: Sequence[PatchLine]
    changes: Diff | None
    tabs: Sequence[str]
    shown: str
    note: str
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
    before = sent_text(sheet.view.previous.content) if sheet.view.previous else None
    changes = compare(before, source) if before is not None else None
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
        note=_note(sheet, kind, leaves_out=bool(preview and preview.leaves_out)),
        details=_details(sheet, artifact) if is_drawable(sheet) else [],
        editable=isinstance(artifact.content, str),
    )


def text_of(content: Any) -> str:
    """Return an artifact's content as text; anything but text as indented JSON."""
    if isinstance(content, str):
        return content.replace("\r\n", "\n")
    return json.dumps(content, ensure_ascii=False, indent=2)


def sent_text(content: Content) -> str | None:
    """Return the text of a case's artifact, which may be its text alone; None if it has none."""
    artifact = content.context.get("artifact")
    if isinstance(artifact, dict):
        artifact = artifact.get("content")
    return None if artifact is None else text_of(artifact)


def _tabs(*, has_preview: bool, has_changes: bool) -> tuple[str, ...]:
    tabs = ["preview"]
    if has_changes:
        tabs.append("changes")
    if has_preview:
        tabs.append("source")
    return tuple(tabs)


def _note(sheet: Sheet, kind: str, *, leaves_out: bool) -> str:
    if leaves_out:
        return sheet.words.gettext("The preview leaves parts of the text out, so the source comes first.")
    if kind in _HTML:
        return sheet.words.gettext("This is HTML. It is shown as source and not run.")
    return ""


def _details(sheet: Sheet, artifact: Artifact) -> list[Node]:
    nodes = [read(value, humanise(key)) for key, value in artifact.metadata.items()]
    return [*nodes, read(artifact.format, sheet.words.gettext("Format"))]
