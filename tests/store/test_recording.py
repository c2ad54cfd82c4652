"""Whatever changes who may do what is recorded: what the store writes without a record stands here."""

from __future__ import annotations

import ast
from pathlib import Path

import openhitl.store

#: No decision, login, key, grant, person or setting changes by these.
UNRECORDED = {
    # What is still to be done in the world, and notifications that want no answer.
    "take_jobs", "job_done", "jobs._end_lease", "replay_jobs", "add_notice",
    # What is good once or for a while, and is counted or used up: what comes of it is recorded.
    "add_code", "add_device", "decide_device", "use_totp", "passkey_used", "session_seen", "take",
    "end_request_key",
    # Where people are told, and how they want things to be: nobody may do more by it.
    "keep_subscription", "drop_subscription", "pushes._note", "remind_later", "note_told",
    "forget_told", "change_settings", "mute", "unmute", "mark_read",
    # A device of somebody's that is signed in again, which is recorded.
    "move_device",
    # What is too old is forgotten.
    "forget_clients", "forget_codes", "forget_devices", "forget_pairings", "forget_rates",
    "forget_sessions", "purge",
    # The log itself, and the database as such.
    "add_checkpoint", "migrate", "claim",
}  # fmt: skip


def functions():
    """Yield the name of each function with the names that it calls; private ones are their file's own."""
    for path in sorted(Path(openhitl.store.__file__).parent.glob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.FunctionDef):
                yield named(path, node.name), {named(path, name) for name in called(node)}


def named(path, name):
    return f"{path.stem}.{name}" if name.startswith("_") else name


def called(function):
    calls = (node.func for node in ast.walk(function) if isinstance(node, ast.Call))
    return {getattr(one, "attr", getattr(one, "id", "")) for one in calls}


def test_what_writes_without_a_record_is_known():
    calls = list(functions())
    recording, found = {"append_audit"}, 0
    while found < len(recording):
        found = len(recording)
        recording |= {name for name, names in calls if names & recording}
    writing = {name for name, names in calls if "writing" in names}
    assert len(writing) > len(UNRECORDED)
    assert writing - recording == UNRECORDED
