"""The pages of a device that comes in, as forms alone use them."""

from __future__ import annotations

import re

import pytest

from openhitl.protocol.base64url import encode
from tests.accounts.visitors import Browser, Visitors, field


def begun(browser: Browser) -> tuple[str, str]:
    """Have a code shown; return it and the path of its pairing."""
    page = browser.submit("/devices/pairings")
    assert page.status_code == 200
    code = re.search(r"[A-Z]{4}-[A-Z]{4}", page.text)
    path = re.search(r"/devices/pairings/\d+", page.text)
    assert code
    assert path
    return code[0], path[0]


def claimed(browser: Browser, code: str, name: str = "Phone") -> tuple[str, str]:
    """Claim; return the claim and the number."""
    page = browser.post("/pair", data={"code": code, "name": name})
    assert page.status_code == 200, page.text
    return field(page, "claim"), field(page, "number")


def test_forms_alone_let_a_device_in(visitors: Visitors) -> None:
    owner, phone = visitors.joined("Ada"), visitors.browser()
    code, path = begun(owner)
    assert "No device has claimed" in owner.get(path).text
    claim, number = claimed(phone, code)
    assert "has not let this device in yet" in phone.post("/pair/enter", data={"claim": claim}).text
    page = owner.get(path)
    assert number not in re.sub(r"<[^>]*>", "", page.text), "it is told to nobody but the device"
    wrong = owner.submit(path, number="1")
    assert (wrong.status_code, "not the number" in wrong.text) == (422, True)
    assert owner.submit(path, number=number).headers["location"] == "/devices?done=device-let-in"
    entered = phone.post("/pair/enter", data={"claim": claim})
    assert entered.headers["location"] == "/devices?done=device-in"
    assert phone.who() == "Ada"
    assert phone.post("/pair/enter", data={"claim": claim}).status_code == 410


def test_opening_pages_changes_nothing(visitors: Visitors) -> None:
    owner, phone = visitors.joined("Bea"), visitors.browser()
    code, path = begun(owner)
    for _ in range(3):
        page = phone.get("/pair", params={"code": code})
        assert field_value(page.text, "code") == code
        assert "Bea" not in page.text, "a code alone does not say whose it is"
        assert "No device has claimed" in owner.get(path).text
    claimed(phone, code)


def field_value(text: str, name: str) -> str:
    found = re.search(rf'name="{name}"[^>]* value="([^"]*)"', text)
    assert found
    return found[1]


def test_whoever_is_kept_out_is_told(visitors: Visitors) -> None:
    owner, phone = visitors.joined("Cora"), visitors.browser()
    code, path = begun(owner)
    claim, number = claimed(phone, code)
    assert "was kept out" in owner.submit(path, deny="yes").text
    assert phone.post("/pair/enter", data={"claim": claim}).status_code == 403
    late = owner.submit(path, number=number)
    assert "was kept out" in late.text


@pytest.mark.parametrize(
    ("code", "name", "status", "said"),
    [
        ("BBBB-BBBB", "Phone", 404, "No screen shows this code now."),
        ("nonsense", "Phone", 404, "No screen shows this code now."),
        ("BBBB-BBBB", "", 422, "Use 1 to 100 characters"),
        ("BBBB-BBBB", "a\u202eb", 422, "Use 1 to 100 characters"),
    ],
)
def test_a_wrong_code_or_name_is_said(
    visitors: Visitors, code: str, name: str, status: int, said: str
) -> None:
    page = visitors.browser().post("/pair", data={"code": code, "name": name})
    assert page.status_code == status
    assert said in page.text


def test_tries_are_counted(visitors: Visitors) -> None:
    phone = visitors.browser()
    pages = [phone.post("/pair", data={"code": "BBBB-BBBB", "name": "Phone"}) for _ in range(11)]
    assert [page.status_code for page in pages] == [404] * 10 + [429]
    assert "Too many tries" in pages[-1].text


def test_another_page_claims_nothing_and_enters_nowhere(visitors: Visitors) -> None:
    """Or somebody's browser could be signed in as somebody else without their knowing."""
    owner, phone = visitors.joined("Dina"), visitors.browser()
    code, path = begun(owner)
    elsewhere = {"origin": "https://evil.example"}
    answer = phone.post("/pair", data={"code": code, "name": "Phone"}, headers=elsewhere)
    assert answer.status_code == 403
    claim, number = claimed(phone, code)
    assert owner.submit(path, number=number).status_code == 303
    assert phone.post("/pair/enter", data={"claim": claim}, headers=elsewhere).status_code == 403
    assert phone.who() is None


def test_a_device_that_is_revoked_is_signed_out(visitors: Visitors) -> None:
    owner = visitors.joined("Edda")
    body = {"name": "Desk", "box": encode(bytes(range(32))), "sign": "A" * 42 + "E"}
    headers = {"x-csrf-token": owner.csrf()}
    number = owner.post("/api/v1/devices", json=body, headers=headers).json()["id"]
    assert "Desk" in owner.get("/devices").text
    assert owner.submit(f"/devices/{number}/revoke").status_code == 303
    assert owner.who() is None


def test_signing_in_again_in_a_browser_keeps_its_device(visitors: Visitors) -> None:
    owner = visitors.joined("Fina")
    body = {"name": "Desk", "box": "B" * 42 + "A", "sign": "B" * 42 + "E"}
    assert owner.post("/api/v1/devices", json=body, headers={"x-csrf-token": owner.csrf()}).status_code == 201
    before = owner.token
    assert owner.sign_in("Fina").status_code == 303
    assert owner.token != before
    (known,) = owner.get("/api/v1/devices").json()["devices"]
    assert (known["name"], known["here"]) == ("Desk", True)
    other = visitors.joined("Gina")
    owner.sign_in("Gina")
    assert other.get("/api/v1/devices").json()["devices"] == [], "and is nobody else's"
