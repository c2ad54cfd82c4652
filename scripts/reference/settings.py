"""The settings, from their one model."""

from __future__ import annotations

import html
from collections.abc import Iterator
from pathlib import Path

from pydantic import SecretStr
from pydantic.fields import FieldInfo

from openhitl.settings import PREFIX, Settings
from scripts.reference.tables import code, table

_HEAD = """# Settings

The server's settings are environment variables, and `hitl serve` has a flag for each; a flag wins over the
environment. Any variable can be given as `…_FILE` instead: the name of a file that holds the value. That is
the way for secrets. `hitl config` prints what is in force, secrets masked.

## Server

"""
_TAIL = """
## Asking

Read by `hitl request` and the other commands that ask, and by `HITL` and `SyncHITL`.

| variable | default | |
| --- | --- | --- |
| `HITL_SERVER_URL` | the server of this user on this machine | The server to ask. |
| `HITL_API_KEY` | the key file of that server's data folder | The agent's key, for it alone. Secret. |

`HITL_DATA_DIR` and `HITL_PORT` tell these commands, too, where the server of this machine is.
"""


def page() -> str:
    """Write the page."""
    return _HEAD + table(("variable", "flag", "default", ""), _rows()) + _TAIL


def _rows() -> Iterator[tuple[str, str, str, str]]:
    for name, field in Settings.model_fields.items():
        secret = " Secret." if SecretStr in getattr(field.annotation, "__args__", ()) else ""
        flag = f"--{name.replace('_', '-')}"
        words = html.escape(f"{field.description}{secret}", quote=False)
        yield code(PREFIX + name.upper()), code(flag), code(_default(field)), words


def _default(field: FieldInfo) -> str:
    if field.annotation is Path:
        return "~/.local/share/openhitl"
    if isinstance(field.default, bool):
        return "on" if field.default else "off"
    return "" if field.default is None else str(field.default)
