"""Who verifies evidence for a server with these settings."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from openhitl.evidence import PasskeyProvider, RequestSigner, WorldApp, WorldIdProvider
from openhitl.evidence.world_id import Posts
from openhitl.protocol.evidence import Provider
from openhitl.protocol.passkeys import Passkey, RelyingParty
from openhitl.settings import Settings


def evidence_providers(
    settings: Settings,
    outbound: Posts,
    *,
    find_passkey: Callable[[bytes], Awaitable[Passkey | None]],
    passkey_used: Callable[[int, int], Awaitable[None]],
) -> list[Provider]:
    """Return passkeys where browsers have them, and World ID where it is set up.

    Args:
        find_passkey: reads a passkey that is not revoked by its credential id.
        passkey_used: notes a passkey's number and its new counter.
    """
    party = RelyingParty.of(settings.public_url)
    found: list[Provider] = []
    if party.has_name:
        found.append(PasskeyProvider(party, find=find_passkey, used=passkey_used))
    world = _world_app(settings)
    return [*found, WorldIdProvider(world, outbound)] if world else found


def _world_app(settings: Settings) -> WorldApp | None:
    key = settings.world_id_signing_key
    if not settings.world_id_rp_id:
        return None
    return WorldApp(
        rp_id=settings.world_id_rp_id,
        app_id=settings.world_id_app_id,
        environment=settings.world_id_environment,
        api=settings.world_id_api,
        signer=RequestSigner(key.get_secret_value()) if key is not None else None,
    )
