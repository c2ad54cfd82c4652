"""Secrets are where they belong and nowhere else: not in the log of a server that says all it can, not in its
database, metrics, error pages, or what its operator lists.

design.md "Rules that hold everywhere" 7.
"""

from __future__ import annotations

import base64
import re
import subprocess
import sys
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import httpx2
import psycopg
import pytest

from openhitl.protocol.case import ActorKind
from openhitl.protocol.oauth import DEVICE_GRANT
from openhitl.protocol.people import Role
from openhitl.review.pages.controls import PREFIX
from openhitl.server.opening import keyring_of, open_store
from openhitl.server.passkey_admin import passkey_link
from openhitl.server.people_admin import roster
from openhitl.settings import Settings
from tests.accounts.test_own import code_of, use_codes
from tests.accounts.visitors import field
from tests.asking.clients import connected
from tests.attacks.canaries import found_in, postgres_dump, sqlite_dump
from tests.attacks.canary_scene import PLANTED, ROOT, Scene, environment, loud
from tests.databases import KINDS
from tests.door.bodies import CONFIRMATION, INPUT, SUBMITTED
from tests.oauth.world import OAUTH, Person, Program
from tests.server.processes import PATIENCE_SECONDS
from tests.servers import token_of


@pytest.fixture(params=KINDS)
def given(
    request: pytest.FixtureRequest, tmp_path: Path, database_url_of: Callable[[str], str]
) -> dict[str, str]:
    """The settings of the server, with secrets in all that take one."""
    settings = {
        "data_dir": str(tmp_path),
        "port": "0",
        "secret_key": ROOT,
        "poll_rate": "5",
        "trusted_proxies": "127.0.0.1",
        "oidc_issuer": "http://localhost:1",
        "oidc_client_id": "openhitl",
        "oidc_client_secret": PLANTED["OpenID secret"],
    }
    if request.param == "postgresql":
        url = database_url_of("postgresql")
        joint = "&" if "?" in url else "?"
        settings["database_url"] = f"{url}{joint}password={PLANTED['database password']}"
    return settings


@pytest.mark.anyio
async def test_secrets_are_nowhere_but_where_they_belong(given: dict[str, str], tmp_path: Path) -> None:
    with loud(given, tmp_path) as process:
        scene = Scene(process, Settings(**{**given, "base_url": process.url}))
        with closing(scene.http), closing(scene.visitors):
            people(scene)
            programs(scene)
            cases(scene)
            await over_mcp(scene)
            refusals(scene)
            told = [*told_to_anybody(scene), *told_to_the_operator(given, tmp_path), *dumped(scene)]
            faults(scene)
            told += dumped(scene)
        process.terminate()
        process.ends()
    assert len(scene.secrets) > 35
    assert len(process.said) > 100_000
    told += [("the log", line) for line in process.said.splitlines()]
    for refusal in scene.refusals:
        where = f"{refusal.request.method} {refusal.request.url.path}"
        told.append((where, refusal.content + repr(refusal.headers).encode()))
    assert {(where, name) for where, text in told for name in found_in(text, scene.secrets)} == set()


def dumped(scene: Scene) -> list[tuple[str, str | bytes]]:
    """Everything in the database."""
    address = scene.settings.database_url
    return [*(postgres_dump(address) if address else sqlite_dump(scene.settings.data_dir))]


def people(scene: Scene) -> None:
    """Join, sign in rightly and wrongly, use codes, make links of every kind."""
    with roster(scene.settings) as people:
        first = people.first_owner_link()
    assert first is not None
    scene.note(first=token_of(first))
    ana, visitors = scene.ana, scene.visitors
    assert ana.join(first, "Ana", PLANTED["password"]).status_code == 303
    scene.note(session=ana.token, csrf=ana.csrf())
    totp, _ = use_codes(ana)
    scene.note(totp=totp)
    for password in (PLANTED["wrong password"], PLANTED["password"]):
        asked = visitors.browser().sign_in("Ana", password)
        assert asked.status_code == 401
    ticket = field(asked, "ticket")
    code = {"ticket": ticket, "code": "000000"}
    scene.refused("POST", "/sign-in", data=code, headers={"origin": ana.origin})
    signed_in = visitors.browser()
    entered = signed_in.post("/sign-in", data={"ticket": ticket, "code": code_of(totp, later=1)})
    assert entered.status_code == 303, entered.text
    scene.note(session=signed_in.token)
    invited = token_of(link_in(ana.submit("/people/invite", role="member")))
    own = token_of(link_in(ana.submit("/account/link")))
    scene.note(join=invited, sign_in=own, passkey=token_of(passkey_link(scene.settings, "Ana")))
    with roster(scene.settings) as people:
        login = people.login_link("Ana")[1]
        scene.note(login=token_of(login), invite=token_of(people.invite(Role.MEMBER)))
    begun = scene.http.post("/api/v1/sessions", json={"link_token": login, "device": "terminal"})
    assert begun.status_code == 201, begun.text
    terminal = begun.json()["token"]
    scene.note(terminal=terminal)
    assert (
        scene.http.get(
            "/api/v1/sessions/current", headers={"authorization": f"Bearer {terminal}"}
        ).status_code
        == 200
    )
    scene.http.get("/sign-in/sso", headers={"accept": "text/html"})


def link_in(page: httpx2.Response) -> str:
    found = re.search(r"https?://[^\s\"<]+\?token=hitl[\w-]+", page.text)
    assert found, page.text
    return found[0]


def programs(scene: Scene) -> None:
    """Let programs in by every grant, rotate, revoke, and show codes and tokens a second time."""
    person = Person(scene.visitors, "Cleo", Role.MEMBER)
    program = Program.registered(
        scene.server,
        grant_types=["authorization_code", "refresh_token", DEVICE_GRANT],
        token_endpoint_auth_method="client_secret_post",
    )
    code = program.code(person)
    wrong = program.redeem(code, code_verifier="w" * 43)
    tokens = program.redeem(code).json()
    fresh = program.refresh(tokens["refresh_token"]).json()
    again = program.redeem(code)
    device = program.post("device_authorization", {}).json()
    pending = program.post("token", {"grant_type": DEVICE_GRANT, "device_code": device["device_code"]})
    page = person.press(
        person.look(device["verification_uri_complete"]), "look", user_code=device["user_code"]
    )
    assert page.status_code == 200, page.text
    headers = {"authorization": f"Bearer {fresh['access_token']}"}
    scene.http.post("/api/v1/reviews", json=CONFIRMATION, headers=headers)
    revoked = program.post("revoke", {"token": fresh["refresh_token"]})
    assert revoked.status_code == 200
    scene.refusals += [wrong, again, pending]
    scene.note(
        client=program.secret or "",
        verifier=program.verifier,
        code=code,
        access=tokens["access_token"],
        access_again=fresh["access_token"],
        refresh=tokens["refresh_token"],
        refresh_again=fresh["refresh_token"],
        device=device["device_code"],
        user_code=device["user_code"],
        user_code_plain=device["user_code"].replace("-", ""),
        session=person.browser.token,
    )
    scene.refused("GET", f"{OAUTH}/authorize", params={"client_id": "nobody", "state": code})


def cases(scene: Scene) -> None:
    """Type secrets into drafts and answers, relay them, ask for callbacks; as people do, with mistakes."""
    hitl = scene.ask({**INPUT, "hitl_callback_url": "https://agent.example/done"})
    query, path = {"token": token_of(hitl["review_url"])}, f"/reviews/{hitl['case_id']}"
    values = {"street": "1 Harbour Rd", "door_code": PLANTED["door code"]}
    assert scene.http.put(f"{path}/draft", params=query, json={"values": values}).status_code == 204
    typed = {f"{PREFIX}{name}": value for name, value in values.items()}
    posted = scene.http.post(f"{path}/draft", params=query, data=typed, headers={"accept": "text/html"})
    assert posted.status_code == 303
    carried = [cookie.value for cookie in scene.http.cookies.jar if cookie.name.startswith("hitl_carry")]
    assert carried
    scene.note(carried=carried[0] or "")
    wrong = {"street": 1, "door_code": [PLANTED["wrong door code"]]}
    scene.refused("POST", f"{path}/respond", params=query, json={"action": "submit", "data": wrong})
    answer = {"action": "submit", "data": {**values, "floor": 3}}
    assert scene.http.post(f"{path}/respond", params=query, json=answer).status_code == 200
    scene.refused("POST", f"{path}/respond", params=query, json=answer)
    relayed = scene.ask(CONFIRMATION)
    bearer = {"authorization": f"Bearer {relayed['submit_token']}"}
    scene.refused("POST", relayed["submit_url"], headers=bearer, json={"action": "nonsense", **SUBMITTED})
    done = scene.http.post(relayed["submit_url"], headers=bearer, json={"action": "confirm", **SUBMITTED})
    assert done.status_code == 200, done.text
    asked = scene.ask({**INPUT, "assurance": "signed_in"}, ActorKind.AGENT)
    mine = scene.ana.post(
        f"/reviews/{asked['case_id']}/respond", json=answer, headers={"x-csrf-token": scene.ana.csrf()}
    )
    assert mine.status_code == 200, mine.text
    for kind in (ActorKind.AGENT, ActorKind.SERVICE):
        headers = {"x-api-key": scene.keys[kind]}
        scene.note(callback=scene.http.get("/api/v1/callback-secret", headers=headers).json()["secret"])
        with scene.http.stream(
            "GET", (hitl if kind is ActorKind.SERVICE else asked)["events_url"], headers=headers
        ) as stream:
            assert PLANTED["door code"] not in "".join(stream.iter_text())


async def nothing(progress: float, total: float | None, message: str | None) -> None:
    """Take a beat; a call that wants them is answered as a stream."""


async def over_mcp(scene: Scene) -> None:
    """Ask for a secret, and get it: the one thing that its caller is told."""
    fields = [{"key": "door_code", "label": "Door code", "type": "text", "sensitive": True}]
    async with connected(scene.process.url, scene.keys[ActorKind.AGENT]) as client:
        asked = await client.call_tool("request_form", {"prompt": "Which code?", "fields": fields})
        case_id = asked.structured_content["case_id"]
        answer = {"action": "submit", "data": {"door_code": PLANTED["door code"]}}
        sent = scene.ana.post(
            f"/reviews/{case_id}/respond", json=answer, headers={"x-csrf-token": scene.ana.csrf()}
        )
        assert sent.status_code == 200, sent.text
        told = await client.call_tool("wait_for_answer", {"case_id": case_id})
        assert told.structured_content["data"]["door_code"] == PLANTED["door code"]
        streamed = await client.call_tool("wait_for_answer", {"case_id": case_id}, progress_callback=nothing)
        assert streamed.structured_content == told.structured_content
        wrong = await client.call_tool("wait_for_answer", {"case_id": PLANTED["idempotency key"], "x": 1})
        assert wrong.is_error


def refusals(scene: Scene) -> None:
    """Show every secret where it does not belong, in every place."""
    for secret in list(scene.secrets.values()):
        bearer, query = {"authorization": f"Bearer {secret}"}, {"token": secret}
        form = {"client_id": secret, "client_secret": secret, "code": secret}
        for path in ("/api/v1/reviews/review_0000000000000000000000000z", "/nowhere", "/account"):
            scene.shown("GET", path, headers=bearer, params=query)
        cookie = {"cookie": f"hitl_session={secret}x", "x-api-key": secret}
        scene.refused("GET", "/api/v1/inbox", headers=cookie)
        scene.refused("POST", f"{OAUTH}/token", data=form)
        scene.refused("POST", "/api/v1/sessions", json={"link_token": f"{secret}x"})
        scene.shown("POST", "/mcp-server/mcp/", headers=bearer, json={"x": secret})


def told_to_anybody(scene: Scene) -> list[tuple[str, str | bytes]]:
    return [
        (path, scene.http.get(path).text)
        for path in ("/metrics", "/openapi.json", "/healthz", "/readyz", "/.well-known/hitl.json", "/sign-in")
    ]


def told_to_the_operator(given: dict[str, str], folder: Path) -> list[tuple[str, str | bytes]]:
    """What the commands print that list things and give out the log."""
    listed: list[tuple[str, str | bytes]] = []
    for command in (
        ("config",),
        ("admin", "people", "--json"),
        ("admin", "keys", "--json"),
        ("admin", "passkeys", "--json"),
        ("admin", "deliveries", "--json"),
        ("admin", "audit", "export"),
        ("admin", "audit", "verify", "--json"),
        ("admin", "audit", "checkpoint"),
    ):
        ran = subprocess.run(
            [sys.executable, "-m", "openhitl.cli", *command],
            capture_output=True,
            text=True,
            env=environment(given, folder),
            timeout=PATIENCE_SECONDS,
            check=False,
        )
        assert ran.returncode == 0, (command, ran.stderr)
        listed.append((" ".join(command), ran.stdout + ran.stderr))
    return listed


def faults(scene: Scene) -> None:
    """Break the database behind the server's back, and use it."""
    old, hitl = scene.ask(INPUT), scene.ask(INPUT)
    damage(scene.settings, "UPDATE contents SET body = '{'")
    query = {"token": token_of(hitl["review_url"])}
    key = {"authorization": f"Bearer {scene.keys[ActorKind.SERVICE]}"}
    scene.refused("GET", f"/review/{hitl['case_id']}", params=query)
    scene.refused("GET", f"/api/v1/reviews/{old['case_id']}", headers=key)
    damage(
        scene.settings,
        *(
            f"ALTER TABLE {table} RENAME TO gone_{table}"
            for table in (
                "answers",
                "tokens",
                "sessions",
                "people",
                "oauth_codes",
                "oauth_refresh_tokens",
                "person_links",
                "device_codes",
                "oauth_clients",
            )
        ),
    )
    answer = {"action": "submit", "data": {"street": "1", "door_code": PLANTED["door code"]}}
    scene.refused("POST", f"/reviews/{hitl['case_id']}/respond", params=query, json=answer)
    scene.refused(
        "POST", "/api/v1/reviews", json=INPUT, headers={**key, "idempotency-key": PLANTED["idempotency key"]}
    )
    ours = {"origin": scene.process.url}
    scene.refused("POST", "/sign-in", data={"name": "Ana", "password": PLANTED["password"]}, headers=ours)
    for secret in list(scene.secrets.values()):
        scene.refused(
            "GET",
            "/account",
            headers={"cookie": f"hitl_session={secret}", "authorization": f"Bearer {secret}"},
        )
        scene.refused("POST", "/sign-in/link", params={"token": secret}, headers=ours)
        scene.refused(
            "POST",
            "/join",
            params={"token": secret},
            data={"name": "Zoe", "password": PLANTED["password"]},
            headers=ours,
        )
        scene.refused(
            "POST",
            f"{OAUTH}/token",
            data={"client_id": "x", "grant_type": "refresh_token", "refresh_token": secret},
        )


def damage(settings: Settings, *statements: str) -> None:
    if settings.database_url:
        with psycopg.connect(settings.database_url) as connection:
            for statement in statements:
                connection.execute(statement)  # type: ignore[arg-type]
        return
    store, _ = open_store(settings)
    try:
        with store._database.writing() as connection:
            for statement in statements:
                connection.exec_driver_sql(statement)
    finally:
        store.close()
    assert keyring_of(settings)


ENCODED: dict[str, Callable[[str], bytes]] = {
    "as it is": str.encode,
    "base64": lambda text: base64.b64encode(text.encode()),
    "hexadecimal": lambda text: text.encode().hex().encode(),
}


@pytest.mark.parametrize("around", ["x{}", "?token={}&a=b"])
@pytest.mark.parametrize("encoded", ENCODED)
def test_a_secret_is_found_however_it_is_spelled(around: str, encoded: str) -> None:
    for name, secret in PLANTED.items():
        assert name in found_in(b"{" + ENCODED[encoded](around.format(secret)) + b"}", PLANTED)
    assert found_in(b"nothing", PLANTED) == set()
