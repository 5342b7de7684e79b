"""This file is where an environment's REST address is taken apart."""

from dataclasses import dataclass
from urllib.parse import urlsplit

from woodlot.config import Environment
from woodlot.errors import ConfigurationError


@dataclass(frozen=True, slots=True)
class Address:
    """A host that speaks the wire. `prefix` goes before every path and is not signed: the guide signs from /v3 on."""

    url: str
    secure: bool
    host: str
    port: int
    prefix: str

    @property
    def authority(self) -> str:
        """Host and port, as a proxy is told them."""
        return f"{self._name}:{self.port}"

    @property
    def host_header(self) -> str:
        return self._name if self.port == (443 if self.secure else 80) else self.authority

    @property
    def _name(self) -> str:
        return f"[{self.host}]" if ":" in self.host else self.host


def rest_address(environment: Environment) -> Address:
    """Return the address of an environment's REST end.

    Raises ConfigurationError for the embedded sandbox, which has none before a desk starts it.
    """
    if environment.is_embedded:
        raise ConfigurationError(
            "the embedded sandbox has no address of its own: open a Desk, or run `woodlot sandbox run` and use "
            "Environment.at(rest_url, ws_url)"
        )
    parts = urlsplit(environment.rest_url)
    secure = parts.scheme == "https"
    port = parts.port or (443 if secure else 80)
    return Address(environment.rest_url, secure, parts.hostname or "", port, parts.path.rstrip("/"))
