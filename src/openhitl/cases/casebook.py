"""Review cases as the doors use them: created, opened, drafted, answered, cancelled, read."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any

from openhitl.cases.carry import Carrier
from openhitl.cases.casefiles import CaseFile, CaseFiles
from openhitl.cases.clock import utc_now
from openhitl.cases.counts import counts_of_all
from openhitl.cases.creation import Creation, CreationDesk
from openhitl.cases.inboxes import Inboxes
from openhitl.cases.ledger import Ledger
from openhitl.cases.proving import Proof, Prover
from openhitl.cases.rates import MinuteRate
from openhitl.cases.receipts import ReceiptDesk
from openhitl.cases.requests import RequestDesk
from openhitl.cases.standing import Standing
from openhitl.cases.urls import CaseUrls
from openhitl.errors import ActionNotInline, CallerError, IdempotencyMismatch, NotFound
from openhitl.feed import TRUST_SECONDS, Feed
from openhitl.keyring import Keyring
from openhitl.protocol import jcs, wire
from openhitl.protocol.answers import CheckedAnswer, check_answer
from openhitl.protocol.case import (
    CLOCK,
    Actor,
    ActorKind,
    Answer,
    Assurance,
    Json,
    ReviewCase,
    Status,
)
from openhitl.protocol.commands import Cancel, Command, Open, SaveDraft, Submit, Tick
from openhitl.protocol.evidence import Provider
from openhitl.protocol.lifecycle import Event, refuse_closed
from openhitl.protocol.record import record
from openhitl.protocol.sealed.carried import check_sealed_draft
from openhitl.protocol.submission import Submission
from openhitl.protocol.timestamps import timestamp
from openhitl.protocol.tokens import Purpose
from openhitl.settings import Settings
from openhitl.store import Store
from openhitl.store.challenges import Challenges
from openhitl.store.records import Committed, Draft, Outcome, StoredCase

#: How many rounds before a case its page knows of.
MAX_ROUNDS = 10
#: Among how many of the newest notices it is looked for new ones: more than are written in a few seconds.
NEW_NOTICES = 256
OTHER_QUESTION = "This request_key belongs to another question, which is still open or was just answered."


@record(frozen=True, slots=True)
class Recorded:
    """An answer as it stands in the store. `replayed`: it was there before."""

    stored: StoredCase
    replayed: bool


class Casebook:
    """All cases of one store. Made on a running event loop; `close` it there.

    Args:
        tokens_for_all: whether every poll address carries a token, whoever made the case.
        shared: whether callers come to any of several processes: a poll then sees at once what another
            one wrote, and all count polls together.
        has_accounts: whether there are people here who sign in.
        providers: whoever verifies evidence; without any, no policy can ask for some.

    Raises, wherever a case is named: NotFound. Wherever something is written: Overloaded,
    OutcomeUnknown, which are safe to repeat.
    """

    def __init__(
        self,
        store: Store,
        keyring: Keyring,
        settings: Settings,
        *,
        tokens_for_all: bool = False,
        shared: bool = False,
        has_accounts: bool = False,
        providers: Sequence[Provider] = (),
        clock: Callable[[], datetime] = utc_now,
        wall: Callable[[], float] = time.time,
    ) -> None:
        self.clock = clock
        self._keyring = keyring
        self.carrier = Carrier(keyring)
        self.urls = CaseUrls(settings.public_url, keyring, tokens_for_all=tokens_for_all)
        self.receipts = ReceiptDesk(keyring, settings.public_url)
        self.feed = Feed(
            load=self.find,
            log_since=lambda position, limit: self.ledger.read(store.log_since, position, limit),
            review_url=self.urls.review,
            spell=self.receipts.poll_body,
            of_cases=lambda cases, people: self.ledger.read(store.hearers, cases, people),
            newest=lambda: self.ledger.read(store.newest_notices, NEW_NOTICES),
            of_notices=lambda numbers, people: self.ledger.read(store.notice_hearers, numbers, people),
            lasting=lambda numbers: self.ledger.read(store.lasting_sessions, numbers, clock()),
            wall=wall,
            trust_seconds=0.0 if shared else TRUST_SECONDS,
        )
        #: Set whenever something was committed that has to be done in the world.
        self.effects = asyncio.Event()
        self.ledger = Ledger(store, clock=clock, on_commit=self._committed)
        self.files = CaseFiles(self.ledger)
        self.inboxes = Inboxes(self.ledger, clock)
        self._requests = RequestDesk(self.ledger, clock)
        counts = counts_of_all(store.file, store.instance_id) if shared else None
        self.poll_rate = MinuteRate(settings.poll_rate, wall=wall, counts=counts)
        challenges = Challenges(keyring)
        abilities = {provider.name: provider.ability for provider in providers}
        self.standing = Standing(self.ledger, abilities, has_accounts=has_accounts)
        self._prover = Prover({one.name: one for one in providers}, challenges, self.urls)
        self._desk = CreationDesk(settings, self.urls, self.files, challenges, abilities, wall=wall)
        #: Count one more request of an agent, whatever it asks. Raises: RateLimited.
        self.admit = self._desk.admit

    def _committed(self, batch: Sequence[Committed]) -> None:
        self.feed.committed(batch)
        if any(done.is_due for done in batch):
            self.effects.set()

    async def create(self, body: Any, creation: Creation) -> dict[str, Any]:
        """Make a case from a create body and return the 202 body. HITL v0.8 §6.

        The same idempotency key with the same body returns the body of the case made first, and so does
        the same request key while its question lives.
        Raises: InvalidRequest, UnsupportedField, NoItems, PolicyRefused, RateLimited, NoDevice,
        IdempotencyMismatch.
        """
        rules = await self.standing.rules(body, creation.actor.kind, creation.agent_id, creation.assurance)
        command, file = self._desk.command(body, creation, rules, now=self.clock())
        if file.content.is_sealed:
            await self.standing.check_devices(creation.agent_id, command.assignees)
        if creation.request_key is not None:
            command = await self._requests.keyed(command, creation.request_key)
        try:
            outcome = await self._decide(command, creation.actor)
        except IdempotencyMismatch as error:
            raise (error if creation.request_key is None else IdempotencyMismatch(OTHER_QUESTION)) from error
        if outcome.joined is not None:
            stored = outcome.joined
            return self._desk.accepted(stored.case, stored.content, creation)
        self._desk.remember(command, file, creation)
        return self._desk.accepted(command.case, command.content, creation)

    def draw_case_id(self) -> str:
        """Return the id of a case that somebody encrypts before it is made."""
        return self._desk.draw(self.clock())

    async def received(self, case_id: str, agent_id: int) -> None:
        """Note that an agent was told the end of its case: the same question is a new one from now on.

        Raises: NotFound, the same for a foreign case; NotEnded if there is nothing yet to be told.
        """
        await self._requests.received(await self.owned(case_id, agent_id))

    async def opened(self, case_id: str, actor: Actor) -> None:
        """Record that the human has looked at the page; repeated and late reports change nothing."""
        await self._decide(Open(case_id), actor)

    async def save_draft(
        self,
        case_id: str,
        values: Json,
        actor: Actor,
        *,
        base_version: int | None,
        step: int,
        secrets: Json,
    ) -> int:
        """Keep what the human has typed, without sensitive values; return the draft's version.

        `step` counts from 1 and says where the human is. `secrets` are sensitive values that the
        human's browser keeps: they count as filled in and are not stored. HITL v0.8 §10.3.4.
        Raises: DraftConflict, CaseExpired, DuplicateSubmission, CaseCancelled; InvalidRequest for a draft
        of an encrypted case that is no envelope.
        """
        file = await self.files.file(case_id)
        if file.content.is_sealed:
            check_sealed_draft(values)
        form = file.context.form
        progress = None
        if form is not None:
            keys = {field.key for field in form.fields} - form.sensitive_keys
            values = {key: value for key, value in values.items() if key in keys}
            progress = form.progress({**secrets, **values}, step)
        command = SaveDraft(case_id=case_id, values=values, base_version=base_version, progress=progress)
        outcome = await self._decide(command, actor)
        return outcome.decision.case.draft_version

    async def submit(self, case_id: str, submission: Submission, actor: Actor) -> Recorded:
        """Answer a case, once. HITL v0.8 §7.5, §13.2.

        Raises: InvalidAction, InvalidAnswer, ActionNotInline, VerificationRequired, VerificationFailed,
        VerifierUnavailable, DuplicateSubmission, CaseCancelled, CaseExpired.
        """
        file = await self.files.file(case_id)
        answer = self._answer(file, submission, actor)
        proof = await self._proof(file, answer, submission, actor)
        command = Submit(
            case_id=case_id, answer=proof.answer, submission_id=submission.submission_id, spent=proof.spent
        )
        outcome = await self._decide(command, proof.actor)
        if outcome.decision.replayed:
            return Recorded(await self.files.load(case_id), replayed=True)
        await self._prover.accepted(proof)
        stored = StoredCase(case=outcome.decision.case, content=file.content, answer=proof.answer)
        return Recorded(stored, replayed=False)

    async def challenge(self, case_id: str, submission: Submission, actor: Actor) -> dict[str, Any]:
        """Make a challenge to prove this very answer over, before it is submitted. HITL v0.8 §7.6.

        Raises: as `submit` does before anything is verified; UnsupportedField if no evidence is asked for.
        """
        file = await self.files.file(case_id)
        answer = self._answer(file, submission, actor)
        case = (await self.current(case_id)).case
        refusal = refuse_closed(case)
        if refusal is not None:
            raise await self._explained(refusal, case)
        return self._prover.request(file, answer, actor, self.clock())

    async def _proof(self, file: CaseFile, answer: Answer, submission: Submission, actor: Actor) -> Proof:
        if file.content.policy is not None and (await self.current(file.case_id)).case.is_final:
            # It can only be told what became of the case; evidence that was used cannot be shown again.
            return Proof(answer=answer, actor=actor)
        return await self._prover.prove(file, answer, submission.evidence, actor, now=self.clock())

    def _answer(self, file: CaseFile, submission: Submission, actor: Actor) -> Answer:
        if actor.kind is ActorKind.RELAYED:
            self._check_inline(file, submission.action)
        checked = check_answer(file.content, file.context, submission.action, submission.data)
        by = submission.submitted_by
        return Answer(
            action=checked.action,
            data=checked.data,
            sensitive=checked.sensitive,
            shown_digest=file.content.shown_digest,
            data_digest=self._data_digest(file.case_id, checked),
            mode="inline_submit" if actor.kind is ActorKind.RELAYED else "browser_submit",
            submitted_via=submission.submitted_via or actor.surface,
            submitted_by=by,
            name=by.display_name if by else (actor.name if actor.kind is ActorKind.PERSON else None),
            signer=self.receipts.jwks_url,
        )

    def _data_digest(self, case_id: str, checked: CheckedAnswer) -> str:
        if checked.sensitive:  # a short secret could be guessed from a plain digest
            return self._keyring.blind(jcs.canonical(checked.data), bound_to=case_id)
        return jcs.digest(checked.data)

    def _check_inline(self, file: CaseFile, action: str) -> None:
        allowed = file.content.inline_actions
        if allowed is not None and action not in allowed:
            raise ActionNotInline(case_id=file.case_id, review_url=self.urls.review(file.case_id))

    async def cancel(self, case_id: str, actor: Actor, *, reason: str | None) -> StoredCase:
        """Withdraw a case. Raises: CaseCompleted, CaseCancelled, CaseExpired."""
        await self._decide(Cancel(case_id, reason), actor)
        return await self.files.load(case_id)

    async def tick(self, case_id: str) -> None:
        """Let time pass for a case: expire it or remind if that is due."""
        await self._decide(Tick(case_id), CLOCK)

    async def find(self, case_id: str) -> StoredCase | None:
        """Read a case as it stands; None if there is none."""
        return await self.ledger.read(self.ledger.store.load, case_id)

    async def rounds_before(self, stored: StoredCase, person_id: int | None) -> Sequence[StoredCase]:
        """Read the cases before one in its chain, newest first. HITL v0.8 §15.3.

        At most `MAX_ROUNDS`, all of the same asker; those past their retention and before are left out, and
        so are those that whoever looks (None: nobody who is signed in) could not have opened.
        """
        rounds: list[StoredCase] = []
        case = stored.case
        while case.previous_case_id is not None and len(rounds) < MAX_ROUNDS:
            earlier = await self.find(case.previous_case_id)
            if earlier is None or earlier.case.agent_id != case.agent_id:
                break
            if not await self._may_see(earlier.case, person_id):
                break
            rounds.append(earlier)
            case = earlier.case
        return rounds

    async def _may_see(self, case: ReviewCase, person_id: int | None) -> bool:
        if case.assurance is Assurance.LINK:
            return True
        return person_id is not None and await self.standing.may_answer(case.case_id, person_id)

    async def owned(self, case_id: str, agent_id: int) -> StoredCase:
        """Read a case that this agent made. Raises: NotFound, the same for a foreign case."""
        stored = await self.find(case_id)
        if stored is None or stored.case.agent_id != agent_id:
            raise NotFound
        return stored

    async def current(self, case_id: str) -> StoredCase:
        """Read a case whose deadline has been minded: one that is overdue is expired first."""
        stored = await self.files.load(case_id)
        if not stored.case.is_final and stored.case.expires_at <= self.clock():
            await self.tick(case_id)
            stored = await self.files.load(case_id)
        return stored

    async def draft(self, case_id: str) -> Draft | None:
        """Read what the human has typed so far."""
        return await self.ledger.read(self.ledger.store.draft, case_id)

    async def listing(
        self,
        agent_id: int,
        *,
        status: Status | None,
        review_type: str | None,
        since: datetime | None,
        before: str | None,
        limit: int,
    ) -> Sequence[StoredCase]:
        """List an agent's cases, newest first; `before` is the last case id of the page before."""
        return await self.ledger.read(
            self.ledger.store.list_cases,
            agent_id,
            status=status,
            type=review_type,
            since=since,
            before=before,
            limit=limit,
        )

    async def inbox(
        self,
        person_id: int,
        *,
        is_open: bool | None,
        since: datetime | None,
        before: str | None,
        limit: int,
    ) -> Sequence[StoredCase]:
        """List the cases that a person may answer, newest first; see `Assignees.case_ids_for`."""
        store = self.ledger.store
        ids = await self.ledger.read(
            store.case_ids_for, person_id, is_open=is_open, since=since, before=before, limit=limit
        )
        found = await self.ledger.read(store.load_many, ids)
        return [found[case_id] for case_id in ids if case_id in found]

    async def events(self, case_id: str, *, after: int) -> Sequence[Event]:
        """Read the events of a case past a number, in order."""
        return await self.ledger.read(self.ledger.store.events, case_id, after)

    def view(self, stored: StoredCase) -> dict[str, Any]:
        """Spell a case for its creator."""
        signature = self.receipts.signature(stored.case, stored.answer, stored.place)
        urls = self.urls.of(stored.case)
        return wire.case_view(stored.case, stored.content, stored.answer, urls, signature)

    async def jwks(self) -> dict[str, Any]:
        """Spell the public keys of all receipts, those signed with older keys included."""
        return self.receipts.jwks(await self.ledger.read(self.ledger.store.receipt_generation))

    async def review_actor(self, case_id: str, token: str | None) -> Actor:
        """Say who holds a review token. Raises: InvalidToken."""
        row = await self.files.verify(Purpose.REVIEW, token, case_id)
        return Actor(kind=ActorKind.LINK, id=f"link:{case_id}:{row.generation}", surface="page")

    async def _decide(self, command: Command, actor: Actor) -> Outcome:
        outcome = await self.ledger.decide(command, actor)
        refusal = outcome.decision.refusal
        if refusal is not None:
            raise await self._explained(refusal, outcome.decision.case)
        return outcome

    async def _explained(self, refusal: CallerError, case: ReviewCase) -> CallerError:
        """Say with a refusal how the case ended, when, and who answered it."""
        if not case.is_final:
            return refusal
        details = {**refusal.details, "case_id": case.case_id, "case_status": str(case.status)}
        if case.finished_at:
            details[f"{case.status}_at"] = timestamp(case.finished_at)
        if case.status is Status.COMPLETED:
            stored = await self.files.load(case.case_id)
            details.update(wire.who_answered(stored.answer) if stored.answer else {})
        return type(refusal)(refusal.message, hint=refusal.hint, **details)

    async def close(self) -> None:
        """Finish what is being written, then close the store."""
        await self.ledger.close()
