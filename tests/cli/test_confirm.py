"""Who has to agree, asked on a terminal."""

import io
import sys
from typing import cast

import pytest

from woodlot.cli.confirm import agree, agree_by_name
from woodlot.cli.profiles import Profile
from woodlot.cli.refusals import ConfirmationNeeded
from woodlot.cli.session import Session
from woodlot.config import Environment


class Keyboard(io.StringIO):
    """A terminal at which one line is typed."""

    def isatty(self) -> bool:
        return True


def session(name: str, *, allow_yes: bool = False, url: str = "//127.0.0.1:1") -> Session:
    environment = Environment.at(f"https:{url}", f"wss:{url}", name=name)
    profile = Profile(name="mine", environment="live", allow_yes=allow_yes)
    return Session(profile, environment, None, cast("None", None), cast("None", None), 1.0)  # type: ignore[arg-type]


def types(monkeypatch: pytest.MonkeyPatch, line: str) -> None:
    monkeypatch.setattr(sys, "stdin", Keyboard(line))


def test_the_sandbox_asks_nothing() -> None:
    agree(session("sandbox"), "anything", yes=False)
    agree_by_name(session("sandbox"), "everything", confirm=None)


def test_a_host_elsewhere_is_no_sandbox_whatever_it_is_called() -> None:
    with pytest.raises(ConfirmationNeeded):
        agree(session("sandbox", url="//api.example.com"), "buy", yes=False)


def test_a_person_agrees_by_y_and_sees_what_and_where(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    types(monkeypatch, "y\n")
    agree(session("live"), "buy 1 BTC/USDT, worth 90000 USDT", yes=False)
    shown = capsys.readouterr()
    assert "worth 90000 USDT" in shown.err
    assert "LIVE, profile mine" in shown.err
    assert shown.out == ""


@pytest.mark.parametrize("line", ["n\n", "\n", ""])
def test_anything_else_is_a_no(monkeypatch: pytest.MonkeyPatch, line: str) -> None:
    types(monkeypatch, line)
    with pytest.raises(ConfirmationNeeded):
        agree(session("live"), "buy", yes=False)


def test_yes_counts_in_staging_and_in_live_only_where_the_profile_says_so() -> None:
    agree(session("staging"), "buy", yes=True)
    agree(session("live", allow_yes=True), "buy", yes=True)
    with pytest.raises(ConfirmationNeeded):
        agree(session("live"), "buy", yes=True)


def test_large_things_want_the_profiles_name(monkeypatch: pytest.MonkeyPatch) -> None:
    agree_by_name(session("live"), "kill", confirm="mine")
    types(monkeypatch, "mine\n")
    agree_by_name(session("live"), "kill", confirm=None)
    types(monkeypatch, "y\n")
    with pytest.raises(ConfirmationNeeded):
        agree_by_name(session("live"), "kill", confirm=None)
    with pytest.raises(ConfirmationNeeded):
        agree_by_name(session("live", allow_yes=True), "kill", confirm="live")
