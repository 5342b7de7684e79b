"""This file is what an exchange has to say after a command, in the order in which it happened.

Most of it nobody listens to: a report and a record of a balance are made when they are read, of whole numbers that were
noted when it happened.
"""

from decimal import Decimal
from typing import TypeAlias

import msgspec

from woodlot.sandbox.reports import Record, Step, balance, execution_report
from woodlot.wire.enums import Side
from woodlot.wire.events import AlgoExecutionReport, Balance, ExecutionReport, Position


class TradePrinted(msgspec.Struct, frozen=True):
    """Two orders met. `side` is the taker's; `rpi` says that the maker was hidden from API takers."""

    symbol: str
    price: Decimal
    quantity: Decimal
    side: Side
    ts: int
    rpi: bool = False


class Reported(msgspec.Struct, frozen=True):
    """One step of one order, for the account it belongs to."""

    account_id: str
    step: Step

    @property
    def report(self) -> ExecutionReport:
        return execution_report(self.step)


class BalancesChanged(msgspec.Struct, frozen=True):
    """The tokens of an account that are not as they were last pushed; after the reports that changed them."""

    account_id: str
    records: tuple[Record, ...]

    @property
    def balances(self) -> tuple[Balance, ...]:
        return tuple(balance(record) for record in self.records)


class PositionsChanged(msgspec.Struct, frozen=True):
    """The positions of an account that changed, or whose open orders did; after the balances."""

    account_id: str
    positions: tuple[Position, ...]


class AlgoReported(msgspec.Struct, frozen=True):
    """The legs of one algo order that changed, for the account it belongs to."""

    account_id: str
    legs: tuple[AlgoExecutionReport, ...]


ExchangeEvent: TypeAlias = TradePrinted | Reported | BalancesChanged | PositionsChanged | AlgoReported
