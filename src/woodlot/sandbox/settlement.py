"""This file is how a match is paid for: what an open order keeps back, and what changes hands.

Spot exchanges base for quote; `clearing.py` does the same for perpetuals.
"""

from collections.abc import Mapping
from typing import Protocol

from woodlot.sandbox.accounts import Account
from woodlot.sandbox.ledger import Ledger
from woodlot.sandbox.market import Market
from woodlot.sandbox.orders import Order
from woodlot.sandbox.outbox import Outbox


class Settlement(Protocol):
    """What execution asks of whoever moves the money of a market."""

    def reserve(self, order: Order, *, market: Market, sign: int) -> None:
        """Keep back what an open order may need (`sign` 1), or give that back (-1)."""
        ...

    def settle(self, taker: Order, maker: Order, *, lots: int, market: Market, now_ms: int) -> tuple[int, int]:
        """Let `lots` change hands at the maker's price; return the fees of both.

        Both orders say already what is left of them.
        """
        ...

    def excess(self, order: Order) -> list[Order]:
        """Return the account's resting orders that the match has left without anything to close."""
        ...


class SpotSettlement:
    """Base against quote, each side's fee out of what it gets."""

    def __init__(self, *, accounts: Mapping[str, Account], ledger: Ledger, outbox: Outbox) -> None:
        self._accounts = accounts
        self._ledger = ledger
        self._outbox = outbox

    def reserve(self, order: Order, *, market: Market, sign: int) -> None:
        account = self._accounts[order.account_id]
        asset = market.quote if order.is_buy else market.base
        account.wallet[asset].frozen += sign * market.hold(is_buy=order.is_buy, price=order.price, lots=order.lots)
        self._outbox.touch(account, asset)

    def settle(self, taker: Order, maker: Order, *, lots: int, market: Market, now_ms: int) -> tuple[int, int]:  # noqa: ARG002
        taking, making = self._accounts[taker.account_id], self._accounts[maker.account_id]
        cost = lots * maker.price * market.worth
        held_in = market.quote if maker.is_buy else market.base
        making.wallet[held_in].frozen -= cost if maker.is_buy else lots * market.lot
        base, quote = (market.base, lots * market.lot), (market.quote, cost)
        taken, given = (base, quote) if taker.is_buy else (quote, base)
        taker_fee = self._ledger.fee(taken[1], rate=taking.taker_rate)
        maker_fee = self._ledger.fee(given[1], rate=making.maker_rate)
        self._ledger.pay(payer=making.wallet, receiver=taking.wallet, asset=taken[0], amount=taken[1], fee=taker_fee)
        self._ledger.pay(payer=taking.wallet, receiver=making.wallet, asset=given[0], amount=given[1], fee=maker_fee)
        self._outbox.touch(taking, market.base, market.quote)
        self._outbox.touch(making, market.base, market.quote)
        return taker_fee, maker_fee

    def excess(self, order: Order) -> list[Order]:  # noqa: ARG002 - nothing on spot is reduce-only
        return []
