from typing import cast

import pytest

from woodlot.errors import ArgumentError
from woodlot.wire.events import BookDelta
from woodlot.wire.topics import EVENT_OF_WORD, Account, Balances, Bbo, BookDeltas, ExecutionReports, Trades


def test_a_topic_is_spelled_as_the_exchange_reads_it() -> None:
    assert BookDeltas("SPOT_WOO_USDT", depth=200).name == "orderbookupdate@SPOT_WOO_USDT@200"
    assert [str(topic) for topic in (Trades("S"), Bbo("S"), ExecutionReports(), Balances(), Account())] == [
        "trade@S",
        "bbo@S",
        "executionreport",
        "balance",
        "account",
    ]


@pytest.mark.parametrize("depth", [5, 20, 100, 1000, 0])
def test_a_depth_that_would_be_ignored_in_silence_is_refused_here(depth: int) -> None:
    with pytest.raises(ArgumentError, match="depth"):
        BookDeltas("SPOT_WOO_USDT", depth=depth)


def test_topics_are_values() -> None:
    assert BookDeltas("S", depth=50) == BookDeltas("S")
    assert cast("object", EVENT_OF_WORD[BookDeltas("S").word]) is BookDelta
