from decimal import Decimal

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.orders.messages import CLIENT_ORDER_ID, ORDER_ID, START_MS, SYMBOL, fill_report, transaction

from woodlot.orders.fills import Fill, FillBook, FillKey, FillSource, Recorded
from woodlot.wire.enums import Side
from woodlot.wire.trade import TransactionSide


def fill(trade_id: int = 7, *, at: int = 0, symbol: str = SYMBOL) -> Fill:
    return Fill.from_transaction(transaction(trade_id, "5", at=at, symbol=symbol))


def test_a_report_becomes_a_fill_field_by_field() -> None:
    assert Fill.from_report(fill_report(7, "5", "12", at=3, is_maker=True)) == Fill(
        symbol=SYMBOL,
        trade_id=7,
        order_id=ORDER_ID,
        client_order_id=CLIENT_ORDER_ID,
        side=Side.BUY,
        price=Decimal("0.25"),
        quantity=Decimal(5),
        fee=Decimal("0.01"),
        fee_asset="WOO",
        is_maker=True,
        ts_ms=START_MS + 3,
        source=FillSource.REPORT,
        total_quantity=Decimal(12),
    )


def test_report_and_transaction_of_one_trade_are_one_fill() -> None:
    live = Fill.from_report(fill_report(7, "5", "12", at=3, is_maker=True))
    row = Fill.from_transaction(transaction(7, "5", at=3))
    assert live.key == row.key == FillKey(SYMBOL, 7)
    same = msgspec.structs.replace(live, source=FillSource.BACKFILL, total_quantity=None, client_order_id=None)
    assert row == same


def test_a_client_order_id_of_zero_is_none() -> None:
    assert Fill.from_report(fill_report(7, "5", "5", at=0, client_order_id=0)).client_order_id is None


@pytest.mark.parametrize(
    ("word", "side"),
    [
        ("BUY", Side.BUY),
        ("SELL", Side.SELL),
        ("OPEN LONG", Side.BUY),
        ("CLOSE LONG", Side.SELL),
        ("OPEN SHORT", Side.SELL),
        ("CLOSE SHORT", Side.BUY),
        ("SIDEWAYS", None),
    ],
)
def test_hedge_mode_words_name_a_side_and_unknown_ones_none(word: str, side: Side | None) -> None:
    assert Fill.from_transaction(transaction(7, "5", at=0, side=TransactionSide(word))).side is side


def test_a_fill_is_recorded_once() -> None:
    book = FillBook()
    assert [book.record(fill()), book.record(fill())] == [Recorded.NEW, Recorded.KNOWN]


def test_one_trade_id_on_two_symbols_is_two_fills() -> None:
    book = FillBook()
    assert book.record(fill()) is Recorded.NEW
    assert book.record(fill(symbol="SPOT_BTC_USDT")) is Recorded.NEW


def test_trade_ids_need_not_grow() -> None:
    book = FillBook()
    book.record(fill(900, at=0))
    assert book.record(fill(5, at=1)) is Recorded.NEW


def test_what_the_journal_has_is_known() -> None:
    book = FillBook()
    book.remember(fill())
    assert book.record(fill()) is Recorded.KNOWN


def test_at_the_bound_the_oldest_by_time_is_forgotten_whenever_it_came() -> None:
    book = FillBook(limit=2)
    for trade_id, at in ((1, 60_000), (2, 0), (3, 90_000)):
        book.record(fill(trade_id, at=at))
    assert len(book) == 2
    assert fill(2).key not in book
    assert fill(1).key in book


def test_what_may_have_been_forgotten_is_too_old_and_never_new() -> None:
    book = FillBook(limit=1)
    book.record(fill(1, at=0))
    book.record(fill(2, at=60_000))
    assert book.record(fill(1, at=0)) is Recorded.TOO_OLD
    # REST may stamp the same trade a little later than the stream did.
    assert book.record(fill(1, at=FillBook.SPREAD_MS)) is Recorded.TOO_OLD
    assert book.record(fill(3, at=FillBook.SPREAD_MS + 1)) is Recorded.NEW


def test_taking_over_something_old_does_not_lower_what_counts_as_forgotten() -> None:
    book = FillBook(limit=1)
    book.record(fill(1, at=60_000))
    book.record(fill(2, at=90_000))
    book.remember(fill(3, at=0))
    assert book.record(fill(1, at=60_000)) is Recorded.TOO_OLD


@given(st.lists(st.tuples(st.integers(1, 30), st.integers(-200, 200)), max_size=80), st.integers(1, 10))
def test_no_fill_is_new_twice_however_small_the_memory(seen: list[tuple[int, int]], limit: int) -> None:
    book = FillBook(limit=limit)
    # A trade has one time, give or take what the two sources differ by.
    told = [
        trade_id
        for trade_id, jitter_ms in seen
        if book.record(fill(trade_id, at=trade_id * 4_000 + jitter_ms)) is Recorded.NEW
    ]
    assert len(told) == len(set(told))
    assert len(book) <= limit
