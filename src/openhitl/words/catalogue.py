"""Load catalogues and choose among them."""

from __future__ import annotations

import gettext
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from babel import Locale, negotiate_locale

LOCALES = Path(__file__).with_name("locales")
DOMAIN = "openhitl"
LANGUAGES = ("en", "de")


def N_(message: str) -> str:  # noqa: N802 - gettext's own name for it
    """Mark a message of a table for extraction; it is translated where it is said."""
    return message


@dataclass(frozen=True)
class Words:
    """One language's words. English is the source: a message without translation is said as written."""

    language: str
    translations: gettext.NullTranslations

    @classmethod
    def load(cls, language: str, folder: Path = LOCALES) -> Words:
        """Read the compiled catalogue of a language; without one the words are the source's."""
        return cls(language, gettext.translation(DOMAIN, folder, languages=[language], fallback=True))

    @property
    def direction(self) -> str:
        """`ltr` or `rtl`, for `<html dir>`."""
        return str(Locale.parse(self.language).text_direction)

    def gettext(self, message: str) -> str:
        """Translate a message; fill `%(name)s` with the `%` operator afterwards."""
        return self.translations.gettext(message)

    def ngettext(self, singular: str, plural: str, number: int) -> str:
        """Translate a message that counts something."""
        return self.translations.ngettext(singular, plural, number)


@cache
def words_for(language: str) -> Words:
    """Return the words of a language we have; English for any other."""
    return Words.load(language if language in LANGUAGES else "en")


def choose_language(accept_language: str | None) -> str:
    """Choose our best language for an `Accept-Language` header. Never fails.

    Source: RFC 9110 §12.5.4; entries with q=0 or unreadable weights are left out.
    """
    wanted: list[tuple[float, str]] = []
    for entry in (accept_language or "").split(",")[:20]:
        tag, _, parameters = entry.strip().partition(";")
        weight = _weight(parameters)
        if tag and weight > 0:
            wanted.append((-weight, tag.strip()))
    wanted.sort(key=lambda pair: pair[0])
    return negotiate_locale([tag for _, tag in wanted], LANGUAGES, sep="-") or "en"


def _weight(parameters: str) -> float:
    name, _, value = parameters.strip().partition("=")
    if not name:
        return 1.0
    try:
        return float(value) if name.strip() == "q" else 0.0
    except ValueError:
        return 0.0
