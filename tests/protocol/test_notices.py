"""What notices are called."""

from __future__ import annotations

import pytest

from openhitl.protocol.notices import notice_id, notice_number


@pytest.mark.parametrize("number", [0, 7, 999_999_999])
def test_an_id_is_read_as_it_was_spelt(number: int) -> None:
    assert notice_number(notice_id(number)) == number


@pytest.mark.parametrize(
    "given",
    ["7", "notice_", "notice_07", "notice_notice_7", "notice_-1", "Notice_7", "notice_7 ", "", 7, None],
)
def test_there_is_no_other_spelling_of_it(given: object) -> None:
    assert notice_number(given) is None
