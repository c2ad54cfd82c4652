"""Verification policies: what evidence an answer needs, and what meets it. HITL v0.8 §7.6."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, TypeVar

from openhitl.errors import UnsupportedField
from openhitl.protocol.problems import Problems, each_of, flag_of, invalid, list_of, object_of, text_of
from openhitl.protocol.record import record
from openhitl.protocol.timestamps import parse_timestamp, timestamp

PROOF_OF_HUMAN = "proof_of_human"
#: Who verifies passkeys: this server itself.
PASSKEY = "passkey"
MAX_BRANCHES = 10
MAX_REQUIREMENTS = 10
MAX_FRESHNESS = timedelta(days=7)
MAX_NAME_CHARACTERS = 100
#: Answers that let nothing happen: where a policy only steps up, they need no evidence.
REFUSING = frozenset({"reject", "cancel", "skip", "abort"})
FORMATS = frozenset({"provider_opaque", "jwt", "zkp", "attestation"})
FIELD = "verification_policy"
#: What assurance passkey asks for.
PASSKEY_POLICY: Mapping[str, Any] = {
    "mode": "required",
    "required_for": ["browser_submit"],
    "requirements": {"any_of": [{"all_of": [{"proof_type": PROOF_OF_HUMAN, "provider": PASSKEY}]}]},
    "binding": {"case_id": True, "action": True, "freshness_seconds": 300, "single_use": True},
    "fallback": {"on_missing": "browser_review", "on_invalid": "browser_review"},
}
_FIELDS = frozenset({"mode", "required_for", "requirements", "binding", "fallback"})
_BINDING = frozenset({"case_id", "action", "challenge", "freshness_seconds", "expires_at", "single_use"})
_REQUIREMENT = frozenset({"proof_type", "provider", "min_assurance", "presentation_formats"})
_Word = TypeVar("_Word", bound=StrEnum)


class Mode(StrEnum):
    """Whether evidence is needed: never, always, or for answers that let something happen."""

    OPTIONAL = "optional"
    REQUIRED = "required"
    STEP_UP = "step_up"


class SubmitPath(StrEnum):
    """How an answer comes in: relayed by an agent, or from the review page."""

    INLINE = "inline_submit"
    BROWSER = "browser_submit"


class Level(StrEnum):
    """How sure a provider is, weakest first."""

    LOW = "low"
    MEDIUM = "medium"
    HIGH = "high"

    @property
    def rank(self) -> int:
        return list(Level).index(self)


class Fallback(StrEnum):
    """Where somebody without good evidence is sent: to the review page, or nowhere."""

    BROWSER_REVIEW = "browser_review"
    REJECT = "reject"


@record(frozen=True, slots=True, kw_only=True)
class Ability:
    """What a provider can verify: types, forms and paths of evidence, and how sure it can be at most."""

    proof_types: frozenset[str]
    formats: frozenset[str]
    paths: frozenset[SubmitPath]
    most: Level


@record(frozen=True, slots=True, kw_only=True)
class Verified:
    """One piece of evidence that was verified, as far as a policy looks at it."""

    proof_type: str
    provider: str
    format: str
    level: Level


@record(frozen=True, slots=True, kw_only=True)
class Requirement:
    """One entry of `all_of`. None: whatever there is."""

    proof_type: str
    provider: str | None = None
    min_assurance: Level | None = None
    formats: tuple[str, ...] | None = None

    def is_met_by(self, verified: Verified) -> bool:
        """Tell whether a piece of evidence is what this asks for."""
        return (
            verified.proof_type == self.proof_type
            and self.provider in (None, verified.provider)
            and (self.min_assurance is None or verified.level.rank >= self.min_assurance.rank)
            and (self.formats is None or verified.format in self.formats)
        )

    def is_within(self, provider: str, ability: Ability) -> bool:
        """Tell whether a provider could ever meet this."""
        return any(
            self.is_met_by(Verified(proof_type=kind, provider=provider, format=form, level=ability.most))
            for kind in ability.proof_types
            for form in ability.formats
        )

    def __str__(self) -> str:
        least = f", at least {self.min_assurance}" if self.min_assurance else ""
        formats = f", as {' or '.join(self.formats)}" if self.formats else ""
        return f"{self.proof_type} by {self.provider or 'any provider'}{least}{formats}"


@record(frozen=True, slots=True, kw_only=True)
class VerificationPolicy:
    """What evidence a case asks for. Evidence is always bound to case and action, and good once.

    `any_of` holds branches, each of which is enough if all its requirements are met. `challenge` is made
    by this server. Evidence may be no older than `freshness`, and none counts from `expires_at` on.
    """

    mode: Mode
    required_for: tuple[SubmitPath, ...]
    any_of: tuple[tuple[Requirement, ...], ...]
    freshness: timedelta
    on_missing: Fallback = Fallback.BROWSER_REVIEW
    on_invalid: Fallback = Fallback.BROWSER_REVIEW
    expires_at: datetime | None = None
    challenge: str = ""

    def concerns(self, path: SubmitPath) -> bool:
        """Tell whether answers on this path are to be accompanied by evidence, if only by choice."""
        return path in self.required_for

    def needs(self, path: SubmitPath, action: str) -> bool:
        """Tell whether this answer on this path counts with evidence only."""
        if self.mode is Mode.OPTIONAL or not self.concerns(path):
            return False
        return self.mode is Mode.REQUIRED or action not in REFUSING

    def wants(self, provider: str) -> bool:
        """Tell whether every answer in the browser needs evidence of this provider, whatever else."""
        in_each = all(any(one.provider == provider for one in branch) for branch in self.any_of)
        return self.mode is Mode.REQUIRED and self.concerns(SubmitPath.BROWSER) and in_each

    def unmet(self, verified: Sequence[Verified]) -> list[str]:
        """Say of each branch what it lacks; nothing if one of them lacks nothing. HITL v0.8 §7.6."""
        lacking = []
        for branch in self.any_of:
            missing = [str(one) for one in branch if not any(map(one.is_met_by, verified))]
            if not missing:
                return []
            lacking.append(" and ".join(missing))
        return lacking

    def can_be_met(self, path: SubmitPath, providers: Mapping[str, Ability]) -> bool:
        """Tell whether these providers can meet a branch on this path."""
        able = {name: ability for name, ability in providers.items() if path in ability.paths}
        return any(
            all(any(one.is_within(name, ability) for name, ability in able.items()) for one in branch)
            for branch in self.any_of
        )


# -- read -------------------------------------------------------------------------------------


def parse_policy(
    raw: Any, *, now: datetime, deadline: datetime, providers: Mapping[str, Ability]
) -> VerificationPolicy:
    """Read what a creator asks for; it has no challenge yet.

    Raises: InvalidRequest with a path for each field that is wrong; UnsupportedField for a policy that
    nothing here can meet, so that its case could never be answered as it says.
    """
    if "challenge" in object_of(object_of(raw, FIELD).get("binding", {}), f"{FIELD}.binding"):
        invalid(f"{FIELD}.binding.challenge", "is made by this server; leave it out")
    policy = read_policy(raw)
    if policy.expires_at is not None and not now < policy.expires_at <= deadline:
        invalid(f"{FIELD}.binding.expires_at", "must lie between now and the case's deadline")
    for path in policy.required_for:
        if not policy.can_be_met(path, providers):
            able = [name for name, ability in providers.items() if path in ability.paths]
            raise UnsupportedField(
                f"Nothing that this server verifies can meet this policy for {path}.",
                field=FIELD,
                hint=f"For {path} it verifies {PROOF_OF_HUMAN} by {', '.join(able) or 'nobody'}.",
            )
    return policy


def read_policy(raw: Any) -> VerificationPolicy:
    """Read a policy as it is spelt on the wire and stored. Raises: InvalidRequest."""
    given = _members(raw, FIELD, _FIELDS)
    problems = Problems()
    take = problems.take
    mode = take(_word, given.get("mode"), f"{FIELD}.mode", Mode)
    required_for = take(_paths, given.get("required_for"))
    any_of = take(_branches, given.get("requirements"))
    bound = take(_bound, given.get("binding"))
    fallback = take(_fallback, given.get("fallback"))
    problems.raise_any()
    policy = VerificationPolicy(mode=mode, required_for=required_for, any_of=any_of, freshness=timedelta())
    return replace(policy, **bound, **fallback)


def _members(raw: Any, path: str, known: Iterable[str]) -> dict[str, Any]:
    given = object_of(raw, path)
    for name in given:
        if name not in known:
            invalid(f"{path}.{name[:MAX_NAME_CHARACTERS]}", "is not part of a verification policy")
    return given


def _word(raw: Any, path: str, words: type[_Word]) -> _Word:
    if raw not in list(words):
        invalid(path, f"must be one of {', '.join(words)}")
    return words(raw)


def _paths(raw: Any) -> tuple[SubmitPath, ...]:
    path = f"{FIELD}.required_for"
    listed = list_of(raw, path)
    if not listed or len(listed) > len(SubmitPath):
        invalid(path, f"must name {' or '.join(SubmitPath)}, or both")
    paths = each_of(listed, path, lambda one, where: _word(one, where, SubmitPath))
    if len(set(paths)) != len(paths):
        invalid(path, "must name each path once")
    return paths


def _branches(raw: Any) -> tuple[tuple[Requirement, ...], ...]:
    path = f"{FIELD}.requirements"
    given = _members(raw, path, ("any_of",))
    return _some(given.get("any_of"), f"{path}.any_of", MAX_BRANCHES, _branch)


def _branch(raw: Any, path: str) -> tuple[Requirement, ...]:
    given = _members(raw, path, ("all_of",))
    return _some(given.get("all_of"), f"{path}.all_of", MAX_REQUIREMENTS, _requirement)


_Read = TypeVar("_Read")


def _some(raw: Any, path: str, most: int, read: Callable[[Any, str], _Read]) -> tuple[_Read, ...]:
    listed = list_of(raw, path)
    if not 1 <= len(listed) <= most:
        invalid(path, f"must hold 1 to {most}")
    return each_of(listed, path, read)


def _requirement(raw: Any, path: str) -> Requirement:
    given = _members(raw, path, _REQUIREMENT)
    provider, least, formats = (
        given.get(name) for name in ("provider", "min_assurance", "presentation_formats")
    )
    return Requirement(
        proof_type=_proof_type(given.get("proof_type"), f"{path}.proof_type"),
        provider=None if provider is None else _name(provider, f"{path}.provider"),
        min_assurance=None if least is None else _word(least, f"{path}.min_assurance", Level),
        formats=None if formats is None else _formats(formats, f"{path}.presentation_formats"),
    )


def _name(raw: Any, path: str) -> str:
    return text_of(raw, path, least=1, most=MAX_NAME_CHARACTERS)


def _proof_type(raw: Any, path: str) -> str:
    return named(raw, path, {PROOF_OF_HUMAN})


def _formats(raw: Any, path: str) -> tuple[str, ...]:
    return _some(raw, path, MAX_REQUIREMENTS, lambda one, where: named(one, where, FORMATS))


def named(raw: Any, path: str, known: Iterable[str]) -> str:
    """Read a name that the protocol knows, or one of somebody's own. Raises: InvalidRequest."""
    name = _name(raw, path)
    if name not in known and not name.startswith("x-"):
        invalid(path, f"must be one of {', '.join(sorted(known))}, or begin with x-")
    return name


def _bound(raw: Any) -> dict[str, Any]:
    path = f"{FIELD}.binding"
    given = _members(raw, path, _BINDING)
    for name in ("case_id", "action", "single_use"):
        if not flag_of(given.get(name), f"{path}.{name}"):
            invalid(
                f"{path}.{name}", "must be true: evidence here is bound to case and action, and good once"
            )
    seconds = given.get("freshness_seconds")
    most = int(MAX_FRESHNESS.total_seconds())
    if type(seconds) is not int or not 1 <= seconds <= most:
        invalid(f"{path}.freshness_seconds", f"must be a whole number from 1 to {most}")
    expires_at, challenge = given.get("expires_at"), given.get("challenge")
    return {
        "freshness": timedelta(seconds=seconds),
        "expires_at": None if expires_at is None else _instant(expires_at, f"{path}.expires_at"),
        "challenge": "" if challenge is None else _name(challenge, f"{path}.challenge"),
    }


def _instant(raw: Any, path: str) -> datetime:
    try:
        return parse_timestamp(text_of(raw, path, most=MAX_NAME_CHARACTERS))
    except ValueError:
        invalid(path, "must be ISO 8601 with a time zone, like 2026-02-20T10:00:00Z")


def _fallback(raw: Any) -> dict[str, Any]:
    path = f"{FIELD}.fallback"
    given = _members(raw, path, ("on_missing", "on_invalid"))
    return {name: _word(given.get(name), f"{path}.{name}", Fallback) for name in ("on_missing", "on_invalid")}


# -- spelt ------------------------------------------------------------------------------------


def spelled(policy: VerificationPolicy) -> dict[str, Any]:
    """Spell a policy as the hitl object has it and as it is stored."""
    binding: dict[str, Any] = {
        "case_id": True,
        "action": True,
        "freshness_seconds": int(policy.freshness.total_seconds()),
        "single_use": True,
    }
    if policy.challenge:
        binding["challenge"] = policy.challenge
    if policy.expires_at is not None:
        binding["expires_at"] = timestamp(policy.expires_at)
    return {
        "mode": policy.mode.value,
        "required_for": [path.value for path in policy.required_for],
        "requirements": {"any_of": [{"all_of": list(map(_spelled, branch))} for branch in policy.any_of]},
        "binding": binding,
        "fallback": {"on_missing": policy.on_missing.value, "on_invalid": policy.on_invalid.value},
    }


def _spelled(requirement: Requirement) -> dict[str, Any]:
    told: dict[str, Any] = {"proof_type": requirement.proof_type}
    if requirement.provider is not None:
        told["provider"] = requirement.provider
    if requirement.min_assurance is not None:
        told["min_assurance"] = requirement.min_assurance.value
    if requirement.formats is not None:
        told["presentation_formats"] = list(requirement.formats)
    return told
