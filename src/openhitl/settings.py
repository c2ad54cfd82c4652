"""What can be set. One model: environment names, flags of `hitl serve`, `hitl config` and the docs
page all derive from it. Precedence: flag, environment, default.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Mapping, Sequence
from datetime import timedelta
from difflib import get_close_matches
from ipaddress import ip_network
from pathlib import Path
from typing import Any, Literal
from urllib.parse import quote, urlsplit

from pydantic import Field, SecretStr, ValidationError, field_validator, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from openhitl.errors import SetupError

PREFIX = "HITL_"
_PLAIN_URL = re.compile(r"[A-Za-z0-9:/\[\]._~%!$&()*+,;=@-]+")  # RFC 3986 §2, without quotes
_KEY = re.compile(r"(0x)?[0-9a-fA-F]{64}")
_ALLOWED = re.compile(r"\*|([!-?A-~]+@)?[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)*")
_PUSH_HOST = re.compile(r"(http://(localhost|127\.0\.0\.1)|[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)+)(:[0-9]{1,5})?")
#: Apple answers 403 BadJwtToken to whoever is to be reached at such a name.
_NOBODYS = frozenset({"localhost", "local", "invalid"})
LOCAL_HOSTS = frozenset({"localhost", "127.0.0.1", "::1"})

#: Where the address of a database may hold a password: before the host, or among the parameters.
_PASSWORDS = (re.compile(r"(//[^/:@]*:)([^@]+)(?=@)"), re.compile(r"([?&](?:ssl)?password=)([^&]+)"))
#: What is shown of a secret.
MASK = "********"
#: How alike two names are, from 0 to 1, when one is probably a slip for the other.
MISSPELLED = 0.9


def default_data_dir() -> Path:
    """Return the XDG data folder of OpenHITL."""
    base = os.environ.get("XDG_DATA_HOME") or Path.home() / ".local" / "share"
    return Path(base) / "openhitl"


class Settings(BaseSettings):
    """The server's settings; frozen. A secret's description says so and its value is a SecretStr."""

    model_config = SettingsConfigDict(env_prefix=PREFIX, frozen=True, extra="forbid")

    host: str = Field(default="127.0.0.1", description="Address to listen on.")
    port: int = Field(default=4485, ge=0, le=65535, description="Port to listen on; 0 picks a free one.")
    base_url: str = Field(
        default="",
        description="What people and agents see; default http://localhost:<port>. Anything but localhost "
        "must be https.",
    )
    database_url: str = Field(
        default="", description="postgresql://… ; default is SQLite in the data folder. May hold a password."
    )
    data_dir: Path = Field(default_factory=default_data_dir, description="Folder of the database and secret.")
    secret_key: SecretStr | None = Field(
        default=None,
        description="Root secret, 32 bytes as hex or base64url; default is a 0600 file in the data folder. "
        "Required with PostgreSQL.",
    )
    demo: bool = Field(default=False, description="Serve /api/demo, whose cases need no credentials.")
    allow_default_approve: bool = Field(
        default=False, description="Let agents ask that silence counts as approval."
    )
    agent_rate: int = Field(default=120, ge=0, description="Cases an agent may create per minute; 0: any.")
    poll_rate: int = Field(default=60, ge=0, description="Polls per minute and case; 0: any.")
    retention_days: int = Field(
        default=30, ge=0, le=36_500, description="Days after which a finished case is deleted; 0: never."
    )
    default_ref_origins: str = Field(
        default="",
        description="Origins, separated by commas, that a form's default_ref may be fetched from.",
    )
    private_networks: str = Field(
        default="", description="Networks (CIDR), separated by commas, that outgoing requests may reach."
    )
    trusted_proxies: str = Field(
        default="",
        description="Networks (CIDR), separated by commas, of proxies whose X-Forwarded-For is believed.",
    )

    push_contact: str = Field(
        default="",
        description="Web Push: whom push services can reach about this server, mailto:… or https:…; default "
        "is the base URL if that is https. Without one, nothing is pushed.",
    )
    push_hosts: str = Field(
        default="",
        description="Web Push: hosts (with :port if not 443), separated by commas, of push services beside "
        "those of the browsers.",
    )

    oidc_issuer: str = Field(
        default="",
        description="Single sign-on: the issuer of the OpenID provider, exactly as it spells it; without it "
        "there is none.",
    )
    oidc_client_id: str = Field(default="", description="Single sign-on: what this server is called there.")
    oidc_client_secret: SecretStr | None = Field(
        default=None, description="Single sign-on: its secret there; none for a public client."
    )
    oidc_allow: str = Field(
        default="",
        description="Single sign-on: whose first sign-in makes an account: e-mail addresses or domains, "
        "separated by commas, or * for anybody the provider lets in. Default: nobody's.",
    )
    oidc_name: str = Field(
        default="", max_length=60, description="Single sign-on: what the button says; default is the host."
    )

    world_id_rp_id: str = Field(
        default="",
        pattern=r"^((rp|app)_[A-Za-z0-9_]{1,100})?$",
        description="World ID: the rp_… that proofs are verified for; without it no policy can ask for them.",
    )
    world_id_app_id: str = Field(
        default="",
        pattern=r"^(app_[A-Za-z0-9_]{1,100})?$",
        description="World ID: the app_… that asks for proofs.",
    )
    world_id_signing_key: SecretStr | None = Field(
        default=None,
        description="World ID: the key that requests for proofs are signed with, as hexadecimal.",
    )
    world_id_environment: Literal["production", "staging", "sandbox"] = Field(
        default="production", description="World ID: which proofs count."
    )
    world_id_api: str = Field(
        default="https://developer.world.org",
        description="World ID: scheme and host of the API that verifies.",
    )

    @field_validator("base_url")
    @classmethod
    def _check_base_url(cls, value: str) -> str:
        if not value:
            return value
        parts = urlsplit(value)
        if parts.scheme not in ("http", "https") or not parts.hostname or parts.query or parts.fragment:
            raise ValueError("must be an absolute http(s) URL without query or fragment")
        if parts.username is not None or not _PLAIN_URL.fullmatch(value):
            raise ValueError("must hold no credentials, spaces or quotes; encode what is not ASCII")
        if parts.port is not None and not parts.port:
            raise ValueError("must not name port 0")
        if parts.scheme == "http" and parts.hostname not in LOCAL_HOSTS:
            raise ValueError("must be https for anything but localhost (HITL v0.8 §13.3)")
        return value.rstrip("/")

    @field_validator("default_ref_origins")
    @classmethod
    def _check_origins(cls, value: str) -> str:
        for text in _listed(value):
            parts = urlsplit(text)
            beyond = parts.path.strip("/") or parts.query or parts.fragment
            if parts.scheme not in ("http", "https") or not parts.hostname or parts.username or beyond:
                raise ValueError(f"{text} is not an origin like https://api.example.com")
        return value

    @field_validator("trusted_proxies")
    @classmethod
    def _check_proxies(cls, value: str) -> str:
        for text in _listed(value):
            ip_network(text, strict=False)  # says itself what is wrong
        return value

    @field_validator("push_contact")
    @classmethod
    def _check_push_contact(cls, value: str) -> str:
        problem = _contact_problem(value) if value else ""
        if problem:
            raise ValueError(problem)
        return value

    @field_validator("push_hosts")
    @classmethod
    def _check_push_hosts(cls, value: str) -> str:
        for text in _listed(value):
            if not _PUSH_HOST.fullmatch(text):
                raise ValueError(f"{text} is not a host like push.example.org or push.example.org:8443")
        return value

    @field_validator("oidc_issuer")
    @classmethod
    def _check_issuer(cls, value: str) -> str:
        parts = urlsplit(value)
        if value and (not _is_safe(value) or parts.query or parts.fragment or parts.username):
            raise ValueError("must be an https URL (http on localhost only) without query or fragment")
        return value

    @field_validator("oidc_allow")
    @classmethod
    def _check_allowed(cls, value: str) -> str:
        for text in _listed(value):
            if not _ALLOWED.fullmatch(text):
                raise ValueError(f"{text} is neither an e-mail address nor a domain nor *")
        return value

    @field_validator("world_id_api")
    @classmethod
    def _check_world_id_api(cls, value: str) -> str:
        parts = urlsplit(value)
        if not _is_safe(value):
            raise ValueError("must be an https URL (http on localhost only)")
        if parts.path.strip("/") or parts.query or parts.fragment or parts.username:
            raise ValueError("must be scheme and host alone")
        return value.rstrip("/")

    @field_validator("world_id_signing_key")
    @classmethod
    def _check_signing_key(cls, value: SecretStr | None) -> SecretStr | None:
        if value is not None and not _KEY.fullmatch(value.get_secret_value()):
            raise ValueError("must be 64 hexadecimal digits, with or without 0x")
        return value

    @model_validator(mode="after")
    def _check_world_id(self) -> Settings:
        if not self.world_id_rp_id and (self.world_id_app_id or self.world_id_signing_key is not None):
            raise ValueError("HITL_WORLD_ID_RP_ID is required with the other settings of World ID")
        return self

    @model_validator(mode="after")
    def _check_sso(self) -> Settings:
        others = (self.oidc_client_id, self.oidc_client_secret, self.oidc_allow, self.oidc_name)
        if any(others) and not self.oidc_issuer:
            raise ValueError("HITL_OIDC_ISSUER is required with the other settings of single sign-on")
        if self.oidc_issuer and not self.oidc_client_id:
            raise ValueError("HITL_OIDC_CLIENT_ID is required with HITL_OIDC_ISSUER")
        return self

    @model_validator(mode="after")
    def _check_secret(self) -> Settings:
        if self.database_url.startswith("postgres") and self.secret_key is None:
            raise ValueError("HITL_SECRET_KEY is required with PostgreSQL")
        return self

    @property
    def public_url(self) -> str:
        """The base of every URL that is given out, without a trailing slash."""
        return self.base_url or f"http://localhost:{self.port}"

    @property
    def database_file(self) -> Path:
        """The SQLite file, where no other database is set."""
        return self.data_dir / "openhitl.db"

    @property
    def store_url(self) -> str:
        """The database as a URL."""
        # A folder's name may hold what means something in a URL: `?`, `#`, `%`.
        return self.database_url or f"sqlite:///{quote(str(self.database_file))}"

    @property
    def retention(self) -> timedelta:
        """How long finished cases are kept; zero for ever."""
        return timedelta(days=self.retention_days)

    @property
    def ref_origins(self) -> frozenset[str]:
        """The origins that a form's defaults may be fetched from: in lower case, without a slash."""
        return frozenset(text.rstrip("/").lower() for text in _listed(self.default_ref_origins))

    @property
    def networks(self) -> Sequence[str]:
        """The networks that outgoing requests may reach although they are not public."""
        return _listed(self.private_networks)

    @property
    def push_subject(self) -> str:
        """Whom push services can reach; empty if there is nobody, and then nothing is pushed."""
        return self.push_contact or ("" if _contact_problem(self.public_url) else self.public_url)

    @property
    def push_services(self) -> Sequence[str]:
        """Push services beside those of the browsers."""
        return _listed(self.push_hosts)

    @property
    def oidc_allowed(self) -> Sequence[str]:
        """Whose first sign-in by the OpenID provider makes an account."""
        return _listed(self.oidc_allow)

    @property
    def oidc_label(self) -> str:
        """What the OpenID provider is called on pages; empty where there is none."""
        return self.oidc_name or urlsplit(self.oidc_issuer).hostname or ""

    @property
    def proxies(self) -> Sequence[str]:
        """The networks of the proxies that say for whom they call."""
        return _listed(self.trusted_proxies)


def in_force(settings: Settings, mask: Callable[[str, str], str]) -> dict[str, str | int | bool | None]:
    """Return every setting by the name of its variable; `mask` spells the secret of such a name."""
    return {
        name: _shown(name, getattr(settings, field), mask)
        for field in type(settings).model_fields
        for name in [f"{PREFIX}{field.upper()}"]
    }


def _shown(name: str, value: Any, mask: Callable[[str, str], str]) -> str | int | bool | None:
    if isinstance(value, SecretStr):
        return mask(name, value.get_secret_value())
    if name == "HITL_DATABASE_URL":
        for password in _PASSWORDS:
            value = password.sub(lambda found: found[1] + mask(name, found[2]), value)
    return value if value is None or isinstance(value, (bool, int)) else str(value)


def _is_safe(url: str) -> bool:
    """Tell whether nobody between us and an address can read or change what is sent."""
    parts = urlsplit(url)
    if parts.scheme == "http":
        return parts.hostname in LOCAL_HOSTS
    return parts.scheme == "https" and bool(parts.hostname)


def _listed(value: str) -> list[str]:
    return [text.strip() for text in value.split(",") if text.strip()]


def _contact_problem(contact: str) -> str:
    """Say why push services would not take this for whom to reach; nothing if they do. RFC 8292 §2.1."""
    parts = urlsplit(contact)
    name, _, host = parts.path.partition("@")
    is_whole = parts.scheme == "mailto" and bool(name)
    if parts.scheme == "https":
        host, is_whole = parts.hostname or "", True
    if not is_whole or not host or not _PLAIN_URL.fullmatch(contact):
        return "must be mailto:somebody@example.org or an https URL"
    if host.lower().rpartition(".")[2] in _NOBODYS:
        return f"{host} is no name that push services take: somebody has to be reached there"
    return ""


def load_settings(flags: Mapping[str, Any] | None = None) -> Settings:
    """Read the settings: flags that are not None win over the environment, that over the defaults.

    Any variable may be given as `HITL_…_FILE`, the name of a file that holds the value.
    Variables that begin like ours may be somebody else's, so only misspelled ones are refused.
    Raises: SetupError naming every variable that is wrong.
    """
    _refuse_misspelled(os.environ)
    given = {name: value for name, value in (flags or {}).items() if value is not None}
    try:
        return Settings(**{**_from_files(), **given})
    except ValidationError as error:
        lines = [f"{_name(issue['loc'])}: {_plain(issue['msg'])}" for issue in error.errors()]
        raise SetupError("; ".join(lines)) from error


def _refuse_misspelled(environment: Mapping[str, str]) -> None:
    known = [f"{PREFIX}{field.upper()}" for field in Settings.model_fields]
    names = {*known, *(f"{name}_FILE" for name in known)}
    for name in environment.keys() - names:
        meant = get_close_matches(name, names, n=1, cutoff=MISSPELLED) if name.startswith(PREFIX) else []
        if meant:
            raise SetupError(f"{name}: is not a setting; did you mean {meant[0]}?")


def _name(location: tuple[int | str, ...]) -> str:
    return PREFIX + str(location[0]).upper() if location else "settings"


def _plain(message: str) -> str:
    return message.removeprefix("Value error, ")


def _from_files() -> dict[str, str]:
    found = {}
    for field in Settings.model_fields:
        path = os.environ.get(f"{PREFIX}{field.upper()}_FILE")
        if path and f"{PREFIX}{field.upper()}" not in os.environ:
            try:
                found[field] = Path(path).read_text(encoding="utf-8").strip()
            except (OSError, UnicodeDecodeError) as error:
                raise SetupError(f"{PREFIX}{field.upper()}_FILE: {error}") from error
    return found
