"""The topics beyond the first six: values of our own in the recorded shape."""

import json
from decimal import Decimal
from typing import Any

import pytest

from woodlot.errors import ArgumentError
from woodlot.wire.events import AlgoExecutionReport, PositionUpdate
from woodlot.wire.figures import BookTop, Candle, EstimatedFunding, IndexPrice, MarkPrice, OpenInterest, Ticker
from woodlot.wire.frames import Push, Unreadable, decode_frame
from woodlot.wire.topics import (
    EVENT_OF_WORD,
    PRIVATE,
    PUBLIC,
    AlgoExecutionReports,
    BookTops,
    Candles,
    EstimatedFundings,
    IndexPrices,
    Interval,
    MarkPrices,
    OpenInterests,
    Positions,
    RpiBbo,
    RpiBookDeltas,
    Tickers,
    Topic,
)

PRICE = {"s": "PERP_BTC_USDT", "px": "87081", "ts": 5}
CANDLE = {"s": "S", "t": "1m", "o": "1", "c": "2", "h": "3", "l": "0.5", "v": "4", "a": "8", "st": 0, "et": 60_000}
DAY = {"s": "S", "o": "1", "c": "2", "h": "3", "l": "0.5", "v": "4", "a": "8", "q": "5", "u": "10", "cnt": 7}
LEG = {"s": "S", "raid": 1, "paid": 0, "aid": 2, "at": "STOP_LOSS", "sd": "SELL", "sx": "0.1", "trp": "9", "tt": 0}
HELD = {"s": "PERP_BTC_USDT", "h": "-0.5", "aop": "50000", "ps": "BOTH", "it": "USDT", "is": "10", "ver": 3}

CASES: list[tuple[Topic[Any], str, Any, Any]] = [
    (
        RpiBookDeltas("S", depth=200),
        "orderbookupdaterpi@S@200",
        {"s": "S", "prevTs": 1, "ts": 2, "bids": [], "asks": []},
        None,
    ),
    (BookTops("S"), "orderbook10@S", {"s": "S", "ts": 1, "bids": [["1", "2.0"]], "asks": []}, BookTop),
    (RpiBbo("S"), "bborpi@S", {"s": "S", "bp": "1", "bq": "2", "ap": "3", "aq": "4", "ts": 1}, None),
    (Candles("S", interval=Interval.MONTH_1), "kline@S@1M", {**CANDLE, "ts": 5, "tts": 4}, Candle),
    (Tickers("S"), "ticker@S", {**DAY, "ts": 5, "tts": 4}, Ticker),
    (MarkPrices("PERP_BTC_USDT"), "markprice@PERP_BTC_USDT", PRICE, MarkPrice),
    (IndexPrices("SPOT_BTC_USDT"), "indexprice@SPOT_BTC_USDT", PRICE, IndexPrice),
    (OpenInterests("PERP_BTC_USDT"), "openinterest@PERP_BTC_USDT", {"s": "S", "oi": "95500", "ts": 5}, OpenInterest),
    (
        EstimatedFundings("PERP_A"),
        "estfundingrate@PERP_A",
        {"s": "S", "r": "0.00004326", "ft": 9, "ts": 5},
        EstimatedFunding,
    ),
    (Positions(), "position", {"positions": [HELD]}, PositionUpdate),
    (AlgoExecutionReports(), "algoexecutionreport", [{**LEG, "as": "NEW"}, {**LEG, "aid": 3, "ss": "FILLED"}], tuple),
]


@pytest.mark.parametrize(("topic", "name", "data", "kind"), CASES, ids=lambda value: str(value)[:24])
def test_a_topic_is_spelled_and_its_event_read(topic: Topic[Any], name: str, data: Any, kind: Any) -> None:
    frame = decode_frame(json.dumps({"topic": name, "ts": 5, "data": data}))

    assert topic.name == name
    assert isinstance(frame, Push)
    assert kind is None or isinstance(frame.event, kind)


def test_the_legs_of_an_algo_order_come_together_and_say_where_they_stand() -> None:
    frame = decode_frame(json.dumps({"topic": "algoexecutionreport", "ts": 5, "data": CASES[-1][2]}))

    assert isinstance(frame, Push)
    legs: tuple[AlgoExecutionReport, ...] = frame.event
    assert [(leg.algo_order_id, leg.state) for leg in legs] == [(2, "NEW"), (3, "FILLED")]


def test_a_short_position_is_negative_and_exact() -> None:
    frame = decode_frame(json.dumps({"topic": "position", "ts": 5, "data": {"positions": [HELD]}}))

    assert isinstance(frame, Push)
    assert frame.event.positions[0].holding == Decimal("-0.5")


@pytest.mark.parametrize("topic", [MarkPrices, OpenInterests, EstimatedFundings])
def test_a_topic_of_perpetuals_refuses_a_spot_symbol_that_would_be_dropped_silently(topic: Any) -> None:
    with pytest.raises(ArgumentError, match="PERP_"):
        topic("SPOT_BTC_USDT")


def test_an_index_is_asked_for_by_its_spot_symbol() -> None:
    with pytest.raises(ArgumentError, match="SPOT_"):
        IndexPrices("PERP_BTC_USDT")


def test_every_topic_knows_its_event() -> None:
    assert set(EVENT_OF_WORD) == {kind.word for kind in (*PUBLIC, *PRIVATE)}
    assert len(EVENT_OF_WORD) == 17


def test_a_frame_nested_without_end_is_unreadable_and_no_error() -> None:
    assert isinstance(decode_frame('{"a":' * 100_000), Unreadable)
