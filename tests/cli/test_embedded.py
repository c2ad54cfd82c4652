"""`hitl request` with no server anywhere: it serves the page itself, alone or in turns with others."""

import json

import pytest

from tests.cli.people import answer, look, review_urls

pytestmark = pytest.mark.anyio

CHOICES = ("--prompt", "Deploy to production?", "--choice", "Staging", "--choice", "Production")


async def test_a_question_with_no_server_anywhere_is_answered_all_the_same(alone):
    async with alone.start("request", *CHOICES) as running:
        [url] = review_urls(await running.says("/review/"))
        page = await look(url)
        assert page.status_code == 200
        assert "Deploy to production?" in page.text
        assert (await answer(url, "select", {"selected": ["Production"]})).status_code == 200
        await running.says("Production\n", on="out")
        assert (await look(url)).status_code == 200, "the page is still there to say what happened"
        done = await running.ends()
    assert (done.code, done.out) == (0, "Production\n")


async def test_every_type_of_question_round_trips(alone):
    async with alone.start("request", "--prompt", "Why?") as running:
        [url] = review_urls(await running.says("/review/"))
        assert (await answer(url, "submit", {"answer": "Because."})).status_code == 200
        assert (await running.ends()).out == "Because.\n"
    async with alone.start("request", "--prompt", "Sure?", "--type", "confirmation") as running:
        [url] = review_urls(await running.says("/review/"))
        assert (await answer(url, "cancel")).status_code == 200
        assert (await running.ends()).code == 10


async def test_ctrl_c_then_status_wait_serves_the_page_again(alone):
    async with alone.start("request", *CHOICES) as running:
        [url] = review_urls(await running.says("/review/"))
        running.interrupt()
        interrupted = await running.ends()
    assert (interrupted.code, interrupted.out) == (130, "")
    assert f"hitl status {case_of(url)} --wait" in interrupted.err
    async with alone.start("status", case_of(url), "--wait") as running:
        [again] = review_urls(await running.says("/review/"))
        assert (await answer(again, "select", {"selected": ["Staging"]})).status_code == 200
        done = await running.ends()
    assert (done.code, done.out) == (0, "Staging\n")


async def test_a_case_survives_the_death_of_the_process_that_served_it(alone):
    async with alone.start("request", *CHOICES) as running:
        [url] = review_urls(await running.says("/review/"))
        running.kill()
        await running.ends()
    done = await alone.run("status", case_of(url))
    assert (done.code, done.out) == (0, "pending\n")


async def test_two_requests_share_one_server_and_the_second_takes_over(alone):
    async with alone.start("request", *CHOICES) as first:
        [first_url] = review_urls(await first.says("/review/"))
        async with alone.start("request", "--prompt", "And then?") as second:
            [second_url] = review_urls(await second.says("/review/"))
            assert place_of(second_url) == place_of(first_url)
            assert (await answer(first_url, "select", {"selected": ["Staging"]})).status_code == 200
            assert (await first.ends()).out == "Staging\n"
            await second.says("this process serves now")
            assert (await answer(second_url, "submit", {"answer": "Lunch"})).status_code == 200
            assert (await second.ends()).out == "Lunch\n"


async def test_list_and_show_say_what_was_asked_and_answered(alone):
    async with alone.start("request", *CHOICES) as running:
        [url] = review_urls(await running.says("/review/"))
        await answer(url, "select", {"selected": ["Staging"]})
        await running.ends()
    listed = json.loads((await alone.run("list", "--json")).out)
    assert [case["case_id"] for case in listed] == [case_of(url)]
    assert json.loads((await alone.run("list", "--status", "pending", "--json")).out) == []
    shown = json.loads((await alone.run("show", case_of(url), "--json")).out)
    assert shown["context"]["items"][1]["title"] == "Production"
    assert shown["result"]["data"]["selected"] == ["Staging"]


def case_of(url: str) -> str:
    return url.rpartition("/review/")[2].partition("?")[0]


def place_of(url: str) -> str:
    return url.partition("/review/")[0]
