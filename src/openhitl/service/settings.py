"""The settings of a service's cases: what its code says, nothing from the environment."""

from __future__ import annotations

import re
from typing import TypedDict, Unpack

from pydantic import SecretStr, ValidationError
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource

from openhitl.errors import SetupError
from openhitl.settings import Settings

#: What means the same in an address, in a path as servers decode it, and in a framework's route.
_PREFIX = re.compile(r"(/(?!\.{1,2}(?:/|$))[A-Za-z0-9._~-]+)*")


class Options(TypedDict, total=False):
    """What may be set beside the address and the database; as the server's settings of the same names."""

    poll_rate: int
    retention_days: int
    allow_default_approve: bool
    default_ref_origins: str
    private_networks: str
    world_id_rp_id: str
    world_id_app_id: str
    world_id_signing_key: str
    world_id_environment: str
    world_id_api: str


class ServiceSettings(Settings):
    """The server's settings, said in code."""

    secret_key: SecretStr

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Take what the code says."""
        return (init_settings,)


def service_settings(
    database_url: str, secret: str, *, base_url: str, prefix: str, **options: Unpack[Options]
) -> ServiceSettings:
    """Check what a service says. Raises: SetupError."""
    if not _PREFIX.fullmatch(prefix):
        raise SetupError(
            f"The prefix must be like /hitl or /api/hitl, of letters, digits and . _ ~ - only: {prefix!r}."
        )
    if not base_url:
        raise SetupError("base_url is missing: the https address at which people reach this service.")
    try:
        return ServiceSettings.model_validate(
            {
                "database_url": database_url,
                "secret_key": secret,
                "base_url": base_url.rstrip("/") + prefix,
                "agent_rate": 0,  # who may ask, and how often, is the service's to say
                **options,
            }
        )
    except ValidationError as error:
        said = (f"{'.'.join(map(str, issue['loc']))}: {issue['msg']}" for issue in error.errors())
        raise SetupError("; ".join(said)) from error
