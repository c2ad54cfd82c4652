"""Making cases: who asks, under which rules, and what the asker is told back."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any
from urllib.parse import urlsplit

from openhitl.cases.casefiles import CaseFile, CaseFiles
from openhitl.cases.ids import CaseIds, drawn_at
from openhitl.cases.rates import MinuteRate
from openhitl.cases.urls import CaseUrls
from openhitl.errors import InvalidRequest, RateLimited
from openhitl.protocol import jcs, wire
from openhitl.protocol.case import SEALED_TYPE, Actor, ActorKind, Assurance, Content, ReviewCase
from openhitl.protocol.commands import Create, TokenHash
from openhitl.protocol.context import Context
from openhitl.protocol.creation import Asking, Rules, parse_creation
from openhitl.protocol.policies import Ability
from openhitl.protocol.problems import SUMMARY, invalid, text_of
from openhitl.protocol.record import record
from openhitl.protocol.tokens import STORED_AS, Purpose, hash_token
from openhitl.settings import Settings
from openhitl.store.challenges import Challenges
from openhitl.store.instants import to_ms

#: How old an id may be that was asked for, and how far clocks may differ.
ID_LIFE_MS = 3_600_000
#: Types whose answers fit on buttons, so that a submit token is of use. HITL v0.8 §7.7.
INLINE_TYPES = frozenset({"approval", "confirmation", "escalation"})


@record(frozen=True, slots=True, kw_only=True)
class Creation:
    """The circumstances of a create: who asks, and with which key it may be repeated.

    `agent_id` is the asker's row, None for one without a credential; `json_bytes` the size of the body;
    `hands_over` whether a handler of this program is to get the decision; `assurance` the least that the
    asker's owners want, None for the usual. With a `request_key` it is asked again what was asked before,
    as long as that lives; it needs an `agent_id` and excludes an `idempotency_key`.
    """

    actor: Actor
    agent_id: int | None
    idempotency_key: str | None = None
    request_key: str | None = None
    demo: bool = False
    json_bytes: int = 0
    hands_over: bool = False
    assurance: Assurance | None = None

    @property
    def relays_answers(self) -> bool:
        """Whether the asker is given a submit token: a service or a demo, never an agent."""
        return self.demo or self.actor.kind is ActorKind.SERVICE


class CreationDesk:
    """Turns create bodies into commands, and cases into 202 bodies."""

    def __init__(
        self,
        settings: Settings,
        urls: CaseUrls,
        files: CaseFiles,
        challenges: Challenges,
        abilities: Mapping[str, Ability],
        *,
        wall: Callable[[], float],
    ) -> None:
        self._settings = settings
        self._urls = urls
        self._files = files
        self._challenges = challenges
        self._abilities = abilities
        self._ids = CaseIds()
        self._rate = MinuteRate(settings.agent_rate, wall=wall)
        self._origins = settings.ref_origins

    def command(
        self, body: Any, creation: Creation, rules: Rules, *, now: datetime
    ) -> tuple[Create, CaseFile]:
        """Check a create body; return the command, and what to remember once it has taken effect.

        Raises as `Casebook.create`.
        """
        self.admit(creation.agent_id)
        named = named_case_id(body, now)
        case_id = named or self._ids.new(to_ms(now))
        asking = Asking(
            case_id=case_id,
            agent_name=creation.actor.name or "",
            agent_id=creation.agent_id,
            relays_answers=creation.relays_answers,
            allow_default_approve=self._settings.allow_default_approve,
            demo=creation.demo,
            hands_over=creation.hands_over,
            providers=self._abilities,
            challenge=self._challenges.issue(case_id, now) if _asks_evidence(body, rules) else "",
            rules=rules,
        )
        parsed = parse_creation(body, asking, now=now)
        self._check_default_refs(parsed.context)
        key = creation.idempotency_key
        case, content = parsed.case, parsed.content
        command = Create(
            case=case,
            content=content,
            tokens=self._tokens(case, content, creation),
            idempotency_key=key,
            request_digest=hash_token(_digest(body, creation)) if key or creation.request_key else None,
            hands_over=creation.hands_over,
            assignees=parsed.assignees,
            is_named=named is not None,
        )
        return command, CaseFile(case.case_id, content, parsed.context, case.assurance, creation.demo)

    def draw(self, now: datetime) -> str:
        """Return the id of a case that somebody wants to know before it is made."""
        return self._ids.new(to_ms(now))

    def admit(self, agent_id: int | None) -> None:
        """Count one more request of an agent. Raises: RateLimited if that is too many."""
        allowance = self._rate.take(str(agent_id))
        if not allowance.allowed:
            raise RateLimited("This agent asks too often.", retry_after_seconds=allowance.reset_seconds)

    def _tokens(self, case: ReviewCase, content: Content, creation: Creation) -> tuple[TokenHash, ...]:
        purposes = [Purpose.REVIEW]
        if self._has_submit(case, content, creation):
            purposes.append(Purpose.SUBMIT)
        if self._urls.polls_by_token(creation.agent_id):
            purposes.append(Purpose.POLL)
        return tuple(
            TokenHash(purpose=STORED_AS[purpose], hash=hash_token(self._urls.token(purpose, case.case_id)))
            for purpose in purposes
        )

    def _has_submit(self, case: ReviewCase, content: Content, creation: Creation) -> bool:
        if not creation.relays_answers or case.assurance is not Assurance.LINK:
            return False
        if content.inline_actions == ():
            return False
        return content.type in INLINE_TYPES or content.inline_actions is not None

    def _check_default_refs(self, context: Context) -> None:
        for field in context.form.fields if context.form else ():
            if field.default_ref is not None and origin_of(field.default_ref) not in self._origins:
                raise InvalidRequest(
                    SUMMARY,
                    errors=[
                        {
                            "path": f"context.form ({field.key}).default_ref",
                            "message": "This server does not fetch from that origin.",
                        }
                    ],
                    hint="The operator lists origins in HITL_DEFAULT_REF_ORIGINS.",
                )

    def remember(self, command: Create, file: CaseFile, creation: Creation) -> None:
        """Keep what the answer to this case will need."""
        self._files.keep(file, json_bytes=creation.json_bytes)
        for token in command.tokens:
            self._files.keep_token(token, file.case_id)

    def accepted(self, case: ReviewCase, content: Content, creation: Creation) -> dict[str, Any]:
        """Spell the 202 body: the same for the first create and for every repetition."""
        urls = self._urls.of(case, inline=self._has_submit(case, content, creation))
        return wire.accepted_body(case, content, urls)


def named_case_id(body: Any, now: datetime) -> str | None:
    """Read the id that an encrypted case is to have, since its envelope names it; None for any other.

    Raises: InvalidRequest for one that this server has not drawn within the last hour, as far as it shows.
    """
    if not isinstance(body, dict) or body.get("type") != SEALED_TYPE or body.get("case_id") is None:
        return None
    case_id = text_of(body["case_id"], "case_id")
    drawn = drawn_at(case_id)
    if drawn is None or abs(to_ms(now) - drawn) > ID_LIFE_MS:
        invalid("case_id", "must be one that this server gave you within the last hour")
    return case_id


def _digest(body: Any, creation: Creation) -> str:
    """Name a question, to tell whether it is asked again.

    An envelope is another one whenever it is sealed: with a request key that is for whoever asks to tell.
    """
    if creation.request_key is not None and body.get("type") == SEALED_TYPE:
        body = {name: value for name, value in body.items() if name not in ("context", "case_id")}
    return jcs.digest(body)


def _asks_evidence(body: Any, rules: Rules) -> bool:
    if rules.least is Assurance.PASSKEY:
        return True
    if not isinstance(body, dict):
        return False
    return body.get("verification_policy") is not None or body.get("assurance") == Assurance.PASSKEY


def origin_of(url: str) -> str:
    """Return scheme and authority of a URL, in lower case."""
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc.lower()}"
