"""Write docs/reference."""

from __future__ import annotations

from pathlib import Path

from scripts.reference import pages


def main() -> None:
    """Write each page, and remove what is no page any more."""
    folder = Path(__file__).parents[2] / "docs" / "reference"
    folder.mkdir(parents=True, exist_ok=True)
    written = pages()
    for name, text in written.items():
        (folder / name).write_text(text, encoding="utf-8")
    for path in folder.iterdir():
        if path.name not in written:
            path.unlink()


main()
