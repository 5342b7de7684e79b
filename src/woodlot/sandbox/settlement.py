"""This file is how a match is paid for: what an open order keeps back, and what changes hands.

Spot exchanges base for quote; `clearing.py` does the same for perpetuals.
"""

from typing import Protocol

from woodlot.sandbox.ledger import Ledger
from woodlot.sandbox.market import Market
from woodlot.sandbox.orders import Order
from woodlot.sandbox.outbox import Outbox


class Settlement(Protocol):
    """What execution asks of whoever moves the money of a market."""

    def reserve(self, order: Order, market: Market, sign: int) -> None:
        """Keep back what an open order may need (`sign` 1), or give that back (-1)."""
        ...

    def settle(self, taker: Order, maker: Order, lots: int, market: Market, now_ms: int) -> tuple[int, int]:
        """Let `lots` change hands at the maker's price; return the fees of both.

        Both orders say already what is left of them.
        """
        ...

    def excess(self, order: Order) -> list[Order]:
        """Return the account's resting orders that the match has left without anything to close."""
        ...


class SpotSettlement:
    """Base against quote, each side's fee out of what it gets."""

    def __init__(self, *, ledger: Ledger, outbox: Outbox) -> None:
        self._ledger = ledger
        self._outbox = outbox

    def reserve(self, order: Order, market: Market, sign: int) -> None:
        account = order.account
        pocket = account.wallet[market.quote if order.is_buy else market.base]
        pocket.frozen += sign * market.hold(order.is_buy, order.price, order.lots)
        self._outbox.touch_pockets(account, pocket)

    def settle(self, taker: Order, maker: Order, lots: int, market: Market, now_ms: int) -> tuple[int, int]:  # noqa: ARG002
        taking, making = taker.account, maker.account
        mine, theirs = taking.wallet, making.wallet
        size, cost = lots * market.lot, lots * maker.price * market.worth
        if taker.is_buy:
            taken, given, taken_asset, given_asset = size, cost, market.base, market.quote
        else:
            taken, given, taken_asset, given_asset = cost, size, market.quote, market.base
        ledger = self._ledger
        taker_fee = ledger.fee(taken, taking.taker_rate)
        maker_fee = ledger.fee(given, making.maker_rate)
        # What the maker gives, its order has kept back.
        source, gained = theirs[taken_asset], mine[taken_asset]
        source.frozen -= taken
        ledger.hand_over(source, gained, taken, taker_fee)
        spent, earned = mine[given_asset], theirs[given_asset]
        ledger.hand_over(spent, earned, given, maker_fee)
        outbox = self._outbox
        if taker.is_buy:
            outbox.touch_pockets(taking, gained, spent)
            outbox.touch_pockets(making, source, earned)
        else:
            outbox.touch_pockets(taking, spent, gained)
            outbox.touch_pockets(making, earned, source)
        return taker_fee, maker_fee

    def excess(self, order: Order) -> list[Order]:  # noqa: ARG002 - nothing on spot is reduce-only
        return []
