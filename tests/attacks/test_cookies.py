"""Cookies are what a client says they are: no trouble for anybody else."""

from __future__ import annotations

import time

import pytest

from openhitl.review.http import Request

SECONDS = 1.0


@pytest.mark.parametrize(
    "header",
    ['carry="' + "\\" * 60_000 + '"', "; ".join(f"c{number}=x" for number in range(8_000)), "=;" * 30_000],
    ids=["backslashes", "many", "empty"],
)
def test_cookies_are_read_in_time(header: str) -> None:
    begun = time.thread_time()
    assert Request("GET", "/", headers={"cookie": header}).cookies
    assert time.thread_time() - begun < SECONDS


def test_a_cookie_is_found_beside_those_that_nobody_can_parse() -> None:
    request = Request("GET", "/", headers={"cookie": 'odd [name]=1; broken; {"a": 1}=c;carry=hidden-=; x=1'})
    assert request.cookies["carry"] == "hidden-="
    assert Request("GET", "/").cookies.get("carry") is None
