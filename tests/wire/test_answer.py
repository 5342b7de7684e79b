from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from woodlot.wire.answer import Time, decode_answer, decoder, encode_ours
from woodlot.wire.public import MarketTrade, OrderBook
from woodlot.wire.trade import Transaction

FILL = (
    b'{"id":1,"symbol":"SPOT_LTC_USDT","orderId":"9","executedPrice":87.86,"executedQuantity":4.3e-05,"fee":"2.1E-7",'
    b'"feeAsset":"LTC","side":"BUY","realizedPnl":"null","executedTimestamp":%s,"isMaker":0,"novelty":[1]}'
)


@pytest.mark.parametrize("spelled", [b"1752055173630", b'"1752055173630"', b'"1752055173.630"', b"1752055173.630"])
def test_a_time_is_the_same_in_either_spelling(spelled: bytes) -> None:
    fill = decoder(Transaction).decode(FILL % spelled)
    assert fill.executed_timestamp == datetime(2025, 7, 9, 9, 59, 33, 630000, UTC)
    assert fill.executed_timestamp.ms == 1752055173630


def test_numbers_strings_exponents_and_null_as_text_are_read_exactly() -> None:
    fill = decoder(Transaction).decode(FILL % b"1752055173630")
    assert (fill.executed_price, fill.executed_quantity) == (Decimal("87.86"), Decimal("0.000043"))
    assert (fill.fee, fill.realized_pnl, fill.order_id) == (Decimal("0.00000021"), None, 9)


def test_a_number_longer_than_a_float_keeps_every_digit() -> None:
    raw = (FILL % b"1").replace(b"87.86", b"0.1234567890123456789012345")
    assert decoder(Transaction).decode(raw).executed_price == Decimal("0.1234567890123456789012345")


@pytest.mark.parametrize("price", [b'"NaN"', b'"Infinity"', b'"-Infinity"', b'""', b'"abc"', b"[]", b"true"])
def test_what_is_no_finite_number_is_refused(price: bytes) -> None:
    with pytest.raises(msgspec.ValidationError):
        decoder(Transaction).decode((FILL % b"1").replace(b"87.86", price))


@pytest.mark.parametrize("time", [b'"soon"', b"true", b"1e300", b'"NaN"', b"[]"])
def test_what_is_no_time_is_refused(time: bytes) -> None:
    with pytest.raises(msgspec.ValidationError):
        decoder(Transaction).decode(FILL % time)


@given(st.integers(min_value=0, max_value=4_000_000_000_000))
def test_a_time_gives_its_milliseconds_back(ms: int) -> None:
    assert Time.at(ms).ms == ms
    assert encode_ours(Time.at(ms)) == ms


def test_only_our_own_types_have_a_wire_form_of_ours() -> None:
    wrong: Any = object()
    with pytest.raises(NotImplementedError):
        encode_ours(wrong)


def test_an_unknown_word_from_the_exchange_is_kept_in_every_field_that_has_words() -> None:
    raw = (FILL % b"1").replace(b'"BUY"', b'"SHORT_COVER"')
    assert decoder(Transaction).decode(raw).side == "SHORT_COVER"
    trade = b'{"symbol":"S","side":"CROSS","source":0,"executedPrice":"1","executedQuantity":"1","executedTimestamp":1}'
    side = decoder(MarketTrade).decode(trade).side
    assert (side, side.is_known) == ("CROSS", False)


@pytest.mark.parametrize("null", [b"null", b'"null"'])
@pytest.mark.parametrize("field", [b'"orderTag":%s', b'"clientOrderId":%s', b'"isMatchRpi":%s'])
def test_a_null_where_none_was_seen_costs_no_row(field: bytes, null: bytes) -> None:
    raw = (FILL % b"1").replace(b'"novelty":[1]', field % null)
    assert decode_answer(Transaction, raw).executed_price == Decimal("87.86")


def test_a_book_whose_levels_are_numbers_keeps_their_digits() -> None:
    raw = b'{"asks":[{"price":100.10,"quantity":4.3e-05}],"bids":[]}'
    (level,) = decode_answer(OrderBook, raw).asks
    assert (level.price, level.quantity) == ("100.10", "4.3e-05")


@pytest.mark.parametrize(
    "raw", [b'{"asks":[{"price":null,"quantity":"1"}],"bids":[]}', b'{"asks":[1],"bids":[]}', b'{"asks":5,']
)
def test_what_has_no_meaning_even_leniently_is_refused(raw: bytes) -> None:
    with pytest.raises(msgspec.DecodeError):
        decode_answer(OrderBook, raw)
