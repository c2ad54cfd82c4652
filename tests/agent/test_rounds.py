"""Where the next case of a chain is polled. HITL v0.8 §8 `next_case_id`, §15.3."""

import pytest

from openhitl.agent import OpenCase
from openhitl.agent.rounds import next_case
from openhitl.errors import NextCaseUnknown


def case(poll_url, events_url=None, case_id="review_1") -> OpenCase:
    return OpenCase(
        case_id=case_id,
        type="approval",
        prompt="Publish?",
        review_url="https://service.example.com/review/1?token=t",
        poll_url=poll_url,
        events_url=events_url,
    )


@pytest.mark.parametrize(
    ("poll_url", "following"),
    [
        ("https://s.example.com/reviews/review_1/status", "https://s.example.com/reviews/review_2/status"),
        ("https://s.example.com/status?case=review_1&v=1", "https://s.example.com/status?case=review_2&v=1"),
        ("https://s.example.com/review_10/review_1", "https://s.example.com/review_10/review_2"),
        ("https://review_1.example.com/review_1", "https://review_1.example.com/review_2"),
    ],
)
def test_the_id_is_replaced_where_it_stands_once(poll_url, following):
    found = next_case(case(poll_url, poll_url), "review_2")
    assert (found.case_id, found.poll_url, found.events_url) == ("review_2", following, following)
    assert found.review_url is None


@pytest.mark.parametrize(
    "poll_url",
    [
        "https://s.example.com/reviews/1/status",
        "https://s.example.com/review_1/review_1",
        "https://review_1.example.com/status",
        "https://s.example.com/review_11/status",
        "https://s.example.com/my-review_1/status",
    ],
)
def test_where_it_does_not_stand_once_nobody_guesses(poll_url):
    with pytest.raises(NextCaseUnknown):
        next_case(case(poll_url), "review_2")


@pytest.mark.parametrize(
    "next_case_id", ["../admin", "a/b", "", "x?y", "é", "x" * 201, "review_2\n", "review_1"]
)
def test_an_id_that_is_none_goes_into_no_address(next_case_id):
    with pytest.raises(NextCaseUnknown):
        next_case(case("https://s.example.com/reviews/review_1/status"), next_case_id)


def test_a_stream_that_is_not_known_where_is_not_followed():
    found = next_case(case("https://s.example.com/review_1", "https://s.example.com/events"), "review_2")
    assert found.events_url is None
