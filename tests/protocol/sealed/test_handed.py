"""Handed keys: a device that came later reads what was encrypted before, and nothing that was not meant."""

from __future__ import annotations

import pytest

from openhitl.errors import (
    EnvelopeChanged,
    EnvelopeMoved,
    EnvelopeRefused,
    InvalidEnvelope,
    KeyToAnother,
    NotEncryptedToKey,
    UnknownSender,
    WrongDirection,
)
from openhitl.protocol.base64url import decode, encode
from openhitl.protocol.sealed.envelope import HandedKey
from openhitl.protocol.sealed.handed import hand_over, read_handed
from openhitl.protocol.sealed.head import Direction
from openhitl.protocol.sealed.wire import parse_envelope
from tests.protocol.sealed.messages import BODY, CASE_ID, TRIES, Scene, head, keys

OTHER_CASE = "review_0002abcd"


class Home:
    """A question to a phone; a laptop came to the same person's list later, a stranger never."""

    def __init__(self) -> None:
        self.scene = Scene.drawn(21)
        self.phone = self.scene.devices[0]
        self.laptop = keys(self.scene.chance)
        self.stranger = keys(self.scene.chance)
        self.envelope = self.scene.seal(recipients=[self.phone.public])
        self.opened = self.scene.open(self.envelope)

    @property
    def listed(self):
        return {self.phone.public, self.laptop.public}

    def hand(self, opened=None, **more):
        chance = self.scene.chance
        given = {"sender": self.phone, "recipient": self.laptop.public}
        drawn = {"ephemeral": keys(chance), "content_key": chance.randbytes(32)}
        return hand_over(opened or self.opened, **{**given, **drawn, **more})

    def read(self, envelope, **more):
        given = {"devices": self.listed, "case_id": CASE_ID}
        return read_handed(envelope, more.pop("keys", self.laptop), **{**given, **more})


@pytest.fixture(scope="module")
def home():
    return Home()


def refused(error, act, *given, **more):
    with pytest.raises(EnvelopeRefused) as caught:
        act(*given, **more)
    assert type(caught.value) is error


def test_a_device_that_came_later_reads_what_it_was_handed(home):
    refused(NotEncryptedToKey, home.scene.open, home.envelope, home.laptop)
    handed = home.read(home.hand())
    assert handed == HandedKey(home.opened.digest, home.opened.content_key)
    opened = home.scene.open(home.envelope, handed)
    assert (opened, opened.body) == (home.opened, BODY)
    assert "content_key" not in repr(opened) + repr(handed)


def test_what_was_handed_can_be_handed_on_and_kept(home):
    """To a third device, and to itself: so that it reads on when who handed it is off the list."""
    opened = home.scene.open(home.envelope, home.read(home.hand()))
    own = home.hand(opened, sender=home.laptop)
    assert home.read(own, devices={home.laptop.public}) == home.read(home.hand())
    third = keys(home.scene.chance)
    on = home.hand(opened, sender=home.laptop, recipient=third.public)
    assert home.read(on, keys=third) == home.read(own)


def test_it_says_which_case_and_until_when_and_goes_to_one_device(home):
    handed = home.hand()
    assert parse_envelope(handed).recipients == (home.laptop.public,)
    more = {"senders": {home.phone.public}, "direction": Direction.KEY}
    opened = home.scene.open(handed, home.laptop, **more)
    assert opened.head == head(direction=Direction.KEY)
    assert opened.body == {"envelope": home.opened.digest, "key": encode(home.opened.content_key)}


def test_a_device_from_outside_of_the_list_hands_over_nothing(home):
    refused(UnknownSender, home.read, home.hand(sender=home.stranger))
    refused(UnknownSender, home.read, home.hand(), devices={home.laptop.public})
    # Nor can it say that it is one of the list: the wrap takes the private key of its sender.
    claimed = {**home.hand(sender=home.stranger), "sender": encode(home.phone.public)}
    refused(EnvelopeChanged, home.read, claimed)


def test_a_handed_key_is_read_by_nobody_else(home):
    refused(NotEncryptedToKey, home.read, home.hand(), keys=home.stranger)


def test_a_handed_key_of_another_case_opens_nothing(home):
    refused(EnvelopeMoved, home.read, home.hand(), case_id=OTHER_CASE)
    elsewhere = home.scene.seal(recipients=[home.phone.public], head=head(case_id=OTHER_CASE))
    handed = home.read(home.hand())
    refused(KeyToAnother, home.scene.open, elsewhere, handed, case_id=OTHER_CASE)


def test_a_handed_key_is_good_for_one_envelope_of_its_case(home):
    """The server hands out that of the question for the answer, or puts another question in its place."""
    handed = home.read(home.hand())
    answer = home.scene.seal(recipients=[home.phone.public], head=head(direction=Direction.ANSWER))
    refused(KeyToAnother, home.scene.open, answer, handed, direction=Direction.ANSWER)
    refused(KeyToAnother, home.scene.open, home.scene.seal(recipients=[home.phone.public]), handed)
    refused(WrongDirection, home.scene.open, home.envelope, handed, direction=Direction.ANSWER)


def test_a_wrong_content_key_opens_nothing(home):
    wrong = HandedKey(home.opened.digest, home.scene.chance.randbytes(32))
    refused(EnvelopeChanged, home.scene.open, home.envelope, wrong)


def test_a_box_that_was_changed_opens_nothing_even_if_its_digest_is_vouched_for(home):
    box = decode(home.envelope["box"])
    changed = {**home.envelope, "box": encode(box[:-1] + bytes([box[-1] ^ 1]))}
    vouched = HandedKey(parse_envelope(changed).digest, home.opened.content_key)
    refused(EnvelopeChanged, home.scene.open, changed, vouched)


def test_the_sender_and_the_recipients_are_those_that_were_committed_to(home):
    """Who has the content key cannot say that the message was from, or to, somebody else."""
    handed = home.read(home.hand())
    theirs = encode(home.stranger.public)
    another = {**home.envelope, "sender": theirs}
    refused(EnvelopeChanged, home.scene.open, another, handed, senders={home.stranger.public})
    [wrap] = home.envelope["keys"]
    refused(EnvelopeChanged, home.scene.open, {**home.envelope, "keys": [{**wrap, "to": theirs}]}, handed)


def test_a_question_is_no_handed_key_and_the_other_way_round(home):
    question = home.scene.seal(recipients=[home.laptop.public])
    refused(WrongDirection, home.read, question, devices={home.scene.agent.public})
    to_phone = home.hand(recipient=home.phone.public)
    refused(WrongDirection, home.scene.open, to_phone, senders={home.phone.public})


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"key": encode(bytes(32))},
        {"envelope": encode(bytes(32)), "key": encode(bytes(32)), "case_id": CASE_ID},
        {"envelope": encode(bytes(31)), "key": encode(bytes(32))},
        {"envelope": encode(bytes(32)), "key": encode(bytes(33))},
        {"envelope": encode(bytes(32)), "key": encode(bytes(32)) + "="},
        {"envelope": encode(bytes(32)), "key": "ä"},
        {"envelope": None, "key": encode(bytes(32))},
    ],
)
def test_what_is_no_handed_key_is_refused(home, body):
    made = home.scene.seal(
        body, sender=home.phone, recipients=[home.laptop.public], head=head(direction=Direction.KEY)
    )
    refused(InvalidEnvelope, home.read, made)


def test_a_thousand_swapped_keys_are_noticed(home):
    """A server that hands out any key for any envelope."""
    chance = home.scene.chance
    asked = [home.scene.seal(recipients=[home.phone.public]) for _ in range(20)]
    handed = [home.read(home.hand(home.scene.open(one))) for one in asked]
    for _ in TRIES:
        at, other = chance.sample(range(20), 2)
        refused(KeyToAnother, home.scene.open, asked[at], handed[other])
