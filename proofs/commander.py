"""This file is somebody who commands an exchange at random: every verb it has, from a seed, for several accounts.

Spot, algo orders, perpetuals in both position modes, cross and isolated margin, loans, and prices that crash. What is
refused has done nothing; that is held too.
"""

import random
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal

from woodlot.clock import ManualClock
from woodlot.errors import ArgumentError
from woodlot.sandbox.accounts import Account
from woodlot.sandbox.exchange import Exchange
from woodlot.sandbox.refusal import Refusal
from woodlot.wire.algo import AlgoLeg, AlgoOrderType, AlgoType, PlaceAlgoOrder, TriggerPriceType
from woodlot.wire.enums import MarginMode, OrderType, PositionSide, Side
from woodlot.wire.futures import AdjustIsolatedMargin, MarginAction, PositionModeChoice, SetLeverage
from woodlot.wire.trade import EditOrder, PlaceOrder

SPOT, PERP = "SPOT_BTC_USDT", "PERP_BTC_USDT"
START = 87_000
"""Where prices begin."""
KINDS = ("LIMIT", "LIMIT", "LIMIT", "MARKET", "MARKET", "IOC", "FOK", "POST_ONLY", "RPI", "BID", "ASK")
ROOTS = tuple(kind for kind in AlgoType if kind not in {AlgoType.TAKE_PROFIT, AlgoType.STOP_LOSS})
GARBAGE = ("0", "-1", "0.0000000000001", "1e30", "99999999999")


class Commander:
    """One command after another. `told` counts them by verb, `refused` those that the exchange refused.

    Orders are priced around what each market trades at. Prices are moved and quoted with `crashes` only: a market
    with a crowd has its own.
    """

    def __init__(
        self,
        exchange: Exchange,
        *,
        clock: ManualClock,
        accounts: Sequence[Account],
        chance: random.Random,
        crashes: bool = True,
    ) -> None:
        self.told: Counter[str] = Counter()
        self.refused = 0
        self._exchange = exchange
        self._clock = clock
        self._accounts = accounts
        self._chance = chance
        verbs = {name: weight for name, weight in _WEIGHTS.items() if crashes or name not in _OF_THE_MARKET}
        self._verbs, self._weights = list(verbs), list(verbs.values())
        self._does: Mapping[str, Callable[[Account], object]] = {name: getattr(self, f"_{name}") for name in verbs}

    def command(self) -> bool:
        """Give one command; tell whether it was refused."""
        (verb,) = self._chance.choices(self._verbs, self._weights)
        self.told[verb] += 1
        try:
            self._does[verb](self._chance.choice(self._accounts))
        except (Refusal, ArgumentError):
            self.refused += 1
            return True
        return False

    def _place(self, account: Account) -> None:
        chance = self._chance
        kind, symbol = OrderType(chance.choice(KINDS)), self._symbol(account)
        by_amount = kind is OrderType.MARKET and symbol == SPOT and chance.random() < 0.5
        self._exchange.place(
            account.id,
            PlaceOrder(
                symbol=symbol,
                side=chance.choice(list(Side)),
                type=kind,
                price=None if kind.value in {"MARKET", "BID", "ASK"} else self._price(symbol),
                quantity=None if by_amount else self._quantity(),
                amount=chance.randint(1, 20_000) if by_amount else None,
                client_order_id=chance.randint(1, 5) if chance.random() < 0.3 else None,
                reduce_only=True if symbol == PERP and chance.random() < 0.15 else None,
                margin_mode=chance.choice(list(MarginMode)) if symbol == PERP and chance.random() < 0.15 else None,
                visible_quantity=chance.choice(("0", "0.01")) if chance.random() < 0.15 else None,
                position_side=self._position_side(account, symbol),
            ),
        )

    def _algo(self, account: Account) -> None:
        chance = self._chance
        kind, side, symbol = chance.choice(ROOTS), chance.choice(list(Side)), self._symbol(account)
        closing = side.opposite if "BRACKET" in kind else side
        watched = chance.choice(list(TriggerPriceType)) if symbol == PERP else None
        pair = tuple(
            AlgoLeg(
                algo_type=name,
                side=closing,
                type=AlgoOrderType.CLOSE_POSITION if kind is AlgoType.POSITIONAL_TP_SL else AlgoOrderType.MARKET,
                trigger_price=self._price(symbol, above=(name is AlgoType.TAKE_PROFIT) == (closing is Side.SELL)),
                trigger_price_type=watched,
            )
            for name in (AlgoType.TAKE_PROFIT, AlgoType.STOP_LOSS)
        )
        legs: tuple[AlgoLeg, ...] | None = None
        if kind in {AlgoType.TP_SL, AlgoType.POSITIONAL_TP_SL}:
            legs = pair
        elif "BRACKET" in kind:
            legs = (AlgoLeg(algo_type=AlgoType.TP_SL, child_orders=pair),)
        elif kind is AlgoType.OCO:
            legs = (AlgoLeg(algo_type=AlgoType.STOP, side=side, trigger_price=self._price(symbol)),)
        trails, is_priced = kind is AlgoType.TRAILING_STOP, legs is not pair
        self._exchange.algo.place(
            account.id,
            PlaceAlgoOrder(
                symbol=symbol,
                algo_type=kind,
                side=side,
                type=None if legs is pair else AlgoOrderType.MARKET if trails else AlgoOrderType.LIMIT,
                quantity=self._quantity(),
                price=self._price(symbol) if is_priced and not trails else None,
                trigger_price=self._price(symbol) if is_priced and not trails else None,
                trigger_price_type=watched,
                callback_value=chance.randint(1, 500) if trails else None,
                reduce_only=True if symbol == PERP and chance.random() < 0.2 else None,
                child_orders=legs,
                position_side=self._position_side(account, symbol),
            ),
        )

    def _end_algo(self, account: Account) -> None:
        self._exchange.algo.cancel_all(account.id)

    def _edit(self, account: Account) -> None:
        order_id = self._any_order(account)
        symbol = account.open[order_id].symbol if order_id in account.open else SPOT
        price = self._price(symbol) if self._chance.random() < 0.7 else None
        quantity = self._quantity() if price is None or self._chance.random() < 0.5 else None
        self._exchange.edit(account.id, EditOrder(order_id=order_id, price=price, quantity=quantity))

    def _cancel(self, account: Account) -> None:
        self._exchange.cancel(account.id, order_id=self._any_order(account))

    def _cancel_all(self, account: Account) -> None:
        self._exchange.cancel_all(account.id, self._chance.choice((None, SPOT, PERP)))

    def _dead_man(self, account: Account) -> None:
        self._exchange.cancel_all_after(account.id, self._chance.choice((0, 5_000, 30_000)))

    def _lever(self, account: Account) -> None:
        mode, leverage = self._chance.choice(list(MarginMode)), self._chance.randint(1, 50)
        side = self._position_side(account, PERP)
        change = SetLeverage(symbol=PERP, margin_mode=mode, leverage=leverage, position_side=side)
        self._exchange.futures.set_leverage(account.id, change)

    def _mode(self, account: Account) -> None:
        self._exchange.futures.set_position_mode(account.id, self._chance.choice(list(PositionModeChoice)))

    def _margin(self, account: Account) -> None:
        change = AdjustIsolatedMargin(
            symbol=PERP,
            adjust_token="USDT",  # noqa: S106 - the asset
            adjust_amount=self._chance.randint(1, 5_000),
            action=self._chance.choice(list(MarginAction)),
            position_side=self._chance.choice(list(PositionSide)),
        )
        self._exchange.futures.adjust_margin(account.id, change)

    def _borrow(self, account: Account) -> None:
        self._exchange.margin.set_leverage(account.id, self._chance.randint(1, 6))

    def _repay(self, account: Account) -> None:
        token = self._chance.choice(("USDT", "BTC", "WOO"))
        self._exchange.margin.repay_interest(account.id, token=token, amount=Decimal(self._chance.randint(1, 50)) / 100)

    def _move(self, _: Account) -> None:
        """Let the index drift, or jump over an empty book: then it is the mark price, and that is a crash."""
        index = int(self._exchange.perpetuals.index(PERP) or START)
        if self._chance.random() < 0.3:
            for other in self._accounts:
                self._exchange.cancel_all(other.id)
            index = self._chance.randint(65_000, 110_000)
        self._exchange.perpetuals.set_index(PERP, Decimal(index + self._chance.randint(-300, 300)))
        self._clock.advance(1)
        self._exchange.tick()

    def _quote(self, _: Account) -> None:
        """Let the last account, the rich one, put something up to trade with on both sides."""
        symbol = self._chance.choice((PERP, PERP, SPOT))
        middle = int(self._exchange.perpetuals.index(symbol) or START) if symbol == PERP else self._middle(symbol)
        for side, price in ((Side.BUY, middle - 20), (Side.SELL, middle + 20)):
            order = PlaceOrder(symbol=symbol, side=side, type=OrderType.LIMIT, price=price, quantity=2)
            self._exchange.place(self._accounts[-1].id, order)

    def _wait(self, _: Account) -> None:
        """Let hours pass: interest is charged, fundings are paid, dead men's orders end."""
        self._clock.advance(self._chance.randint(1, 30_000))
        self._exchange.tick()

    def _price(self, symbol: str, *, above: bool | None = None) -> str:
        """Return a price near the market, now and then no price at all; `above` or below it, if that matters."""
        chance = self._chance
        if chance.random() < 0.02:
            return chance.choice(GARBAGE)
        middle = self._middle(symbol)
        off = chance.randint(1, 2_000) if above is not None else chance.choice((-1, 1)) * int(chance.expovariate(0.01))
        return str(max(1, middle + (-off if above is False else off)))

    def _middle(self, symbol: str) -> int:
        return int(self._exchange.mid(symbol) or self._exchange.last(symbol) or START)

    def _quantity(self) -> str:
        if self._chance.random() < 0.02:
            return self._chance.choice(GARBAGE)
        lots = min(300_000, 1 + int(self._chance.expovariate(1 / self._chance.choice((5_000, 50_000)))))
        return str(Decimal(lots) / 100_000)

    def _symbol(self, account: Account) -> str:
        """Return where to trade: mostly where the account may."""
        symbols = (PERP, PERP, SPOT) if account.mode == "FUTURES" else (SPOT,) * 20 + (PERP,)
        return self._chance.choice(symbols)

    def _any_order(self, account: Account) -> int:
        return self._chance.choice((*account.open, 1))

    def _position_side(self, account: Account, symbol: str) -> PositionSide | None:
        if symbol != PERP or not account.is_hedged:
            return None
        return self._chance.choice((PositionSide.LONG, PositionSide.SHORT))


_WEIGHTS = {
    "place": 600,
    "algo": 100,
    "end_algo": 15,
    "edit": 60,
    "cancel": 60,
    "cancel_all": 10,
    "dead_man": 10,
    "lever": 30,
    "mode": 15,
    "margin": 40,
    "borrow": 10,
    "repay": 10,
    "quote": 80,
    "move": 60,
    "wait": 40,
}
_OF_THE_MARKET = frozenset({"move", "quote", "wait"})
