"""Keep the catalogues in step with the code: `python -m openhitl.words.extract` in a checkout.

Collects every message from templates and modules, merges it into each language's `.po` and compiles
the `.mo` beside it. What is compiled is committed, so that an editable install and a wheel both have it.
"""

from __future__ import annotations

import io
from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.extract import extract_from_dir
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po

from openhitl.protocol.fields import MESSAGES
from openhitl.words.catalogue import DOMAIN, LANGUAGES, LOCALES

PACKAGE = Path(__file__).parents[1]
_METHODS = [("review/templates/**.html", "jinja2.ext:babel_extract"), ("**.py", "python")]
_OPTIONS = {"review/templates/**.html": {"trimmed": "true", "newstyle_gettext": "true"}}


def collect() -> Catalog:
    """Collect all messages of the source, in the order of their files."""
    catalog = Catalog(project="openhitl", charset="utf-8")
    found = extract_from_dir(PACKAGE, _METHODS, _OPTIONS, directory_filter=_is_source)
    for name, _line, message, comments, context in sorted(found, key=lambda entry: (entry[0], entry[1])):
        catalog.add(message, None, [(name, 0)], auto_comments=comments, context=context)
    for message in MESSAGES.values():
        catalog.add(message)
    return catalog


def _is_source(path: str) -> bool:
    return Path(path).name not in ("locales", "static", "__pycache__")


def po_path(language: str, folder: Path = LOCALES) -> Path:
    """Name the catalogue file of a language."""
    return folder / language / "LC_MESSAGES" / f"{DOMAIN}.po"


def read_catalog(language: str) -> Catalog:
    """Read a language's catalogue as it stands."""
    with po_path(language).open("rb") as file:
        return read_po(file, locale=language)


def compiled(catalog: Catalog) -> bytes:
    """Compile a catalogue for `gettext`."""
    buffer = io.BytesIO()
    write_mo(buffer, catalog)
    return buffer.getvalue()


def main() -> None:
    """Update and compile every catalogue but English, which is the source itself."""
    messages = collect()
    for language in LANGUAGES:
        if language == "en":
            continue
        path = po_path(language)
        catalog = read_catalog(language) if path.exists() else Catalog(locale=language, charset="utf-8")
        catalog.update(messages, no_fuzzy_matching=True)
        catalog.obsolete.clear()
        with path.open("wb") as file:
            write_po(file, catalog, width=100, no_location=True, omit_header=False, sort_output=True)
        path.with_suffix(".mo").write_bytes(compiled(catalog))


if __name__ == "__main__":
    main()
