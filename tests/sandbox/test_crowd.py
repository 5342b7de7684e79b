from collections import Counter
from decimal import Decimal

import pytest

from woodlot.clock import ManualClock
from woodlot.sandbox.crowd import LEVELS, Crowd
from woodlot.sandbox.exchange import Exchange, ExchangeEvent, TradePrinted
from woodlot.sandbox.feed import Feed
from woodlot.sandbox.prices import STEPS_PER_SECOND, FairPrice
from woodlot.wire.enums import OrderType, Side
from woodlot.wire.trade import PlaceOrder

BTC = "SPOT_BTC_USDT"


class Market:
    """An exchange with a crowd, moved step by step."""

    def __init__(self, *, seed: int = 7) -> None:
        self.clock = ManualClock()
        self.exchange = Exchange(clock=self.clock, seed=seed)
        self.fair = {symbol: FairPrice(symbol, seed=seed) for symbol in self.exchange.instruments}
        self.crowd = Crowd(self.exchange, fair=self.fair, seed=seed)
        self.crowd.open()

    def step(self, steps: int = 1) -> list[ExchangeEvent]:
        for _ in range(steps):
            self.clock.advance(1 / STEPS_PER_SECOND)
            self.crowd.step()
        return self.exchange.take_events()

    def place(self, account_id: str, side: Side, quantity: str, price: Decimal | None = None) -> int:
        kind = OrderType.MARKET if price is None else OrderType.LIMIT
        order = PlaceOrder(symbol=BTC, side=side, type=kind, price=price, quantity=quantity)
        return self.exchange.place(account_id, order).order_id

    def open_orders(self) -> int:
        return sum(len(account.open) for account in self.exchange._accounts.values())


def test_the_book_is_sixty_levels_deep_from_the_start_and_stays_so():
    market = Market()

    for _ in range(30):
        for symbol in market.exchange.instruments:
            bids, asks = market.exchange.window(symbol, 1000)
            assert min(len(bids), len(asks)) >= 60
            assert bids[0][0] < asks[0][0]
        market.step(STEPS_PER_SECOND)


def test_every_symbol_changes_ten_times_and_trades_once_a_second():
    market, seconds = Market(), 20
    feed = Feed(market.exchange, now_ms=market.clock.now_ms())
    changes: Counter[str] = Counter()
    trades: Counter[str] = Counter()

    for _ in range(seconds * STEPS_PER_SECOND):
        trades.update(event.symbol for event in market.step() if isinstance(event, TradePrinted))
        changes.update(push.topic for push in feed.tick(now_ms=market.clock.now_ms()))

    for symbol in market.exchange.instruments:
        assert changes[f"orderbookupdate@{symbol}@50"] / seconds >= 10
        assert trades[symbol] / seconds >= 1


def test_the_same_seed_makes_the_same_market_and_another_seed_another():
    def story(seed: int) -> list[ExchangeEvent]:
        return Market(seed=seed).step(300)

    assert story(7) == story(7)
    assert story(7) != story(8)


def test_what_a_user_does_on_one_symbol_leaves_the_others_as_they_were():
    def others(*, disturbed: bool) -> list[ExchangeEvent]:
        market = Market()
        user = market.exchange.open_account("user", {"USDT": "100000"}).id
        events = market.step(50)
        if disturbed:
            market.place(user, Side.BUY, "0.5")
        events += market.step(200)
        return [e for e in events if isinstance(e, TradePrinted) and e.symbol != BTC]

    assert others(disturbed=False) == others(disturbed=True)


def test_the_number_of_live_orders_is_bounded():
    market = Market()

    for _ in range(40):
        market.step(STEPS_PER_SECOND)
        assert market.open_orders() <= 2 * (LEVELS + 10) * len(market.exchange.instruments)


def test_a_hole_eaten_by_a_user_is_filled_again():
    market = Market()
    user = market.exchange.open_account("whale", {"USDT": "1000000", "BTC": "10"}).id
    for side in (Side.BUY, Side.SELL):
        market.place(user, side, "3")
    market.step(3 * STEPS_PER_SECOND)

    bids, asks = market.exchange.window(BTC, 1000)

    assert min(len(bids), len(asks)) >= 60
    assert float(asks[0][0]) == pytest.approx(market.fair[BTC].price, rel=1e-3)


def test_an_order_that_rests_inside_the_spread_is_traded_with_once_the_price_comes_to_it():
    market = Market()
    user = market.exchange.open_account("user", {"USDT": "100000"}).id
    best_ask = market.exchange.window(BTC, 1)[1][0][0]
    order_id = market.place(user, Side.BUY, "0.01", best_ask - Decimal("0.01"))

    market.step(60 * STEPS_PER_SECOND)

    assert market.exchange.order(user, order_id=order_id).status == "FILLED"


def test_the_crowd_pays_no_fees_and_neither_makes_nor_loses_money():
    market = Market()
    accounts = list(market.exchange._accounts)

    def everything() -> Counter[str]:
        total: Counter[str] = Counter()
        for account in accounts:
            total.update({row.token: row.holding for row in market.exchange.balances(account)})  # type: ignore[misc]
        return total

    before = everything()
    market.step(1000)

    assert everything() == before


def test_a_taker_who_has_bought_much_is_made_to_sell():
    market = Market()
    pit = market.crowd.pits[BTC]
    pit._start_base -= Decimal(1000)

    market.step(400)

    assert pit.taker.chance_of_buying < 0.3


def test_the_fair_price_stays_within_its_range_for_a_year():
    for symbol in Market().fair:
        walk = FairPrice(symbol, seed=7)
        start = walk.price
        prices = [walk.advance(STEPS_PER_SECOND * 3600) for _ in range(365 * 24)]

        assert min(prices) > 0.7 * start
        assert max(prices) < 1.4 * start


def test_the_guides_buy_at_30000_is_far_below_the_market():
    bids, _ = Market().exchange.window(BTC, 1000)

    assert bids[-1][0] > 2 * 30_000
