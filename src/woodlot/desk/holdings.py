"""This file is what the account holds: balances and positions as the stream tells them, held against REST.

Both name the moment they are from. A push with a lower version than the one known is not believed: REST is asked.
"""

from collections.abc import Iterable
from decimal import Decimal
from typing import TypeVar

import msgspec

from woodlot.orders.evidence import REST_LAG_MS, Source
from woodlot.wire import futures
from woodlot.wire.asset import Holding
from woodlot.wire.enums import PositionSide
from woodlot.wire.events import BalanceUpdate, PositionUpdate
from woodlot.wire.value import Value


class BalanceNow(Value):
    """One token. `at_ms` is the exchange's time from which `holding` and `frozen` are, `source` where that was learned.

    `available` is what can be used; only REST tells it, as of `available_ms`, and None means it has not been asked.
    """

    token: str
    holding: Decimal
    frozen: Decimal
    at_ms: int
    source: Source
    version: int = 0
    available: Decimal | None = None
    available_ms: int | None = None


class PositionNow(Value):
    """One position; `holding` is negative when short. `at_ms` and `source` are as in a balance."""

    symbol: str
    side: PositionSide
    holding: Decimal
    average_open_price: Decimal
    at_ms: int
    source: Source
    version: int = 0


class Holdings:
    """Balances by token, positions by symbol and side."""

    def __init__(self) -> None:
        self.balances: dict[str, BalanceNow] = {}
        self.positions: dict[tuple[str, PositionSide], PositionNow] = {}
        self.is_doubtful = False
        """Whether the stream contradicts itself, so that REST has to be asked."""

    def push_balances(self, update: BalanceUpdate, *, ts_ms: int) -> None:
        """Apply the tokens of a push; the others stay as they are."""
        for row in update.balances:
            known = self.balances.get(row.token)
            told = BalanceNow(
                token=row.token,
                holding=row.holding,
                frozen=row.frozen,
                at_ms=row.ts or ts_ms,
                source=Source.REPORT,
                version=row.version,
                available=None if known is None else known.available,
                available_ms=None if known is None else known.available_ms,
            )
            if self._is_later(told, known):
                self.balances[row.token] = told

    def push_positions(self, update: PositionUpdate, *, ts_ms: int) -> None:
        """Apply the positions of a push; the others stay as they are."""
        for row in update.positions:
            key = (row.symbol, row.position_side)
            told = PositionNow(
                symbol=row.symbol,
                side=row.position_side,
                holding=row.holding,
                average_open_price=row.average_open_price,
                at_ms=row.ts or ts_ms,
                source=Source.REPORT,
                version=row.version,
            )
            if self._is_later(told, self.positions.get(key)):
                self.positions[key] = told

    def poll_balances(self, rows: Iterable[Holding], *, at_ms: int) -> None:
        """Apply what REST answered at `at_ms`: the whole of it. What the stream said later stays."""
        told: dict[str, BalanceNow] = {}
        for row in rows:
            known = self.balances.get(row.token)
            now = BalanceNow(
                token=row.token,
                holding=row.holding,
                frozen=row.frozen,
                at_ms=at_ms,
                source=Source.POLL,
                version=0 if known is None else known.version,
                available=row.available_balance,
                available_ms=at_ms,
            )
            if known is not None and _is_younger(known, at_ms):
                now = msgspec.structs.replace(known, available=row.available_balance, available_ms=at_ms)
            told[row.token] = now
        self.balances = {token: row for token, row in self.balances.items() if _is_younger(row, at_ms)} | told
        self.is_doubtful = False

    def poll_positions(self, rows: Iterable[futures.Position], *, at_ms: int) -> None:
        """Apply the positions REST answered at `at_ms`; one it leaves out is closed."""
        told: dict[tuple[str, PositionSide], PositionNow] = {}
        for row in rows:
            known = self.positions.get((row.symbol, row.position_side))
            told[row.symbol, row.position_side] = PositionNow(
                symbol=row.symbol,
                side=row.position_side,
                holding=row.holding,
                average_open_price=row.average_open_price,
                at_ms=at_ms,
                source=Source.POLL,
                version=0 if known is None else known.version,
            )
        younger = {key: row for key, row in self.positions.items() if _is_younger(row, at_ms)}
        self.positions = told | younger

    def _is_later(self, told: "NowT", known: "NowT | None") -> bool:
        # "apply if `ver` is greater; if lower, check with REST" (websocket-v3 §10)
        if known is None or told.version > known.version:
            return True
        self.is_doubtful = self.is_doubtful or told.version < known.version
        return told.version == known.version and told.at_ms > known.at_ms


NowT = TypeVar("NowT", BalanceNow, PositionNow)


def _is_younger(row: BalanceNow | PositionNow, at_ms: int) -> bool:
    """Whether the stream told of it so recently that REST may not show it yet."""
    return row.source is Source.REPORT and row.at_ms > at_ms - REST_LAG_MS
