"""This file is conversions: a price that holds for a moment, and the swap of two balances that it promises."""

from collections import OrderedDict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import ROUND_DOWN, Decimal
from enum import IntEnum
from itertools import count
from typing import Final

from woodlot.sandbox.accounts import ROWS_KEPT
from woodlot.sandbox.bank import Bank
from woodlot.sandbox.exchange import VALUED_IN, Exchange
from woodlot.sandbox.networks import Token
from woodlot.sandbox.refusal import Refusal, refusal

QUOTE_LIFE_MS: Final = 10_000
SPREAD: Final = Decimal("0.001")
"""What a conversion costs, in its price."""

_FIRST_QUOTE_ID = 123_000_001
_PRICE_STEP = Decimal("1E-12")


class Outcome(IntEnum):
    """What became of an accepted quote: "`rftAccepted` 1 success, 2 processing, 3 fail" (rest-v3 §9.7)."""

    SUCCESS = 1
    PROCESSING = 2
    FAILED = 3


@dataclass(slots=True)
class Quote:
    """An offer to one account, and what became of it; None until it is accepted."""

    id: int
    account_id: str
    sell_token: str
    sell_quantity: Decimal
    buy_token: str
    buy_quantity: Decimal
    expires_ms: int
    outcome: Outcome | None = None
    accepted_ms: int = 0

    @property
    def buy_price(self) -> Decimal:
        """What one of the bought token costs, in the sold one."""
        return (self.sell_quantity / self.buy_quantity).quantize(_PRICE_STEP)


class Converter:
    """Quote and swap, against an account of the house. The last ROWS_KEPT quotes are remembered."""

    def __init__(self, exchange: Exchange, bank: Bank, *, tokens: Mapping[str, Token]) -> None:
        self._exchange = exchange
        self._bank = bank
        self._tokens = tokens
        self._ids = count(_FIRST_QUOTE_ID)
        self._quotes: OrderedDict[int, Quote] = OrderedDict()

    def quote(self, account_id: str, *, sell_token: str, buy_token: str, sell_quantity: Decimal, now_ms: int) -> Quote:
        """Offer a price. Raises Refusal for what cannot be converted; whether it can be paid is seen when it is."""
        for token in (sell_token, buy_token):
            if token not in self._tokens:
                raise refusal(-1005, problem="The token is not supported.")
        if sell_token == buy_token:
            raise refusal(-1005, problem="sellToken and buyToken must be different")
        if sell_quantity <= 0 or sell_quantity % self._tokens[sell_token].tick:
            raise refusal(-1005, problem=f"sellQuantity must be a multiple of {self._tokens[sell_token].tick}")
        bought = sell_quantity * self._price(sell_token) * (1 - SPREAD) / self._price(buy_token)
        tick = self._tokens[buy_token].tick
        quantity = (bought / tick).to_integral_value(ROUND_DOWN) * tick
        if not quantity:
            raise refusal(302135)
        quote = Quote(
            next(self._ids), account_id, sell_token, sell_quantity, buy_token, quantity, now_ms + QUOTE_LIFE_MS
        )
        self._quotes[quote.id] = quote
        if len(self._quotes) > ROWS_KEPT:
            self._quotes.popitem(last=False)
        return quote

    def accept(self, account_id: str, quote_id: int, *, now_ms: int) -> Quote:
        """Swap what was quoted; one that has expired fails. Accepting twice swaps once. Raises Refusal."""
        quote = self.find(account_id, quote_id)
        if quote.outcome is not None:
            return quote
        if now_ms >= quote.expires_ms:
            quote.outcome = Outcome.FAILED
        else:
            self._swap(quote)
            quote.outcome = Outcome.SUCCESS
        quote.accepted_ms = now_ms
        return quote

    def find(self, account_id: str, quote_id: int) -> Quote:
        """Return a quote that this account was given. Raises Refusal."""
        quote = self._quotes.get(quote_id)
        if quote is None or quote.account_id != account_id:
            raise Refusal(302002, "The quote does not exist.")
        return quote

    def traded(self, account_id: str, quote_id: int) -> Quote:
        """Return a quote that was accepted. Raises Refusal."""
        quote = self.find(account_id, quote_id)
        if quote.outcome is None:
            raise Refusal(302002, "The quote was not accepted.")
        return quote

    def accepted(self, account_id: str) -> Iterator[Quote]:
        """Yield what an account has accepted, the newest first."""
        for quote in reversed(self._quotes.values()):
            if quote.account_id == account_id and quote.outcome is not None:
                yield quote

    def _swap(self, quote: Quote) -> None:
        house, account_id = self._bank.converter, quote.account_id
        # The house can always pay, so that once the first half has gone through the second one does.
        self._bank.check(house, token=quote.buy_token, amount=quote.buy_quantity)
        self._bank.move(account_id, house, token=quote.sell_token, amount=quote.sell_quantity, kind="CONVERT")
        self._bank.move(house, account_id, token=quote.buy_token, amount=quote.buy_quantity, kind="CONVERT")

    def _price(self, token: str) -> Decimal:
        if token == VALUED_IN:
            return Decimal(1)
        symbol = f"SPOT_{token}_{VALUED_IN}"
        price = (self._exchange.mid(symbol) or self._exchange.last(symbol)) if self._is_listed(symbol) else None
        if not price:
            raise Refusal(302165, f"The token {token} has no price.")
        return price

    def _is_listed(self, symbol: str) -> bool:
        return symbol in self._exchange.instruments
