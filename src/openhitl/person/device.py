"""This terminal as a device of its person: it opens what was encrypted to it, and encrypts the answers."""

from __future__ import annotations

import secrets
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from openhitl.client.config import ClientConfig
from openhitl.client.device_keys import DeviceKeys, PrivateKeys
from openhitl.client.pins import Pins
from openhitl.client.sender_pins import SenderPins
from openhitl.errors import (
    CaseExpired,
    DeviceListForked,
    EnvelopeRefused,
    HitlError,
    KeyToAnother,
    NotEncryptedToKey,
    SetupError,
    UnknownSender,
)
from openhitl.person.asked import Asked, Seal, read_asked
from openhitl.person.sealed import (
    Drawn,
    Question,
    is_over,
    open_answer,
    open_notice,
    open_question,
    seal_answer,
)
from openhitl.protocol.base64url import decode, encode
from openhitl.protocol.case import SEALED_TYPE, Json
from openhitl.protocol.sealed.device_list import DeviceList, ListedDevice
from openhitl.protocol.sealed.envelope import HandedKey, Opened
from openhitl.protocol.sealed.fingerprint import agent_fingerprint
from openhitl.protocol.sealed.handed import hand_over, read_handed
from openhitl.protocol.sealed.head import Direction
from openhitl.protocol.sealed.keys import Keys
from openhitl.protocol.sealed.wire import parse_envelope

_NO_KEYS = "This terminal has no keys yet: `hitl inbox --device` makes it one of your devices."
_STRANGER = "Encrypted by an agent of which no question was opened on this terminal."
_STRANGER_HINT = "Open a question of it here and compare its six words; then its notices are read too."
_HAND_OVER = (
    "If it is older than this device, open the inbox on a device of yours that can read it: that one hands"
    " over what this one needs."
)
_ANSWER_LACKING = (
    "The answer was not handed over to this terminal yet: open the inbox on a device of yours that can read"
    " it."
)
_FORKED = "The agent was shown other devices of yours than this terminal: somebody else may read this too."
_FORKED_HINT = "Do not answer it; ask whoever runs the server. `hitl inbox --device` shows your six words."
#: Keys that were handed over for one case, by what they open.
Handed = Mapping[Direction, HandedKey]
_NOTHING: Handed = {}


class Device:
    """The keys of this terminal, and what it remembers of agents.

    Args:
        keys: None for a terminal that is no device: it opens nothing.
        pins: whose questions were read here.
        own: the device list of this terminal's person, as it was seen here last.
    """

    def __init__(self, keys: PrivateKeys | None, pins: SenderPins, own: Pins) -> None:
        self._keys = Keys(keys.box) if keys else None
        self._sign = Ed25519PrivateKey.from_private_bytes(keys.sign) if keys else None
        self._pins = pins
        self._own = own
        self._new: set[str] = set()

    @classmethod
    def of(cls, config: ClientConfig) -> Device:
        """Find the keys of this terminal for a server. Raises: SetupError."""
        folder = config.logins.folder
        return cls(
            DeviceKeys(folder, config.server_url).find(),
            SenderPins(folder, config.server_url),
            Pins.own(folder, config.server_url),
        )

    @property
    def opens(self) -> bool:
        """Whether this terminal has keys."""
        return self._keys is not None

    def listed(self, name: str) -> ListedDevice:
        """Say what a device list says of this terminal. Raises: SetupError if it has no keys."""
        if self._sign is None:
            raise SetupError(_NO_KEYS)
        sign = encode(self._sign.public_key().public_bytes_raw())
        return ListedDevice(name=name, kind="terminal", box=self.key, sign=sign)

    def sign(self, message: bytes) -> bytes:
        """Sign with the key of this terminal. Raises: SetupError if it has none."""
        if self._sign is None:
            raise SetupError(_NO_KEYS)
        return self._sign.sign(message)

    @property
    def key(self) -> str:
        """What is encrypted to this terminal is encrypted to this key. Raises: SetupError if it has none."""
        return encode(self._with_keys().public)

    def _with_keys(self) -> Keys:
        if self._keys is None:
            raise SetupError(_NO_KEYS)
        return self._keys

    def lacks(self, view: Mapping[str, Any]) -> bool:
        """Tell whether a case was encrypted to others, so that its key has to come from one of them."""
        if self._keys is None or view.get("type") != SEALED_TYPE:
            return False
        try:
            envelope = parse_envelope((view.get("context") or {}).get("envelope"))
        except EnvelopeRefused:  # of the older version, or said when it is opened
            return False
        return self._keys.public not in envelope.recipients

    def taken(self, told: Sequence[Any], devices: DeviceList, case_id: str) -> Handed:
        """Read the keys of a case that were handed to this terminal by devices that are on the list.

        One that is no good is left out, as if it was not there: another may follow. Raises: SetupError.
        """
        own = self._with_keys()
        listed, found = {decode(one.box) for one in devices.devices}, {}
        for one in told:
            try:
                direction, envelope = Direction(one["direction"]), one["envelope"]
                found[direction] = read_handed(envelope, own, devices=listed, case_id=case_id)
            except (EnvelopeRefused, KeyError, TypeError, ValueError):
                continue
        return found

    def handing(self, opened: Opened, recipient: bytes) -> Json:
        """Hand the key of an envelope that was opened here to another device, or keep it for this one."""
        return hand_over(
            opened,
            sender=self._with_keys(),
            recipient=recipient,
            ephemeral=Keys(secrets.token_bytes(32)),
            content_key=secrets.token_bytes(32),
        )

    def read(self, view: Mapping[str, Any], handed: Handed = _NOTHING) -> Asked:
        """Read a case as a server tells it; one that is encrypted in the clear, if it can be opened.

        One that cannot be opened says why, and takes no answer here.
        """
        asked = read_asked(view)
        if asked.type != SEALED_TYPE:
            return asked
        try:
            question, is_new = self._opened(view, handed)
            return self._in_clear(view, question, handed, is_new=is_new)
        except (EnvelopeRefused, DeviceListForked) as error:
            return unreadable(view, error)

    def open(self, view: Mapping[str, Any], handed: Handed = _NOTHING) -> Asked:
        """Read a case to show it whole: from then on another key of its agent's is noticed. As `read`.

        An agent that was not known before stays new for as long as this is the same device in memory: what
        says so has to be read, and is not gone when the case is fetched again.
        """
        asked = self.read(view, handed)
        seal = asked.seal
        question = seal.question if seal is not None and seal.is_new else None
        if question is not None and question.agent_id not in self._new:
            self._new.add(question.agent_id)
            self._pins.keep(question.agent_id, encode(question.sender))
        return asked

    def _question(self, view: Mapping[str, Any], handed: Handed) -> Question:
        """Open a question, and compare the device lists that it names with what is known here."""
        if self._keys is None:
            raise EnvelopeRefused(_NO_KEYS)
        question = open_question(view, self._keys, handed.get(Direction.REQUEST))
        people = self._own.people() if question.lists else {}
        for named in question.lists:
            known = people.get(named.person)
            if known and known.number == named.number and known.digest != named.digest:
                raise DeviceListForked(_FORKED, hint=_FORKED_HINT, number=named.number)
        return question

    def _opened(self, view: Mapping[str, Any], handed: Handed) -> tuple[Question, bool]:
        question = self._question(view, handed)
        known = self._pins.keys_of(question.agent_id)
        if known and encode(question.sender) not in known:
            before = ", ".join(agent_fingerprint(decode(one)) for one in known)
            raise UnknownSender(
                f"The agent's key is another than before. It was {before}; now it is {question.words}.",
                hint=f"If its owner says that this is right: hitl inbox --trust {question.case_id}",
            )
        return question, not known or question.agent_id in self._new

    def trust(self, view: Mapping[str, Any], handed: Handed = _NOTHING) -> str:
        """Take the key of a case's sender for its agent's; return its six words.

        Raises: EnvelopeRefused; DeviceListForked.
        """
        question = self._question(view, handed)
        self._pins.keep(question.agent_id, encode(question.sender))
        return question.words

    def notice(self, envelope: object, notice_id: str) -> str:
        """Read an encrypted notice of an agent that is known here. Raises: EnvelopeRefused."""
        if self._keys is None:
            raise EnvelopeRefused(_NO_KEYS)
        senders = [decode(key) for key in self._pins.all_keys()]
        try:
            return open_notice(envelope, self._keys, senders=senders, notice_id=notice_id)
        except UnknownSender as error:
            raise UnknownSender(_STRANGER, hint=_STRANGER_HINT) from error

    def _in_clear(
        self, view: Mapping[str, Any], question: Question, handed: Handed, *, is_new: bool
    ) -> Asked:
        asked = read_asked({**view, **question.said})
        seal = Seal(question=question, words=question.words, is_new=is_new)
        ended = asked.ended
        if ended is not None and ended.action:
            try:
                action, data, answer = open_answer(
                    question, ended.data, self._with_keys(), handed.get(Direction.ANSWER)
                )
            except (NotEncryptedToKey, KeyToAnother):
                if not question.is_handed:
                    raise
                # The key of an answer is handed over later than that of its question, which is shown by then.
                ended, seal = replace(ended, data={}), replace(seal, answer_trouble=_ANSWER_LACKING)
            else:
                ended, seal = replace(ended, action=action, data=data), replace(seal, answer=answer)
        return replace(asked, seal=seal, ended=ended)

    def sealed(self, asked: Asked, action: str, data: Json) -> tuple[str, Json]:
        """Return action and data as they are sent: as they are, or encrypted for a case that is.

        Raises: EnvelopeRefused for a case that could not be opened; CaseExpired for one that is over.
        """
        if asked.seal is None:
            return action, data
        question = asked.seal.question
        if question is None or self._keys is None or question.is_handed:
            raise EnvelopeRefused(asked.seal.takes_no_answer)
        if is_over(question, datetime.now(UTC)):
            raise CaseExpired
        return "submit", seal_answer(question, action, data, self._keys, _drawn())


def unreadable(view: Mapping[str, Any], error: HitlError) -> Asked:
    """Read what a server tells of an encrypted case in the open, and say why it is not readable here."""
    hint = _HAND_OVER if isinstance(error, NotEncryptedToKey) else error.hint
    trouble = f"{error.message} {hint}" if hint else error.message
    return replace(read_asked(view), seal=Seal(trouble=trouble))


def _drawn() -> Drawn:
    return Drawn(secrets.token_bytes(32), secrets.token_bytes(32), secrets.token_bytes(24))
