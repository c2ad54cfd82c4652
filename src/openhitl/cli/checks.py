"""What `hitl doctor` looks at. Each check only looks: it makes, migrates and changes nothing."""

from __future__ import annotations

import asyncio
import email.utils
import http.client
import os
import platform
import shlex
import socket
import sqlite3
import stat
import sys
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path

from sqlalchemy import make_url

from openhitl.cli.lookups import fetch_cases
from openhitl.cli.place import is_up
from openhitl.cli.running import KEY_HINT
from openhitl.client.config import ClientConfig
from openhitl.client.origins import is_loopback
from openhitl.errors import HitlError, InvalidToken, SetupError, Unauthorized
from openhitl.keyring import parse_root, private_folder, secret_path
from openhitl.server.opening import keyring_of
from openhitl.settings import Settings
from openhitl.store.engine import open_database
from openhitl.store.log import first_broken
from openhitl.store.migration import look_at

OLDEST_PYTHON = (3, 11)
OTHERS = stat.S_IRWXG | stat.S_IRWXO
MAX_SKEW_SECONDS = 5.0
#: How much of the log is checked, from its end.
LOG_ENTRIES = 10_000
#: No clock that is right says an earlier instant.
EARLIEST = datetime(2026, 1, 1, tzinfo=UTC)


class Level(StrEnum):
    """How bad a finding is."""

    OK = "ok"
    WARN = "warn"
    FAIL = "fail"


@dataclass(frozen=True, slots=True)
class Finding:
    """What one check found, and what to do about it."""

    name: str
    level: Level
    message: str
    hint: str = ""


def check_all(settings: Settings, client: ClientConfig) -> list[Finding]:
    """Run every check, in the order in which things depend on each other."""
    return [
        _python(),
        _data_folder(settings.data_dir),
        _secret(settings),
        _database(settings),
        _log(settings),
        _port(settings),
        _base_url(settings),
        _clock(settings),
        _terminal(),
        _asking(client),
        _owners(settings, client),
    ]


def _python() -> Finding:
    version = f"Python {platform.python_version()}, SQLite {sqlite3.sqlite_version}"
    if sys.version_info[:2] < OLDEST_PYTHON:
        return Finding("python", Level.FAIL, version, "OpenHITL needs Python 3.11 or newer.")
    return Finding("python", Level.OK, version)


def _data_folder(folder: Path) -> Finding:
    name = "data folder"
    if not folder.exists():
        return Finding(name, Level.OK, f"{folder} will be made on first start.")
    found = folder.stat()
    try:
        private_folder(folder)
    except SetupError as error:
        return Finding(name, Level.FAIL, error.message, error.hint)
    if not folder.is_dir() or not os.access(folder, os.R_OK | os.W_OK | os.X_OK):
        return Finding(name, Level.FAIL, f"{folder} cannot be written.", "Set HITL_DATA_DIR to one that can.")
    if found.st_mode & OTHERS:
        mode = stat.S_IMODE(found.st_mode)
        return Finding(
            name,
            Level.WARN,
            f"{folder} is open to other users ({mode:o}).",
            f"chmod 700 {shlex.quote(str(folder))}",
        )
    return Finding(name, Level.OK, str(folder))


def _secret(settings: Settings) -> Finding:
    name = "secret"
    path = secret_path(settings.data_dir)
    try:
        if settings.secret_key is not None:
            parse_root(settings.secret_key.get_secret_value())
            return Finding(name, Level.OK, "HITL_SECRET_KEY is set.")
        if not path.exists():
            return Finding(name, Level.OK, f"{path} will be made on first start.")
        parse_root(path.read_text(encoding="ascii"))
    except (SetupError, OSError, UnicodeDecodeError) as error:
        return Finding(name, Level.FAIL, str(error), "Restore it from a backup: sealed data needs it.")
    if path.stat().st_mode & OTHERS:
        return Finding(
            name, Level.FAIL, f"{path} can be read by other users.", f"chmod 600 {shlex.quote(str(path))}"
        )
    return Finding(name, Level.OK, f"{path}; back it up apart from the database.")


def _database(settings: Settings) -> Finding:
    name = "database"
    where = make_url(settings.store_url).render_as_string(hide_password=True)
    if not settings.database_url and not settings.database_file.exists():
        return Finding(name, Level.OK, f"{where} will be made on first start.")
    if settings.secret_key is None and not secret_path(settings.data_dir).exists():
        hint = "Restore secret.key from a backup, or move the database away to start anew."
        return Finding(name, Level.FAIL, f"{where} is there, but its secret is not.", hint)
    try:
        with closing(open_database(settings.store_url)) as database:
            current = look_at(database, keyring_of(settings))
    except HitlError as error:
        return Finding(name, Level.FAIL, error.message, error.hint)
    if not current:
        return Finding(name, Level.OK, f"{where} will be migrated on next start.", "Back it up before.")
    return Finding(name, Level.OK, f"{where} is reachable, its schema current.")


def _log(settings: Settings) -> Finding:
    """Check the end of the log's chain of hashes; all of it would take long on a large one."""
    name = "log"
    if not settings.database_url and not settings.database_file.exists():
        return Finding(name, Level.OK, "It begins with the first case.")
    try:
        with closing(open_database(settings.store_url)) as database:
            broken = first_broken(database, newest=LOG_ENTRIES)
    except HitlError as error:
        return Finding(name, Level.WARN, f"It could not be read: {error.message}", error.hint)
    if broken is not None:
        hint = "Somebody or something wrote to the database past the server: `hitl admin audit verify`."
        return Finding(name, Level.FAIL, f"Entry {broken} is not what was written.", hint)
    return Finding(name, Level.OK, f"Its newest {LOG_ENTRIES:,} entries are what was written.")


def _port(settings: Settings) -> Finding:
    name = "port"
    where = f"{settings.host}:{settings.port}"
    if is_up(f"http://localhost:{settings.port}"):
        return Finding(name, Level.OK, f"A server runs on {where}.")
    family = socket.AF_INET6 if ":" in settings.host else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((settings.host, settings.port))
        except OSError as error:
            return Finding(
                name, Level.FAIL, f"{where}: {error.strerror}.", "Set HITL_PORT or HITL_HOST to a free one."
            )
    return Finding(name, Level.OK, f"{where} is free.")


def _base_url(settings: Settings) -> Finding:
    url = settings.public_url
    if is_loopback(url):
        hint = "For a phone or another person set HITL_BASE_URL to an https address that leads here."
        return Finding("base URL", Level.OK, f"{url} opens on this machine only.", hint)
    return Finding("base URL", Level.OK, f"{url}; whatever ends TLS there must lead to port {settings.port}.")


def _clock(settings: Settings) -> Finding:
    name, hint = "clock", "Deadlines are instants: keep the clock in step (NTP)."
    now = datetime.now(UTC)
    if now < EARLIEST:
        return Finding(name, Level.FAIL, f"It says {now:%Y-%m-%d}.", hint)
    theirs = _server_date(settings.port)
    if theirs is not None and abs((theirs - now).total_seconds()) > MAX_SKEW_SECONDS:
        return Finding(name, Level.WARN, f"The server's clock differs: {theirs:%H:%M:%S} UTC.", hint)
    return Finding(name, Level.OK, f"{now:%Y-%m-%d %H:%M:%S} UTC")


def _server_date(port: int) -> datetime | None:
    connection = http.client.HTTPConnection("localhost", port, timeout=2)
    try:
        connection.request("GET", "/healthz")
        return email.utils.parsedate_to_datetime(connection.getresponse().headers.get("Date", ""))
    except (OSError, ValueError, http.client.HTTPException):
        return None
    finally:
        connection.close()


def _terminal() -> Finding:
    encoding = (sys.stderr.encoding or "").lower().replace("-", "")
    kind = "a terminal" if sys.stderr.isatty() else "no terminal"
    if encoding != "utf8":
        hint = "Set LANG or PYTHONUTF8=1, or texts show as escapes."
        return Finding("terminal", Level.WARN, f"{kind}, encoding {sys.stderr.encoding}", hint)
    return Finding("terminal", Level.OK, f"{kind}, UTF-8")


def _asking(client: ClientConfig) -> Finding:
    name = "where to ask"
    if not client.configured:
        return Finding(name, Level.OK, "The server of this machine; without one, a page for each question.")
    try:
        asyncio.run(fetch_cases(client, {}, limit=1))
    except (Unauthorized, InvalidToken) as error:
        return Finding(name, Level.FAIL, f"{client.server_url}: {error.message}", KEY_HINT)
    except HitlError as error:
        return Finding(name, Level.FAIL, error.message, error.hint)
    if client.server_url.startswith("http:") and not is_loopback(client.server_url):
        message = f"{client.server_url} answers, but your key goes there in the clear."
        return Finding(name, Level.WARN, message, "Use https unless only you can read that network.")
    return Finding(name, Level.OK, f"{client.server_url} answers and takes the key.")


def _owners(settings: Settings, client: ClientConfig) -> Finding:
    """Warn when whoever asks could also answer. design: the trust boundary is the OS user."""
    name = "who asks, who answers"
    folder = settings.data_dir
    if not client.has_credential or not folder.exists() or folder.stat().st_uid != os.getuid():
        return Finding(name, Level.OK, "No agent credential and data folder in one hand here.")
    return Finding(
        name,
        Level.WARN,
        f"The agent's credential ({client.key_source}) and the data folder have one owner.",
        "A program that runs as you could answer its own questions. To rule that out, run the server as "
        "another user or on another machine.",
    )
