"""Keys made on the server's own machine, against its data folder."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

from openhitl.errors import InvalidToken, SetupError
from openhitl.identity.keys import draw_key
from openhitl.keyring import private_draft, private_folder, unusable
from openhitl.protocol.audit import OPERATOR
from openhitl.protocol.case import ActorKind
from openhitl.protocol.people import Person
from openhitl.protocol.scopes import ALL_SCOPES, Scope
from openhitl.protocol.tokens import Purpose, checked_hash
from openhitl.server.opening import open_store
from openhitl.server.people_admin import person_called
from openhitl.settings import Settings
from openhitl.store import Store

KEY_NAME = "local.key"
LOCAL_AGENT = "local"
MAX_NAME_CHARACTERS = 100


def new_key(
    settings: Settings,
    name: str,
    kind: ActorKind,
    *,
    owner: str | None = None,
    scopes: frozenset[Scope] = ALL_SCOPES,
) -> str:
    """Make an API key for the agent or service of this name, which is made if need be.

    `owner` names whom it belongs to: one of the same name that is not theirs is another one.

    Raises: SetupError for a name that is empty, too long or unprintable, or nobody's; StoreError.
    """
    if not 1 <= len(name) <= MAX_NAME_CHARACTERS or not name.isprintable() or name != name.strip():
        raise SetupError(f"An agent's name has 1 to {MAX_NAME_CHARACTERS} printable characters.")
    store, _ = open_store(settings)
    try:
        person = person_called(store, owner) if owner is not None else None
        return _add_key(store, name, kind, person, scopes)
    finally:
        store.close()


def _add_key(
    store: Store,
    name: str,
    kind: ActorKind,
    owner: Person | None = None,
    scopes: frozenset[Scope] = ALL_SCOPES,
) -> str:
    key, key_hash = draw_key(kind)
    now = datetime.now(UTC)
    if owner is None:
        agent = store.agent_of(name, by=OPERATOR, now=now)
    else:
        theirs = (one for one in store.agents_of(owner.person_id) if one.name == name)
        agent = next(theirs, None) or store.add_agent(name, by=OPERATOR, now=now, owners=[owner.person_id])
    store.add_key(agent.agent_id, kind, key_hash, name, by=OPERATOR, now=now, scopes=scopes)
    return key


def ensure_local_key(settings: Settings) -> str:
    """Return the key of the local user's own agent, kept in a 0600 file of the data folder.

    The file is made on first start, and again if its key is not one of this store.
    """
    path = settings.data_dir / KEY_NAME
    store, _ = open_store(settings)
    try:
        key = _read(path)
        if key is None or store.find_key(checked_hash(Purpose.AGENT, key)) is None:
            key = _add_key(store, LOCAL_AGENT, ActorKind.AGENT)
            _write(path, key)
        return key
    finally:
        store.close()


def _read(path: Path) -> str | None:
    try:
        key = path.read_text(encoding="ascii").strip()
        checked_hash(Purpose.AGENT, key)
    except (OSError, ValueError, InvalidToken):
        return None
    return key


def _write(path: Path, key: str) -> None:
    private_folder(path.parent)
    try:
        private_draft(path, key + "\n").replace(path)
    except OSError as error:
        raise unusable(path.parent, error) from error
