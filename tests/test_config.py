import pytest

from woodlot.config import Credentials, Environment
from woodlot.errors import ConfigurationError


def test_the_default_environment_has_no_address_before_it_runs() -> None:
    assert Environment.sandbox().is_embedded
    assert not Environment.live().is_embedded


@pytest.mark.parametrize("host", ["127.0.0.1:8080", "localhost:1", "[::1]:9", "127.5.5.5"])
def test_loopback_may_do_without_encryption(host: str) -> None:
    environment = Environment.at(f"http://{host}/", f"ws://{host}")
    assert (environment.rest_url, environment.ws_url) == (f"http://{host}", f"ws://{host}")


@pytest.mark.parametrize(
    ("rest_url", "ws_url"),
    [
        ("http://api.example.com", "wss://api.example.com"),
        ("https://api.example.com", "ws://api.example.com"),
        ("ftp://127.0.0.1", "ws://127.0.0.1"),
        ("127.0.0.1:8080", "ws://127.0.0.1"),
        ("", ""),
        ("https://user:password@api.example.com", "wss://api.example.com"),
        ("https://api.example.com", "wss://api.example.com/v3/private?key=abc"),
        ("http://localhost.example.com", "ws://localhost"),
        ("http://127.0.0.1.example.com", "ws://localhost"),
    ],
)
def test_an_address_in_the_clear_or_malformed_is_refused_without_repeating_it(rest_url: str, ws_url: str) -> None:
    with pytest.raises(ConfigurationError) as caught:
        Environment.at(rest_url, ws_url)
    assert "password" not in str(caught.value)
    assert "key=" not in str(caught.value)


def test_credentials_do_not_show_their_secret() -> None:
    credentials = Credentials("the-key", "the-secret")
    assert "the-secret" not in f"{credentials!r} {credentials}"
    assert credentials.secret == "the-secret"


def test_an_environment_reads_its_own_variables_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WOODLOT_STAGING_API_KEY", "k")
    monkeypatch.setenv("WOODLOT_STAGING_API_SECRET", "s")
    assert Credentials.from_variables(Environment.staging()) == Credentials("k", "s")
    with pytest.raises(ConfigurationError, match="WOODLOT_LIVE_API_KEY"):
        Credentials.from_variables(Environment.live())
