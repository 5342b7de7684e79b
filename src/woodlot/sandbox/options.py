"""This file is how a sandbox is set up: where it listens, what it trades, what goes wrong, who may reach it."""

import contextlib
import ipaddress
import math
from dataclasses import dataclass, field

from woodlot.errors import ConfigurationError
from woodlot.sandbox.fault_grammar import Fault
from woodlot.sandbox.profiles import PROFILES
from woodlot.sandbox.quirks import Quirks

LEAST_TOKEN = 16
_FASTEST = 100.0


@dataclass(frozen=True, slots=True)
class SandboxOptions:
    """Where to listen and how to behave. `limits` scales the rate limits, None switches them off.

    `speed` scales how fast the market moves, not its clock; a `quiet` one is left to the user's own orders.
    `state` is a saved exchange to go on from, with its own seed, quirks and crowd; `scenario` a file of what happens to
    the market (see `scenarios`).
    """

    host: str = "127.0.0.1"
    port: int = 0
    seed: int = 7
    listen_key_ttl_s: float = 86_400
    connection_life_s: float = 86_400
    limits: float | None = 1.0
    strict: bool = False
    faults: tuple[Fault, ...] = ()
    quirks: Quirks = field(default_factory=Quirks)
    profile: str = "lively"
    speed: float = 1.0
    quiet: bool = False
    scenario: str | None = None
    state: str | None = None
    public: bool = False
    token: str | None = field(default=None, repr=False)

    def __post_init__(self) -> None:
        self._check_binding()
        if not 0 <= self.port <= 65_535:
            raise ConfigurationError(f"port: expected 0 to 65535, got {self.port}")
        if not (math.isfinite(self.listen_key_ttl_s) and self.listen_key_ttl_s > 0):
            raise ConfigurationError(f"listen_key_ttl_s: expected seconds above 0, got {self.listen_key_ttl_s}")
        if not (math.isfinite(self.connection_life_s) and self.connection_life_s > 0):
            raise ConfigurationError(f"connection_life_s: expected seconds above 0, got {self.connection_life_s}")
        if self.limits is not None and not (math.isfinite(self.limits) and self.limits > 0):
            raise ConfigurationError(f"limits: expected a factor above 0 or off, got {self.limits}")
        if self.state is not None and self.quirks != Quirks():
            raise ConfigurationError("quirks: a saved exchange goes on with its own; leave them out beside its state")
        if self.profile not in PROFILES:
            raise ConfigurationError(f"profile: expected one of {', '.join(PROFILES)}, got {self.profile!r}")
        if not 0 < self.speed <= _FASTEST:
            raise ConfigurationError(f"speed: expected above 0 and up to {_FASTEST:g}, got {self.speed}")

    def _check_binding(self) -> None:
        """Other machines get in only by two deliberate words: a flag, and a token that guards the side door."""
        if is_loopback(self.host):
            return
        with contextlib.suppress(ValueError):
            ipaddress.ip_address(self.host)
            if not self.public:
                raise ConfigurationError(
                    f"{self.host} can be reached by other machines; if that is meant, say so with --public and a token"
                )
            if self.token is None or len(self.token) < LEAST_TOKEN:
                raise ConfigurationError(f"--public needs a token of at least {LEAST_TOKEN} characters")
            return
        raise ConfigurationError(f"host: expected an IP address or localhost, got {self.host!r}")


def is_loopback(host: str) -> bool:
    """Tell whether an address, or the name "localhost", is this machine's own."""
    if host == "localhost":
        return True
    with contextlib.suppress(ValueError):
        return ipaddress.ip_address(host).is_loopback
    return False
