"""This file is who is closed first when a liquidation finds no taker: the queue of auto-deleveraging."""

from collections.abc import Iterable
from typing import Final

from woodlot.sandbox.accounts import Account
from woodlot.sandbox.ledger import RATE_ONE
from woodlot.sandbox.perpetual import Perpetual
from woodlot.sandbox.positions import Position

QUANTILES: Final = 5
"""`adlQuantile` is "1 to 5, UNCERTAIN range; 2 and 3 recorded" (rest-v3 §9.5.1); 5 is closed first."""


def queue(*, perpetual: Perpetual, accounts: Iterable[Account], is_long: bool) -> list[tuple[Account, Position]]:
    """Return the positions of one direction, the most profitable at the highest leverage first."""
    found = [
        (account, position)
        for account in accounts
        for position in account.positions.values()
        if position.symbol == perpetual.market.symbol and position.lots and (position.lots > 0) == is_long
    ]
    return sorted(found, key=lambda entry: -_score(entry[1], perpetual))


def quantile(position: Position, *, perpetual: Perpetual, accounts: Iterable[Account]) -> int:
    """Return which fifth of its queue a position is in; 0 when flat."""
    if not position.lots:
        return 0
    line = [entry for _, entry in queue(perpetual=perpetual, accounts=accounts, is_long=position.lots > 0)]
    return QUANTILES - line.index(position) * QUANTILES // len(line)


def _score(position: Position, perpetual: Perpetual) -> int:
    worth = perpetual.value(position.lots)
    gain = (worth if position.lots > 0 else -worth) - position.open_cost
    return gain * RATE_ONE * position.leverage // max(1, abs(position.open_cost))
