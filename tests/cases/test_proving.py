"""Which answers need evidence, for how long it is good, and where those without are sent. HITL v0.8 §7.6."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from openhitl.cases import Casebook
from openhitl.errors import DuplicateSubmission, UnsupportedField, VerificationFailed, VerificationRequired
from openhitl.evidence import PasskeyProvider
from openhitl.protocol.audit import OPERATOR
from openhitl.protocol.case import Actor, ActorKind, Assurance
from openhitl.protocol.evidence import Provider, parse_evidence
from openhitl.protocol.passkeys import NewPasskey, PasskeyHolder, RelyingParty
from openhitl.protocol.submission import Submission
from openhitl.protocol.timestamps import timestamp
from openhitl.store import Store
from tests.cases.books import LINK, MovableClock, ask, opened
from tests.evidence.authenticator import Authenticator
from tests.evidence.policies import evidence, policy

ORIGIN = "http://localhost:4485"
PRESS = Actor(kind=ActorKind.RELAYED, id="slack:U1", surface="inline", name="Al")
pytestmark = pytest.mark.anyio


@pytest.fixture
def clock() -> MovableClock:
    return MovableClock()


@pytest.fixture
def device() -> Authenticator:
    return Authenticator(origin=ORIGIN, rp_id="localhost")


@pytest.fixture
def providers(clock: MovableClock, device: Authenticator) -> Callable[[Store], list[Provider]]:
    """Make providers for a store, which then knows Alice's passkey."""

    def make(store: Store) -> list[Provider]:
        link = bytes(32)
        until = clock() + timedelta(minutes=1)
        store.add_passkey_link(PasskeyHolder("Alice"), link, by=OPERATOR, now=clock(), until=until)
        made = NewPasskey(
            rp_id="localhost",
            credential_id=device.credential_id,
            public_key=device.public_key,
            sign_count=0,
        )
        assert store.add_passkey(link, made, now=clock())
        return reading(store)

    def reading(store: Store) -> list[Provider]:
        async def find(credential_id: bytes) -> Any:
            return store.find_passkey(credential_id)

        async def used(key: int, count: int) -> None:
            store.passkey_used(key, count, clock())

        return [PasskeyProvider(RelyingParty.of(ORIGIN), find=find, used=used)]

    return lambda store: reading(store) if store.list_passkeys() else make(store)


@pytest.fixture
async def book(
    database_url: str, clock: MovableClock, tmp_path: Path, providers: Callable[[Store], list[Provider]]
) -> AsyncIterator[Casebook]:
    """A casebook that knows Alice's passkey."""
    async with opened(database_url, clock, tmp_path, providers) as book:
        yield book


async def asking(book: Casebook, **changes: Any) -> str:
    return await ask(book, verification_policy=policy(**changes))


async def proving(
    book: Casebook, case_id: str, device: Authenticator, action: str = "confirm", actor: Actor = LINK
) -> Submission:
    asked = await book.challenge(case_id, Submission(action=action), actor)
    pieces = [evidence(device.sign(dict(asked["passkey"])), asked["challenge"])]
    return Submission(action=action, evidence=parse_evidence(pieces))


async def told(book: Casebook, case_id: str) -> dict[str, Any]:
    return book.view(await book.current(case_id))["submission_context"]


@pytest.mark.parametrize("actor", [LINK, PRESS])
async def test_what_is_required_is_required_of_every_answer(
    book: Casebook, device: Authenticator, actor: Actor
) -> None:
    case_id = await asking(book)
    for action in ("confirm", "cancel"):
        with pytest.raises(VerificationRequired):
            await book.submit(case_id, Submission(action=action), actor)
    recorded = await book.submit(case_id, await proving(book, case_id, device, actor=actor), actor)
    assert recorded.stored.answer.name == "Alice"
    [*_, last] = await book.events(case_id, after=1)
    assert (last.actor.assurance, last.actor.name) == (Assurance.PASSKEY, "Alice")
    assert last.data["verification"]["satisfied"]


async def test_a_path_that_is_not_named_needs_nothing(book: Casebook) -> None:
    case_id = await asking(book, required_for=["inline_submit"])
    await book.submit(case_id, Submission(action="confirm"), LINK)
    assert "verification_result" not in await told(book, case_id)


async def test_stepping_up_is_for_what_goes_ahead(book: Casebook, device: Authenticator) -> None:
    no, yes = await asking(book, mode="step_up"), await asking(book, mode="step_up")
    await book.submit(no, Submission(action="cancel"), PRESS)
    assert "verification_result" not in await told(book, no)
    with pytest.raises(VerificationRequired) as refused:
        await book.submit(yes, Submission(action="confirm"), PRESS)
    assert refused.value.details == {"case_id": yes, "review_url": book.urls.review(yes)}
    await book.submit(yes, await proving(book, yes, device), LINK)
    assert (await told(book, yes))["verification_result"]["satisfied"]


async def test_what_is_optional_is_recorded_where_it_is_given(book: Casebook, device: Authenticator) -> None:
    without, given, wrong, other = [await asking(book, mode="optional") for _ in range(4)]
    await book.submit(without, Submission(action="confirm"), LINK)
    assert "verification_result" not in await told(book, without)
    await book.submit(given, await proving(book, given, device), LINK)
    assert (await told(book, given))["verification_result"]["satisfied"]
    foreign = await proving(book, other, device)
    with pytest.raises(VerificationFailed):  # what is shown is good, or it is refused
        await book.submit(wrong, foreign, LINK)


async def test_evidence_that_is_good_but_not_enough_is_told_where_it_is_optional(
    book: Casebook, device: Authenticator
) -> None:
    human = {"proof_type": "proof_of_human", "provider": "passkey"}
    wanted = {"any_of": [{"all_of": [human, {"proof_type": "proof_of_human", "min_assurance": "high"}]}]}
    case_id = await asking(book, mode="optional", requirements=wanted)
    device.flags |= 0x18  # synced
    await book.submit(case_id, await proving(book, case_id, device), LINK)
    result = (await told(book, case_id))["verification_result"]
    assert not result["satisfied"]
    assert result["missing_requirements"] == ["proof_of_human by any provider, at least high"]
    assert [one["provider"] for one in result["verified_evidence"]] == ["passkey"]


async def test_evidence_is_good_for_as_long_as_the_policy_says(
    book: Casebook, clock: MovableClock, device: Authenticator
) -> None:
    case_id = await asking(book)
    fresh = await proving(book, case_id, device)
    clock.move(seconds=301)
    with pytest.raises(VerificationFailed, match="too old"):
        await book.submit(case_id, fresh, LINK)
    fresh = await proving(book, case_id, device)
    clock.move(seconds=300)
    assert not (await book.submit(case_id, fresh, LINK)).replayed


async def test_the_challenge_of_the_hitl_object_is_as_old_as_the_case(
    book: Casebook, clock: MovableClock, device: Authenticator
) -> None:
    """HITL v0.8 §7.6: `binding.challenge`; who needs a newer one asks for it."""
    case_id = await asking(book)
    file = await book.files.file(case_id)
    late = await asking(book)
    clock.move(seconds=200)
    challenge = file.content.policy.challenge
    asked = await book.challenge(case_id, Submission(action="confirm"), LINK)
    pieces = parse_evidence([evidence(device.sign(dict(asked["passkey"])), challenge)])
    with pytest.raises(VerificationFailed):  # signed over one challenge, presented with another
        await book.submit(case_id, Submission(action="confirm", evidence=pieces), LINK)
    clock.move(seconds=200)
    bare = evidence({}, "")
    del bare["binding"]["challenge"]
    with pytest.raises(VerificationFailed, match="too old"):
        await book.submit(late, Submission(action="confirm", evidence=parse_evidence([bare])), LINK)


async def test_no_evidence_counts_after_its_policy_has_ended(
    book: Casebook, clock: MovableClock, device: Authenticator
) -> None:
    binding = {**policy()["binding"], "expires_at": timestamp(clock() + timedelta(seconds=60))}
    case_id = await asking(book, binding=binding)
    proof = await proving(book, case_id, device)
    clock.move(seconds=60)
    with pytest.raises(VerificationFailed, match="too old"):
        await book.submit(case_id, proof, LINK)


@pytest.mark.parametrize(("fallback", "is_told"), [("browser_review", True), ("reject", False)])
async def test_those_without_evidence_are_sent_where_the_policy_says(
    book: Casebook, fallback: str, is_told: bool
) -> None:
    """HITL v0.8 §7.6 "Step-Up Errors"."""
    case_id = await asking(book, fallback={"on_missing": fallback, "on_invalid": fallback})
    bad = parse_evidence([evidence({}, "nonsense")])
    for kind, pieces in ((VerificationRequired, ()), (VerificationFailed, bad)):
        with pytest.raises(kind) as refused:
            await book.submit(case_id, Submission(action="confirm", evidence=pieces), PRESS)
        assert refused.value.details["case_id"] == case_id
        assert ("review_url" in refused.value.details) is is_told
        with pytest.raises(kind) as refused:
            await book.submit(case_id, Submission(action="confirm", evidence=pieces), LINK)
        assert "review_url" not in refused.value.details, "who has the page needs no address of it"


async def test_a_policy_without_anybody_to_verify_is_refused(
    database_url: str, clock: MovableClock, tmp_path: Path
) -> None:
    async with opened(database_url, clock, tmp_path) as book:
        with pytest.raises(UnsupportedField):
            await asking(book)


async def test_any_process_takes_what_was_proven_over_a_challenge_of_anothers(
    database_url: str,
    clock: MovableClock,
    tmp_path: Path,
    providers: Callable[[Store], list[Provider]],
    book: Casebook,
    device: Authenticator,
) -> None:
    case_id = await asking(book)
    proof = await proving(book, case_id, device)
    async with opened(database_url, clock, tmp_path, providers) as other:
        with pytest.raises(VerificationRequired):
            await other.submit(case_id, Submission(action="confirm"), LINK)
        assert not (await other.submit(case_id, proof, LINK)).replayed
    with pytest.raises(DuplicateSubmission):
        await book.submit(case_id, proof, LINK)
