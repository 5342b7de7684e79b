"""What the tests of the command share: a home of their own, and one sandbox in the background for all of them."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.cli.terminal import Terminal

from woodlot.cli import background


@pytest.fixture(scope="session")
def shared_home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A home in which a sandbox runs."""
    home = tmp_path_factory.mktemp("woodlot")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("WOODLOT_HOME", str(home))
        background.start(lambda _: None)
        yield home
        background.stop()


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty home: no profiles, no sandbox."""
    monkeypatch.setenv("WOODLOT_HOME", str(tmp_path / "home"))
    for name in ("LIVE", "STAGING", "SANDBOX"):
        monkeypatch.delenv(f"WOODLOT_{name}_API_KEY", raising=False)
        monkeypatch.delenv(f"WOODLOT_{name}_API_SECRET", raising=False)
    monkeypatch.chdir(tmp_path)
    return tmp_path / "home"


@pytest.fixture
def here(home: Path, shared_home: Path) -> Path:
    """A home of its own that shares the running sandbox."""
    note = home / "state" / "sandbox.json"
    note.parent.mkdir(parents=True)
    note.write_bytes((shared_home / "state" / "sandbox.json").read_bytes())
    note.chmod(0o600)
    return home


@pytest.fixture
def terminal(capsys: pytest.CaptureFixture[str]) -> Terminal:
    return Terminal(capsys)
