"""Texts in the editor that their person likes."""

from __future__ import annotations

import os

import pytest

from openhitl.errors import SetupError
from openhitl.person.editor import edited, editor_of


def script(folder, body: str) -> str:
    path = folder / "an editor"
    path.write_text(f"#!/bin/sh\n{body}\n")
    path.chmod(0o700)
    return f"'{path}'"


@pytest.mark.parametrize(
    ("environ", "command"),
    [
        ({"VISUAL": "code --wait", "EDITOR": "vi"}, ["code", "--wait"]),
        ({"EDITOR": "'my editor' -n"}, ["my editor", "-n"]),
    ],
)
def test_the_editor_is_split_as_a_shell_would(environ, command) -> None:
    assert editor_of(environ) == command


def test_a_command_that_cannot_be_split_is_said(tmp_path) -> None:
    with pytest.raises(SetupError, match="VISUAL or EDITOR is no command: No closing quotation"):
        editor_of({"EDITOR": "'vi"})


def test_a_machine_without_an_editor_says_so(monkeypatch, tmp_path) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(SetupError, match="There is no editor here"):
        editor_of({})


def test_a_text_comes_back_as_it_was_left_and_its_file_is_gone(tmp_path) -> None:
    editor = script(tmp_path, f'cp "$1" "{tmp_path}/was"; echo "$1" > "{tmp_path}/where"; echo more >> "$1"')
    assert edited("Grüße\r\n\x1b", name="a.txt", environ={"EDITOR": editor}) == "Grüße\r\n\x1bmore"
    assert (tmp_path / "was").read_bytes() == "Grüße\r\n\x1b".encode()
    where = (tmp_path / "where").read_text().strip()
    assert not os.path.exists(where)
    assert not os.path.exists(os.path.dirname(where))


@pytest.mark.parametrize(("before", "after"), [("text", "text"), ("text\n", "text\n"), ("", "")])
def test_the_end_of_line_that_editors_add_is_none_of_the_text(tmp_path, before, after) -> None:
    editor = script(tmp_path, '[ -s "$1" ] && sed -i -e "\\$a\\\\" "$1"; true')
    assert edited(before, name="a.txt", environ={"EDITOR": editor}) == after


@pytest.mark.parametrize(
    ("body", "words"),
    [
        ("exit 3", "The editor ended with code 3; nothing was sent."),
        ('rm "$1"', "The editor left no text"),
        ('printf "\\377" > "$1"', "The editor left no text"),
    ],
)
def test_what_goes_wrong_in_an_editor_is_said(tmp_path, body, words) -> None:
    with pytest.raises(SetupError) as caught:
        edited("text", name="a.txt", environ={"EDITOR": script(tmp_path, body)})
    assert words in str(caught.value)


def test_an_editor_that_is_not_there_is_named() -> None:
    with pytest.raises(SetupError, match="The editor 'no-such-editor' does not start"):
        edited("text", name="a.txt", environ={"EDITOR": "no-such-editor --wait"})
