"""Whom agents have encrypted to."""

from __future__ import annotations

import os
import stat
from dataclasses import replace
from pathlib import Path

import pytest

from openhitl.client.pins import KnownPerson, Pins
from openhitl.errors import SetupError

HERE, THERE = "http://localhost:4485", "https://hitl.example.com"
ANA = KnownPerson(person_id="person:1", name="Ana", identity="k", number=3, digest="d3")


@pytest.fixture
def pins(tmp_path):
    return Pins(tmp_path / "openhitl", THERE)


def test_people_are_remembered_for_their_server_alone(pins, tmp_path):
    assert pins.people() == {}
    pins.keep(ANA)
    assert Pins(tmp_path / "openhitl", THERE).people() == {"person:1": ANA}
    assert Pins(tmp_path / "openhitl", HERE).people() == {}
    [path] = (tmp_path / "openhitl").glob("people-*.json")
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_a_later_statement_is_never_forgotten_for_an_earlier_one(pins):
    pins.keep(ANA)
    pins.keep(replace(ANA, number=4, digest="d4", verified_at="2026-02-20T10:00:00Z"))
    pins.keep(ANA)
    known = pins.people()["person:1"]
    assert (known.number, known.digest, known.verified_at) == (4, "d4", "2026-02-20T10:00:00Z")


def test_whoever_begins_anew_is_not_verified(pins):
    pins.keep(replace(ANA, verified_at="2026-02-20T10:00:00Z"))
    pins.keep(replace(ANA, identity="other", number=1, digest="d1"))
    known = pins.people()["person:1"]
    assert (known.identity, known.number, known.verified_at) == ("other", 1, None)


def test_people_are_found_by_name_and_forgotten(pins):
    pins.keep(ANA)
    assert pins.named(" ANA ") == ANA
    assert pins.named("Bo") is None
    pins.forget("person:1")
    pins.forget("person:1")
    assert pins.people() == {}


@pytest.mark.parametrize("text", ["", "[]", '{"people": [{}]}', '{"people": 7}'])
def test_what_says_nothing_of_people_is_refused(pins, tmp_path, text):
    pins.keep(ANA)
    [path] = (tmp_path / "openhitl").glob("people-*.json")
    path.write_text(text)
    with pytest.raises(SetupError, match="whom agents encrypt to"):
        pins.people()


def test_a_folder_that_cannot_be_made_is_said():
    with pytest.raises(SetupError) as refused:
        Pins(Path(os.devnull) / "openhitl", THERE).keep(ANA)
    assert "HITL_CONFIG_DIR" in refused.value.hint
