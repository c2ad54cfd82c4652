"""The root secret: made once, readable by nobody else, and the only one that opens its database."""

from __future__ import annotations

import base64
import os
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from openhitl.errors import SetupError, WrongSecret
from openhitl.keyring import Keyring, parse_root, root_in_folder
from openhitl.server.opening import open_store
from openhitl.settings import Settings
from openhitl.store import Store

ROOT = bytes(range(32))
PROCESSES = 8
#: Waits for a line, so that all begin at the same moment, then reads or makes the secret.
MAKE = """
import sys
from pathlib import Path
from openhitl.keyring import root_in_folder
print("there", flush=True)
sys.stdin.readline()
print(root_in_folder(Path(sys.argv[1])).hex())
"""


def mode_of(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def test_processes_that_start_together_agree_on_one_secret(tmp_path):
    folder = tmp_path / "data"
    started = [
        subprocess.Popen(
            [sys.executable, "-c", MAKE, str(folder)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        for _ in range(PROCESSES)
    ]
    assert {process.stdout.readline() for process in started} == {"there\n"}
    for process in started:
        process.stdin.write("go\n")
        process.stdin.flush()
    roots = {process.communicate(timeout=60)[0] for process in started}
    assert roots == {root_in_folder(folder).hex() + "\n"}
    assert [path.name for path in folder.iterdir()] == ["secret.key"]  # no draft is left


def test_the_secret_is_for_its_owner_alone(tmp_path):
    folder = tmp_path / "new" / "data"
    root = root_in_folder(folder)
    assert len(root) == 32
    assert mode_of(folder / "secret.key") == 0o600
    assert mode_of(folder) == 0o700
    assert root_in_folder(folder) == root


def test_folders_are_for_their_owner_alone_whatever_the_umask(tmp_path):
    folder = tmp_path / "new" / "deep" / "data"
    before = os.umask(0)
    try:
        root_in_folder(folder)
    finally:
        os.umask(before)
    assert mode_of(folder / "secret.key") == 0o600
    assert {mode_of(made) for made in (folder, folder.parent, folder.parent.parent)} == {0o700}


@pytest.mark.parametrize("mode", [0o777, 0o1777, 0o702])
def test_a_folder_that_any_user_can_write_is_refused(tmp_path, mode):
    tmp_path.chmod(mode)
    with pytest.raises(SetupError, match="Any user can write"):
        root_in_folder(tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_a_folder_of_somebody_else_is_refused(tmp_path, monkeypatch):
    if os.getuid() == 0:
        os.chown(tmp_path, 4711, -1)
        root_in_folder(tmp_path)  # root may
    owner = tmp_path.stat().st_uid
    monkeypatch.setattr(os, "getuid", lambda: owner + 1)
    with pytest.raises(SetupError, match="belongs to another user"):
        root_in_folder(tmp_path)


@pytest.mark.parametrize("written", [b"", b"\n", b"0f0f", b"\xc3\xa9" * 32, b"z" * 64])
def test_a_secret_that_is_none_is_named_and_kept(tmp_path, written):
    path = tmp_path / "secret.key"
    path.write_bytes(written)
    with pytest.raises(SetupError, match=r"secret\.key does not hold a root secret"):
        root_in_folder(tmp_path)
    assert path.read_bytes() == written


def test_a_secret_is_not_written_through_a_link(tmp_path):
    elsewhere = tmp_path / "elsewhere"
    (tmp_path / "secret.key").symlink_to(elsewhere)
    with pytest.raises(SetupError, match="cannot be used"):
        root_in_folder(tmp_path)
    assert not elsewhere.exists()


def test_every_folder_has_a_secret_of_its_own(tmp_path):
    assert root_in_folder(tmp_path / "a") != root_in_folder(tmp_path / "b")


@pytest.mark.parametrize("text", [ROOT.hex(), ROOT.hex().upper(), f" {ROOT.hex()}\n"])
def test_a_root_may_be_hexadecimal(text):
    assert parse_root(text) == ROOT


def test_a_root_may_be_base64url_with_or_without_padding():
    padded = base64.urlsafe_b64encode(ROOT).decode()
    assert parse_root(padded) == parse_root(padded.rstrip("=")) == ROOT


@pytest.mark.parametrize("text", ["", "short", "zz" * 32, "00" * 31, "00" * 33, "é" * 64, "!" * 43, "A" * 42])
def test_a_root_of_another_form_is_refused_without_repeating_it(text):
    with pytest.raises(SetupError) as caught:
        parse_root(text)
    assert not text or text not in caught.value.message


def test_a_keyring_wants_32_bytes():
    with pytest.raises(SetupError):
        Keyring(b"short")


def test_a_database_is_opened_by_its_own_secret_alone(database_url):
    Store.open(database_url, Keyring(ROOT)).close()
    with pytest.raises(WrongSecret) as caught:
        Store.open(database_url, Keyring(ROOT[::-1]))
    assert "HITL_SECRET_KEY" in caught.value.hint
    Store.open(database_url, Keyring(ROOT)).close()


def test_a_data_folder_whose_secret_was_replaced_is_refused(tmp_path):
    settings = Settings(data_dir=tmp_path)
    open_store(settings)[0].close()
    (tmp_path / "secret.key").write_text("0f" * 32)
    with pytest.raises(WrongSecret):
        open_store(settings)


def test_what_is_sealed_opens_only_where_it_was_sealed_and_unaltered():
    ring = Keyring(ROOT)
    sealed = ring.seal(b"iban", bound_to="answer:1")
    assert ring.unseal(sealed, bound_to="answer:1") == b"iban"
    assert b"iban" not in sealed
    assert ring.seal(b"iban", bound_to="answer:1") != sealed
    flipped = sealed[:-1] + bytes([sealed[-1] ^ 1])
    for other, name in (
        (sealed, "answer:2"),
        (flipped, "answer:1"),
        (b"", "answer:1"),
        (sealed[:12], "answer:1"),
    ):
        with pytest.raises(WrongSecret):
            ring.unseal(other, bound_to=name)
    with pytest.raises(WrongSecret):
        Keyring(ROOT[::-1]).unseal(sealed, bound_to="answer:1")


def test_every_purpose_case_and_generation_has_a_secret_of_its_own():
    ring = Keyring(ROOT)
    secrets = {
        ring.case_secret(purpose, case_id, generation)
        for purpose in ("hitlr_", "hitls_", "hitlp_")
        for case_id in ("review_a", "review_b")
        for generation in (0, 1)
    }
    assert len(secrets) == 12
    assert ring.case_secret("hitlr_", "review_a") == Keyring(ROOT).case_secret("hitlr_", "review_a", 0)
    assert ring.fingerprint not in {secret.hex() for secret in secrets}


def test_the_keys_of_receipts_are_the_same_for_ever():
    """Receipts that were handed out long ago are verified with them."""
    keyring = Keyring(ROOT)
    assert keyring.receipt_key(0).hex() == "0c22f525cc47c7f8010de74800579087ca9b9689ba68440c867b0951ff40c176"
    assert keyring.receipt_key(1).hex() == "926491f55daed167d10ada36c864f5e4fc50d262128e66e25eeea674bccf95b6"
    assert keyring.receipt_salt("review_1") == "dUDFDUpANpHkJso6eKBhoQ"
    assert keyring.receipt_salt("review_2") != keyring.receipt_salt("review_1")
