"""Envelope v2: everything that is not its one spelling, outside and inside."""

from __future__ import annotations

import pytest

from openhitl.errors import InvalidEnvelope, UnknownEnvelopeVersion
from openhitl.protocol import jcs
from openhitl.protocol.base64url import encode
from openhitl.protocol.sealed import envelope as inner
from openhitl.protocol.sealed.wire import MAX_PLAINTEXT_BYTES, parse_envelope
from tests.protocol.sealed.messages import Scene, head, keys

SCENE = Scene.drawn(3)
SEALED = SCENE.seal()
ONE_KEY = SEALED["keys"][0]
SENDER = SCENE.agent.public
HEAD = inner.write_head(head(), SENDER)


def test_an_envelope_reads_back_as_it_was_spelt():
    assert parse_envelope(SEALED).to_json() == SEALED


@pytest.mark.parametrize("version", [None, 0, 1, 3, 2.0, "2", True, [2]])
def test_versions_that_are_not_known(version):
    with pytest.raises(UnknownEnvelopeVersion):
        parse_envelope({**SEALED, "v": version})


@pytest.mark.parametrize("value", [None, [], "x", 2, [SEALED]])
def test_what_is_no_object(value):
    with pytest.raises(InvalidEnvelope):
        parse_envelope(value)


@pytest.mark.parametrize("name", ["sender", "ephemeral", "keys", "box"])
def test_every_member_is_needed(name):
    with pytest.raises(InvalidEnvelope, match="exactly the members"):
        parse_envelope({key: value for key, value in SEALED.items() if key != name})


def test_no_other_member_is_taken():
    with pytest.raises(InvalidEnvelope, match="exactly the members"):
        parse_envelope({**SEALED, "alg": "none"})


@pytest.mark.parametrize("name", ["sender", "ephemeral", "box"])
@pytest.mark.parametrize(
    "value", [None, 2, "", "AA", "!" * 43, "ä" * 43, "A" * 10**6, SEALED["sender"] + "="]
)
def test_bytes_that_are_not_spelt_right(name, value):
    with pytest.raises(InvalidEnvelope):
        parse_envelope({**SEALED, name: value})


@pytest.mark.parametrize("size", [0, 48, 49, 303, 305, 48 + MAX_PLAINTEXT_BYTES + 256])
def test_boxes_of_no_possible_size(size):
    with pytest.raises(InvalidEnvelope):
        parse_envelope({**SEALED, "box": encode(bytes(size))})


@pytest.mark.parametrize("number", [2**255 - 19, 2**255, 2**256 - 1])
@pytest.mark.parametrize("name", ["sender", "ephemeral"])
def test_second_spellings_of_keys(name, number):
    with pytest.raises(InvalidEnvelope, match="below 2"):
        parse_envelope({**SEALED, name: encode(number.to_bytes(32, "little"))})


@pytest.mark.parametrize(
    "wraps",
    [
        None,
        {},
        [],
        [None],
        [[ONE_KEY]],
        [{"to": ONE_KEY["to"]}],
        [{**ONE_KEY, "more": 1}],
        [{**ONE_KEY, "key": encode(bytes(47))}],
        [{**ONE_KEY, "to": encode(b"\xff" * 32)}],
        [ONE_KEY, ONE_KEY],
        SEALED["keys"][::-1],
        [{"to": encode(keys(SCENE.chance).public), "key": ONE_KEY["key"]}] * 129,
    ],
)
def test_keys_that_are_not_spelt_right(wraps):
    with pytest.raises(InvalidEnvelope):
        parse_envelope({**SEALED, "keys": wraps})


def sealed_text(monkeypatch, plaintext):
    """Make an envelope of any bytes, as a sender with a program of their own can."""
    monkeypatch.setattr(inner, "_plaintext", lambda *_: plaintext)
    return SCENE.seal()


def padded(text):
    return text.ljust(-(-len(text) // 256) * 256)


GOOD = jcs.canonical({"head": HEAD, "body": {}})


@pytest.mark.parametrize(
    "plaintext",
    [
        padded(b""),
        padded(b"[]"),
        padded(b"{}"),
        padded(b"\xff"),
        padded(GOOD) + b" " * 256,
        padded(GOOD.replace(b":", b": ")),
        padded(b" " + GOOD),
        padded(b"\xef\xbb\xbf" + GOOD),
        padded(GOOD.replace(b'"body":{}', b'"body":{"a":1,"a":2}')),
        padded(GOOD.replace(b'"body":{}', b'"body":{"a":1.0}')),
        padded(GOOD.replace(b'"body":{}', b'"body":{"a":1e999}')),
        padded(GOOD.replace(b'"body":{}', b'"body":{"a":"\\ud800"}')),
        padded(GOOD.replace(b'"body":{}', b'"body":{"a":"\\u0000"}')),
        padded(GOOD.replace(b'"body":{}', b'"body":' + b'{"a":' * 40 + b"{}" + b"}" * 40)),
        padded(GOOD.replace(b'"body":{}', b'"body":' + b"[" * 3000 + b"]" * 3000)),
        padded(GOOD.replace(b'"body":{}', b'"body":[]')),
        padded(GOOD.replace(b'"body":{}', b'"body":{},"more":1')),
        padded(GOOD[:-1]),
    ],
)
def test_messages_that_could_be_read_in_two_ways(monkeypatch, plaintext):
    sealed = sealed_text(monkeypatch, plaintext)
    with pytest.raises(InvalidEnvelope):
        SCENE.open(sealed)


@pytest.mark.parametrize(
    "changes",
    [
        {"case_id": None},
        {"case_id": ""},
        {"case_id": "x" * 129},
        {"direction": "reply"},
        {"direction": ["request"]},
        {"seq": 0},
        {"seq": True},
        {"seq": 1.5},
        {"seq": "1"},
        {"expires_at": None},
        {"expires_at": "tomorrow"},
        {"expires_at": "2026-02-20T11:00:00"},
        {"expires_at": "2026-02-20T11:00:00+00:00"},
        {"expires_at": "2026-02-20T11:00:00.000Z"},
        {"sender": encode(SCENE.devices[0].public)},
        {"more": 1},
    ],
)
def test_heads_that_are_not_well_formed(monkeypatch, changes):
    text = jcs.canonical({"head": {**HEAD, **changes}, "body": {}})
    sealed = sealed_text(monkeypatch, padded(text))
    with pytest.raises(InvalidEnvelope):
        SCENE.open(sealed)


def test_a_head_is_an_object(monkeypatch):
    sealed = sealed_text(monkeypatch, padded(b'{"body":{},"head":[]}'))
    with pytest.raises(InvalidEnvelope, match="A head has"):
        SCENE.open(sealed)
