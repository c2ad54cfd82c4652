"""Whom this user's agents have encrypted to: what is remembered of people, so that a server cannot swap them.

One file of mode 0600 for each server. It holds no secrets, but whoever could write it could add a reader.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace
from pathlib import Path

from openhitl.client.kept_file import KeptFile, place_of
from openhitl.protocol.people import name_key

#: Where, beside the people whom agents encrypt to, the owner's own list is remembered.
_OWN = "own"


@dataclass(frozen=True, slots=True, kw_only=True)
class KnownPerson:
    """What is remembered of somebody.

    `identity` is the key (base64url) that their device list begins with, `number` and `digest` name the
    latest statement of it that was seen. `verified_at` is when somebody compared the six words; None if
    nobody has.
    """

    person_id: str
    name: str
    identity: str
    number: int
    digest: str
    verified_at: str | None = None


class Pins:
    """The people of one server. Every method raises SetupError if the file cannot be used."""

    def __init__(self, folder: Path, server_url: str) -> None:
        self._file = KeptFile(
            folder / f"people-{place_of(server_url)}.json",
            wrong="This does not say whom agents encrypt to",
            hint="Delete it; then compare everybody's six words again with `hitl keys verify`.",
        )

    @classmethod
    def own(cls, folder: Path, server_url: str) -> Pins:
        """Return what a terminal remembers of its own person's device list."""
        return cls(folder / _OWN, server_url)

    def people(self) -> Mapping[str, KnownPerson]:
        """Return everybody, by their id at the server."""
        record = self._file.read()
        if record is None:
            return {}
        try:
            return {one["person_id"]: KnownPerson(**one) for one in record["people"]}
        except (KeyError, TypeError) as error:
            raise self._file.wrong() from error

    def named(self, name: str) -> KnownPerson | None:
        """Return whoever has a name, however it is spelt; None if nobody has."""
        key = name_key(name)
        return next((one for one in self.people().values() if name_key(one.name) == key), None)

    def keep(self, person: KnownPerson) -> None:
        """Remember somebody. What was remembered of a later statement of the same identity stays."""
        with self._changing() as people:
            known = people.get(person.person_id)
            if known is not None and known.identity == person.identity:
                person = replace(person, verified_at=person.verified_at or known.verified_at)
                if known.number > person.number:
                    person = replace(person, number=known.number, digest=known.digest)
            people[person.person_id] = person

    def forget(self, person_id: str) -> None:
        """Forget somebody: whoever is in their place next is taken for them."""
        with self._changing() as people:
            people.pop(person_id, None)

    @contextmanager
    def _changing(self) -> Iterator[dict[str, KnownPerson]]:
        with self._file.changing():
            people = dict(self.people())
            yield people
            self._file.write({"people": [asdict(one) for one in people.values()]}, indent=1)
