"""Evidence that comes with an answer: its form, what it is bound to, and who verifies it. HITL v0.8 §7.6."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import field
from datetime import datetime
from typing import Any, Protocol

from openhitl.protocol import jcs
from openhitl.protocol.base64url import decode
from openhitl.protocol.case import Assurance, Json
from openhitl.protocol.compact import compact
from openhitl.protocol.policies import (
    FORMATS,
    MAX_NAME_CHARACTERS,
    PROOF_OF_HUMAN,
    Ability,
    VerificationPolicy,
    Verified,
    named,
)
from openhitl.protocol.problems import each_of, invalid, list_of, object_of, text_of
from openhitl.protocol.record import record
from openhitl.protocol.timestamps import timestamp

FIELD = "verification_evidence"
MAX_EVIDENCE = 10
MAX_PRESENTATION_BYTES = 32_768
_FIELDS = ("proof_type", "provider", "format", "presentation", "binding")


@record(frozen=True, slots=True, kw_only=True)
class Evidence:
    """One piece of evidence as it was sent; nothing of it is verified. `binding` are hints."""

    proof_type: str
    provider: str
    format: str
    presentation: str | Json
    binding: Json = field(default_factory=dict)


@record(frozen=True, slots=True, kw_only=True)
class Bound:
    """What evidence has to be bound to. `nonce` was made by this server, at `issued_at`, for this case.

    `person_id` is who answers, where that is known: then it is their passkey that counts.
    """

    case_id: str
    action: str
    data_digest: str
    shown_digest: str
    nonce: str
    issued_at: datetime
    person_id: int | None = None

    @property
    def digest(self) -> bytes:
        """SHA-256 over RFC 8785: whoever proves something over it has decided this and nothing else."""
        return decode(self.spelled)

    @property
    def spelled(self) -> str:
        """The digest as base64url."""
        return jcs.digest(
            {
                "action": self.action,
                "case_id": self.case_id,
                "data_digest": self.data_digest,
                "nonce": self.nonce,
                "shown_digest": self.shown_digest,
            }
        )


@record(frozen=True, slots=True, kw_only=True)
class Proven:
    """What verified evidence shows. The evidence itself goes no further.

    `once` names what must not be used again, whatever the case: no two proofs that count as one may
    differ in it. `name` is whose it is and `assurance` how sure that makes us, if the provider knows.
    `key` and `counter` are what the provider wants to be told again in `accepted`.
    """

    verified: Verified
    once: bytes
    name: str | None = None
    assurance: Assurance = Assurance.LINK
    key: int | None = None
    counter: int = 0


class Provider(Protocol):
    """Whoever verifies evidence of one kind."""

    @property
    def name(self) -> str:
        """The provider's name in policies and evidence."""

    @property
    def ability(self) -> Ability:
        """What policies may ask of it."""

    def request(self, bound: Bound) -> Json:
        """Say what a person's device needs to prove something over `bound.digest`."""

    async def verify(self, evidence: Evidence, bound: Bound) -> Proven:
        """Verify evidence. Raises: VerificationFailed; VerifierUnavailable if nobody can tell now."""

    async def accepted(self, proven: Proven) -> None:
        """Learn that an answer counts that this evidence came with."""


def parse_evidence(raw: Any) -> tuple[Evidence, ...]:
    """Read a list of evidence. Raises: InvalidRequest with a path for each field that is wrong."""
    listed = list_of(raw, FIELD)
    if len(listed) > MAX_EVIDENCE:
        invalid(FIELD, f"must hold at most {MAX_EVIDENCE}")
    return each_of(listed, FIELD, _piece)


def _piece(raw: Any, path: str) -> Evidence:
    given = object_of(raw, path)
    for name in given:
        if name not in _FIELDS:
            invalid(f"{path}.{name[:MAX_NAME_CHARACTERS]}", "is not part of evidence")
    presentation = given.get("presentation")
    if not isinstance(presentation, str | dict):
        invalid(f"{path}.presentation", "must be text or an object")
    if len(compact(presentation)) > MAX_PRESENTATION_BYTES:
        invalid(f"{path}.presentation", f"must be at most {MAX_PRESENTATION_BYTES} bytes of JSON")
    return Evidence(
        proof_type=named(given.get("proof_type"), f"{path}.proof_type", {PROOF_OF_HUMAN}),
        provider=text_of(given.get("provider"), f"{path}.provider", least=1, most=MAX_NAME_CHARACTERS),
        format=named(given.get("format"), f"{path}.format", FORMATS),
        presentation=presentation,
        binding=_hints(given.get("binding"), f"{path}.binding"),
    )


def _hints(raw: Any, path: str) -> Json:
    given = object_of(raw, path)
    for name in ("case_id", "action", "challenge"):
        if name in given:
            text_of(given[name], f"{path}.{name}", most=MAX_NAME_CHARACTERS * 2)
    return given


def verification_result(policy: VerificationPolicy, proven: Sequence[Proven], *, now: datetime) -> Json:
    """Spell what was verified, whoever the provider, and what is missing. HITL v0.8 §7.6."""
    missing = policy.unmet([one.verified for one in proven])
    return {
        "satisfied": not missing,
        "verified_evidence": [
            {
                "proof_type": one.verified.proof_type,
                "provider": one.verified.provider,
                "assurance_level": one.verified.level.value,
                "bound_to_case": True,
                "bound_to_action": True,
                "fresh": True,
                "single_use_enforced": True,
                "verified_at": timestamp(now),
            }
            for one in proven
        ],
        "missing_requirements": missing,
    }
