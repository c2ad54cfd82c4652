"""Whoever verifies evidence: one file per provider. HITL v0.8 §7.6."""

from openhitl.evidence.passkey import PasskeyProvider
from openhitl.evidence.world_id import WorldApp, WorldIdProvider
from openhitl.evidence.world_request import RequestSigner

__all__ = ["PasskeyProvider", "RequestSigner", "WorldApp", "WorldIdProvider"]
