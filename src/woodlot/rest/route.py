"""This file is the way to a host: directly or through the proxy that the environment names, and whom to trust on it.

Without TLS there is only loopback (`Environment.at`), so a proxy is only ever asked for a tunnel: it sees the host's
name, never a request.
"""

import base64
import ssl
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import unquote, urlsplit
from urllib.request import getproxies, proxy_bypass

from woodlot.config import Environment
from woodlot.errors import ConfigurationError
from woodlot.rest.address import Address, rest_address


@dataclass(frozen=True, slots=True)
class Trust:
    """What the user's surroundings have a say in.

    `trust_env` takes the proxy from HTTPS_PROXY and NO_PROXY; `ca_file` replaces the system's certificates.
    """

    trust_env: bool = False
    ca_file: str | Path | None = None


NO_TRUST = Trust()


@dataclass(frozen=True, slots=True)
class Proxy:
    host: str
    port: int
    authorization: str = field(default="", repr=False)

    @property
    def url(self) -> str:
        return f"http://{self.host}:{self.port}"

    @property
    def headers(self) -> dict[str, str]:
        return {"proxy-authorization": self.authorization} if self.authorization else {}


@dataclass(frozen=True, slots=True)
class Route:
    address: Address
    proxy: Proxy | None
    context: ssl.SSLContext | None


def route_to(environment: Environment, trust: Trust) -> Route:
    """Return the way to an environment's REST end.

    Raises ConfigurationError for a certificate file that cannot be read and a proxy that is not plain HTTP.
    """
    address = rest_address(environment)
    if not address.secure:
        return Route(address, None, None)
    return Route(address, _proxy(address.host) if trust.trust_env else None, _context(trust.ca_file))


def _context(ca_file: str | Path | None) -> ssl.SSLContext:
    try:
        return ssl.create_default_context(cafile=ca_file)
    except OSError as error:
        raise ConfigurationError(f"ca_file {ca_file}: {error.strerror or 'no certificates in it'}") from error


def _proxy(host: str) -> Proxy | None:
    url = getproxies().get("https")
    if not url or proxy_bypass(host):
        return None
    # The address may hold a password: it is not repeated in an error.
    parts = urlsplit(url if "://" in url else f"http://{url}")
    if parts.scheme != "http" or not parts.hostname:
        raise ConfigurationError("HTTPS_PROXY: expected http://[user:password@]host:port")
    authorization = ""
    if parts.username is not None:
        pair = f"{unquote(parts.username)}:{unquote(parts.password or '')}"
        authorization = f"Basic {base64.b64encode(pair.encode()).decode()}"
    return Proxy(parts.hostname, parts.port or 80, authorization)
