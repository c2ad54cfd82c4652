"""Writes tests/vectors/handed-keys.json: `python -m tests.protocol.sealed.make_handed`.

Everything is drawn from seeded chance, so the file only changes with the format.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from random import Random
from typing import Any

from openhitl.protocol.base64url import encode
from openhitl.protocol.sealed.envelope import Opened, open_envelope, seal_envelope
from openhitl.protocol.sealed.handed import hand_over
from openhitl.protocol.sealed.head import Direction, Head
from tests.protocol.sealed.make_vectors import ANSWER, KEYS
from tests.protocol.sealed.messages import BODY, CASE_ID, head, keys
from tests.protocol.values import VECTORS

Json = dict[str, Any]

CHANCE = Random(50)
ANSWERED = head(direction=Direction.ANSWER)
#: What was encrypted before the laptop was added: by name, from whom, to whom, and what.
ENVELOPES = [
    ("question", "agent", ("agent", "phone"), head(), BODY),
    ("answer", "phone", ("agent", "phone"), ANSWERED, ANSWER),
    ("another question", "agent", ("agent", "phone"), head(), {"prompt": "Delete?"}),
    ("another case", "agent", ("phone",), head(case_id="review_0002abcd"), BODY),
]


def made() -> Json:
    """Make envelopes, the keys to them that a phone hands to a laptop, and what must be refused."""
    sealed = {name: _sealed(*one) for name, *one in ENVELOPES}
    handed = {name: _handed(sealed[name]) for name in sealed}
    return {
        "keys": {
            name: {"private": encode(one.private), "public": encode(one.public)} for name, one in KEYS.items()
        },
        "envelopes": sealed,
        "handed": handed,
        "refused": list(_refused(sealed, handed)),
    }


def _sealed(sender: str, recipients: tuple[str, ...], of: Head, body: Json) -> Json:
    envelope = seal_envelope(
        of,
        body,
        sender=KEYS[sender],
        recipients=[KEYS[one].public for one in recipients],
        ephemeral=keys(CHANCE),
        content_key=CHANCE.randbytes(32),
    )
    told = {"sender": sender, "case_id": of.case_id, "direction": of.direction.value, "body": body}
    return {**told, "envelope": envelope}


def opened(sealed: Json) -> Opened:
    """Open an envelope of the vectors on the phone."""
    return open_envelope(
        sealed["envelope"],
        KEYS["phone"],
        senders={KEYS[sealed["sender"]].public},
        case_id=sealed["case_id"],
        direction=Direction(sealed["direction"]),
    )


def _handed(sealed: Json, sender: str = "phone", recipient: str = "laptop") -> Json:
    ephemeral, content_key = keys(CHANCE), CHANCE.randbytes(32)
    envelope = hand_over(
        opened(sealed),
        sender=KEYS[sender],
        recipient=KEYS[recipient].public,
        ephemeral=ephemeral,
        content_key=content_key,
    )
    drawn = {"ephemeral": encode(ephemeral.private), "content_key": encode(content_key)}
    return {"sender": sender, "recipient": recipient, **drawn, "envelope": envelope}


def _refused(sealed: Json, handed: Json) -> Iterator[Json]:
    """Name what a server, or a device that is not on the list, can try; on the laptop."""

    def trial(name: str, error: str, of: str, key: Any, **more: Any) -> Json:
        usual = {"name": name, "error": error, "reader": "laptop", "devices": ["phone", "laptop"]}
        told = {"case_id": CASE_ID, "direction": sealed[of]["direction"], "senders": [sealed[of]["sender"]]}
        return {**usual, **told, "handed": key, "envelope": sealed[of]["envelope"], **more}

    good, question = handed["question"]["envelope"], sealed["question"]
    stranger = _handed(question, "stranger")["envelope"]
    yield trial("from outside of the list", "unknown_sender", "question", stranger)
    yield trial("from one that is off the list", "unknown_sender", "question", good, devices=["laptop"])
    claimed = {**stranger, "sender": good["sender"]}
    yield trial("from one that says it is on the list", "envelope_changed", "question", claimed)
    yield trial(
        "to another device",
        "not_encrypted_to_key",
        "question",
        _handed(question, recipient="stranger")["envelope"],
    )
    elsewhere = handed["another case"]["envelope"]
    yield trial("of another case", "envelope_moved", "question", elsewhere)
    yield trial("of the answer", "key_to_another", "question", handed["answer"]["envelope"])
    yield trial("of the question", "key_to_another", "answer", good)
    yield trial("of another question", "key_to_another", "question", handed["another question"]["envelope"])
    yield trial("for another question of the case", "key_to_another", "another question", good)
    yield trial("no handed key", "wrong_direction", "question", question["envelope"], **_BY_AGENT)
    right = {"envelope": opened(question).digest, "key": encode(opened(question).content_key)}
    wrong = {**right, "key": encode(CHANCE.randbytes(32))}
    yield trial("another content key", "envelope_changed", "question", _of_body(wrong))
    for name, body in (
        ("nothing", {}),
        ("a member too many", {**right, "v": 1}),
        ("a digest that is too short", {**right, "envelope": encode(bytes(31))}),
        ("a key that is too long", {**right, "key": encode(bytes(33))}),
        ("no text", {**right, "key": 7}),
    ):
        yield trial(name, "invalid_envelope", "question", _of_body(body))


#: The question itself in the place of its key, read as the phone to which it goes.
_BY_AGENT: Json = {"reader": "phone", "devices": ["agent"]}


def _of_body(body: Json) -> Any:
    return seal_envelope(
        head(direction=Direction.KEY),
        body,
        sender=KEYS["phone"],
        recipients=[KEYS["laptop"].public],
        ephemeral=keys(CHANCE),
        content_key=CHANCE.randbytes(32),
    )


def text() -> str:
    """Spell the file."""
    CHANCE.seed(50)
    return json.dumps(made(), indent=1, ensure_ascii=False) + "\n"


if __name__ == "__main__":
    (VECTORS / "handed-keys.json").write_text(text(), encoding="utf-8")
