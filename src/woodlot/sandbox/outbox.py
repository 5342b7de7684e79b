"""This file is what waits to be told after a command: trades and reports as they come, then balances and positions."""

from collections import deque
from collections.abc import Callable
from typing import Final

from woodlot.sandbox.accounts import Account
from woodlot.sandbox.events import BalancesChanged, ExchangeEvent, PositionsChanged
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
        self._events: deque[ExchangeEvent] = deque(maxlen=EVENTS_KEPT)
        self._touched: dict[tuple[str, str], Account] = {}
        self._moved: dict[tuple[str, str, str], tuple[Account, Position]] = {}

    def add(self, event: ExchangeEvent) -> None:
        self._events.append(event)

    def touch(self, account: Account, *assets: str) -> None:
        """Note that these assets of an account may have changed."""
        if account.watched:
            for asset in assets:
                self._touched[account.id, asset] = account

    def touch_position(self, account: Account, position: Position) -> None:
        """Note that a position, or what is open for it, has changed."""
        if account.watched:
            self._moved[account.id, position.symbol, position.side] = account, position

    def flush(self, *, now_ms: int) -> None:
        """Say what has changed, once for each account; behind everything that was said before."""
        if self._touched:
            self._flush_balances(now_ms)
        if self._moved:
            self._flush_positions(now_ms)

    def take(self) -> list[ExchangeEvent]:
        """Return what has been said since the last call."""
        events = list(self._events)
        self._events.clear()
        return events

    def _flush_balances(self, now_ms: int) -> None:
        changed: dict[str, list[Record]] = {}
        for (account_id, asset), account in self._touched.items():
            pocket, leaving = account.wallet[asset], account.leaving.get(asset, 0) if account.leaving else 0
            state = pocket.holding + leaving, pocket.frozen + leaving
            if account.told.get(asset) != state:
                account.told[asset] = state
                version = account.versions[asset] = account.versions.get(asset, 0) + 1
                record = Record(asset, *state, self._mark_of(asset), version, now_ms)
                changed.setdefault(account_id, []).append(record)
        if self._lists_are_full:
            for account_id, told in changed.items():
                account, assets = self._touched_by(account_id), {record.asset for record in told}
                told += [
                    self._record(account, asset=asset, now_ms=now_ms) for asset in account.wallet if asset not in assets
                ]
        self._touched.clear()
        self._events.extend([BalancesChanged(account_id, tuple(records)) for account_id, records in changed.items()])

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
        self._events.extend(PositionsChanged(account_id, tuple(positions)) for account_id, positions in changed.items())

    def _record(self, account: Account, *, asset: str, now_ms: int) -> Record:
        """Return a record as it was told last."""
        pocket = account.wallet[asset]
        holding, frozen = account.told.get(asset) or (pocket.holding, pocket.frozen)
        return Record(asset, holding, frozen, self._mark_of(asset), account.versions.get(asset, 0), now_ms)

    def _touched_by(self, account_id: str) -> Account:
        return next(account for (touched, _), account in self._touched.items() if touched == account_id)
