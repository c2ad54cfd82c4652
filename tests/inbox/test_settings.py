"""How people want pages to be, and that all their pages are so."""

from __future__ import annotations

import pytest

from tests.inbox.house import House
from tests.people import sign_in

CHOSEN = {"language": "de", "zone": "Asia/Tokyo", "colours": "dark", "text_size": "large", "shortcuts": "1"}
USUAL = {"language": "", "zone": "", "colours": "auto", "text_size": "normal"}


def test_what_somebody_chooses_is_so_on_all_their_pages_and_on_no_others(house: House) -> None:
    case_id = house.ask()
    kept = house.ana.post("/inbox/settings", data=CHOSEN)
    assert (kept.status_code, kept.headers["location"]) == (303, "/inbox/settings?done=settings-kept")
    elsewhere = sign_in(house.server, "Ana")
    for path in ("/inbox", "/inbox/settings", "/inbox/history", "/account", f"/review/{case_id}"):
        page = elsewhere.http.get(path).text
        assert '<html lang="de" dir="ltr" data-text="large" data-zoned' in page, path
        assert "prefers-color-scheme" not in page
        assert "dark." in page
    assert "Tokyo" in elsewhere.http.get(f"/review/{case_id}").text
    assert '<html lang="en" dir="ltr">' in house.bo.http.get("/inbox").text
    assert house.ana.post("/inbox/settings", data={**USUAL, "colours": "light"}).status_code == 303
    assert "dark." not in house.ana.http.get("/inbox").text
    assert house.ana.post("/inbox/settings", data=USUAL).status_code == 303
    assert '<html lang="en" dir="ltr">' in house.ana.http.get("/inbox").text


@pytest.mark.parametrize(
    "wrong",
    [
        {"zone": "Middle/Earth"},
        {"zone": "../../etc/passwd"},
        {"language": "tlh"},
        {"colours": "pink"},
        {"text_size": ""},
    ],
)
def test_what_there_is_not_cannot_be_chosen(house: House, wrong: dict[str, str]) -> None:
    assert house.ana.post("/inbox/settings", data={**USUAL, **wrong}).status_code == 422
    assert '<html lang="en" dir="ltr">' in house.ana.http.get("/inbox").text
