"""Markdown that an agent wrote, as harmless HTML that hides nothing.

Raw HTML stays text, images become links, every link shows where it leads, and a preview that leaves
anything of its source out says so.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

import nh3
from markdown_it import MarkdownIt
from markdown_it.renderer import RendererHTML
from markdown_it.token import Token
from markdown_it.utils import EnvType, OptionsDict
from markupsafe import Markup, escape

from openhitl.protocol.record import record
from openhitl.protocol.visible import visible

_BLOCKS = {"blockquote", "h3", "h4", "h5", "h6", "hr", "li", "ol", "p", "pre", "ul"}
_TABLE = {"table", "tbody", "td", "th", "thead", "tr"}
_INLINE = {"a", "br", "code", "del", "em", "s", "small", "strong"}
_OWN_DIRECTION = ("blockquote", "h3", "h4", "h5", "h6", "p", "td", "th")
_CLEANER = nh3.Cleaner(
    tags=_BLOCKS | _TABLE | _INLINE,
    attributes={"a": {"href"}, "ol": {"start"}},
    url_schemes={"http", "https", "mailto"},
    link_rel="noopener noreferrer nofollow",
    set_tag_attribute_values={"a": {"target": "_blank"}, **{tag: {"dir": "auto"} for tag in _OWN_DIRECTION}},
)
#: Never beyond its own line, so that the time it takes grows with the text alone.
_LIST_MARK = re.compile(r"^[ \t>]*(?:\d{1,9}[.)]|[-*+])\s", re.MULTILINE)
_WORD = re.compile(r"\w+")
_MARKUP = re.compile(r"<[^>]*>")


@record(frozen=True, slots=True)
class Preview:
    """Rendered Markdown; `leaves_out` when words of the source are not in it."""

    html: Markup
    leaves_out: bool


def render_markdown(source: str) -> Preview:
    """Render CommonMark with tables and strikethrough; a line ends where the agent ended it."""
    text = visible(source.replace("\r\n", "\n"))
    parser = MarkdownIt("commonmark", {"html": False, "breaks": True}).enable(["table", "strikethrough"])
    parser.add_render_rule("fence", _fence)
    tokens = parser.parse(text)
    for token in tokens:
        if token.type in ("heading_open", "heading_close"):
            token.tag = f"h{min(int(token.tag[1]) + 2, 6)}"
        if token.children:
            token.children = _spelt_out(token.children)
    html = _CLEANER.clean(parser.renderer.render(tokens, parser.options, {}))
    return Preview(Markup(html), _leaves_out(text, html))  # noqa: S704 - cleaned by an allow-list


def _fence(
    renderer: RendererHTML, tokens: Sequence[Token], index: int, options: OptionsDict, env: EnvType
) -> str:
    """Draw a code block with its info string readable above it."""
    info = tokens[index].info.strip()
    caption = f"<p><small>{escape(info)}</small></p>" if info else ""
    return f"{caption}<pre><code>{escape(tokens[index].content)}</code></pre>\n"


def _spelt_out(tokens: Sequence[Token]) -> list[Token]:
    """Turn images into links and append to each link the address that its words do not show."""
    result: list[Token] = []
    opened: list[tuple[str, int]] = []
    for token in tokens:
        if token.type == "image":
            result.extend(_image_link(token))
            continue
        result.append(token)
        if token.type == "link_open":
            opened.append((_attribute(token, "href"), len(result)))
        elif token.type == "link_close" and opened:
            address, start = opened.pop()
            said = "".join(inner.content for inner in result[start:])
            if said != address and f"mailto:{said}" != address:
                result.append(_text(f" ({address})"))
    return result


def _image_link(token: Token) -> list[Token]:
    address = _attribute(token, "src")
    opening = Token("link_open", "a", 1, attrs={"href": address})
    words = f"{token.content}: {address}" if token.content else address
    return [_text("🖼 "), opening, _text(words), Token("link_close", "a", -1)]


def _attribute(token: Token, name: str) -> str:
    return str(token.attrGet(name) or "")


def _text(content: str) -> Token:
    return Token("text", "", 0, content=content)


def _leaves_out(source: str, html: str) -> bool:
    said = set(_WORD.findall(Markup(_MARKUP.sub(" ", html)).unescape()))  # noqa: S704 - only read
    return any(word not in said for word in _WORD.findall(_LIST_MARK.sub("", source)))
