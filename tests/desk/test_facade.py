import pytest

import woodlot
from woodlot.errors import ConfigurationError, NotFilled, TradingStopped


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


def test_no_thread_is_left_when_the_desk_is_left() -> None:
    import threading

    with woodlot.open_desk():
        assert [thread for thread in threading.enumerate() if thread.name == "woodlot desk"]
    assert not [thread for thread in threading.enumerate() if thread.name == "woodlot desk"]
