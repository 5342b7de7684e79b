import random
from typing import Any, assert_type

import msgspec
import pytest
from tests.rest.scripted import CREDENTIALS, TIME, AsyncScriptedTransport, ScriptedTransport, success
from tests.rest.test_clients import ANYWHERE
from tests.rest.test_resolution import START_MS, row

from woodlot.errors import ArgumentError, UnexpectedReply
from woodlot.rest.async_client import AsyncClient
from woodlot.rest.client import Client
from woodlot.rest.pages import Walk, walk
from woodlot.wire.answer import decoder
from woodlot.wire.asset import GetBalances
from woodlot.wire.trade import GetOrders, GetTransactionHistory, OrderRow, OrderRows, TransactionRows


def decoded(kind: Any, data: dict[str, Any]) -> Any:
    return decoder(kind).decode(msgspec.json.encode(data))


class Listing:
    """Orders by id, newest first."""

    def __init__(self, newest: int) -> None:
        self.ids = list(range(newest, 0, -1))

    def page(self, request: Any) -> OrderRows:
        size, page = request.size or 100, request.page or 1
        shown = self.ids[(page - 1) * size : page * size]
        meta = {"total": len(self.ids), "recordsPerPage": size, "currentPage": page}
        return decoded(OrderRows, {"rows": [row() | {"orderId": number} for number in shown], "meta": meta})


def walked(one: Walk[Any], listing: Any, between: Any = None) -> list[int]:
    """Walk to the end, changing the list between two pages."""
    found: list[int] = []
    while (request := one.request) is not None:
        new = one.take(listing.page(request))
        found += [item.order_id if isinstance(item, OrderRow) else item.id for item in new]
        if between is not None:
            between(listing)
    return found


@pytest.mark.parametrize("count", [0, 1, 9, 10, 11, 95])
def test_a_quiet_list_is_walked_from_the_newest_to_the_oldest(count: int) -> None:
    assert walked(walk(GetOrders(size=10)), Listing(count)) == list(range(count, 0, -1))


@pytest.mark.parametrize("arriving", [1, 3, 25])
def test_rows_that_arrive_repeat_none_and_lose_none(arriving: int) -> None:
    left = [10]

    def arrive(listing: Listing) -> None:
        if left[0]:
            left[0] -= 1
            newest = listing.ids[0]
            listing.ids[:0] = range(newest + arriving, newest, -1)

    found = walked(walk(GetOrders(size=10)), Listing(95), arrive)
    assert sorted(set(found)) == sorted(found)
    assert set(range(1, 96)) <= set(found)


@pytest.mark.parametrize("seed", range(20))
def test_rows_that_come_and_go_cost_no_row_that_stays(seed: int) -> None:
    chance = random.Random(seed)
    gone: set[int] = set()
    left = [30]

    def churn(listing: Listing) -> None:
        if not left[0]:
            return
        left[0] -= 1
        for _ in range(chance.randrange(4)):
            gone.add(listing.ids.pop(chance.randrange(len(listing.ids))))
        newest = max(max(listing.ids), max(gone, default=0))
        listing.ids[:0] = range(newest + chance.randrange(3), newest, -1)

    found = walked(walk(GetOrders(size=10)), Listing(120), churn)
    assert sorted(set(found)) == sorted(found)
    assert set(range(1, 121)) - gone <= set(found)


def test_a_list_that_shrinks_for_ever_is_given_up_loudly() -> None:
    class Shrinking(Listing):
        total = 10_000

        def page(self, request: Any) -> OrderRows:
            self.total -= 1
            meta = {"total": self.total, "recordsPerPage": 2, "currentPage": 1}
            return decoded(OrderRows, {"rows": [row() | {"orderId": number} for number in (2, 1)], "meta": meta})

    with pytest.raises(UnexpectedReply, match="changes faster"):
        walked(walk(GetOrders(size=2)), Shrinking(2))


def test_memory_does_not_grow_with_the_list() -> None:
    one: Any = walk(GetOrders(size=100))
    walked(one, Listing(20_000))
    assert one.progress.rows == 20_000
    assert len(one._seen._keys) == 10_000


def test_progress_is_seen() -> None:
    one = walk(GetOrders(size=10))
    walked(one, Listing(25))
    assert (one.progress.pages, one.progress.rows, one.progress.total) == (3, 25, 25)


class Fills:
    """Fills as (id, ms), how the exchange may read `fromId` and time bounds, and which end a page is taken from."""

    def __init__(
        self,
        fills: list[tuple[int, int]],
        *,
        inclusive: bool = True,
        most: int = 500,
        takes_oldest: bool = False,
        shows_oldest_first: bool = False,
    ) -> None:
        self.fills = fills
        self.inclusive = inclusive
        self.most = most
        self.takes_oldest = takes_oldest
        self.shows_oldest_first = shows_oldest_first

    def page(self, request: GetTransactionHistory) -> TransactionRows:
        limit = min(request.limit or 100, self.most)
        shown = [fill for fill in self.fills if self._is_asked_for(fill, request)]
        shown = shown[:limit] if self.takes_oldest or request.from_id is not None else shown[-limit:]
        rows = [fill_row(number, ms) for number, ms in (shown if self.shows_oldest_first else reversed(shown))]
        return decoded(TransactionRows, {"rows": rows, "meta": {"total": 0, "recordsPerPage": limit}})

    def _is_asked_for(self, fill: tuple[int, int], request: Any) -> bool:
        number, ms = fill
        by_id = request.from_id is None or number > request.from_id or (self.inclusive and number == request.from_id)
        begun = request.start_time is None or ms > request.start_time - self.inclusive
        return by_id and begun and (request.end_time is None or ms < request.end_time + self.inclusive)


def fill_row(number: int, ms: int) -> dict[str, Any]:
    return {
        "id": number, "symbol": "S", "orderId": 1, "executedPrice": 1, "executedQuantity": 1, "fee": 0,
        "feeAsset": "S", "side": "BUY", "executedTimestamp": ms, "isMaker": 0,
    }  # fmt: skip


def spread(count: int, *, per_ms: int = 1) -> list[tuple[int, int]]:
    return [(number, START_MS + number // per_ms) for number in range(1, count + 1)]


@pytest.mark.parametrize("inclusive", [True, False])
@pytest.mark.parametrize("limit", [None, 2, 7, 100])
@pytest.mark.parametrize("count", [0, 1, 2, 99, 100, 350])
@pytest.mark.parametrize("per_ms", [1, 3])
def test_fills_are_walked_by_time_newest_first(count: int, limit: int | None, inclusive: bool, per_ms: int) -> None:
    found = walked(walk(GetTransactionHistory(limit=limit)), Fills(spread(count, per_ms=per_ms), inclusive=inclusive))
    assert sorted(found) == list(range(1, count + 1))


@pytest.mark.parametrize("inclusive", [True, False])
@pytest.mark.parametrize("limit", [None, 2, 7, 100])
@pytest.mark.parametrize("count", [0, 1, 2, 99, 100, 350])
@pytest.mark.parametrize("takes_oldest", [True, False])
def test_fills_are_walked_too_where_pages_start_with_the_oldest(
    count: int, limit: int | None, inclusive: bool, takes_oldest: bool
) -> None:
    fills = Fills(spread(count), inclusive=inclusive, takes_oldest=takes_oldest, shows_oldest_first=True)
    assert sorted(walked(walk(GetTransactionHistory(limit=limit)), fills)) == list(range(1, count + 1))


@pytest.mark.parametrize("inclusive", [True, False])
@pytest.mark.parametrize("limit", [None, 1, 2, 100])
def test_fills_are_walked_by_id_oldest_first(limit: int | None, inclusive: bool) -> None:
    found = walked(walk(GetTransactionHistory(from_id=50, limit=limit)), Fills(spread(350), inclusive=inclusive))
    assert found == list(range(50 if inclusive else 51, 351))


def test_fills_that_arrive_meanwhile_are_no_trouble() -> None:
    def arrive(fills: Fills) -> None:
        if len(fills.fills) < 400:
            fills.fills += [(len(fills.fills) + 1, START_MS + len(fills.fills) + 1)]

    found = walked(walk(GetTransactionHistory(limit=20)), Fills(spread(350)), arrive)
    assert sorted(set(found)) == sorted(found)
    assert set(range(1, 351)) <= set(found)


def test_more_fills_in_a_millisecond_than_a_page_holds_are_not_passed_over_in_silence() -> None:
    with pytest.raises(UnexpectedReply, match="one millisecond"):
        walked(walk(GetTransactionHistory()), Fills(spread(2000, per_ms=5000)))
    assert len(walked(walk(GetTransactionHistory()), Fills(spread(450, per_ms=5000)))) == 450


def test_what_has_no_pages_is_refused() -> None:
    with pytest.raises(ArgumentError, match="GetBalances"):
        walk(GetBalances())


def pages_of(*ids: int) -> Any:
    found = [row() | {"orderId": number} for number in ids]
    return success({"rows": found, "meta": {"total": 3, "recordsPerPage": 2, "currentPage": 1}})


def test_a_client_walks_with_exact_types() -> None:
    client = Client(ANYWHERE, CREDENTIALS, transport=ScriptedTransport(TIME, pages_of(3, 2), pages_of(1)))
    pages = client.pages(GetOrders(size=2))
    found = [assert_type(order, OrderRow).order_id for order in pages]
    assert found == [3, 2, 1]
    assert pages.progress.pages == 2


async def test_the_twin_walks_too() -> None:
    transport = AsyncScriptedTransport(TIME, pages_of(3, 2), pages_of(1))
    client = AsyncClient(ANYWHERE, CREDENTIALS, transport=transport)  # type: ignore[arg-type]
    assert [assert_type(order, OrderRow).order_id async for order in client.pages(GetOrders(size=2))] == [3, 2, 1]
