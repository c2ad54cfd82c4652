"""Reading what is asked: the body of `POST /api/v1/reviews`. HITL v0.8 §6."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import field, replace
from datetime import datetime, timedelta
from typing import Any

from openhitl.errors import InvalidRequest, InvalidType, PolicyRefused, UnsupportedField
from openhitl.protocol.addresses import secure_origin
from openhitl.protocol.case import (
    ACTIONS,
    MAX_PROMPT_CHARACTERS,
    SEALED_TYPE,
    Assurance,
    Content,
    DefaultAction,
    ReviewCase,
    Status,
    actions_of,
)
from openhitl.protocol.compact import compact
from openhitl.protocol.context import Context
from openhitl.protocol.durations import DEFAULT_TIMEOUT, MAX_TIMEOUT, MIN_TIMEOUT, parse_duration
from openhitl.protocol.people import MAX_NAME_CHARACTERS, name_key
from openhitl.protocol.policies import (
    PASSKEY,
    PASSKEY_POLICY,
    Ability,
    Mode,
    VerificationPolicy,
    parse_policy,
)
from openhitl.protocol.problems import Problems, check_storable, invalid, list_of, object_of, text_of
from openhitl.protocol.record import record
from openhitl.protocol.sealed.carried import neutral
from openhitl.protocol.shown import with_shown_digest
from openhitl.protocol.timestamps import parse_timestamp

MAX_MESSAGE_CHARACTERS = 10_000
MAX_METADATA_BYTES = 16_384
MAX_REMINDERS = 10
MAX_URL_CHARACTERS = 2_000
FIELDS = frozenset(
    {
        "assignees",
        "assurance",
        "context",
        "default_action",
        "hitl_callback_url",
        "inline_actions",
        "message",
        "metadata",
        "previous_case_id",
        "prompt",
        "reminder_at",
        "timeout",
        "type",
        "verification_policy",
    }
)
#: Fields of the protocol or of this server whose machinery is not there: never stored and ignored.
UNSUPPORTED = frozenset({"surface"})
_TYPE = re.compile(r"x-[a-zA-Z0-9][a-zA-Z0-9._-]{0,60}")  # HITL v0.8 §10 "Custom Types"
CASE_ID = re.compile(r"[a-zA-Z0-9_-]{1,100}")
MAX_ASSIGNEES = 20
_FIRST_ACCOUNT = "`hitl admin owner-link` prints where to make the first account."
_HOST_NAME = "Passkeys need an address with a host name: see HITL_BASE_URL."


@record(frozen=True, slots=True, kw_only=True)
class Rules:
    """What applies to whoever asks, before they say anything.

    Args:
        least: the assurance of a case that names none; none may name less.
        most: the most that this server can honour: with nobody who could sign in, a link is all there is.
        assignable: who may be asked by name, folded as `people.name_key` does; by number.
        picks_anybody: whether those are all people here, rather than those whom the asker belongs to.
    """

    least: Assurance = Assurance.LINK
    most: Assurance = Assurance.LINK
    assignable: Mapping[str, int] = field(default_factory=dict)
    picks_anybody: bool = True


@record(frozen=True, slots=True, kw_only=True)
class Asking:
    """Who asks, and what they may.

    Args:
        agent_id: the agent's row, None for a creator without a credential.
        relays_answers: whether the asker is given a submit token, and so may name inline actions.
        hands_over: whether a handler of the asker's program waits for the decision.
        providers: what evidence can be verified here, by the name of who verifies it.
        challenge: what evidence for this case may be made over from now on.
        rules: what applies to the asker.
    """

    case_id: str
    agent_name: str
    agent_id: int | None
    relays_answers: bool
    allow_default_approve: bool = False
    demo: bool = False
    hands_over: bool = False
    providers: Mapping[str, Ability] = field(default_factory=dict)
    challenge: str = ""
    rules: Rules = field(default_factory=Rules)


@record(frozen=True, slots=True)
class Asked:
    """A valid question. `assignees` are the people who were named to answer it, by number."""

    case: ReviewCase
    content: Content
    context: Context
    assignees: tuple[int, ...] = ()


def parse_creation(body: Any, asking: Asking, *, now: datetime) -> Asked:
    """Read a create body.

    Raises: InvalidType, UnsupportedField, NoItems, PolicyRefused, and InvalidRequest with `errors`: a
    path and a message for each field that is wrong.
    """
    check_storable(body)
    given = {name: value for name, value in object_of(body, "body").items() if value is not None}
    _check_supported(given)
    review_type = _type(given.get("type"))
    if review_type == SEALED_TYPE:
        given, asking = neutral(given), _signed_in(asking)
    problems = Problems()
    take = problems.take
    take(_check_names, given)
    context = given.get("context", {})
    parsed = take(_context, review_type, context)
    prompt = take(_prompt, given.get("prompt"))
    message = take(text_of, given.get("message", ""), "message", most=MAX_MESSAGE_CHARACTERS)
    times = take(_times, given, now)
    default_action = take(_default_action, given.get("default_action"), asking)
    previous = take(_previous, given.get("previous_case_id"))
    assurance = take(_assurance, given.get("assurance"), asking.rules) or asking.rules.least
    assignees = take(_assignees, given.get("assignees"), asking.rules, assurance)
    inline_actions = take(_inline_actions, given.get("inline_actions"), review_type, asking, assurance)
    metadata = take(_metadata, given.get("metadata", {}))
    callback_url = take(_callback_url, given.get("hitl_callback_url"), asking)
    policy = take(_policy, given.get("verification_policy"), asking, assurance, now, times and times[1])
    problems.raise_any()
    _check_silence(default_action, policy)
    timeout, expires_at, reminders = times
    content = Content(
        type=review_type,
        prompt=prompt,
        message=message or prompt,
        context=context,
        timeout=timeout,
        default_action=default_action,
        agent=asking.agent_name,
        reminder_at=reminders,
        previous_case_id=previous,
        inline_actions=inline_actions,
        metadata=metadata,
        callback_url=callback_url,
        policy=policy,
    )
    content = with_shown_digest(asking.case_id, content, expires_at)
    return Asked(_case(content, asking, assurance, now, expires_at), content, parsed, assignees)


def _case(
    content: Content, asking: Asking, assurance: Assurance, now: datetime, expires_at: datetime
) -> ReviewCase:
    return ReviewCase(
        case_id=asking.case_id,
        agent_id=asking.agent_id,
        type=content.type,
        status=Status.PENDING,
        created_at=now,
        expires_at=expires_at,
        default_action=content.default_action,
        assurance=assurance,
        demo=asking.demo,
        calls_back=content.callback_url is not None or asking.hands_over,
        reminders=content.reminder_at,
        previous_case_id=content.previous_case_id,
    )


def _signed_in(asking: Asking) -> Asking:
    """Want a person: devices belong to people."""
    least = max(asking.rules.least, Assurance.SIGNED_IN, key=list(Assurance).index)
    return replace(asking, rules=replace(asking.rules, least=least))


def _check_supported(given: dict[str, Any]) -> None:
    for name in given:
        if name in UNSUPPORTED:
            raise UnsupportedField(f"This server cannot honour {name}.", field=name)


def _check_names(given: dict[str, Any]) -> None:
    for name in given:
        if name not in FIELDS:
            invalid(name[:100], "is not a field of a review")


def _type(raw: Any) -> str:
    review_type = text_of(raw, "type")
    if review_type not in ACTIONS and not _TYPE.fullmatch(review_type):
        raise InvalidType(type=review_type[:100], valid_types=[*ACTIONS, "x-…"])
    return review_type


def _context(review_type: str, raw: Any) -> Context:
    return Context.parse(review_type, object_of(raw, "context"))


def _prompt(raw: Any) -> str:
    prompt = text_of(raw, "prompt", least=1, most=MAX_PROMPT_CHARACTERS)
    if prompt.isspace():
        invalid("prompt", "must not be blank")
    return prompt


def _times(given: dict[str, Any], now: datetime) -> tuple[str, datetime, tuple[datetime, ...]]:
    """Read the timeout as written, the deadline that it makes, and the reminders before it."""
    timeout = text_of(given.get("timeout", DEFAULT_TIMEOUT), "timeout", most=50)
    expires_at = now + _timeout(timeout)
    return timeout, expires_at, _reminders(given.get("reminder_at"), now, expires_at)


def _timeout(text: str) -> timedelta:
    try:
        timeout = parse_duration(text)
    except InvalidRequest as error:
        invalid("timeout", error.message)
    if not MIN_TIMEOUT <= timeout <= MAX_TIMEOUT:
        invalid("timeout", "must be from 10 s to 7 d")
    return timeout


def _reminders(raw: Any, now: datetime, expires_at: datetime) -> tuple[datetime, ...]:
    if raw is None:
        return ()
    if not isinstance(raw, str | list):
        invalid("reminder_at", "must be an instant or an array of instants")
    given = [raw] if isinstance(raw, str) else raw
    if len(given) > MAX_REMINDERS:
        invalid("reminder_at", f"must hold at most {MAX_REMINDERS} instants")
    instants = set()
    for one in given:
        try:
            instant = parse_timestamp(text_of(one, "reminder_at"))
        except ValueError:
            invalid("reminder_at", "must be ISO 8601 with a time zone, like 2026-02-20T10:00:00Z")
        if not now < instant < expires_at:
            invalid("reminder_at", "must lie between now and the deadline")
        instants.add(instant)
    return tuple(sorted(instants))


def _default_action(raw: Any, asking: Asking) -> DefaultAction:
    if raw is None:
        return DefaultAction.SKIP  # HITL v0.8 §6
    if raw not in list(DefaultAction):
        invalid("default_action", f"must be one of {', '.join(DefaultAction)}")
    action = DefaultAction(raw)
    if action is DefaultAction.APPROVE and not asking.allow_default_approve:
        raise PolicyRefused(
            "Silence is not consent: default_action approve is not allowed here.",
            hint="The operator can allow it with HITL_ALLOW_DEFAULT_APPROVE.",
        )
    return action


def _previous(raw: Any) -> str | None:
    if raw is None:
        return None
    case_id = text_of(raw, "previous_case_id", most=100)
    if not CASE_ID.fullmatch(case_id):
        invalid("previous_case_id", "is not a case id")
    return case_id


def _assurance(raw: Any, rules: Rules) -> Assurance:
    """Read how sure the asker wants to be of who answers: never less than its people want."""
    if raw is None:
        return rules.least
    if raw not in list(Assurance):
        invalid("assurance", f"must be one of {', '.join(Assurance)}")
    ranks = list(Assurance)
    assurance = Assurance(raw)
    if ranks.index(assurance) < ranks.index(rules.least):
        raise PolicyRefused(
            f"An agent may ask for more than {rules.least}, not for less.",
            hint=f"Ask for {rules.least} or more, or leave it out.",
        )
    if ranks.index(assurance) > ranks.index(rules.most):
        raise UnsupportedField(
            f"This server cannot honour assurance {assurance}.",
            field="assurance",
            hint=_FIRST_ACCOUNT if rules.most is Assurance.LINK else _HOST_NAME,
        )
    return assurance


def _assignees(raw: Any, rules: Rules, assurance: Assurance) -> tuple[int, ...]:
    """Read who is asked, by name."""
    if raw is None:
        return ()
    if rules.most is Assurance.LINK:
        raise UnsupportedField("Nobody has an account here yet.", field="assignees", hint=_FIRST_ACCOUNT)
    names = [
        text_of(name, "assignees", least=1, most=MAX_NAME_CHARACTERS) for name in list_of(raw, "assignees")
    ]
    if not 1 <= len(names) <= MAX_ASSIGNEES:
        invalid("assignees", f"must name 1 to {MAX_ASSIGNEES} people")
    if assurance is Assurance.LINK:
        invalid("assignees", "go with assurance signed_in or passkey: whoever has a link may use it")
    keys = [name_key(name) for name in names]
    unknown = [name for name, key in zip(names, keys, strict=True) if key not in rules.assignable]
    if unknown and not rules.picks_anybody:
        raise PolicyRefused(
            "An agent may ask those whom it belongs to, and nobody else.",
            hint="Leave assignees out: then all of them are asked. They can share the agent with others.",
        )
    if unknown:
        invalid("assignees", f"names nobody who has an account here: {unknown[0]}")
    return tuple(sorted({rules.assignable[key] for key in keys}))


def _inline_actions(
    raw: Any, review_type: str, asking: Asking, assurance: Assurance
) -> tuple[str, ...] | None:
    if raw is None:
        return None
    actions = list_of(raw, "inline_actions")
    known = actions_of(review_type)
    for action in actions:
        if action not in known:
            invalid("inline_actions", f"must be among {', '.join(known)}")
    if not asking.relays_answers:
        raise PolicyRefused(
            "inline_actions is for services: an agent cannot relay answers to its own question.",
            hint="Use a key of kind service.",
        )
    if actions and assurance is not Assurance.LINK:
        invalid("inline_actions", f"do not go with assurance {assurance}: nobody signs in on a button")
    return tuple(dict.fromkeys(actions))


def _callback_url(raw: Any, asking: Asking) -> str | None:
    """Read where the end is to be told; whether it can be reached shows when it is called."""
    if raw is None:
        return None
    if asking.agent_id is None:
        raise UnsupportedField("Only whoever has a key can be called back.", field="hitl_callback_url")
    url = text_of(raw, "hitl_callback_url", most=MAX_URL_CHARACTERS)
    if secure_origin(url) is None:
        invalid("hitl_callback_url", "must be an https address (http on localhost only), without credentials")
    return url


def _policy(
    raw: Any, asking: Asking, assurance: Assurance, now: datetime, expires_at: datetime | None
) -> VerificationPolicy | None:
    if raw is None and assurance is not Assurance.PASSKEY:
        return None
    deadline = expires_at or now + MAX_TIMEOUT
    given = PASSKEY_POLICY if raw is None else raw
    policy = parse_policy(given, now=now, deadline=deadline, providers=asking.providers)
    if assurance is Assurance.PASSKEY and not policy.wants(PASSKEY):
        invalid("verification_policy", "has to want a passkey, as assurance passkey does")
    return replace(policy, challenge=asking.challenge)


def _check_silence(default_action: DefaultAction, policy: VerificationPolicy | None) -> None:
    """Check that waiting does not get what an answer gets with evidence only, whoever allows the rest."""
    if default_action is DefaultAction.APPROVE and policy is not None and policy.mode is not Mode.OPTIONAL:
        raise PolicyRefused(
            "Silence proves nothing: default_action approve does not go with a policy that needs evidence.",
            hint="Leave default_action out, or make the policy optional.",
        )


def _metadata(raw: Any) -> dict[str, Any]:
    metadata = object_of(raw, "metadata")
    if metadata and len(compact(metadata)) > MAX_METADATA_BYTES:
        invalid("metadata", f"must be at most {MAX_METADATA_BYTES} bytes of JSON")
    return metadata
