"""This file is money that moves without a trade: between accounts, in from outside and out again.

Nothing is made or lost here. What enters comes out of the account of the outside world, what leaves goes into it, and
what is on its way out waits in an account of its own; all three show in the ledger like anybody's.
"""

from collections import deque
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal, Inexact
from itertools import count
from typing import Final

from woodlot.sandbox.accounts import ROWS_KEPT, Change
from woodlot.sandbox.exchange import Exchange
from woodlot.sandbox.ledger import available
from woodlot.sandbox.money import decimal, units
from woodlot.sandbox.refusal import refusal

OUTSIDE: Final = "the outside world"
ON_ITS_WAY: Final = "withdrawals on their way"
CONVERTER: Final = "the converter"

_STOCK: Final = Decimal(10**12)
"""What the outside world and the converter have of every token: more than anybody will ever move."""


@dataclass(frozen=True, slots=True)
class Movement:
    """One change of one balance; `kind` is a word of `GET /v3/asset/token/history` (rest-v3 §9.4.2)."""

    number: int
    kind: str
    token: str
    amount: Decimal
    ts: int


class Bank:
    """Move money and remember for whom: the last ROWS_KEPT movements of each account."""

    def __init__(self, exchange: Exchange, *, tokens: Iterable[str]) -> None:
        # The desks of the exchange are built on its house; this one is opened beside it, not inside.
        self._house = exchange._house  # noqa: SLF001 # pyright: ignore[reportPrivateUsage] - no public way yet
        stock = dict.fromkeys(tokens, _STOCK)
        self.outside: str = exchange.open_account(OUTSIDE, stock, watched=False).id
        self.on_its_way: str = exchange.open_account(ON_ITS_WAY, {}, watched=False).id
        self.converter: str = exchange.open_account(CONVERTER, stock, watched=False).id
        self._numbers = count(1)
        self._moved: dict[str, deque[Movement]] = {}

    def free(self, account_id: str, token: str) -> Decimal:
        """Return what an account could give away of a token, other claims on it apart."""
        return decimal(available(self._house.account(account_id).wallet, token))

    def check(self, payer_id: str, *, token: str, amount: Decimal) -> None:
        """Raise a Refusal unless the payer has the amount free and can do without it. Nobody borrows for this."""
        payer, cost = self._house.account(payer_id), _units(amount)
        if cost > available(payer.wallet, token):
            raise refusal(302301)
        self._house.risk.check_spot(payer, asset=token, cost=cost)

    def move(
        self, payer_id: str, receiver_id: str, *, token: str, amount: Decimal, kind: str, fee: Decimal = Decimal(0)
    ) -> None:
        """Move an amount, of which the exchange keeps the fee. Raises Refusal, and then nothing has moved."""
        self.check(payer_id, token=token, amount=amount)
        payer, receiver = self._house.account(payer_id), self._house.account(receiver_id)
        self._house.ledger.pay(
            payer=payer.wallet, receiver=receiver.wallet, asset=token, amount=_units(amount), fee=_units(fee)
        )
        self._house.outbox.touch(payer, token)
        self._house.outbox.touch(receiver, token)
        self._remember(payer_id, kind, token, -amount)
        self._remember(receiver_id, kind, token, amount - fee)
        self._house.settle_down()

    def set_aside(self, account_id: str, *, token: str, amount: Decimal) -> None:
        """Take an amount for a withdrawal; its owner sees it as frozen. Raises Refusal, and then nothing has moved."""
        self.check(account_id, token=token, amount=amount)
        self._leave(account_id, token, amount)
        self.move(account_id, self.on_its_way, token=token, amount=amount, kind="WITHDRAW")

    def give_back(self, account_id: str, *, token: str, amount: Decimal) -> None:
        """Undo `set_aside`."""
        self._leave(account_id, token, -amount)
        self.move(self.on_its_way, account_id, token=token, amount=amount, kind="WITHDRAW")

    def send_out(self, account_id: str, *, token: str, amount: Decimal, fee: Decimal) -> None:
        """Let go of what was set aside: it has left for the outside world, less the fee."""
        self._leave(account_id, token, -amount)
        self._house.outbox.touch(self._house.account(account_id), token)
        self.move(self.on_its_way, self.outside, token=token, amount=amount, kind="WITHDRAW", fee=fee)

    def movements(self, account_id: str) -> Sequence[Movement]:
        """Return what was moved for an account, oldest first."""
        return tuple(self._moved.get(account_id, ()))

    def changes(self, account_id: str) -> Sequence[Change]:
        """Return what came and went of itself, as funding, interest and liquidation do, oldest first."""
        return tuple(self._house.account(account_id).changes)

    def _leave(self, account_id: str, token: str, amount: Decimal) -> None:
        leaving = self._house.account(account_id).leaving
        leaving[token] = leaving.get(token, 0) + units(amount)

    def _remember(self, account_id: str, kind: str, token: str, amount: Decimal) -> None:
        if account_id in {self.outside, self.on_its_way, self.converter}:
            return
        movement = Movement(next(self._numbers), kind, token, amount, self._house.clock.now_ms())
        self._moved.setdefault(account_id, deque(maxlen=ROWS_KEPT)).append(movement)


def _units(amount: Decimal) -> int:
    try:
        amount_units = units(amount)
    except Inexact:
        raise refusal(-1005, problem="amount has too many decimals") from None
    if amount_units < 0:
        raise refusal(302135)
    return amount_units
