"""A person's inbox on a server: what waits, one case, and answers to it."""

from __future__ import annotations

import json
import secrets
from collections.abc import AsyncGenerator, Callable, Iterable, Mapping
from typing import Any

from openhitl.client.config import ClientConfig
from openhitl.client.exchange import Request, Response, json_object
from openhitl.client.pins import Pins
from openhitl.client.session import Session
from openhitl.errors import EnvelopeRefused, InvalidDeviceList, NotFound, PeerError, SignInRequired
from openhitl.person import requests
from openhitl.person.asked import Asked
from openhitl.person.device import Device, Handed, unreadable
from openhitl.person.following import SIGN_IN_HINT, News, follow
from openhitl.person.notices import Notices, read_notice
from openhitl.person.own_list import OwnList, own_devices
from openhitl.protocol.case import SEALED_TYPE, Json
from openhitl.protocol.sealed.device_list import DeviceList

MAX_PAGE = 200
#: More rounds than this are not looked at.
MAX_ROUNDS = 20
LOST_HINT = "`hitl list --as person` shows what you may answer; other people's cases are not shown."


def new_submission_id() -> str:
    """Name one attempt to answer, so that what is sent twice is one answer."""
    return secrets.token_urlsafe(16)


class Submissions:
    """The ids of one window's answers: what is sent again is the same answer, anything else is another.

    A server that recorded an answer takes its id for that answer, whatever is sent under it.
    """

    def __init__(self) -> None:
        self._ids: dict[tuple[str, str, str], str] = {}

    def id_of(self, asked: Asked, action: str, data: Json) -> str:
        """Return the id of an answer to a case."""
        sent = (asked.case_id, action, json.dumps(dict(data), sort_keys=True))
        return self._ids.setdefault(sent, new_submission_id())


class Inbox:
    """What a person may answer, over one session. Close the session when done.

    Raises, wherever something is asked of the server: SignInRequired, ServerUnreachable, PeerError.
    """

    def __init__(self, config: ClientConfig, session: Session) -> None:
        self.server = config.server_url
        self._session = session
        self.device = Device.of(config)
        self._own = Pins.own(config.logins.folder, config.server_url)
        #: What was read of the encrypted cases that were listed last: the version, and that in the clear.
        self._opened: dict[str, tuple[Any, Asked]] = {}

    def follow(self) -> AsyncGenerator[News]:
        """Tell what is new here, as `following.follow`."""
        return follow(self.server, self._session)

    async def cases(self, filters: Mapping[str, str], *, limit: int) -> list[Asked]:
        """Fetch cases, newest first, at most `limit`."""
        views = await self.views(filters, limit=limit)
        found = await self.read_all(views)
        listed = {str(view.get("case_id")) for view in views}
        self._opened = {case_id: known for case_id, known in self._opened.items() if case_id in listed}
        return found

    async def views(self, filters: Mapping[str, str], *, limit: int) -> list[dict[str, Any]]:
        """Fetch cases as the server spells them, newest first, at most `limit`."""
        found: list[dict[str, Any]] = []
        cursor = ""
        while len(found) < limit:
            query = {**filters, "limit": str(min(limit - len(found), MAX_PAGE))}
            page = await self.ask(
                requests.listing(self.server, query | ({"cursor": cursor} if cursor else {}))
            )
            cases, cursor = page.get("cases"), page.get("next_cursor") or ""
            if not isinstance(cases, list):
                raise PeerError("The server's answer is not a list of cases.")
            found += cases
            if not cursor:
                break
        return found

    async def view(self, case_id: str) -> dict[str, Any]:
        """Fetch one case as the server spells it. Raises: NotFound, also if it is somebody else's."""
        try:
            view = await self.ask(requests.show(self.server, case_id))
        except NotFound as error:
            raise NotFound(error.message, hint=LOST_HINT) from error
        if view.get("case_id") != case_id:  # what is answered is what was named
            raise PeerError("The server's answer is another case.")
        return view

    @property
    def is_known(self) -> bool:
        """Whether this terminal is a device that has seen its person's list."""
        return self.device.opens and bool(self._own.people())

    def own_list(self) -> OwnList:
        """Begin to read several cases: they take one device list, fetched and verified once."""
        return OwnList(self.devices)

    async def case(self, case_id: str, own: OwnList | None = None) -> Asked:
        """Fetch one case. Raises: NotFound, also if it is somebody else's."""
        return await self._read(await self.view(case_id), self.device.read, own)

    async def open(self, case_id: str) -> Asked:
        """Fetch one case to show it whole, or to answer it: who asked is known from then on. As `case`."""
        return await self.opened(await self.view(case_id))

    async def opened(self, view: Mapping[str, Any]) -> Asked:
        """Read what `view` has fetched, to show it whole: who asked is known from then on."""
        return await self._read(view, self.device.open)

    async def _read(
        self,
        view: Mapping[str, Any],
        read: Callable[[Mapping[str, Any], Handed], Asked],
        own: OwnList | None = None,
    ) -> Asked:
        """Read one that is encrypted in the clear, if it can be opened here."""
        try:
            return read(view, await self.handed(view, own))
        except (EnvelopeRefused, InvalidDeviceList) as error:
            return unreadable(view, error)

    async def handed(self, view: Mapping[str, Any], own: OwnList | None = None) -> Handed:
        """Fetch what other devices have handed to this one of a case that was not encrypted to it.

        Raises: EnvelopeRefused, InvalidDeviceList.
        """
        if not self.device.lacks(view):
            return {}
        case_id = str(view["case_id"])
        try:
            told = await self.ask(requests.handed_keys(self.server, case_id, self.device.key))
        except NotFound:  # a server of before there were any
            return {}
        keys = told.get("keys")
        if not isinstance(keys, list):
            raise PeerError("The server's answer is no list of keys.")
        own = own or self.own_list()
        return self.device.taken(keys, await own.devices(), case_id) if keys else {}

    async def devices(self) -> DeviceList:
        """Fetch and verify this person's device list. Raises: InvalidDeviceList."""
        return await own_devices(self.ask, self.server, self._own)

    async def read_all(self, views: Iterable[Mapping[str, Any]]) -> list[Asked]:
        """Read the cases of a list."""
        own = self.own_list()
        return [await self._read_row(view, own) for view in views]

    async def _read_row(self, view: Mapping[str, Any], own: OwnList) -> Asked:
        """Read a case of a list. Of one that is encrypted a list does not say whose key it may be from."""
        if view.get("type") != SEALED_TYPE or not self.device.opens:
            return self.device.read(view)
        case_id, version = str(view.get("case_id")), view.get("version")
        if case_id in self._opened and self._opened[case_id][0] == version:
            return self._opened[case_id][1]
        self._opened.pop(case_id, None)
        asked = await self.case(case_id, own)
        seal = asked.seal
        if seal is not None and seal.question is not None and not seal.answer_trouble:
            self._opened[case_id] = (version, asked)
        return asked

    async def notices(self, *, limit: int) -> Notices:
        """Fetch the newest of what this person was told."""
        found = await self.ask(requests.notices(self.server, limit=limit))
        told, unread = found.get("notices"), found.get("unread")
        if not isinstance(told, list) or type(unread) is not int:
            raise PeerError("The server's answer is not a list of notices.")
        return Notices(told=[read_notice(view, self.device) for view in told], unread=unread)

    async def mark_read(self, until: str) -> None:
        """Note that all up to the notice with this id was read."""
        await self._exchange(requests.mark_read(self.server, until))

    async def last_round(self, asked: Asked) -> Asked | None:
        """Fetch the round before a case that a human answered last, else the one right before.

        None for a first round, and where what came before is not this person's. HITL v0.8 §15.3.
        """
        before: Asked | None = None
        following = asked.previous_case_id
        for _ in range(MAX_ROUNDS):
            if following is None:
                break
            try:
                found = await self.case(following)
            except NotFound:
                break
            before = before or found
            if found.ended is not None and found.ended.action:
                return found
            following = found.previous_case_id
        return before

    async def answer(self, asked: Asked, action: str, data: Json, *, submission_id: str) -> dict[str, Any]:
        """Answer a case and return what was recorded; with the same `submission_id` again, the same.

        Raises: InvalidAction, InvalidAnswer, VerificationRequired, DuplicateSubmission, CaseCancelled,
        CaseExpired; NotFound.
        """
        action, data = self.device.sealed(asked, action, data)
        request = requests.respond(
            self.server, asked.case_id, action=action, data=data, submission_id=submission_id
        )
        try:
            return await self.ask(request)
        except NotFound as error:
            raise NotFound(error.message, hint=LOST_HINT) from error

    @staticmethod
    def page_of(config: ClientConfig, case_id: str) -> str:
        """Return where the case can be answered in a browser."""
        return requests.review_url(config.server_url, case_id)

    async def ask(self, request: Request) -> dict[str, Any]:
        """Send a request as this person and return the JSON object that comes back."""
        return json_object(await self._exchange(request))

    async def _exchange(self, request: Request) -> Response:
        try:
            return await self._session.exchange(request)
        except SignInRequired as error:
            raise SignInRequired(error.message, hint=SIGN_IN_HINT) from error
