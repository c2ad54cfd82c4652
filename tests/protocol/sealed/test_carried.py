"""What a server sees of encrypted cases."""

from __future__ import annotations

import base64
from random import Random

import pytest

from openhitl.errors import InvalidAction, InvalidAnswer, InvalidRequest, PolicyRefused
from openhitl.protocol import questions
from openhitl.protocol.answers import check_answer
from openhitl.protocol.case import Assurance
from openhitl.protocol.creation import Rules
from openhitl.protocol.sealed.box import MAX_TEXT_BYTES, seal_box
from openhitl.protocol.sealed.carried import check_payload, check_sealed_draft, read_handed_outside
from tests.protocol.sealed.messages import Scene
from tests.protocol.values import asked

CHANCE = Random(7)
SCENE = Scene.drawn(7)
NEWER = SCENE.seal()
OLDER = seal_box("{}", SCENE.agent, SCENE.devices[0].public, nonce=CHANCE.randbytes(24))


def question(envelope=NEWER, **more):
    return asked(
        {"type": "x-sealed", "context": {"envelope": envelope}, **more},
        rules=Rules(least=Assurance.LINK, most=Assurance.PASSKEY),
    )


def path_of(refuse, *given, **more):
    with pytest.raises(InvalidRequest) as refused:
        refuse(*given, **more)
    [error] = refused.value.details["errors"]
    return error["path"]


@pytest.mark.parametrize("envelope", [NEWER, OLDER])
def test_an_encrypted_question_says_nothing_and_wants_a_person(envelope):
    made = question(envelope, prompt="Encrypted request", case_id="review_1")
    assert made.content.prompt == made.content.message == "Encrypted request"
    assert made.content.context == {"envelope": envelope}
    assert made.case.assurance is Assurance.SIGNED_IN
    assert questions.sealed(envelope) == {"type": "x-sealed", "context": {"envelope": envelope}}


@pytest.mark.parametrize(
    ("more", "path"),
    [
        ({"prompt": "Deploy?"}, "prompt"),
        ({"message": ""}, "message"),
        ({"inline_actions": []}, "inline_actions"),
        ({"context": None}, "context"),
        ({"context": []}, "context"),
        ({"context": {"envelope": NEWER, "facts": {}}}, "context"),
        ({"envelope": 7}, "context.envelope"),
        ({"envelope": {**NEWER, "v": 3}}, "context.envelope"),
        ({"envelope": {**NEWER, "box": "AAAA"}}, "context.envelope"),
        ({"envelope": ""}, "context.envelope"),
        ({"envelope": "!" * 80}, "context.envelope"),
        ({"envelope": base64.b64encode(bytes(39)).decode()}, "context.envelope"),
    ],
)
def test_whatever_else_it_says_is_refused(more, path):
    assert path_of(question, **more) == path


def test_it_wants_more_than_a_link_and_may_want_a_passkey():
    with pytest.raises(PolicyRefused):
        question(assurance="link")


def test_an_older_envelope_has_a_largest_size():
    check_payload(base64.b64encode(bytes(40 + MAX_TEXT_BYTES)).decode(), "payload")
    assert (
        path_of(check_payload, base64.b64encode(bytes(44 + MAX_TEXT_BYTES)).decode(), "payload") == "payload"
    )
    assert path_of(check_payload, None, "payload") == "payload"


@pytest.mark.parametrize(
    ("envelope", "data"), [(NEWER, {"envelope": SCENE.seal()}), (OLDER, {"payload": OLDER})]
)
def test_an_answer_is_an_envelope_of_the_same_version(envelope, data):
    made = question(envelope)
    assert check_answer(made.content, made.context, "submit", data).data == data
    with pytest.raises(InvalidAction):
        check_answer(made.content, made.context, "approve", data)
    wrong = ({}, {"envelope": OLDER}, {"payload": NEWER}, {**data, "note": "yes"}, {next(iter(data)): 7})
    for given in wrong:
        with pytest.raises(InvalidAnswer):
            check_answer(made.content, made.context, "submit", given)


def test_a_draft_is_an_envelope():
    check_sealed_draft({"envelope": NEWER})
    check_sealed_draft({"envelope": OLDER})
    assert path_of(check_sealed_draft, {"answer": "ye"}) == "values.answer"
    assert path_of(check_sealed_draft, {}) == "values.envelope"


def test_a_handed_key_goes_to_one_device_and_is_small():
    phone = SCENE.devices[0].public
    to_one = SCENE.seal({"envelope": "x" * 43, "key": "x" * 43}, recipients=[phone])
    assert read_handed_outside(to_one, "at").recipients == (phone,)
    for wrong in (NEWER, OLDER, None, SCENE.seal({"more": "x" * 1100}, recipients=[phone])):
        assert path_of(read_handed_outside, wrong, "keys[0].envelope") == "keys[0].envelope"
