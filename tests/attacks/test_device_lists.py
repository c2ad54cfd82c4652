"""A server that lies to an agent about somebody's devices: a thousand tries at each lie."""

from __future__ import annotations

import random

import pytest

from openhitl.errors import InvalidDeviceList
from openhitl.protocol.sealed.device_list import read_chain
from tests.attacks.device_liars import LIES, TRIES, honest
from tests.protocol.sealed.households import PERSON


@pytest.mark.parametrize("lie", LIES)
def test_every_lie_is_noticed_and_called_what_it_is(lie: str) -> None:
    for seed in range(TRIES):
        told = LIES[lie](random.Random(seed))
        with pytest.raises(InvalidDeviceList) as caught:
            read_chain(told.links, person=PERSON, pin=told.pin)
        assert caught.value.code in told.codes, seed


def test_what_is_honest_is_followed() -> None:
    for seed in range(TRIES):
        told = honest(random.Random(seed))
        latest = read_chain(told.links, person=PERSON, pin=told.pin)
        assert latest.devices == tuple(one.listed for one in told.signers)
