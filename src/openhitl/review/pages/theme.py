"""How a service makes the pages look like its own: a logo, an accent colour, a block of its own above.

All of it is loaded from the pages' own origin, so that their security headers stay as they are.
"""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from jinja2 import Environment, StrictUndefined, Template, TemplateError
from markupsafe import Markup

from openhitl.errors import SetupError
from openhitl.review.pages.assets import StaticFile, hashed_file, static_file

_COLOUR = re.compile(r"#[0-9a-fA-F]{6}")
_INLINE = re.compile(r"data:image/(png|jpeg|webp|svg\+xml);base64,([A-Za-z0-9+/=]+)")
_ENDINGS = {"png": "png", "jpeg": "jpg", "webp": "webp", "svg+xml": "svg"}
_LOGO_BLOCK = '<div class="brand"><img src="{{ logo }}" alt="{{ name }}"></div>'
#: WCAG 2.2 SC 1.4.3: text against its ground.
CONTRAST = 4.5
_LIGHT_GROUND, _DARK_GROUND = "#ffffff", "#1c232c"
_WHITE, _INK = "#ffffff", "#071423"
_STEPS = 20
_environment = Environment(autoescape=True, undefined=StrictUndefined)


@dataclass(frozen=True)
class Theme:
    """The look of the review pages.

    Args:
        logo: a path on the same origin, such as "/static/logo.svg", or
            `data:image/png;base64,…` (also jpeg, webp, svg+xml), which is then served as a file.
        accent: the colour of buttons and links, "#rrggbb"; made darker or lighter as far as it must be to
            be read on light and on dark pages.
        block: a Jinja template to stand above every page, given `name`, `logo` and `language`; without,
            the logo alone. Scripts, styles and anything of another origin in it are not loaded.
        name: whose pages these are; `Reviews` puts its own here.

    Raises: SetupError.
    """

    logo: str = ""
    accent: str = ""
    block: str = ""
    name: str = "OpenHITL"
    files: Mapping[str, StaticFile] = field(init=False, repr=False, compare=False)
    style_name: str = field(init=False, repr=False, compare=False, default="")
    logo_name: str = field(init=False, repr=False, compare=False, default="")
    _template: Template | None = field(init=False, repr=False, compare=False, default=None)

    def __post_init__(self) -> None:
        files = []
        if self.accent:
            style = hashed_file("theme.css", _style(self.accent).encode())
            files.append(style)
            object.__setattr__(self, "style_name", style.name)
        if self.logo.startswith("data:"):
            logo = _inline(self.logo)
            files.append(logo)
            object.__setattr__(self, "logo_name", logo.name)
        elif self.logo and (not self.logo.startswith("/") or self.logo.startswith(("//", "/\\"))):
            raise SetupError("A logo is a path on the same origin or data:image/…;base64,….")
        object.__setattr__(self, "files", {file.name: file for file in files})
        source = self.block or (_LOGO_BLOCK if self.logo else "")
        try:
            object.__setattr__(self, "_template", _environment.from_string(source) if source else None)
            self.banner("", "en")  # a name that nobody gives it shows now
        except TemplateError as error:
            raise SetupError(f"The theme's block is not a template: {error}") from error

    def file(self, name: str) -> StaticFile | None:
        """Find a file that pages of this look load, by its public name; None for any other."""
        return self.files.get(name) or static_file(name)

    def banner(self, base: str, language: str) -> Markup:
        """Draw what stands above a page; `base` is the path prefix of the pages."""
        if self._template is None:
            return Markup()
        logo = f"{base}/static/{self.logo_name}" if self.logo_name else self.logo
        # The block is the service's own code, and what it is given is escaped by its environment.
        return Markup(self._template.render(name=self.name, logo=logo, language=language))  # noqa: S704


def _inline(data: str) -> StaticFile:
    found = _INLINE.fullmatch(data)
    try:
        if found is None:
            raise ValueError(data[:40])
        content = base64.b64decode(found[2], validate=True)
    except (ValueError, binascii.Error) as error:
        raise SetupError("The logo is not data:image/…;base64,… of a png, jpeg, webp or svg.") from error
    return hashed_file(f"logo.{_ENDINGS[found[1]]}", content)


def _style(accent: str) -> str:
    if not _COLOUR.fullmatch(accent):
        raise SetupError(f"The accent colour must be of the form #rrggbb: {accent!r}.")
    light = _colours(accent, ground=_LIGHT_GROUND, toward="#000000", on=_WHITE)
    dark = _colours(accent, ground=_DARK_GROUND, toward="#ffffff", on=_INK)
    return f":root {{ {light} }}\n@media (prefers-color-scheme: dark) {{ :root {{ {dark} }} }}\n"


def _colours(accent: str, *, ground: str, toward: str, on: str) -> str:
    """Move a colour away from its ground until it can be read there, and text of `on` on it."""
    colours = (_mixed(accent, toward, step / _STEPS) for step in range(_STEPS + 1))
    readable = next(
        one for one in colours if _contrast(one, ground) >= CONTRAST and _contrast(one, on) >= CONTRAST
    )
    strong = _mixed(readable, toward, 0.2)
    return f"--accent: {readable}; --accent-strong: {strong}; --on-accent: {on};"


def _channels(colour: str) -> list[int]:
    return [int(colour[place : place + 2], 16) for place in (1, 3, 5)]


def _mixed(colour: str, other: str, part: float) -> str:
    pairs = zip(_channels(colour), _channels(other), strict=True)
    return "#" + "".join(f"{round(one + (two - one) * part):02x}" for one, two in pairs)


def _contrast(one: str, two: str) -> float:
    """Return the contrast ratio of two colours, 1 to 21. WCAG 2.2 "contrast ratio"."""
    low, high = sorted((_luminance(one), _luminance(two)))
    return (high + 0.05) / (low + 0.05)


def _luminance(colour: str) -> float:
    linear = [
        part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4
        for part in (channel / 255 for channel in _channels(colour))
    ]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


#: The look of the server's own pages.
PLAIN = Theme()
