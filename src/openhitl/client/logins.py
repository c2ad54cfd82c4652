"""What `hitl login` and `hitl signin` got from servers, kept for this user.

One record for each server and identity. `agent` is who asks, `person` who answers; neither stands in for
the other. A record lies in the keyring of the operating system, or else in a file of mode 0600. Finding
one takes the standard library alone, unless a file says that it lies in the keyring.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from pathlib import Path
from typing import Any
from urllib.parse import quote

from openhitl.client.origins import origin_of, same_origin
from openhitl.client.private_files import locked, make_private, read_private, replace_private
from openhitl.client.vaults import Vault, system_vault
from openhitl.errors import SetupError
from openhitl.protocol.timestamps import parse_timestamp, timestamp

VERSION = 1
#: Before its end, so that no token ends on its way.
MARGIN = timedelta(seconds=30)


class Identity(StrEnum):
    """As whom a credential lets its holder in. No agent's credential ever decides."""

    AGENT = "agent"
    PERSON = "person"


@dataclass(frozen=True, slots=True, kw_only=True)
class Login:
    """What lets in at one server. `name` is the agent's or person's.

    Without a `refresh_token` it ends for good at `expires_at`; None is for as long as the server likes.
    The URLs lie on the server's own origin.
    """

    server_url: str
    identity: Identity
    name: str
    access_token: str = field(repr=False)
    refresh_token: str | None = field(default=None, repr=False)
    expires_at: datetime | None = None
    client_id: str = ""
    token_url: str = ""
    revocation_url: str = ""

    @property
    def headers(self) -> Mapping[str, str]:
        """The header that lets in."""
        return {"Authorization": f"Bearer {self.access_token}"}

    def is_due(self, *, now: datetime) -> bool:
        """Tell whether the access token has ended, or nearly, and another can be had."""
        ends = self.expires_at
        return self.refresh_token is not None and ends is not None and now >= ends - MARGIN


class Logins:
    """The records in a folder, and in the keyring. Every method raises SetupError if the folder is not
    this user's alone, or cannot be used."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def find(self, server_url: str, identity: Identity) -> Login | None:
        """Return the record for a server; None if there is none."""
        record = self._read(self._path(server_url, identity))
        if record is not None and record.get("kept") == "keyring":
            record = _from_keyring(_name(server_url, identity))
        if record is None:
            return None
        login = _login(record)
        # Else a file that was renamed would send one server's token to another.
        right = same_origin(login.server_url, server_url) and login.identity is identity
        return login if right else None

    def save(self, login: Login) -> str:
        """Keep a record in the place of what is there; return where it lies, to say it."""
        path = self._path(login.server_url, login.identity)
        vault, spelled = system_vault(), _spelled(login)
        if vault is not None and vault.put(_name(login.server_url, login.identity), json.dumps(spelled)):
            self._write(path, {"v": VERSION, "kept": "keyring"})
            return vault.title
        self._write(path, spelled)
        return str(path)

    def where(self, server_url: str, identity: Identity) -> str:
        """Say where a record lies."""
        path = self._path(server_url, identity)
        return "keyring" if self._is_in_keyring(path) else str(path)

    def find_readable(self, server_url: str, identity: Identity) -> Login | None:
        """Return the record for a server; None also for one that cannot be read any more."""
        try:
            return self.find(server_url, identity)
        except SetupError:
            return None

    def forget(self, server_url: str, identity: Identity) -> bool:
        """Delete a record, wherever it lies; tell whether there was one."""
        path = self._path(server_url, identity)
        if self._is_in_keyring(path):
            _vault().drop(_name(server_url, identity))
        return self._delete(path)

    def registered(self, server_url: str) -> str | None:
        """Return the client id that this user's command has at a server."""
        record = self._read(self._client_path(server_url)) or {}
        return str(record["client_id"]) if "client_id" in record else None

    def remember_client(self, server_url: str, client_id: str) -> None:
        """Keep the client id for the next login; it is no secret."""
        self._write(self._client_path(server_url), {"v": VERSION, "client_id": client_id})

    def server(self, identity: Identity) -> str | None:
        """Return the server of the last login of this kind that named one."""
        record = self._read(self._server_path(identity)) or {}
        return str(record["server_url"]) if "server_url" in record else None

    def remember_server(self, server_url: str, identity: Identity) -> None:
        """Make a server the one that is meant when none is named."""
        self._write(self._server_path(identity), {"v": VERSION, "server_url": server_url})

    def forget_server(self, server_url: str, identity: Identity) -> None:
        """Name no server any more, if it was this one."""
        if same_origin(self.server(identity) or "", server_url):
            self._delete(self._server_path(identity))

    @contextmanager
    def locked(self, server_url: str, identity: Identity) -> Iterator[None]:
        """Keep other processes of this user from changing a record meanwhile."""
        path = self._path(server_url, identity).with_suffix(".lock")
        with ExitStack() as held:
            try:
                make_private(self.folder)
                held.enter_context(locked(path))
            except OSError as error:
                raise _unusable(path, error) from error
            yield

    def _path(self, server_url: str, identity: Identity) -> Path:
        return self.folder / f"{identity}-{_place(server_url)}.json"

    def _server_path(self, identity: Identity) -> Path:
        return self.folder / f"{identity}.json"

    def _client_path(self, server_url: str) -> Path:
        return self.folder / f"client-{_place(server_url)}.json"

    def _read(self, path: Path) -> dict[str, Any] | None:
        if not _is_within_reach(path):
            return None
        try:
            return _parsed(read_private(path).decode())
        except FileNotFoundError:
            return None
        except OSError as error:
            raise _unusable(path, error) from error
        except ValueError as error:
            raise _unreadable(path) from error

    def _write(self, path: Path, record: Mapping[str, Any]) -> None:
        try:
            make_private(self.folder)
            replace_private(path, json.dumps(record, indent=1).encode())
        except OSError as error:
            raise _unusable(path, error) from error

    def _is_in_keyring(self, path: Path) -> bool:
        try:
            record = self._read(path) or {}
        except SetupError:
            return False
        return record.get("kept") == "keyring"

    def _delete(self, path: Path) -> bool:
        try:
            path.unlink()
        except FileNotFoundError:
            return False
        except OSError as error:
            raise _unusable(path, error) from error
        return True


def config_dir(environ: Mapping[str, str] = os.environ) -> Path:
    """Return where logins of this user are kept: `HITL_CONFIG_DIR`, else the XDG configuration folder."""
    named = environ.get("HITL_CONFIG_DIR")
    if named:
        return Path(named)
    base = environ.get("XDG_CONFIG_HOME")
    if base:
        return Path(base) / "openhitl"
    try:
        return Path.home() / ".config" / "openhitl"
    except RuntimeError:  # a user of a container who is nobody
        return Path(os.devnull) / "openhitl"


def _is_within_reach(path: Path) -> bool:
    """Tell whether there is a file, as far as we may know: a service may have no home, or a closed one."""
    try:
        path.lstat()
    except OSError:
        return False
    return True


def _place(server_url: str) -> str:
    """Spell an origin for a file's name."""
    scheme, host, port = origin_of(server_url)
    return quote(f"{scheme}-{host}-{port}", safe="")


def _name(server_url: str, identity: Identity) -> str:
    """Name a record in the keyring."""
    scheme, host, port = origin_of(server_url)
    return f"{identity} at {scheme}://{host}:{port}"


def _vault() -> Vault:
    vault = system_vault()
    if vault is None:
        raise SetupError(
            "The login lies in this system's keyring, which is not there now.",
            hint="Unlock it, or run `hitl login` again.",
        )
    return vault


def _from_keyring(name: str) -> dict[str, Any] | None:
    try:
        return _parsed(_vault().get(name))
    except ValueError as error:
        raise SetupError(
            f"What the keyring holds as {name!r} is no login.", hint="Run `hitl login` again."
        ) from error


def _parsed(text: str | None) -> dict[str, Any] | None:
    """Read a record. Raises: ValueError."""
    if text is None:
        return None
    record = json.loads(text)
    if not isinstance(record, dict) or record.get("v") != VERSION:
        raise ValueError("not a record of this version")
    return record


def _spelled(login: Login) -> dict[str, Any]:
    return {
        "v": VERSION,
        "server_url": login.server_url,
        "identity": str(login.identity),
        "name": login.name,
        "access_token": login.access_token,
        "refresh_token": login.refresh_token,
        "expires_at": timestamp(login.expires_at) if login.expires_at else None,
        "client_id": login.client_id,
        "token_url": login.token_url,
        "revocation_url": login.revocation_url,
    }


def _login(record: Mapping[str, Any]) -> Login:
    try:
        ends = record["expires_at"]
        return Login(
            server_url=str(record["server_url"]),
            identity=Identity(record["identity"]),
            name=str(record["name"]),
            access_token=str(record["access_token"]),
            refresh_token=record["refresh_token"],
            expires_at=parse_timestamp(ends).astimezone(UTC) if ends else None,
            client_id=str(record["client_id"]),
            token_url=str(record["token_url"]),
            revocation_url=str(record["revocation_url"]),
        )
    except (KeyError, TypeError, ValueError) as error:
        raise SetupError("The stored login makes no sense.", hint="Run `hitl login` again.") from error


def _unusable(path: Path, error: OSError) -> SetupError:
    return SetupError(
        f"{error.filename or path}: {error.strerror or error}.",
        hint="Set HITL_CONFIG_DIR to a folder of yours, or set HITL_API_KEY.",
    )


def _unreadable(path: Path) -> SetupError:
    return SetupError(f"This is not a stored login: {path}.", hint="Delete it and run `hitl login` again.")
