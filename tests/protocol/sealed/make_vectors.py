"""Writes tests/vectors/envelopes-v1.json and -v2.json: `python -m tests.protocol.sealed.make_vectors`.

Everything is drawn from seeded chance, so the files only change with the format.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator
from datetime import timedelta
from random import Random
from typing import Any

from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from openhitl.protocol import jcs
from openhitl.protocol.base64url import decode, encode
from openhitl.protocol.sealed import envelope as inner
from openhitl.protocol.sealed.box import seal_box, write_key
from openhitl.protocol.sealed.envelope import seal_envelope
from openhitl.protocol.sealed.head import Direction, Head, write_head
from openhitl.protocol.sealed.keys import Keys
from tests.protocol.sealed.messages import BODY, CASE_ID, NOW, head, keys
from tests.protocol.sealed.test_keys import LOW_ORDER
from tests.protocol.values import VECTORS

Json = dict[str, Any]

CHANCE = Random(5)
NAMES = ("agent", "phone", "laptop", "stranger")
KEYS = {name: keys(CHANCE) for name in NAMES}
EVERYBODY = ("agent", "phone", "laptop")
TEXTS = [
    "",
    "Yes.",
    json.dumps({"prompt": "Größe? 👍", "choices": ["s", "m"]}, ensure_ascii=False),
    "x" * 1000,
]
#: Numbers, escapes and key order that only one canonical spelling has. RFC 8785.
ODD = {
    "numbers": [0, -1, 1.5, 1e21, 1e-7, 333333333.3333333, 2**53 - 1],
    "text": "€$\u000f\u000aA'B\"\\\u2028\u007f\u202e",
    "\U0001f600": 1,
    "\ufb33": 2,
    "": [None, True, {}],
}
ANSWER = {"action": "approve", "data": {"note": "Gern."}, "request": encode(bytes(32))}
DRAFT = {"values": {"f.reason": "so far"}}
SEALED = [
    ("a question to two devices", "agent", ("phone", "laptop"), head(), BODY),
    ("what canonical JSON is about", "agent", ("phone",), head(), ODD),
    ("an answer", "phone", EVERYBODY, head(direction=Direction.ANSWER), ANSWER),
    ("a draft", "laptop", ("phone", "laptop"), head(direction=Direction.DRAFT, seq=7), DRAFT),
    (
        "a notice with milliseconds",
        "agent",
        ("phone",),
        head(case_id="notice_1", direction=Direction.NOTICE, expires_at=NOW + timedelta(milliseconds=1234)),
        {"message": "Done", "kind": "completion"},
    ),
    ("a message of many blocks", "agent", ("phone",), head(), {"message": "ä" * 4000}),
]


def made_v1() -> Json:
    """Make the boxes of envelope v1."""
    sealed = []
    for text in TEXTS:
        nonce = CHANCE.randbytes(24)
        payload = seal_box(text, KEYS["agent"], KEYS["phone"].public, nonce=nonce)
        sealed.append({"text": text, "nonce": base64.b64encode(nonce).decode(), "payload": payload})
    good = sealed[1]["payload"]
    raw = base64.b64decode(good)
    flipped = [
        base64.b64encode(raw[:at] + bytes([raw[at] ^ 1]) + raw[at + 1 :]).decode() for at in (0, 24, 40)
    ]
    refused = [("a flipped bit", one, "envelope_changed") for one in flipped]
    refused += [("cut short", good[:-4], "envelope_changed"), ("too short", good[:52], "invalid_envelope")]
    refused += [
        ("no padding", good[:-1], "invalid_envelope"),
        ("a line end", good + "\n", "invalid_envelope"),
    ]
    refused += [("another spelling", _respelt(sealed[0]["payload"]), "invalid_envelope")]
    return {
        "keys": _spelt_keys(write_key),
        "sealed": sealed,
        "refused": [{"name": name, "payload": payload, "error": error} for name, payload, error in refused],
    }


def _respelt(payload: str) -> str:
    letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
    return payload[:-3] + letters[letters.index(payload[-3]) + 1] + "=="


def _spelt_keys(spell: Any) -> Json:
    return {name: {"private": spell(one.private), "public": spell(one.public)} for name, one in KEYS.items()}


def made_v2() -> Json:
    """Make messages of envelope v2, and what must be refused."""
    return {
        "keys": _spelt_keys(encode),
        "sealed": [_sealed(*one) for one in SEALED],
        "refused": list(_refused()),
    }


def _sealed(name: str, sender: str, recipients: tuple[str, ...], of: Head, body: Json) -> Json:
    ephemeral, content_key = keys(CHANCE), CHANCE.randbytes(32)
    envelope = seal_envelope(
        of,
        body,
        sender=KEYS[sender],
        recipients=[KEYS[one].public for one in recipients],
        ephemeral=ephemeral,
        content_key=content_key,
    )
    written = write_head(of, KEYS[sender].public)
    return {
        "name": name,
        "sender": sender,
        "recipients": recipients,
        "ephemeral": encode(ephemeral.private),
        "content_key": encode(content_key),
        "head": {key: value for key, value in written.items() if key != "sender"},
        "body": body,
        "envelope": envelope,
    }


def _refused() -> Iterator[Json]:
    made = _sealed(*SEALED[0])
    good, content_key = made["envelope"], decode(made["content_key"])
    ephemeral = Keys(decode(made["ephemeral"]))
    for name, envelope, error in [*_spellings(good), *_changes(good)]:
        yield _expectation(name, error, envelope)
    for name, plaintext in _plaintexts():
        envelope = _of_plaintext(plaintext, ephemeral, content_key)
        yield _expectation(name, "invalid_envelope", envelope)
    words = inner._plaintext(head(), {"prompt": "Delete?"}, KEYS["agent"].public)
    forged = {**good, "box": _of_plaintext(words, ephemeral, content_key)["box"]}
    yield _expectation("other words by another recipient", "envelope_changed", forged)
    yield _expectation("another key than the committed one", "envelope_changed", _two_faced(ephemeral))
    yield _expectation("another case", "envelope_moved", good, case_id="review_0002abcd")
    yield _expectation("another direction", "wrong_direction", good, direction="answer")
    yield _expectation("an old one", "envelope_replayed", good, newer_than=1)
    yield _expectation("an unknown sender", "unknown_sender", good, senders=["laptop"])
    yield _expectation("no recipient", "not_encrypted_to_key", good, reader="stranger")


def _expectation(name: str, error: str, envelope: Any, **more: Any) -> Json:
    usual = {
        "name": name,
        "error": error,
        "envelope": envelope,
        "reader": "phone",
        "senders": ["agent"],
        "case_id": CASE_ID,
        "direction": "request",
        "newer_than": 0,
    }
    return {**usual, **more}


def _spellings(good: Json) -> Iterator[tuple[str, Any, str]]:
    """Other ways to write the same, or what is nothing."""
    one, two = good["keys"]
    unknown, invalid = "unknown_envelope_version", "invalid_envelope"
    yield from ((f"version {json.dumps(v)}", {**good, "v": v}, unknown) for v in (None, 1, 3, "2", True))
    yield "no object", [good], invalid
    yield "a member too many", {**good, "alg": "none"}, invalid
    yield "a member too few", {name: good[name] for name in good if name != "box"}, invalid
    yield "keys in another order", {**good, "keys": [two, one]}, invalid
    yield "a key twice", {**good, "keys": [one, one, two]}, invalid
    yield "no keys", {**good, "keys": []}, invalid
    yield "a key with a member too many", {**good, "keys": [one, {**two, "kid": 1}]}, invalid
    yield (
        "a wrapped key that is too short",
        {**good, "keys": [one, {**two, "key": encode(bytes(47))}]},
        invalid,
    )
    yield "padded base64url", {**good, "sender": good["sender"] + "="}, invalid
    yield (
        "base64 of the other kind",
        {**good, "box": good["box"].replace("-", "+").replace("_", "/")},
        invalid,
    )
    yield "bits behind the last byte", {**good, "sender": good["sender"][:-1] + "B"}, invalid
    second = encode((2**255 - 19 + 9).to_bytes(32, "little"))
    yield "a second spelling of a key", {**good, "ephemeral": second}, invalid
    yield "a box of no possible size", {**good, "box": encode(decode(good["box"])[:-1])}, invalid
    yield "an empty box", {**good, "box": encode(bytes(48))}, invalid
    yield "an ephemeral key that everybody shares", {**good, "ephemeral": encode(LOW_ORDER[3])}, invalid


def _changes(good: Json) -> Iterator[tuple[str, Any, str]]:
    """What a server can do to an envelope that it forwards."""
    changed = "envelope_changed"
    one, two = good["keys"]
    added = {"to": encode(KEYS["stranger"].public), "key": one["key"]}
    mine = encode(KEYS["phone"].public)
    box = decode(good["box"])
    for at in (0, 31, 32, 200, len(box) - 1):
        flipped = encode(box[:at] + bytes([box[at] ^ 128]) + box[at + 1 :])
        yield f"a flipped bit in byte {at} of the box", {**good, "box": flipped}, changed
    yield "another ephemeral key", {**good, "ephemeral": added["to"]}, changed
    yield "a dropped recipient", {**good, "keys": [key for key in (one, two) if key["to"] == mine]}, changed
    everybody = sorted([one, two, added], key=lambda key: key["to"])
    yield "an added recipient", {**good, "keys": everybody}, changed
    swapped = [{**one, "key": two["key"]}, {**two, "key": one["key"]}]
    yield "wrapped keys exchanged", {**good, "keys": swapped}, changed


def _plaintexts() -> Iterator[tuple[str, bytes]]:
    """Messages that two programs could read in two ways."""
    said = write_head(head(), KEYS["agent"].public)
    good = jcs.canonical({"head": said, "body": {}})

    def with_body(text: str) -> bytes:
        return _padded(good.replace(b'"body":{}', b'"body":' + text.encode()))

    def with_head(**changes: Any) -> bytes:
        return _padded(jcs.canonical({"head": {**said, **changes}, "body": {}}))

    yield "a member twice", with_body('{"a":1,"a":2}')
    yield "members in another order", with_body('{"b":1,"a":2}')
    yield "a number in another spelling", with_body('{"a":1.0}')
    yield "a number beyond 2^53", with_body('{"a":9007199254740993}')
    yield "half a character", with_body('{"a":"\\ud800"}')
    yield "a NUL", with_body('{"a":"\\u0000"}')
    yield "a needless escape", with_body('{"a":"\\u00e4"}')
    yield "white space", with_body("{ }")
    yield "a body that is no object", with_body("[]")
    yield "a third part", with_body('{},"c":1')
    yield "nested too deep", with_body('{"a":' * 40 + "{}" + "}" * 40)
    yield "no text", _padded(b"\xff")
    yield "a byte order mark", _padded(b"\xef\xbb\xbf" + good)
    yield "too much padding", _padded(good) + b" " * 256
    yield "a direction that there is not", with_head(direction="reply")
    yield "a seq of 0", with_head(seq=0)
    yield "a seq that is not whole", with_head(seq=1.5)
    yield "an instant in another spelling", with_head(expires_at="2026-02-20T11:00:00.000Z")
    yield "a head with a member too many", with_head(more=1)
    yield "another sender in the head", with_head(sender=encode(KEYS["laptop"].public))
    yield "no case", with_head(case_id="")
    yield "a case of too many characters", with_head(case_id="x" * 129)


def _padded(text: bytes) -> bytes:
    return text.ljust(-(-len(text) // 256) * 256)


def _of_plaintext(plaintext: bytes, ephemeral: Keys, content_key: bytes) -> Json:
    """Encrypt any bytes to phone and laptop, as a sender with a program of their own can."""
    agent = KEYS["agent"]
    recipients = sorted((KEYS[one].public for one in ("phone", "laptop")), key=encode)
    header = inner._header(agent.public, ephemeral.public, recipients)
    box_key, commitment = inner._box_keys(content_key, header)
    box = commitment + AESGCM(box_key).encrypt(bytes(12), plaintext, None)
    return _with_wraps(box, recipients, ephemeral, content_key)


def _with_wraps(box: bytes, recipients: list[bytes], ephemeral: Keys, content_key: bytes) -> Json:
    agent = KEYS["agent"]
    wraps = []
    for to in recipients:
        secret = ephemeral.shared_with(to) + agent.shared_with(to)
        wrap_key = inner._wrap_key(secret, ephemeral.public, agent.public, to, box)
        wraps.append(
            {"to": encode(to), "key": encode(AESGCM(wrap_key).encrypt(bytes(12), content_key, None))}
        )
    return {
        "v": 2,
        "sender": encode(agent.public),
        "ephemeral": encode(ephemeral.public),
        "keys": wraps,
        "box": encode(box),
    }


def _two_faced(ephemeral: Keys) -> Json:
    """Commit to one content key and use another: what a sender does to show two people two texts."""
    recipients = sorted((KEYS[one].public for one in ("phone", "laptop")), key=encode)
    header = inner._header(KEYS["agent"].public, ephemeral.public, recipients)
    used, committed = CHANCE.randbytes(32), CHANCE.randbytes(32)
    plaintext = inner._plaintext(head(), BODY, KEYS["agent"].public)
    box_key, _ = inner._box_keys(used, header)
    _, commitment = inner._box_keys(committed, header)
    box = commitment + AESGCM(box_key).encrypt(bytes(12), plaintext, None)
    return _with_wraps(box, recipients, ephemeral, used)


def texts() -> dict[str, str]:
    """Make both files: name and text."""
    CHANCE.seed(6)
    made = {"envelopes-v1": made_v1(), "envelopes-v2": made_v2()}
    return {name: json.dumps(value, indent=1, ensure_ascii=False) + "\n" for name, value in made.items()}


if __name__ == "__main__":
    for name, text in texts().items():
        (VECTORS / f"{name}.json").write_text(text, encoding="utf-8")
