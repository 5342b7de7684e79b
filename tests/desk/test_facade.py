import time
from collections.abc import Iterable
from contextlib import suppress
from decimal import Decimal
from threading import Event, Thread

import pytest

import woodlot
from woodlot.book.transition import BookState
from woodlot.errors import (
    BookNotInSync,
    ConfigurationError,
    GateRefused,
    NotFilled,
    SubscriptionRefused,
    TradingStopped,
    WoodlotError,
)
from woodlot.wire.figures import IndexPrice
from woodlot.wire.topics import Interval


def test_a_script_without_a_loop_trades_and_reads_a_book() -> None:
    with woodlot.open_desk() as desk:
        book = desk.book("SPOT_WOO_USDT")
        bids, asks = book.levels(2)
        assert bids[0][0] < asks[0][0]
        assert book.state in {"SYNCED", "UNCONFIRMED"}
        sold = desk.sell("SPOT_ETH_USDT", "0.05").filled()
        execution = next(desk.executions())
        assert (execution.order_id, execution.symbol) == (sold.order_id, "SPOT_ETH_USDT")
        resting = desk.buy("SPOT_BTC_USDT", "0.001", price="30000")
        assert [order.order_id for order in desk.orders()] == [resting.order_id]
        desk.amend(resting, price="30001")
        desk.cancel(resting)
        assert resting.settled().state == "CANCELLED"
        with pytest.raises(NotFilled):
            resting.filled()


def test_a_script_has_its_limits_its_batches_and_a_dead_mans_switch() -> None:
    limits = woodlot.Limits(max_quantity=Decimal("0.01"))
    with woodlot.open_desk(limits=limits) as desk:
        with desk.dead_man(after_s=1.0):
            orders = [
                woodlot.PlaceOrder(
                    symbol="SPOT_BTC_USDT",
                    side=woodlot.Side.BUY,
                    type=woodlot.OrderType.LIMIT,
                    quantity=quantity,
                    price="30000",
                )
                for quantity in ("0.001", "1")
            ]
            placed, refused = desk.place_all(orders)
            assert isinstance(refused, GateRefused)
            assert not isinstance(placed, WoodlotError)
            # Longer than the switch waits: the desk's own loop vouches meanwhile.
            time.sleep(1.5)
            assert [order.order_id for order in desk.orders()] == [placed.order_id]
        assert (desk.violations, desk.stopped_because) == ({"quantity": 1}, None)
        assert desk.kill("enough") == 0
        assert desk.stopped_because == "enough"


def test_a_script_reads_everything_a_book_tells() -> None:
    with woodlot.open_desk() as desk:
        book = desk.book("SPOT_BTC_USDT", depth=50)
        (bid, _), (ask, ask_size) = book.view(1).bids[0], book.view(1).asks[0]
        assert (book.symbol, book.depth, book.rpi, book.is_readable) == ("SPOT_BTC_USDT", 50, False, True)
        assert (book.source, book.reason, book.age_s >= 0) == ("orderbookupdate", book.reason, True)
        assert bid < ask
        assert book.buy_quantity(ask_size / 2).missing == 0 == book.sell_quantity("0.0001").missing
        assert book.buy_amount("10").amount == 10 == book.sell_amount("10").amount
        assert min(book.bid_depth(bid / 2), book.ask_depth(ask * 2)) > 0
        imbalance = book.imbalance(5)
        assert imbalance is not None
        assert abs(imbalance) <= 1
        assert all(value is not None for value in (book.mid, book.micro_price, book.spread, book.best_bid))
        own = desk.buy("SPOT_BTC_USDT", "0.001", price="30000")
        assert [level.own for level in book.own_view().bids if level.price == own.price] == [own.quantity]
        change = next(book.changes())
        assert (change.state, change.view) == ("SYNCED", None)
        assert next(book.changes(conflate=False)).view is not None
        assert next(iter(book)).ts <= book.ts
        assert book.audit() == "a snapshot of the same time agrees"
        book.close()
        with pytest.raises(BookNotInSync):
            _ = book.best_ask
        assert book.levels(1, allow_stale=True)[0]


def test_a_script_iterates_over_public_topics() -> None:
    with woodlot.open_desk() as desk:
        with desk.trades("SPOT_BTC_USDT", "SPOT_ETH_USDT") as trades:
            trades.ready()
            desk.buy("SPOT_ETH_USDT", "0.01").filled()
            trade = next(trade for trade in trades if trade.symbol == "SPOT_ETH_USDT")
            assert trade.price > 0
            assert (trades.dropped, trades.conflated, trades.refused_topics) == (0, 0, {})
        candle = next(desk.klines("SPOT_BTC_USDT", interval=Interval.MINUTE_5))
        assert candle.interval == "5m"
        assert next(desk.mark_prices("PERP_BTC_USDT")).price > 0
        assert isinstance(next(desk.index_prices("SPOT_BTC_USDT", gaps=True)), IndexPrice)
        nothing = desk.tickers("SPOT_NOPE_USDT")
        with pytest.raises(SubscriptionRefused, match="ticker@SPOT_NOPE_USDT"):
            next(nothing)


async def test_a_notebook_whose_own_loop_runs_reads_a_book_all_the_same() -> None:
    with woodlot.open_desk() as desk:
        assert desk.book("SPOT_WOO_USDT").best_bid is not None
        assert next(desk.bbo("SPOT_BTC_USDT")).symbol == "SPOT_BTC_USDT"


def test_a_script_stops_and_resumes_trading() -> None:
    with woodlot.open_desk() as desk:
        desk.buy("SPOT_BTC_USDT", "0.001", price="30000")
        assert desk.kill() == 0
        with pytest.raises(TradingStopped):
            desk.buy("SPOT_BTC_USDT", "0.001", price="30000")
        desk.resume()
        desk.buy("SPOT_BTC_USDT", "0.001", price="30000")
        assert desk.balances()["BTC"].holding == 2
        assert desk.positions() == {}


def test_an_error_of_the_loop_is_an_error_here() -> None:
    with woodlot.open_desk() as desk, pytest.raises(woodlot.Rejected):
        desk.buy("SPOT_BTC_USDT", "0.001", price="30000.001")


def test_a_desk_that_is_not_open_says_so() -> None:
    with pytest.raises(ConfigurationError, match="with"):
        woodlot.open_desk().buy("SPOT_BTC_USDT", "0.001")


def test_what_a_desk_handed_out_says_that_the_desk_is_closed() -> None:
    with woodlot.open_desk() as desk:
        book, trades = desk.book("SPOT_WOO_USDT"), desk.trades("SPOT_WOO_USDT")
    assert book.state is BookState.STALE
    for late in (lambda: book.best_bid, lambda: next(trades), trades.close):
        with pytest.raises(ConfigurationError, match="the desk is closed"):
            late()


def test_a_thread_that_waits_for_an_event_is_not_left_waiting_when_the_desk_is_left() -> None:
    ended = Event()

    def wait(trades: Iterable[object]) -> None:
        with suppress(ConfigurationError):
            for _ in trades:
                pass
        ended.set()

    with woodlot.open_desk() as desk:
        Thread(target=wait, args=[desk.trades("SPOT_WOO_USDT")], daemon=True).start()
    assert ended.wait(timeout=20)


def test_no_thread_is_left_when_the_desk_is_left() -> None:
    import threading

    with woodlot.open_desk():
        assert [thread for thread in threading.enumerate() if thread.name == "woodlot desk"]
    assert not [thread for thread in threading.enumerate() if thread.name == "woodlot desk"]
