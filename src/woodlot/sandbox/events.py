"""This file is what an exchange has to say after a command, in the order in which it happened."""

from dataclasses import dataclass
from decimal import Decimal
from typing import TypeAlias

from woodlot.wire.enums import Side
from woodlot.wire.events import AlgoExecutionReport, Balance, ExecutionReport, Position


@dataclass(frozen=True, slots=True)
class TradePrinted:
    """Two orders met. `side` is the taker's; `rpi` says that the maker was hidden from API takers."""

    symbol: str
    price: Decimal
    quantity: Decimal
    side: Side
    ts: int
    rpi: bool = False


@dataclass(frozen=True, slots=True)
class Reported:
    """One step of one order, for the account it belongs to."""

    account_id: str
    report: ExecutionReport


@dataclass(frozen=True, slots=True)
class BalancesChanged:
    """The tokens of an account that are not as they were last pushed; after the reports that changed them."""

    account_id: str
    balances: tuple[Balance, ...]


@dataclass(frozen=True, slots=True)
class PositionsChanged:
    """The positions of an account that changed, or whose open orders did; after the balances."""

    account_id: str
    positions: tuple[Position, ...]


@dataclass(frozen=True, slots=True)
class AlgoReported:
    """The legs of one algo order that changed, for the account it belongs to."""

    account_id: str
    legs: tuple[AlgoExecutionReport, ...]


ExchangeEvent: TypeAlias = TradePrinted | Reported | BalancesChanged | PositionsChanged | AlgoReported
