"""This file is what an exchange has to say after a command, in the order in which it happened."""

from dataclasses import dataclass
from decimal import Decimal
from typing import TypeAlias

from woodlot.wire.enums import Side
from woodlot.wire.events import Balance, ExecutionReport


@dataclass(frozen=True, slots=True)
class TradePrinted:
    """Two orders met. `side` is the taker's."""

    symbol: str
    price: Decimal
    quantity: Decimal
    side: Side
    ts: int


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


ExchangeEvent: TypeAlias = TradePrinted | Reported | BalancesChanged
