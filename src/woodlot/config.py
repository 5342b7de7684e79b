"""This file is where to connect and as whom."""

import ipaddress
import os
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from woodlot.errors import ConfigurationError


@dataclass(frozen=True, slots=True)
class Environment:
    """One host that speaks the V3 wire. `Environment.sandbox()` is the default everywhere."""

    name: str
    rest_url: str
    ws_url: str

    @classmethod
    def sandbox(cls) -> "Environment":
        """The exchange that a desk starts inside the program; it has no address before it runs."""
        return cls("sandbox", "", "")

    @classmethod
    def staging(cls) -> "Environment":
        return cls("staging", "https://api.staging.woox.io", "wss://wss.staging.woox.io")

    @classmethod
    def live(cls) -> "Environment":
        """The exchange itself: real orders, real money."""
        return cls("live", "https://api.woox.io", "wss://wss.woox.io")

    @classmethod
    def at(cls, rest_url: str, ws_url: str, *, name: str = "custom") -> "Environment":
        """Any host that speaks the wire.

        Raises ConfigurationError for a malformed address, and for one without TLS anywhere but on loopback:
        a signature in the clear can be replayed for 300 seconds, a listen key for 24 hours.
        """
        return cls(
            name,
            _checked(rest_url, secure="https", plain="http"),
            _checked(ws_url, secure="wss", plain="ws"),
        )

    @property
    def is_embedded(self) -> bool:
        """Whether this is the sandbox that runs inside the program."""
        return not self.rest_url


@dataclass(frozen=True, slots=True)
class Credentials:
    """An API key and its secret. Neither printing nor logging one shows the secret."""

    key: str
    secret: str = field(repr=False)

    @classmethod
    def from_variables(cls, environment: Environment) -> "Credentials":
        """Read the variables of this environment alone, e.g. WOODLOT_LIVE_API_KEY and WOODLOT_LIVE_API_SECRET.

        Raises ConfigurationError naming the variable that is missing.
        """
        prefix = f"WOODLOT_{environment.name.upper()}_API_"
        values = {name: os.environ.get(prefix + name, "") for name in ("KEY", "SECRET")}
        for name, value in values.items():
            if not value:
                raise ConfigurationError(f"set {prefix}{name}, or pass Credentials(key, secret)")
        return cls(values["KEY"], values["SECRET"])


def _checked(url: str, *, secure: str, plain: str) -> str:
    parts = urlsplit(url)
    host = parts.hostname or ""
    if parts.scheme not in {secure, plain} or not host or parts.query or parts.username:
        raise ConfigurationError(f"expected an address like {secure}://host[:port], without user or query")
    if parts.scheme == plain and not _is_loopback(host):
        raise ConfigurationError(f"{plain}://{host} is not encrypted; only loopback may do without {secure}://")
    return url.rstrip("/")


def _is_loopback(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
