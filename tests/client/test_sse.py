"""The event stream parser against the rules of WHATWG HTML "Server-sent events"."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from openhitl.client.sse import MAX_EVENT_CHARACTERS, SseEvent, SseParser


def parse(*chunks: bytes) -> list[SseEvent]:
    parser = SseParser()
    return [event for chunk in chunks for event in parser.feed(chunk)]


def test_an_event_has_a_name_data_and_an_id():
    stream = b'id: 7\nevent: review.opened\ndata: {"a":1}\n\n'
    assert parse(stream) == [SseEvent("review.opened", '{"a":1}', "7")]


def test_an_event_without_a_name_is_a_message():
    assert parse(b"data: x\n\n") == [SseEvent("message", "x")]


def test_several_data_lines_are_joined_by_line_feeds():
    assert parse(b"data: one\ndata\ndata:two\n\n") == [SseEvent("message", "one\n\ntwo")]


def test_only_one_space_after_the_colon_is_dropped():
    assert parse(b"data:  x\n\n") == [SseEvent("message", " x")]


@pytest.mark.parametrize("end", [b"\n", b"\r", b"\r\n"])
def test_all_three_line_ends_work(end):
    assert parse(end.join([b"event: a", b"data: 1", b"", b"data: 2", b"", b""])) == [
        SseEvent("a", "1"),
        SseEvent("message", "2"),
    ]


def test_a_lone_carriage_return_dispatches_without_waiting_for_more():
    assert parse(b"data: x\r\r") == [SseEvent("message", "x")]


def test_crlf_cut_in_two_is_one_line_end():
    assert parse(b"data: a\r", b"\ndata: b\r", b"\n\r", b"\n") == [SseEvent("message", "a\nb")]


def test_a_byte_order_mark_is_skipped_at_the_start_only():
    assert parse(b"\xef\xbb\xbfdata: a\n\n", b"\xef\xbb\xbfdata: b\n\ndata: c\n\n") == [
        SseEvent("message", "a"),
        SseEvent("message", "c"),
    ]


def test_comments_and_unknown_fields_are_ignored():
    assert parse(b": heartbeat\n\nfoo: bar\ndata: x\n\n") == [SseEvent("message", "x")]


def test_an_event_without_data_is_dropped_but_its_id_stays():
    parser = SseParser()
    assert parser.feed(b"event: a\nid: 3\n\n") == []
    assert parser.last_id == "3"
    assert parser.feed(b"data: x\n\n") == [SseEvent("message", "x", "3")]


def test_an_id_with_nul_is_ignored():
    assert parse(b"id: 1\ndata: a\n\nid: 2\0\ndata: b\n\n")[1].id == "1"


def test_an_empty_id_clears_it():
    assert parse(b"id: 1\ndata: a\n\nid\ndata: b\n\n")[1].id == ""


def test_an_id_counts_once_its_event_is_whole():
    parser = SseParser("4")
    parser.feed(b"id: 5\ndata: a\n")
    assert parser.last_id == "4"


def test_retry_takes_digits_only():
    parser = SseParser()
    parser.feed(b"retry: 1500\nretry: soon\nretry: -1\n\n")
    assert parser.retry_ms == 1500


@pytest.mark.parametrize("digits", [400, 5000])
def test_a_retry_longer_than_any_pause_is_a_number_all_the_same(digits):
    parser = SseParser()
    parser.feed(b"retry: " + b"9" * digits + b"\ndata: x\n\n")
    assert parser.retry_ms / 1000 > 3600


def test_what_the_end_of_the_stream_cuts_off_is_dropped():
    assert parse(b"data: whole\n\ndata: half\n") == [SseEvent("message", "whole")]


def test_broken_utf8_is_replaced_not_fatal():
    assert parse(b"data: \xff\n\n") == [SseEvent("message", "\ufffd")]


@pytest.mark.parametrize("line", [b"data: ", b": "])
def test_an_event_that_never_ends_is_refused(line):
    parser = SseParser()
    chunk = b"x" * 65536
    parser.feed(line)
    for _ in range(MAX_EVENT_CHARACTERS // len(chunk) - 1):
        parser.feed(chunk)
    with pytest.raises(ValueError, match="too long"):
        parser.feed(2 * chunk)


def test_many_events_are_not_one_long_event():
    parser = SseParser()
    events = sum(len(parser.feed(b"data: " + b"x" * 65536 + b"\n\n")) for _ in range(100))
    assert events == 100


@given(
    stream=st.text(alphabet="\r\n: \ufeffadtivenr0é", max_size=60),
    cuts=st.lists(st.integers(0, 80), max_size=8),
)
def test_where_the_bytes_are_cut_changes_nothing(stream, cuts):
    whole = stream.encode()
    places = [0, *sorted(min(cut, len(whole)) for cut in cuts), len(whole)]
    pieces = [whole[start:end] for start, end in pairwise(places)]
    assert parse(*pieces) == parse(whole)
