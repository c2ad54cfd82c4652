"""Whether an answer comes with the evidence that its case asks for. HITL v0.8 §7.6.

Everything that takes time, cryptography and other servers, is done here, before the writer's queue. That
evidence is used once is decided behind it, with the answer.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from datetime import datetime

from openhitl.cases.casefiles import CaseFile
from openhitl.cases.urls import CaseUrls
from openhitl.errors import (
    CallerError,
    StoreError,
    UnsupportedField,
    VerificationFailed,
    VerificationRequired,
)
from openhitl.protocol.case import Actor, Answer, Assurance, Json
from openhitl.protocol.evidence import Bound, Evidence, Proven, Provider, verification_result
from openhitl.protocol.people import person_of
from openhitl.protocol.policies import Fallback, SubmitPath, VerificationPolicy
from openhitl.protocol.record import record
from openhitl.store.challenges import Challenges


@record(frozen=True, slots=True, kw_only=True)
class Proof:
    """An answer with what was verified about it, who is then known to give it, and what that used up."""

    answer: Answer
    actor: Actor
    proven: tuple[Proven, ...] = ()

    @property
    def spent(self) -> tuple[bytes, ...]:
        """Digests of what must not be used again."""
        once = (f"{one.verified.provider}\0".encode() + one.once for one in self.proven)
        return tuple(hashlib.sha256(one).digest() for one in once)


class Prover:
    """Has evidence verified by whoever can.

    Args:
        providers: whoever verifies evidence, by name.
    """

    def __init__(self, providers: Mapping[str, Provider], challenges: Challenges, urls: CaseUrls) -> None:
        self._providers = providers
        self._challenges = challenges
        self._urls = urls

    def request(self, file: CaseFile, answer: Answer, actor: Actor, now: datetime) -> dict[str, Json | str]:
        """Make a challenge, and say what devices need to prove this very answer over it, by provider.

        Raises: UnsupportedField if this answer is to be accompanied by no evidence.
        """
        policy = file.content.policy
        path = SubmitPath(answer.mode)
        if policy is None or not policy.concerns(path):
            raise _not_asked()
        nonce = self._challenges.issue(file.case_id, now)
        bound = _bound(file, answer, actor, nonce, now)
        able = [one for one in self._providers.values() if path in one.ability.paths]
        return {"challenge": nonce, **{one.name: one.request(bound) for one in able}}

    async def prove(
        self, file: CaseFile, answer: Answer, evidence: Sequence[Evidence], actor: Actor, *, now: datetime
    ) -> Proof:
        """Verify what came with an answer.

        Raises: VerificationRequired, VerificationFailed, VerifierUnavailable; UnsupportedField for
        evidence that nobody asked for: it must not look as if it counted.
        """
        policy = file.content.policy
        if policy is None:
            if evidence:
                raise _not_asked()
            return Proof(answer=answer, actor=actor)
        path = SubmitPath(answer.mode)
        if not evidence:
            if policy.needs(path, answer.action):
                raise self._refusal(VerificationRequired, file, path, policy.on_missing)
            return Proof(answer=answer, actor=actor)
        try:
            _check_one_each(evidence)
            proven = tuple([await self._verify(policy, file, answer, one, actor, now) for one in evidence])
        except VerificationFailed as error:
            raise self._refusal(VerificationFailed, file, path, policy.on_invalid, error) from error
        result = verification_result(policy, proven, now=now)
        if not result["satisfied"] and policy.needs(path, answer.action):
            lacking = VerificationFailed(
                f"What was shown is not enough: {result['missing_requirements'][0]}."
            )
            raise self._refusal(VerificationFailed, file, path, policy.on_invalid, lacking)
        name = next((one.name for one in proven if one.name), answer.name)
        proved = replace(answer, verification=result, name=name)
        return Proof(answer=proved, actor=_known(actor, proven, name), proven=proven)

    async def accepted(self, proof: Proof) -> None:
        """Tell everybody whose evidence counted. The answer stands whatever comes of this."""
        for one in proof.proven:
            with suppress(StoreError):
                await self._providers[one.verified.provider].accepted(one)

    async def _verify(
        self,
        policy: VerificationPolicy,
        file: CaseFile,
        answer: Answer,
        evidence: Evidence,
        actor: Actor,
        now: datetime,
    ) -> Proven:
        path = SubmitPath(answer.mode)
        provider = self._providers.get(evidence.provider)
        if provider is None or path not in provider.ability.paths:
            raise VerificationFailed("This server verifies no evidence of that provider here.")
        able = provider.ability
        if evidence.proof_type not in able.proof_types or evidence.format not in able.formats:
            raise VerificationFailed("That is not a kind of evidence which this provider gives.")
        nonce = evidence.binding.get("challenge", policy.challenge)
        for name, value in (("case_id", file.case_id), ("action", answer.action)):
            if evidence.binding.get(name, value) != value:
                raise VerificationFailed(f"The evidence is for another {name}.")
        issued_at = self._challenges.issued_at(nonce, file.case_id)
        # Nothing was proven over a challenge before there was one, so its age is the most that any
        # evidence over it can have.
        if now - issued_at > policy.freshness or (policy.expires_at is not None and now >= policy.expires_at):
            raise VerificationFailed("The evidence is too old.")
        return await provider.verify(evidence, _bound(file, answer, actor, nonce, issued_at))

    def _refusal(
        self,
        kind: type[CallerError],
        file: CaseFile,
        path: SubmitPath,
        fallback: Fallback,
        error: CallerError | None = None,
    ) -> CallerError:
        """Say with a refusal where the case can be answered. HITL v0.8 §7.6 "Step-Up Errors"."""
        details = {"case_id": file.case_id}
        if path is SubmitPath.INLINE and fallback is Fallback.BROWSER_REVIEW:
            details["review_url"] = self._urls.review(file.case_id)
        return kind(error.message if error else None, **details)


def _check_one_each(evidence: Sequence[Evidence]) -> None:
    """Check that nobody has the same provider asked over and over for one answer."""
    if len({one.provider for one in evidence}) < len(evidence):
        raise VerificationFailed("There is more than one piece of evidence of the same provider.")


def _bound(file: CaseFile, answer: Answer, actor: Actor, nonce: str, issued_at: datetime) -> Bound:
    return Bound(
        case_id=file.case_id,
        action=answer.action,
        data_digest=answer.data_digest,
        shown_digest=answer.shown_digest,
        nonce=nonce,
        issued_at=issued_at,
        person_id=person_of(actor),
    )


def _known(actor: Actor, proven: Sequence[Proven], name: str | None) -> Actor:
    """Say of an actor what the evidence tells: never less than was known before."""
    levels = (actor.assurance, *(one.assurance for one in proven))
    return replace(actor, assurance=max(levels, key=list(Assurance).index), name=name or actor.name)


def _not_asked() -> UnsupportedField:
    return UnsupportedField("This case asks for no evidence here.", field="verification_evidence")
