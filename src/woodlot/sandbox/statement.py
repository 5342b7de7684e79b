"""This file is an account's statement: everything that changed a balance, trades included (rest-v3 §9.4.2).

Of trades the last 1000 are told, of everything else what the bank and the account remember.
"""

from collections.abc import Iterable, Iterator
from decimal import Decimal
from typing import Final

from woodlot.sandbox.accounts import Change
from woodlot.sandbox.bank import Movement
from woodlot.sandbox.money import decimal
from woodlot.wire.asset import TokenChange
from woodlot.wire.moment import Time
from woodlot.wire.trade import Transaction

FILLS_TOLD: Final = 1000

KINDS: Final = frozenset(
    {
        "WITHDRAW",
        "DEPOSIT",
        "FIAT_WITHDRAW",
        "FIAT_DEPOSIT",
        "EARN",
        "VAULT_WITHDRAW",
        "VAULT_DEPOSIT",
        "YIELD_TO_BALANCE",
        "CREDIT",
        "DISTRIBUTION",
        "REFERRAL",
        "SUB_ACCOUNT_TRANSFER",
        "REBATE",
        "LIQUIDATION",
        "SPECIAL",
        "STAKING",
        "UNSTAKING",
        "UNSTAKING_FEE",
        "INTEREST",
        "CONVERT",
        "FUNDING_FEE",
        "REALIZED_PNL",
        "RFQ",
        "COPY_FEE",
        "COPY_PROFIT_SHARED",
        "SPOT_TRANSACTION",
        "TRANSACTION_FEE",
    }
)
"""Every word of rest-v3 §9.4.2; the sandbox has something to tell of a few."""

# Trades, and what comes of itself, have numbers of their own; a last digit keeps the rows apart.
_ID_STEP = 10
_CHANGE_DIGIT = 9


def statement(
    movements: Iterable[Movement], changes: Iterable[Change], fills: Iterable[Transaction]
) -> list[TokenChange]:
    """Return all of it as rows, newest first."""
    rows = [_moved(movement) for movement in movements]
    rows.extend(_changed(change) for change in changes)
    rows.extend(row for fill in fills for row in _traded(fill))
    return sorted(rows, key=lambda row: (row.timestamp, row.id), reverse=True)


def _moved(movement: Movement) -> TokenChange:
    return TokenChange(
        id=movement.number * _ID_STEP,
        type=movement.kind,
        token=movement.token,
        amount=movement.amount,
        timestamp=Time.at(movement.ts),
    )


def _changed(change: Change) -> TokenChange:
    return TokenChange(
        id=change.number * _ID_STEP + _CHANGE_DIGIT,
        type=change.kind,
        token=change.asset,
        amount=decimal(change.amount),
        timestamp=Time.at(change.ts),
    )


def _traded(fill: Transaction) -> Iterator[TokenChange]:
    kind, base, quote = fill.symbol.split("_", 2)
    cost, sign = fill.executed_price * fill.executed_quantity, 1 if fill.side == "BUY" else -1
    if kind == "PERP":
        changes = [("REALIZED_PNL", quote, fill.realized_pnl or Decimal(0))]
    else:
        changes = [("SPOT_TRANSACTION", base, sign * fill.executed_quantity), ("SPOT_TRANSACTION", quote, -sign * cost)]
    for digit, (word, token, amount) in enumerate([*changes, ("TRANSACTION_FEE", fill.fee_asset, -fill.fee)], start=1):
        if amount:
            yield TokenChange(
                id=fill.id * _ID_STEP + digit,
                type=word,
                token=token,
                amount=amount,
                timestamp=fill.executed_timestamp,
            )
