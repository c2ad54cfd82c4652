"""Server-sent events, from bytes to events. WHATWG HTML "Server-sent events"; HITL v0.8 §8.5."""

from __future__ import annotations

import codecs
import re
from dataclasses import dataclass

MAX_EVENT_CHARACTERS = 4 * 1024 * 1024
#: Longer than any pause: what is cut off would not change it.
MAX_RETRY_DIGITS = 12
_LINE_END = re.compile(r"\r\n|\r|\n")


@dataclass(frozen=True, slots=True)
class SseEvent:
    """One dispatched event. `id` is the last one that the stream named, also by an earlier event."""

    name: str
    data: str
    id: str = ""


class SseParser:
    """Turns a stream, cut into pieces anywhere, into events.

    `last_id` is what to send as Last-Event-ID after a reconnect, `retry_ms` the pause before it that
    the server asks for. An event that the stream's end cuts off is dropped: a new stream needs a
    new parser, made with `last_id`.
    """

    def __init__(self, last_id: str = "") -> None:
        self.last_id = last_id
        self.retry_ms: int | None = None
        self._decoder = codecs.getincrementaldecoder("utf-8")(errors="replace")
        self._at_start = True
        self._after_cr = False
        self._line: list[str] = []  # pieces of the line that has not ended yet
        self._name = ""
        self._data: list[str] = []
        self._characters = 0
        self._id = last_id

    def feed(self, chunk: bytes) -> list[SseEvent]:
        """Take the next bytes; return the events that they complete.

        Raises: ValueError if one event grows beyond 4 Mi characters.
        """
        events = []
        for line in self._lines(self._decoder.decode(chunk)):
            if line:
                self._take_field(line)
            else:
                event = self._dispatch()
                if event:
                    events.append(event)
        if self._characters > MAX_EVENT_CHARACTERS:
            raise ValueError("an event of the stream is too long")
        return events

    def _lines(self, text: str) -> list[str]:
        if self._at_start and text:
            text = text.removeprefix("\ufeff")
            self._at_start = False
        if self._after_cr and text:
            # A CR has ended its line already; an LF right after it belongs to the same line end.
            text = text.removeprefix("\n")
            self._after_cr = False
        if not text:
            return []
        self._after_cr = text.endswith("\r")
        self._characters += len(text)
        first, *more = _LINE_END.split(text)
        self._line.append(first)
        if not more:
            return []
        lines = ["".join(self._line), *more[:-1]]
        self._line = [more[-1]]
        return lines

    def _take_field(self, line: str) -> None:
        name, _, value = line.partition(":")
        value = value.removeprefix(" ")
        if name == "data":
            self._data.append(value)
        elif name == "event":
            self._name = value
        elif name == "id" and "\0" not in value:
            self._id = value
        elif name == "retry" and value.isascii() and value.isdigit():
            self.retry_ms = int(value[:MAX_RETRY_DIGITS])

    def _dispatch(self) -> SseEvent | None:
        self.last_id = self._id
        name, data = self._name or "message", self._data
        self._name, self._data, self._characters = "", [], len(self._line[-1])
        return SseEvent(name, "\n".join(data), self.last_id) if data else None
