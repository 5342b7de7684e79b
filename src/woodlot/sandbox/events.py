"""This file is what an exchange has to say after a command, in the order in which it happened.

Most of it nobody listens to: a report and a record of a balance are made when they are read, of whole numbers that were
noted when it happened.
"""

from decimal import Decimal
from typing import ClassVar, TypeAlias

import msgspec

from woodlot.sandbox.reports import Record, Step, balance, execution_report
from woodlot.wire.enums import Side
from woodlot.wire.events import AlgoExecutionReport, Balance, ExecutionReport, Position


class TradePrinted(msgspec.Struct, frozen=True, gc=False):
    """Two orders met. `side` is the taker's; `rpi` says that the maker was hidden from API takers."""

    symbol: str
    price: Decimal
    quantity: Decimal
    side: Side
    ts: int
    rpi: bool = False


class _MadeWhenRead:
    """An event that is compared, shown and matched by what is read of it; what it was made of may be another's."""

    __slots__ = ()
    __match_args__: ClassVar[tuple[str, ...]] = ()

    def _told(self) -> tuple[object, ...]:
        return tuple(getattr(self, name) for name in self.__match_args__)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _MadeWhenRead) and type(other) is type(self) and self._told() == other._told()

    def __hash__(self) -> int:
        return hash(self._told())

    def __repr__(self) -> str:
        told = zip(self.__match_args__, self._told(), strict=True)
        return f"{type(self).__name__}({', '.join(f'{name}={value!r}' for name, value in told)})"


class Reported(_MadeWhenRead):
    """One step of one order, for the account it belongs to."""

    __slots__ = ("_step", "account_id")
    __match_args__ = ("account_id", "report")

    def __init__(self, account_id: str, step: Step) -> None:
        self.account_id = account_id
        self._step = step

    @property
    def report(self) -> ExecutionReport:
        return execution_report(self._step)


class BalancesChanged(_MadeWhenRead):
    """The tokens of an account that are not as they were last pushed; after the reports that changed them."""

    __slots__ = ("_records", "account_id")
    __match_args__ = ("account_id", "balances")

    def __init__(self, account_id: str, records: tuple[Record, ...]) -> None:
        self.account_id = account_id
        self._records = records

    @property
    def balances(self) -> tuple[Balance, ...]:
        return tuple(balance(record) for record in self._records)


class PositionsChanged(msgspec.Struct, frozen=True):
    """The positions of an account that changed, or whose open orders did; after the balances."""

    account_id: str
    positions: tuple[Position, ...]


class AlgoReported(msgspec.Struct, frozen=True):
    """The legs of one algo order that changed, for the account it belongs to."""

    account_id: str
    legs: tuple[AlgoExecutionReport, ...]


ExchangeEvent: TypeAlias = TradePrinted | Reported | BalancesChanged | PositionsChanged | AlgoReported
