"""This file is the networks over which tokens come and go: one table for V3, V1, wallet and convert."""

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from typing import Final

from woodlot.wire.public import Instrument


@dataclass(frozen=True, slots=True)
class Network:
    """A chain. A transfer is final after `confirmations`, of which one takes `block_ms`.

    The real chains take minutes to an hour; here each is a matter of seconds, in the same order.
    """

    name: str
    protocol: str
    confirmations: int
    block_ms: int
    address_head: str
    address_length: int


@dataclass(frozen=True, slots=True)
class Way:
    """One token on one network. `token` is the name that the wallet and V1 use for it, as in `ETH_USDT`."""

    token: str
    network: Network
    decimals: int
    fee: Decimal
    minimum: Decimal


@dataclass(frozen=True, slots=True)
class Token:
    """What can be held; `tick` is the step of a conversion."""

    name: str
    fullname: str
    tick: Decimal
    ways: tuple[Way, ...]

    def way(self, network: str) -> Way | None:
        return next((way for way in self.ways if way.network.name == network), None)


LISTED_MS: Final = 1_710_123_398_000
"""When all of them were listed; V1 was recorded with this second for USDT."""

ETH = Network("ETH", "ERC20", 12, 1000, "0x", 40)
ARB = Network("ARB", "ArbitrumOne", 4, 500, "0x", 40)
TRX = Network("TRX", "TRC20", 20, 250, "T", 33)
BTC = Network("BTC", "BTC", 2, 5000, "bc1q", 38)

_TOKENS: Final = (
    Token(
        "BTC",
        "Bitcoin",
        Decimal("0.000001"),
        (Way("BTC", BTC, 8, Decimal("0.0002"), Decimal("0.001")),),
    ),
    Token(
        "ETH",
        "Ethereum",
        Decimal("0.0001"),
        (
            Way("ETH", ETH, 12, Decimal("0.001"), Decimal("0.01")),
            Way("ARB_ETH", ARB, 12, Decimal("0.0001"), Decimal("0.001")),
        ),
    ),
    Token(
        "USDT",
        "Tether",
        Decimal("0.01"),
        (
            Way("ETH_USDT", ETH, 6, Decimal(2), Decimal(10)),
            Way("TRX_USDT", TRX, 6, Decimal("4.5"), Decimal(10)),
            Way("ARB_USDT", ARB, 6, Decimal("0.5"), Decimal(5)),
        ),
    ),
    Token(
        "WOO",
        "WOO",
        Decimal("0.1"),
        (Way("WOO", ETH, 12, Decimal(40), Decimal(100)), Way("ARB_WOO", ARB, 12, Decimal(4), Decimal(10))),
    ),
)


def tokens_of(instruments: Iterable[Instrument]) -> dict[str, Token]:
    """Return everything that is traded, or traded for, by name; what the table does not know moves over one chain."""
    traded = {asset for item in instruments for asset in (item.base_asset, item.quote_asset)}
    known = {token.name: token for token in _TOKENS}
    return {name: known.get(name) or _unknown(name) for name in sorted(traded)}


def _unknown(name: str) -> Token:
    way = Way(name, ETH, 12, Decimal(1), Decimal(10))
    return Token(name, name, Decimal("0.0001"), (way,))
