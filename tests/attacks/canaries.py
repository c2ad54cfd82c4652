"""Looking for secrets in all that a server leaves behind, however they are spelled."""

from __future__ import annotations

import base64
import sqlite3
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from urllib.parse import quote

import psycopg


@cache
def spellings(secret: str) -> set[bytes]:
    """Spell a secret in every way in which it could be written down without being hidden."""
    raw = secret.encode()
    spelt = {raw, raw.hex().encode(), raw.hex().upper().encode(), quote(secret, safe="").encode(), raw[::-1]}
    spelt.add(secret.encode("utf-16-le"))
    for shift in range(3):  # wherever it begins in what is encoded as a whole
        for encode in (base64.b64encode, base64.urlsafe_b64encode):
            whole = encode(b"\0" * shift + raw)
            first = 0 if not shift else 4
            spelt.add(whole[first : len(whole) // 4 * 4 - 4])
    if len(secret) == 64 and all(letter in "0123456789abcdef" for letter in secret):
        spelt.add(bytes.fromhex(secret))
        spelt.add(base64.urlsafe_b64encode(bytes.fromhex(secret)).rstrip(b"="))
    if secret[:4] == "hitl":
        spelt.add(raw[6:])
        spelt.add(base64.urlsafe_b64decode(raw[6:] + b"="))
    return spelt


def found_in(text: str | bytes, secrets: dict[str, str]) -> set[str]:
    """Name the secrets that are in a text. `secrets` are by name."""
    raw = text.encode() if isinstance(text, str) else text
    return {name for name, secret in secrets.items() if any(spelt in raw for spelt in spellings(secret))}


def sqlite_dump(folder: Path) -> Iterator[tuple[str, bytes]]:
    """Give every file of the database, and every row of every table."""
    for path in folder.glob("openhitl.db*"):
        yield path.name, path.read_bytes()
    connection = sqlite3.connect(folder / "openhitl.db")
    tables = connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'").fetchall()
    for (table,) in tables:
        for row in connection.execute(f'SELECT * FROM "{table}"'):  # its own names
            yield table, b"\n".join(one if isinstance(one, bytes) else str(one).encode() for one in row)
    connection.close()


def postgres_dump(address: str) -> Iterator[tuple[str, bytes]]:
    """Give every row of every table."""
    with psycopg.connect(address) as connection:
        tables = connection.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'public'").fetchall()
        for (table,) in tables:
            for row in connection.execute(f'SELECT * FROM "{table}"'):  # type: ignore[arg-type]
                yield table, b"\n".join(one if isinstance(one, bytes) else str(one).encode() for one in row)
