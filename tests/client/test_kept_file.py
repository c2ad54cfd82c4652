"""A file of one JSON object: there as a whole, for its owner alone, or said to be something else."""

from __future__ import annotations

import pytest

from openhitl.client.kept_file import KeptFile, place_of
from openhitl.errors import SetupError


def kept(path) -> KeptFile:
    return KeptFile(path, wrong="This is no list", hint="Delete it.")


def test_what_was_written_is_read_and_is_its_owners_alone(tmp_path):
    file = kept(tmp_path / "new" / "list.json")
    assert file.read() is None
    with file.changing():
        file.write({"names": ["a"]})
    assert file.read() == {"v": 1, "names": ["a"]}
    assert file.path.stat().st_mode & 0o077 == 0
    assert file.path.parent.stat().st_mode & 0o077 == 0


@pytest.mark.parametrize("content", ["", "{", "[]", "1"])
def test_what_is_something_else_is_said_to_be(tmp_path, content):
    file = kept(tmp_path / "list.json")
    file.path.touch(mode=0o600)
    file.path.write_text(content)
    with pytest.raises(SetupError, match=r"^This is no list: .*list\.json\.$") as raised:
        file.read()
    assert raised.value.hint == "Delete it."


def test_a_folder_that_cannot_be_made_is_said(tmp_path):
    (tmp_path / "taken").touch()
    file = kept(tmp_path / "taken" / "list.json")
    with pytest.raises(SetupError, match="taken") as raised, file.changing():
        pass
    assert raised.value.hint == "Set HITL_CONFIG_DIR to a folder of yours."


def test_every_origin_has_a_file_of_its_own():
    servers = ("http://localhost:1", "http://localhost:2", "https://localhost:1", "https://x.example")
    assert len({place_of(server) for server in servers}) == len(servers)
    assert place_of("https://x.example/a") == place_of("https://X.example")
    assert "/" not in place_of("http://[::1]:80")
