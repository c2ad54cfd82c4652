from __future__ import annotations

import pytest

from openhitl.errors import InvalidDeviceList
from openhitl.protocol.base64url import encode
from openhitl.protocol.devices import read_keys
from openhitl.protocol.sealed.fingerprint import device_fingerprint

BOX, SIGN = bytes(range(32)), bytes(range(32, 64))


def test_a_device_is_known_by_six_words_of_both_its_keys():
    keys = read_keys(encode(BOX), encode(SIGN))
    assert keys.fingerprint == device_fingerprint(BOX, SIGN)
    assert len(keys.fingerprint.split()) == 6
    assert keys.fingerprint != read_keys(encode(SIGN), encode(BOX)).fingerprint


def test_a_key_that_nobody_can_write_to_is_refused():
    with pytest.raises(InvalidDeviceList, match="write"):
        read_keys(encode(bytes(32)), encode(SIGN))


@pytest.mark.parametrize("other", [None, 7, "", "AAAA", encode(BOX) + "=", encode(BOX)[:-1] + "!"])
def test_what_is_no_key_is_refused(other):
    for box, sign in ((other, encode(SIGN)), (encode(BOX), other)):
        with pytest.raises(InvalidDeviceList):
            read_keys(box, sign)
