"""Where the server is and which key opens it: found with the standard library alone.

In order: what the program passes, the environment (`HITL_SERVER_URL`, `HITL_API_KEY`, each also as
`…_FILE`), what `hitl login` got, and for a server on this machine the key file that it wrote for the user
who runs it.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from urllib.parse import urlsplit

from openhitl.client.credentials import Credential
from openhitl.client.logins import Identity, Login, Logins, config_dir
from openhitl.client.origins import is_loopback, origin_of
from openhitl.client.renewal import LoginRenewal
from openhitl.errors import SetupError

if sys.platform != "win32":
    import fcntl

DEFAULT_PORT = 4485
LOCAL_KEY_NAME = "local.key"
LOCK_NAME = "server.lock"


@dataclass(frozen=True, slots=True, kw_only=True)
class ClientConfig:
    """One server and the credential for it.

    `server_url` has no trailing slash. `configured` tells a server that somebody named, or logged in
    to by name, from the default one on this machine. The credential is an `api_key` or a `login`;
    `key_source` says where it came from, and `server_source` where the server did, for `hitl config`.
    `lock` is set where no server was named: anybody on this machine may listen on the default port, but
    only this user's server holds this file's lock.
    """

    server_url: str
    api_key: str | None = field(default=None, repr=False)
    login: Login | None = None
    configured: bool = True
    key_source: str = ""
    server_source: str = "default"
    lock: Path | None = None
    logins: Logins = field(default_factory=lambda: Logins(config_dir()), repr=False)

    @property
    def is_trusted(self) -> bool:
        """Whether the server is the one that is meant. design: the trust boundary is the OS user."""
        return self.lock is None or _is_held(self.lock)

    @property
    def credential(self) -> Credential:
        """The key or login as a header, for this server alone."""
        headers = {"Authorization": f"Bearer {self.api_key}"} if self.api_key else {}
        renewal = LoginRenewal(self.logins, self.login) if self.login and not self.api_key else None
        return Credential(self.server_url, headers, lambda: self.is_trusted, renewal)

    @property
    def has_credential(self) -> bool:
        """Whether there is anything to let us in."""
        return self.api_key is not None or self.login is not None


def load_config(
    server_url: str | None = None,
    api_key: str | None = None,
    *,
    environ: Mapping[str, str] = os.environ,
) -> ClientConfig:
    """Find the server and the key.

    A key found in a file of this machine's data folder is used only for a server on this machine.
    Raises: SetupError if a URL is not one, or if a file that was named cannot be read.
    """
    found = find_server(server_url, environ=environ)
    if api_key:
        return replace(found, api_key=api_key, key_source="given", lock=None)
    key = from_environment("HITL_API_KEY", environ)
    if key is not None:
        return replace(found, api_key=key, key_source="HITL_API_KEY", lock=None)
    login = found.logins.find(found.server_url, Identity.AGENT)
    if login is not None:
        where = found.logins.where(found.server_url, Identity.AGENT)
        return replace(found, login=login, key_source=f"login of {login.name}, in {where}")
    if is_loopback(found.server_url):
        path = data_dir(environ) / LOCAL_KEY_NAME
        key = _read_key(path)
        return replace(found, api_key=key, key_source=str(path) if key else "")
    return found


def load_person(server_url: str | None = None, *, environ: Mapping[str, str] = os.environ) -> ClientConfig:
    """Find the server and what `hitl signin` got from it: a person's credential and no other.

    Raises: SetupError.
    """
    found = find_server(server_url, environ=environ, identity=Identity.PERSON)
    login = found.logins.find(found.server_url, Identity.PERSON)
    if login is None:
        return found
    where = found.logins.where(found.server_url, Identity.PERSON)
    return replace(found, login=login, key_source=f"sign-in of {login.name}, in {where}")


def find_server(
    server_url: str | None = None,
    *,
    environ: Mapping[str, str] = os.environ,
    identity: Identity = Identity.AGENT,
) -> ClientConfig:
    """Find the server alone, without a credential. Raises: SetupError.

    If none is named it is the one that the last login of this identity named.
    """
    logins = Logins(config_dir(environ))
    candidates = (
        ("given", server_url),
        ("environment", from_environment("HITL_SERVER_URL", environ)),
    )
    source, named = next(((name, url) for name, url in candidates if url), ("login", None))
    named = named or logins.server(identity)
    url = (named or local_url(environ)).rstrip("/")
    _check(url)
    return ClientConfig(
        server_url=url,
        configured=named is not None,
        server_source=source if named else "default",
        lock=None if named else data_dir(environ) / LOCK_NAME,
        logins=logins,
    )


def local_url(environ: Mapping[str, str] = os.environ) -> str:
    """Return where a server of this user listens, if one runs."""
    port = environ.get("HITL_PORT") or str(DEFAULT_PORT)
    return f"http://localhost:{port}"


def data_dir(environ: Mapping[str, str] = os.environ) -> Path:
    """Return the server's data folder of this user: `HITL_DATA_DIR`, else the XDG data folder."""
    named = from_environment("HITL_DATA_DIR", environ)
    if named:
        return Path(named)
    base = environ.get("XDG_DATA_HOME")
    return (Path(base) if base else Path.home() / ".local" / "share") / "openhitl"


def from_environment(name: str, environ: Mapping[str, str] = os.environ) -> str | None:
    """Read a variable, or the file that `<name>_FILE` names; None if neither is set.

    Raises: SetupError if that file cannot be read.
    """
    value = environ.get(name)
    if value:
        return value
    path = environ.get(f"{name}_FILE")
    if not path:
        return None
    try:
        return Path(path).read_text(encoding="utf-8").strip() or None
    except (OSError, UnicodeDecodeError) as error:
        raise SetupError(f"{name}_FILE: {error}") from error


def _is_held(lock: Path) -> bool:
    """Tell whether a process holds a lock, without keeping it from anybody for longer than a moment."""
    if sys.platform == "win32":
        return True
    try:
        descriptor = os.open(lock, os.O_RDONLY)
    except OSError:
        return False
    try:
        fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    finally:
        os.close(descriptor)
    return False


def _read_key(path: Path) -> str | None:
    try:
        return path.read_text(encoding="ascii").strip() or None
    except FileNotFoundError:
        return None
    except (OSError, UnicodeDecodeError) as error:
        raise SetupError(f"The local key file cannot be read: {error}") from error


def _check(url: str) -> None:
    try:
        origin_of(url)
        parts = urlsplit(url)
    except ValueError as error:
        raise SetupError(f"HITL_SERVER_URL is not a URL: {error}") from error
    if parts.query or parts.fragment or parts.username:
        raise SetupError("HITL_SERVER_URL must have no query, fragment or user name.")
