"""Verification policies: read, spelt, met. HITL v0.8 §7.6."""

from __future__ import annotations

import copy
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from openhitl.errors import InvalidRequest, UnsupportedField
from openhitl.protocol.policies import (
    Ability,
    Level,
    Mode,
    SubmitPath,
    VerificationPolicy,
    Verified,
    parse_policy,
    read_policy,
    spelled,
)

NOW = datetime(2026, 3, 26, 11, 35, tzinfo=UTC)
DEADLINE = NOW + timedelta(hours=1)
BOTH = frozenset(SubmitPath)
PASSKEY = Ability(
    proof_types=frozenset({"proof_of_human"}),
    formats=frozenset({"provider_opaque"}),
    paths=BOTH,
    most=Level.HIGH,
)
INLINE_ONLY = Ability(
    proof_types=frozenset({"proof_of_human"}),
    formats=frozenset({"zkp"}),
    paths=frozenset({SubmitPath.INLINE}),
    most=Level.MEDIUM,
)
PROVIDERS = {"passkey": PASSKEY, "zk": INLINE_ONLY}
RAW: dict[str, Any] = {
    "mode": "required",
    "required_for": ["inline_submit", "browser_submit"],
    "requirements": {"any_of": [{"all_of": [{"proof_type": "proof_of_human", "provider": "passkey"}]}]},
    "binding": {"case_id": True, "action": True, "freshness_seconds": 300, "single_use": True},
    "fallback": {"on_missing": "browser_review", "on_invalid": "reject"},
}


def raw(*keys: str | int, to: Any = None, **changes: Any) -> dict[str, Any]:
    """Return the raw policy with one member, named by its keys, set; without a value it is taken out."""
    changed = {**copy.deepcopy(RAW), **changes}
    place: Any = changed
    for key in keys[:-1]:
        place = place[key]
    if keys and to is None:
        del place[keys[-1]]
    elif keys:
        place[keys[-1]] = to
    return changed


def parse(given: Any) -> VerificationPolicy:
    return parse_policy(given, now=NOW, deadline=DEADLINE, providers=PROVIDERS)


def asking(*branches: list[dict[str, Any]], **changes: Any) -> VerificationPolicy:
    return read_policy(raw(requirements={"any_of": [{"all_of": branch} for branch in branches]}, **changes))


def verified(provider: str = "passkey", level: Level = Level.HIGH, **more: Any) -> Verified:
    given = {"proof_type": "proof_of_human", "format": "provider_opaque", **more}
    return Verified(provider=provider, level=level, **given)


FULL = {
    "proof_type": "proof_of_human",
    "provider": "passkey",
    "min_assurance": "medium",
    "presentation_formats": ["provider_opaque", "x-own"],
}


def test_a_policy_is_spelt_as_it_was_read():
    for given in (RAW, raw("requirements", "any_of", 0, "all_of", to=[FULL, {"proof_type": "x-role"}])):
        assert spelled(read_policy(given)) == given
    until = raw("binding", "expires_at", to="2026-03-26T12:00:00Z")
    until["binding"]["challenge"] = "opaque"
    assert spelled(read_policy(until)) == until


@pytest.mark.parametrize(
    ("given", "path"),
    [
        ([], ""),
        (raw("mode", to="always"), ".mode"),
        (raw("mode"), ".mode"),
        (raw("required_for"), ".required_for"),
        (raw("required_for", to=[]), ".required_for"),
        (raw("required_for", to=["inline_submit"] * 2), ".required_for"),
        (raw("required_for", to=["inline_submit"] * 3), ".required_for"),
        (raw("required_for", to=["review_page"]), ".required_for[0]"),
        (raw("requirements"), ".requirements"),
        (raw("requirements", to={"all_of": []}), ".requirements.all_of"),
        (raw("requirements", to={"any_of": []}), ".requirements.any_of"),
        (raw("requirements", to={"any_of": [{}]}), ".requirements.any_of[0].all_of"),
        (raw("requirements", to={"any_of": [{"all_of": []}]}), ".requirements.any_of[0].all_of"),
        (raw("requirements", to={"any_of": [{"all_of": [FULL]}] * 11}), ".requirements.any_of"),
        (raw("requirements", to={"any_of": [{"all_of": [FULL] * 11}]}), ".requirements.any_of[0].all_of"),
        (raw("binding"), ".binding"),
        (raw("binding", "case_id", to=False), ".binding.case_id"),
        (raw("binding", "action", to=False), ".binding.action"),
        (raw("binding", "single_use", to=False), ".binding.single_use"),
        (raw("binding", "single_use"), ".binding.single_use"),
        (raw("binding", "freshness_seconds", to=0), ".binding.freshness_seconds"),
        (raw("binding", "freshness_seconds", to=True), ".binding.freshness_seconds"),
        (raw("binding", "freshness_seconds", to=300.0), ".binding.freshness_seconds"),
        (raw("binding", "freshness_seconds", to=604_801), ".binding.freshness_seconds"),
        (raw("binding", "expires_at", to="tomorrow"), ".binding.expires_at"),
        (raw("binding", "expires_at", to="2026-03-26T11:35:00Z"), ".binding.expires_at"),
        (raw("binding", "expires_at", to="2026-03-26T12:35:01Z"), ".binding.expires_at"),
        (raw("binding", "challenge", to="mine"), ".binding.challenge"),
        (raw("binding", "nonce", to="mine"), ".binding.nonce"),
        (raw("fallback", "on_missing"), ".fallback.on_missing"),
        (raw("fallback", "on_invalid", to="accept"), ".fallback.on_invalid"),
        (raw("wat", to=1), ".wat"),
    ],
)
def test_what_is_no_policy_is_refused_at_its_place(given, path):
    with pytest.raises(InvalidRequest) as refused:
        parse(given)
    assert [error["path"] for error in refused.value.details["errors"]] == [f"verification_policy{path}"]


@pytest.mark.parametrize(
    ("requirement", "name"),
    [
        ({}, "proof_type"),
        ({"proof_type": "proof_of_dog"}, "proof_type"),
        ({**FULL, "provider": ""}, "provider"),
        ({**FULL, "min_assurance": "highest"}, "min_assurance"),
        ({**FULL, "presentation_formats": []}, "presentation_formats"),
        ({**FULL, "presentation_formats": ["pdf"]}, "presentation_formats[0]"),
        ({**FULL, "any_of": []}, "any_of"),
    ],
)
def test_what_is_no_requirement_is_refused_at_its_place(requirement, name):
    with pytest.raises(InvalidRequest) as refused:
        read_policy(raw(requirements={"any_of": [{"all_of": [requirement]}]}))
    where = f"verification_policy.requirements.any_of[0].all_of[0].{name}"
    assert [error["path"] for error in refused.value.details["errors"]] == [where]


@pytest.mark.parametrize(
    "branch",
    [
        [{"proof_type": "proof_of_human", "provider": "retina_inc"}],
        [{"proof_type": "x-badge"}],
        [{"proof_type": "proof_of_human", "provider": "zk"}],
        [{"proof_type": "proof_of_human", "provider": "passkey", "presentation_formats": ["jwt"]}],
        [{"proof_type": "proof_of_human", "provider": "passkey"}, {"proof_type": "x-badge"}],
    ],
)
def test_a_policy_that_nobody_here_can_meet_is_refused_when_it_is_made(branch):
    with pytest.raises(UnsupportedField) as refused:
        parse(raw(requirements={"any_of": [{"all_of": branch}]}))
    assert refused.value.details["field"] == "verification_policy"
    assert "passkey" in refused.value.hint


def test_too_high_a_level_is_one_that_nobody_can_meet():
    low = {"zk": INLINE_ONLY}
    given = raw("required_for", to=["inline_submit"])
    given["requirements"] = {
        "any_of": [{"all_of": [{"proof_type": "proof_of_human", "min_assurance": "high"}]}]
    }
    with pytest.raises(UnsupportedField):
        parse_policy(given, now=NOW, deadline=DEADLINE, providers=low)
    with pytest.raises(UnsupportedField) as refused:
        parse_policy(RAW, now=NOW, deadline=DEADLINE, providers={})
    assert "nobody" in refused.value.hint


def test_one_branch_that_can_be_met_is_enough():
    stranger = [{"proof_type": "proof_of_human", "provider": "retina_inc"}]
    any_human = [{"proof_type": "proof_of_human"}]
    given = raw(requirements={"any_of": [{"all_of": stranger}, {"all_of": any_human}]})
    assert parse(given).any_of[1][0].provider is None


def test_a_branch_is_met_by_all_of_its_requirements():
    """HITL v0.8 §7.6: OR of AND."""
    policy = asking(
        [{"proof_type": "proof_of_human", "provider": "passkey"}, {"proof_type": "x-badge"}],
        [{"proof_type": "proof_of_human", "provider": "zk", "min_assurance": "medium"}],
    )
    assert policy.unmet([verified(), verified("office", proof_type="x-badge")]) == []
    assert policy.unmet([verified("zk", Level.MEDIUM)]) == []
    assert policy.unmet([verified()]) == [
        "x-badge by any provider",
        "proof_of_human by zk, at least medium",
    ]
    assert policy.unmet([]) == [
        "proof_of_human by passkey and x-badge by any provider",
        "proof_of_human by zk, at least medium",
    ]
    assert policy.unmet([verified("zk", Level.LOW)]) == policy.unmet([])


def test_a_form_of_evidence_can_be_asked_for():
    policy = asking([{"proof_type": "proof_of_human", "presentation_formats": ["jwt", "zkp"]}])
    assert policy.unmet([verified(format="zkp")]) == []
    assert policy.unmet([verified()]) == ["proof_of_human by any provider, as jwt or zkp"]


@pytest.mark.parametrize(
    ("mode", "path", "action", "needs"),
    [
        ("required", "inline_submit", "approve", True),
        ("required", "inline_submit", "reject", True),
        ("required", "browser_submit", "approve", False),
        ("optional", "inline_submit", "approve", False),
        ("step_up", "inline_submit", "approve", True),
        ("step_up", "inline_submit", "reject", False),
        ("step_up", "browser_submit", "approve", False),
    ],
)
def test_who_needs_evidence_for_what(mode, path, action, needs):
    """HITL v0.8 §7.6 "Normative rules"; stepping up is for what lets something happen."""
    policy = read_policy(raw("required_for", to=["inline_submit"], mode=mode))
    assert policy.mode is Mode(mode)
    assert policy.needs(SubmitPath(path), action) is needs
