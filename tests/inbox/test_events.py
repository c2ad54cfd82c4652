"""The stream of a person: what happens to the cases that they may answer, and no others."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager
from datetime import UTC, datetime

import httpx2

from openhitl.protocol.audit import OPERATOR
from openhitl.protocol.people import SessionKind
from openhitl.review.inbox.events import MOST_STREAMS
from openhitl.server.opening import open_store
from tests.door.test_events import BOUND_SECONDS, Reader
from tests.inbox.house import House
from tests.people import SignedInClient, sign_in
from tests.servers import running

PATH = "/api/v1/inbox/events"


@contextmanager
def listening(who: SignedInClient) -> Iterator[Reader]:
    """Listen as somebody, from the moment that nothing is missed any more."""
    with who.http.stream("GET", PATH, timeout=httpx2.Timeout(BOUND_SECONDS)) as response:
        assert response.status_code == 200, response.read()
        reader = Reader(response)
        assert reader.next() == ("inbox.ready", {}, None)
        yield reader


def test_a_person_is_told_of_their_cases_from_the_question_to_the_answer(house: House) -> None:
    with listening(house.ana) as reader:
        case_id = house.ask()
        kind, data, _ = reader.next() or ("", {}, None)
        assert (kind, data["case_id"], data["status"]) == ("inbox.case", case_id, "pending")
        assert data["by"]["kind"] == "agent"
        house.respond(house.ana, case_id)
        kind, data, _ = reader.next() or ("", {}, None)
        assert (data["case_id"], data["status"]) == (case_id, "completed")
        assert data["by"] == {"kind": "person", "name": "Ana"}
        assert data["at"].endswith("Z")


def test_nobody_is_told_of_what_they_may_not_answer(house: House) -> None:
    with listening(house.bo) as bo, listening(house.ana) as ana:
        theirs = house.ask()
        assert (ana.next() or ("", {}, None))[1]["case_id"] == theirs
        shared = house.server.ask(
            {"type": "approval", "prompt": "Yes?", "assignees": ["Bo"], "assurance": "signed_in"}
        )
        assert (bo.next() or ("", {}, None))[1]["case_id"] == shared["case_id"]


def test_a_notice_is_told_to_whom_its_agent_belongs(house: House) -> None:
    with listening(house.ana) as reader:
        made = house.server.agent.post("/api/v1/notices", json={"message": "It is done."}).json()
        assert reader.next() == ("inbox.notice", {"notice_id": made["id"]}, None)


def test_a_terminal_listens_with_its_own_token(house: House) -> None:
    terminal = sign_in(house.server, "Ana", kind=SessionKind.TERMINAL)
    with listening(terminal) as reader:
        case_id = house.ask()
        assert (reader.next() or ("", {}, None))[1]["case_id"] == case_id


def test_one_person_cannot_take_the_streams_of_all(house: House) -> None:
    """Whoever opens one more loses the oldest, which may be that of a page that is long gone."""
    with ExitStack() as open_streams:
        oldest, *newer = [open_streams.enter_context(listening(house.ana)) for _ in range(MOST_STREAMS)]
        open_streams.enter_context(listening(house.ana))
        assert oldest.next() is None
        case_id = house.ask()
        for reader in newer:
            assert (reader.next() or ("", {}, None))[1]["case_id"] == case_id


def test_whoever_is_not_signed_in_hears_nothing(house: House) -> None:
    assert house.server.anyone.get(PATH).status_code == 401
    assert house.server.agent.get(PATH).status_code == 401
    assert house.ana.http.post(PATH).status_code == 405


def test_a_stream_ends_with_its_session(house: House) -> None:
    """And with that one alone."""
    again = sign_in(house.server, "Ana")
    with listening(house.ana) as stays, listening(again) as ends:
        assert again.post("/sign-out").status_code == 303
        assert ends.next() is None
        case_id = house.ask()
        assert (stays.next() or ("", {}, None))[1]["case_id"] == case_id


def test_a_stream_ends_where_somebody_is_signed_out_from_elsewhere(house: House) -> None:
    terminal = sign_in(house.server, "Ana", kind=SessionKind.TERMINAL)
    with listening(terminal) as reader:
        assert house.ana.post("/account/sessions/end-others").status_code == 303
        assert reader.next() is None


def test_a_stream_ends_on_whichever_server_it_is(tmp_path, database_url) -> None:
    """What was asked since is not told there, although nobody has woken the other server."""
    given = {"database_url": database_url, "secret_key": "d0" * 32}
    with running(tmp_path / "a", **given) as here, running(tmp_path / "b", **given) as there:
        sign_in(here, "Ana")
        bo = sign_in(there, "Bo")
        with listening(bo) as reader:
            store, _ = open_store(here.settings)
            with closing(store):
                store.disable_person(bo.person.person_id, by=OPERATOR, now=datetime.now(UTC))
            here.ask({"type": "approval", "prompt": "Yes?", "assurance": "signed_in"})
            assert reader.next() is None


def test_what_is_answered_on_one_server_is_told_on_the_other(tmp_path, database_url) -> None:
    """Correctness does not rest on being the only process."""
    given = {"database_url": database_url, "secret_key": "d0" * 32}
    with running(tmp_path / "a", **given) as here, running(tmp_path / "b", **given) as there:
        ana = sign_in(here, "Ana")
        ana_there = sign_in(there, "Ana")
        with listening(ana_there) as reader:
            case_id = here.ask({"type": "approval", "prompt": "Yes?", "assurance": "signed_in"})["case_id"]
            assert (reader.next() or ("", {}, None))[1]["case_id"] == case_id
            given = {"action": "approve"}
            assert ana.post(f"/api/v1/inbox/{case_id}/respond", json=given).status_code == 200
            _, data, _ = reader.next() or ("", {}, None)
            assert (data["status"], data["by"]["name"]) == ("completed", "Ana")
