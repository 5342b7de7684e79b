"""Price-time priority, also against a reference that is too simple to be wrong."""

from dataclasses import dataclass, field

from hypothesis import given, settings
from hypothesis import strategies as st

from woodlot.sandbox.matching import Book, Resting


def resting(order_id: int, side: str, price: int, lots: int) -> Resting:
    return Resting(order_id, side == "BUY", price, lots)


def book_of(*orders: Resting) -> Book[Resting]:
    book: Book[Resting] = Book()
    for order in orders:
        book.add(order)
    return book


def ids_and_lots(fills: list[tuple[Resting, int]]) -> list[tuple[int, int]]:
    return [(maker.id, lots) for maker, lots in fills]


def levels(book: Book[Resting], side: str) -> list[tuple[int, int]]:
    ladder = book.bids if side == "BUY" else book.asks
    return [(level.price, level.lots) for level in ladder.best_first()]


def test_the_best_price_comes_first_and_at_one_price_the_first_come() -> None:
    book = book_of(resting(1, "SELL", 101, 5), resting(2, "SELL", 100, 5), resting(3, "SELL", 100, 5))

    fills = book.match(is_buy=True, lots=12)

    assert ids_and_lots(fills) == [(2, 5), (3, 5), (1, 2)]
    assert levels(book, "SELL") == [(101, 3)]


def test_a_limit_is_never_crossed() -> None:
    book = book_of(resting(1, "BUY", 100, 5), resting(2, "BUY", 99, 5))

    assert ids_and_lots(book.match(is_buy=False, lots=10, limit=100)) == [(1, 5)]
    assert book.match(is_buy=False, lots=5, limit=100) == []


def test_a_budget_buys_whole_lots_only() -> None:
    book = book_of(resting(1, "SELL", 10, 3), resting(2, "SELL", 20, 3))

    assert ids_and_lots(book.match(is_buy=True, lots=100, budget=65)) == [(1, 3), (2, 1)]


def test_what_was_removed_is_passed_over() -> None:
    first, second = resting(1, "SELL", 100, 5), resting(2, "SELL", 100, 5)
    book = book_of(first, second)

    book.remove(first)

    assert ids_and_lots(book.match(is_buy=True, lots=1)) == [(2, 1)]


def test_an_order_made_smaller_keeps_its_place() -> None:
    first, second = resting(1, "SELL", 100, 5), resting(2, "SELL", 100, 5)
    book = book_of(first, second)

    book.shrink(first, 2)

    assert levels(book, "SELL") == [(100, 7)]
    assert ids_and_lots(book.match(is_buy=True, lots=3)) == [(1, 2), (2, 1)]


def test_an_offer_tells_lots_and_cost_and_takes_nothing() -> None:
    book = book_of(resting(1, "SELL", 10, 3), resting(2, "SELL", 20, 3))

    assert book.offer(is_buy=True, lots=4) == (4, 50)
    assert book.offer(is_buy=True, lots=9, limit=10) == (3, 30)
    assert levels(book, "SELL") == [(10, 3), (20, 3)]


def test_the_version_grows_with_every_change_and_only_then() -> None:
    order = resting(1, "BUY", 100, 5)
    book = book_of(order)
    seen = [book.version]
    book.match(is_buy=True, lots=1)
    assert book.version == seen[-1]

    for change in (
        lambda: book.match(is_buy=False, lots=1),
        lambda: book.shrink(order, 2),
        lambda: book.remove(order),
    ):
        change()
        seen.append(book.version)

    assert seen == sorted(set(seen))


def test_a_window_is_as_deep_as_asked() -> None:
    book = book_of(*(resting(price, "BUY", price, 1) for price in (3, 1, 2)))

    assert [level.price for level in book.bids.best_first(2)] == [3, 2]
    assert book.bids.best_first(0) == []


@dataclass
class NaiveBook:
    """One sorted list; looks at everything, every time."""

    orders: list[Resting] = field(default_factory=list)

    def side(self, *, is_buy: bool) -> list[Resting]:
        found = [order for order in self.orders if order.is_buy == is_buy]
        return sorted(found, key=lambda order: -order.price if is_buy else order.price)

    def match(self, *, is_buy: bool, lots: int, limit: int | None) -> list[tuple[int, int]]:
        fills: list[tuple[int, int]] = []
        for maker in self.side(is_buy=not is_buy):
            is_reachable = limit is None or (maker.price <= limit if is_buy else maker.price >= limit)
            size = min(lots, maker.lots) if is_reachable else 0
            if size:
                maker.lots -= size
                lots -= size
                fills.append((maker.id, size))
        self.orders = [order for order in self.orders if order.lots]
        return fills


ORDERS = st.tuples(
    st.sampled_from(["limit", "market", "cancel"]),
    st.booleans(),
    st.integers(1, 8),
    st.integers(1, 9),
    st.integers(0, 30),
)


@settings(max_examples=300, deadline=None)
@given(st.lists(ORDERS, max_size=60))
def test_the_book_does_what_the_naive_book_does(commands: list[tuple[str, bool, int, int, int]]) -> None:
    book, naive = Book[Resting](), NaiveBook()
    ours: dict[int, Resting] = {}
    for number, (kind, is_buy, price, lots, victim) in enumerate(commands):
        if kind == "cancel":
            if naive.orders:
                order = naive.orders.pop(victim % len(naive.orders))
                book.remove(ours[order.id])
            continue
        limit = price if kind == "limit" else None
        fills = ids_and_lots(book.match(is_buy=is_buy, lots=lots, limit=limit))
        assert fills == naive.match(is_buy=is_buy, lots=lots, limit=limit)
        rest = lots - sum(size for _, size in fills)
        if kind == "limit" and rest:
            ours[number] = Resting(number, is_buy, price, rest)
            book.add(ours[number])
            naive.orders.append(Resting(number, is_buy, price, rest))

    for side in ("BUY", "SELL"):
        expected: dict[int, int] = {}
        for order in naive.side(is_buy=side == "BUY"):
            expected[order.price] = expected.get(order.price, 0) + order.lots
        assert levels(book, side) == list(expected.items())
