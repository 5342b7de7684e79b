"""This file is what waits to be told after a command: trades and reports as they come, then balances and positions."""

from collections import deque
from collections.abc import Callable
from typing import Final

from woodlot.clock import Clock
from woodlot.sandbox.accounts import Account
from woodlot.sandbox.events import BalancesChanged, ExchangeEvent, PositionsChanged
from woodlot.sandbox.ledger import Pocket
from woodlot.sandbox.positions import Position
from woodlot.sandbox.reports import Record
from woodlot.wire.events import Position as PositionEvent

EVENTS_KEPT: Final = 100_000
"""How many events wait at most. Whoever does not drain them loses the oldest."""


class Outbox:
    """Keep events in order. An asset that was touched is told only if it is not as it was last told."""

    def __init__(
        self,
        *,
        mark_of: Callable[[str], int],
        tell_position: Callable[[Position, int], PositionEvent],
        lists_are_full: bool = False,
    ) -> None:
        self._lists_are_full = lists_are_full
        self._mark_of = mark_of
        self._tell_position = tell_position
        # Whoever has something to say at once appends it.
        self.events: deque[ExchangeEvent] = deque(maxlen=EVENTS_KEPT)
        self._touched: dict[Pocket, Account] = {}
        self._moved: dict[tuple[str, str, str], tuple[Account, Position]] = {}

    def touch(self, account: Account, *assets: str) -> None:
        """Note that these assets of an account may have changed."""
        if account.watched:
            for asset in assets:
                self._touched[account.wallet[asset]] = account

    def touch_pockets(self, account: Account, *pockets: Pocket) -> None:
        """Do the same where the account's pockets are at hand."""
        if account.watched:
            for pocket in pockets:
                self._touched[pocket] = account

    def touch_position(self, account: Account, position: Position) -> None:
        """Note that a position, or what is open for it, has changed."""
        if account.watched:
            self._moved[account.id, position.symbol, position.side] = account, position

    def flush(self, clock: Clock) -> None:
        """Say what has changed, once for each account; behind everything that was said before."""
        if self._touched:
            self._flush_balances(clock.now_ms())
        if self._moved:
            self._flush_positions(clock.now_ms())

    def take(self) -> list[ExchangeEvent]:
        """Return what has been said since the last call."""
        events = list(self.events)
        self.events.clear()
        return events

    def _flush_balances(self, now_ms: int) -> None:
        changed: dict[Account, list[Record]] = {}
        # One command moves an asset of both sides, at one price.
        marks: dict[str, int] = {}
        for pocket, account in self._touched.items():
            asset = pocket.asset
            leaving = account.leaving.get(asset, 0) if account.leaving else 0
            holding, frozen = pocket.holding + leaving, pocket.frozen + leaving
            if holding != pocket.told_holding or frozen != pocket.told_frozen:
                pocket.told_holding, pocket.told_frozen = holding, frozen
                pocket.version += 1
                mark = marks.get(asset)
                if mark is None:
                    mark = marks[asset] = self._mark_of(asset)
                record = Record(asset, holding, frozen, mark, pocket.version, now_ms)
                records = changed.get(account)
                if records is None:
                    changed[account] = [record]
                else:
                    records.append(record)
        self._touched.clear()
        for account, records in changed.items():
            if self._lists_are_full:
                records += self._untouched(account, {record.asset for record in records}, now_ms)
            self.events.append(BalancesChanged(account.id, tuple(records)))

    def _flush_positions(self, now_ms: int) -> None:
        changed: dict[str, list[PositionEvent]] = {}
        for account, position in self._moved.values():
            position.version += 1
            changed.setdefault(account.id, []).append(self._tell_position(position, now_ms))
        if self._lists_are_full:
            for account, moved in list(self._moved.values()):
                told = changed[account.id]
                keys = {(event.symbol, event.position_side) for event in told}
                told += [
                    self._tell_position(other, now_ms)
                    for other in account.positions.values()
                    if (other.symbol, other.side) not in keys and other is not moved
                ]
        self._moved.clear()
        self.events.extend(PositionsChanged(account_id, tuple(positions)) for account_id, positions in changed.items())

    def _untouched(self, account: Account, assets: set[str], now_ms: int) -> list[Record]:
        """Return the other assets of an account as they were told last."""
        records: list[Record] = []
        for asset, pocket in account.wallet.items():
            if asset not in assets:
                holding = pocket.holding if pocket.told_holding is None else pocket.told_holding
                frozen = pocket.frozen if pocket.told_frozen is None else pocket.told_frozen
                records.append(Record(asset, holding, frozen, self._mark_of(asset), pocket.version, now_ms))
        return records
