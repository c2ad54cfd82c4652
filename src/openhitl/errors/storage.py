"""Our own storage and set-up."""

from __future__ import annotations

from openhitl.errors.families import HitlError, StoreError


class Unavailable(StoreError):
    """The database cannot be written at the moment."""


class Overloaded(StoreError):
    """The server has more to do than it can take; try again."""

    code = "overloaded"


class OutcomeUnknown(StoreError):
    """The outcome of this write is not known yet; repeating it is safe."""

    code = "outcome_unknown"


class Stopping(StoreError):
    """This server is stopping; try again."""

    code = "stopping"


class SchemaTooNew(StoreError):
    """The database was written by a newer version of OpenHITL."""

    code = "schema_too_new"
    hint = "Upgrade OpenHITL, or restore a backup made by this version."


class WrongSecret(StoreError):
    """The root secret does not belong to this database."""

    code = "wrong_secret"
    hint = "Restore secret.key from its backup, or set HITL_SECRET_KEY to what the database was made with."


class SetupError(HitlError):
    """The configuration is not usable."""

    code = "bad_configuration"


class AlreadyServed(SetupError):
    """Another process serves this data folder. `url` is its address, None while it starts."""

    code = "already_served"

    def __init__(self, url: str | None) -> None:
        super().__init__("Another process serves this data folder.", url=url)
        self.url = url
