"""Nothing of these tests stays behind."""

from __future__ import annotations

import tempfile
from pathlib import Path

import pytest
import structlog


@pytest.fixture(autouse=True)
def temporary_files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    monkeypatch.setenv("TMPDIR", str(tmp_path))


@pytest.fixture(autouse=True)
def logs_of_its_own() -> None:
    """Forget how a server that other tests ran in this process logs."""
    structlog.reset_defaults()
