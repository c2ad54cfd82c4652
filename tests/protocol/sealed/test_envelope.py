"""Envelope v2: what it carries, and every way in which it must not be taken for something else.

The attacks are those of a server that stores and forwards envelopes, and of recipients against each other.
"""

from __future__ import annotations

import hashlib
import json

import pytest
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from openhitl.errors import (
    EnvelopeChanged,
    EnvelopeMoved,
    EnvelopeRefused,
    EnvelopeReplayed,
    InvalidEnvelope,
    InvalidRequest,
    NotEncryptedToKey,
    UnknownSender,
    WrongDirection,
)
from openhitl.protocol.base64url import decode, encode
from openhitl.protocol.sealed import envelope as inner
from openhitl.protocol.sealed.head import MAX_ID_CHARACTERS, Direction
from openhitl.protocol.sealed.wire import MAX_PLAINTEXT_BYTES, MAX_RECIPIENTS, parse_envelope
from tests.protocol.sealed.messages import BODY, CASE_ID, TRIES, Scene, head, keys
from tests.protocol.sealed.test_keys import LOW_ORDER


@pytest.fixture(scope="module")
def scene():
    return Scene.drawn(2)


def refused(scene, envelope, error, **more):
    with pytest.raises(EnvelopeRefused) as caught:
        scene.open(envelope, **more)
    assert type(caught.value) in (error if isinstance(error, tuple) else (error,))


def with_wraps(envelope, wraps):
    return {**envelope, "keys": sorted(wraps, key=lambda one: one["to"])}


def open_content(envelope, device):
    """Take out the content key, as a recipient can who writes a program of their own."""
    sealed = parse_envelope(envelope)
    secret = device.shared_with(sealed.ephemeral) + device.shared_with(sealed.sender)
    wrap_key = inner._wrap_key(secret, sealed.ephemeral, sealed.sender, device.public, sealed.box)
    return AESGCM(wrap_key).decrypt(bytes(12), dict(sealed.keys)[device.public], None)


def box_of(envelope, content_key, plaintext):
    """Encrypt other words under the same content key, for the same recipients."""
    sealed = parse_envelope(envelope)
    header = inner._header(sealed.sender, sealed.ephemeral, sealed.recipients)
    box_key, commitment = inner._box_keys(content_key, header)
    return encode(commitment + AESGCM(box_key).encrypt(bytes(12), plaintext, None))


# What it carries


def test_every_recipient_reads_the_same(scene):
    sealed = scene.seal()
    opened = [scene.open(sealed, device) for device in scene.devices]
    assert opened[0] == opened[1] == opened[2]
    assert opened[0].body == BODY
    assert opened[0].head == head()
    assert opened[0].sender == scene.agent.public
    assert set(opened[0].recipients) == {device.public for device in scene.devices}
    assert opened[0].digest == encode(hashlib.sha256(decode(sealed["box"])).digest())


def test_its_members_are_those_of_the_format(scene):
    sealed = scene.seal()
    assert list(sealed) == ["v", "sender", "ephemeral", "keys", "box"]
    assert sealed["v"] == 2
    assert [one["to"] for one in sealed["keys"]] == sorted(encode(device.public) for device in scene.devices)


def test_the_sender_reads_it_only_if_named(scene):
    refused(scene, scene.seal(), NotEncryptedToKey, device=scene.agent)
    everybody = [scene.agent.public, scene.devices[0].public]
    assert scene.open(scene.seal(recipients=everybody), scene.agent).body == BODY


def test_a_recipient_that_is_named_twice_counts_once(scene):
    sealed = scene.seal(recipients=[scene.devices[0].public] * 2)
    assert len(sealed["keys"]) == 1


def test_a_short_yes_is_as_long_as_a_short_no(scene):
    sizes = {len(scene.seal({"action": action})["box"]) for action in ("approve", "reject", "edit", "")}
    assert len(sizes) == 1


@pytest.mark.parametrize("spare", [0, 1, 255])
def test_every_length_is_padded_to_the_next_block(scene, spare):
    empty = len(inner.jcs.canonical({"body": {"a": ""}, "head": inner.write_head(head(), bytes(32))}))
    body = {"a": "x" * (2048 - spare - empty)}
    sealed = scene.seal(body)
    assert len(decode(sealed["box"])) == 32 + 2048 + 16
    assert scene.open(sealed).body == body


def test_the_largest_message_fits(scene):
    empty = len(inner.jcs.canonical({"body": {"a": ""}, "head": inner.write_head(head(), bytes(32))}))
    body = {"a": "x" * (MAX_PLAINTEXT_BYTES - empty)}
    assert scene.open(scene.seal(body)).body == body
    with pytest.raises(InvalidRequest, match="at most"):
        scene.seal({"a": body["a"] + "x"})


def test_as_many_recipients_as_there_may_be(scene):
    many = [keys(scene.chance) for _ in range(MAX_RECIPIENTS + 1)]
    sealed = scene.seal(recipients=[one.public for one in many[1:]])
    assert scene.open(sealed, many[-1]).body == BODY
    for recipients in (many, []):
        with pytest.raises(InvalidRequest, match="1 to 128"):
            scene.seal(recipients=[one.public for one in recipients])


@pytest.mark.parametrize("public", [*LOW_ORDER, b"\xff" * 32, b""])
def test_nothing_is_encrypted_to_what_is_no_key(scene, public):
    with pytest.raises(InvalidEnvelope):
        scene.seal(recipients=[scene.devices[0].public, public])


@pytest.mark.parametrize("size", [0, 16, 33])
def test_a_content_key_has_32_bytes(scene, size):
    with pytest.raises(ValueError, match="32 bytes"):
        scene.seal(content_key=bytes(size))


@pytest.mark.parametrize(
    "value", [2**53, 1e16, float("nan"), "\0", "\ud800", b"", json.loads("[" * 31 + "]" * 31)]
)
def test_what_others_would_not_read_back_is_not_sent(scene, value):
    with pytest.raises(InvalidRequest):
        scene.seal({"a": value})


@pytest.mark.parametrize(
    "more", [{"case_id": ""}, {"case_id": "x" * (MAX_ID_CHARACTERS + 1)}, {"seq": 0}, {"seq": 2**53}]
)
def test_a_head_that_nobody_would_read_is_not_sent(scene, more):
    with pytest.raises(InvalidRequest):
        scene.seal(head=head(**more))


# Attacks on the way


def test_any_changed_byte_is_noticed(scene):
    sealed = scene.seal()
    for _ in TRIES:
        name = scene.chance.choice(["sender", "ephemeral", "box", "to", "key"])
        changed = {**sealed, "keys": [dict(one) for one in sealed["keys"]]}
        place = scene.chance.choice(changed["keys"]) if name in ("to", "key") else changed
        raw = bytearray(decode(place[name]))
        raw[scene.chance.randrange(len(raw))] ^= scene.chance.randrange(1, 256)
        place[name] = encode(bytes(raw))
        changed = with_wraps(changed, changed["keys"])
        # A wrapped key concerns its own recipient alone: the others cannot tell.
        concerned = [one for one in scene.devices if name != "key" or place["to"] == encode(one.public)]
        for device in concerned:
            errors = (EnvelopeChanged, UnknownSender, NotEncryptedToKey, InvalidEnvelope)
            refused(scene, changed, errors, device=device)


def test_any_changed_character_is_noticed(scene):
    sealed = scene.seal()
    for _ in TRIES:
        name = scene.chance.choice(["sender", "ephemeral", "box"])
        text = sealed[name]
        place = scene.chance.randrange(len(text))
        letter = scene.chance.choice([one for one in "AZaz09-_=+/ ä\n" if one != text[place]])
        changed = {**sealed, name: text[:place] + letter + text[place + 1 :]}
        refused(scene, changed, (EnvelopeChanged, UnknownSender, InvalidEnvelope))


def test_it_cannot_be_moved_to_another_case(scene):
    for _ in TRIES:
        other = f"review_{scene.chance.randbytes(8).hex()}"
        refused(scene, scene.seal(head=head(case_id=other)), EnvelopeMoved)


def test_it_cannot_be_presented_as_something_else(scene):
    for _ in TRIES:
        was, taken_for = scene.chance.sample(list(Direction), 2)
        sealed = scene.seal(head=head(direction=was))
        refused(scene, sealed, WrongDirection, direction=taken_for)


def test_an_older_draft_cannot_follow_a_newer_one(scene):
    for _ in TRIES:
        older = scene.chance.randrange(1, 1000)
        seen = older + scene.chance.randrange(1000)
        sealed = scene.seal(head=head(direction=Direction.DRAFT, seq=older))
        refused(scene, sealed, EnvelopeReplayed, direction=Direction.DRAFT, newer_than=seen)
    assert scene.open(sealed, direction=Direction.DRAFT, newer_than=older - 1).head.seq == older


def test_nobody_else_passes_for_the_sender(scene):
    sealed = scene.seal()
    for _ in TRIES:
        mallory = keys(scene.chance)
        refused(scene, scene.seal(sender=mallory), UnknownSender)
        # Mallory's own message under the agent's name, and the agent's under Mallory's.
        forged = {**scene.seal(sender=mallory), "sender": encode(scene.agent.public)}
        refused(scene, forged, EnvelopeChanged)
        taken = {**sealed, "sender": encode(mallory.public)}
        refused(scene, taken, EnvelopeChanged, senders={mallory.public})


def test_a_recipient_that_was_dropped_is_noticed_by_all_others(scene):
    for _ in TRIES:
        sealed = scene.seal()
        dropped = scene.chance.choice(sealed["keys"])
        left = {**sealed, "keys": [one for one in sealed["keys"] if one is not dropped]}
        for device in scene.devices:
            gone = encode(device.public) == dropped["to"]
            refused(scene, left, NotEncryptedToKey if gone else EnvelopeChanged, device=device)


def test_a_recipient_that_was_added_is_noticed_by_all(scene):
    for _ in TRIES:
        sealed = scene.seal()
        added = {"to": encode(keys(scene.chance).public), "key": encode(scene.chance.randbytes(48))}
        refused(scene, with_wraps(sealed, [*sealed["keys"], added]), EnvelopeChanged)


def test_a_recipient_that_was_exchanged_is_noticed_by_all_others(scene):
    for _ in TRIES:
        sealed = scene.seal()
        wraps = [dict(one) for one in sealed["keys"]]
        victim = scene.chance.choice(wraps)
        gone, victim["to"] = victim["to"], encode(keys(scene.chance).public)
        for device in scene.devices:
            expected = NotEncryptedToKey if encode(device.public) == gone else EnvelopeChanged
            refused(scene, with_wraps(sealed, wraps), expected, device=device)


def test_wrapped_keys_of_two_recipients_cannot_be_exchanged(scene):
    for _ in TRIES:
        sealed = scene.seal()
        wraps = [dict(one) for one in sealed["keys"]]
        one, two = scene.chance.sample(wraps, 2)
        one["key"], two["key"] = two["key"], one["key"]
        for device in scene.devices:
            if encode(device.public) in (one["to"], two["to"]):
                refused(scene, {**sealed, "keys": wraps}, EnvelopeChanged, device=device)


def test_parts_of_two_envelopes_do_not_fit_together(scene):
    former = scene.seal()
    for _ in TRIES:
        latter = scene.seal()
        name = scene.chance.choice(["ephemeral", "keys", "box"])
        refused(scene, {**latter, name: former[name]}, EnvelopeChanged)
        former = latter


def test_recipients_out_of_order_are_refused(scene):
    for _ in TRIES:
        sealed = scene.seal()
        wraps = list(sealed["keys"])
        while wraps == sealed["keys"]:
            scene.chance.shuffle(wraps)
        refused(scene, {**sealed, "keys": wraps}, InvalidEnvelope)


# Attacks by those who may read it


def test_a_recipient_cannot_put_other_words_into_it(scene):
    """Who knows the content key can make another box, but no wrapped key fits it."""
    for _ in TRIES:
        sealed = scene.seal()
        mallory, *victims = scene.devices
        content_key = open_content(sealed, mallory)
        words = inner._plaintext(head(), {"prompt": "Delete everything?"}, scene.agent.public)
        forged = {**sealed, "box": box_of(sealed, content_key, words)}
        for victim in victims:
            refused(scene, forged, EnvelopeChanged, device=victim)


def test_a_recipient_cannot_pass_it_on_as_the_senders(scene):
    """Whom the sender did not write to gets nothing that opens as the sender's."""
    stranger = keys(scene.chance)
    for _ in TRIES:
        sealed = scene.seal()
        mallory = scene.devices[0]
        ephemeral = keys(scene.chance)
        secret = ephemeral.shared_with(stranger.public) + mallory.shared_with(stranger.public)
        wrap_key = inner._wrap_key(
            secret, ephemeral.public, scene.agent.public, stranger.public, decode(sealed["box"])
        )
        wrap = AESGCM(wrap_key).encrypt(bytes(12), open_content(sealed, mallory), None)
        passed = {
            **sealed,
            "ephemeral": encode(ephemeral.public),
            "keys": [{"to": encode(stranger.public), "key": encode(wrap)}],
        }
        refused(scene, passed, EnvelopeChanged, device=stranger)


def test_a_sender_cannot_show_two_recipients_two_messages_in_one_box(scene):
    """Each content key has a commitment of its own, and a box has room for one."""
    mine, other = scene.devices[:2]
    for _ in TRIES:
        ephemeral = keys(scene.chance)
        sealed = scene.seal(ephemeral=ephemeral)
        wraps = [dict(one) for one in sealed["keys"]]
        secret = ephemeral.shared_with(other.public) + scene.agent.shared_with(other.public)
        box = decode(sealed["box"])
        wrap_key = inner._wrap_key(secret, ephemeral.public, scene.agent.public, other.public, box)
        for wrap in wraps:
            if wrap["to"] == encode(other.public):
                wrap["key"] = encode(AESGCM(wrap_key).encrypt(bytes(12), scene.chance.randbytes(32), None))
        two_faced = {**sealed, "keys": wraps}
        assert scene.open(two_faced, mine).body == BODY
        refused(scene, two_faced, EnvelopeChanged, device=other)


@pytest.mark.parametrize("public", LOW_ORDER)
@pytest.mark.parametrize("name", ["sender", "ephemeral"])
def test_keys_that_everybody_shares_are_refused(scene, public, name):
    sealed = {**scene.seal(), name: encode(public)}
    refused(scene, sealed, InvalidEnvelope, senders={scene.agent.public, public})


def test_the_case_is_the_one_of_the_head(scene):
    assert scene.open(scene.seal()).head.case_id == CASE_ID
