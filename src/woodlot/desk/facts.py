"""This file is what the gate asks of the desk: the touch of a book, what is open, what was built up."""

from collections.abc import Callable
from decimal import Decimal

from woodlot.desk.controls import Touch, held_by
from woodlot.desk.holdings import Holdings
from woodlot.desk.live_book import LiveBook
from woodlot.errors import BookNotInSync
from woodlot.orders.algo_order import AlgoOrder
from woodlot.orders.algo_tracker import AlgoTracker
from woodlot.orders.fills import Fill
from woodlot.orders.order import TrackedOrder
from woodlot.orders.tracker import Tracker
from woodlot.wire.enums import PositionSide, Side


class Quotes:
    """The books that a desk follows, as the gate sees them."""

    def __init__(self) -> None:
        self._books: dict[str, LiveBook] = {}

    def __contains__(self, symbol: str) -> bool:
        return symbol in self._books

    def follow(self, symbol: str, book: LiveBook) -> None:
        self._books[symbol] = book

    def touch(self, symbol: str) -> Touch | None:
        """Return the touch; None where no book of the symbol can be read now."""
        book = self._books.get(symbol)
        if book is None:
            return None
        try:
            bid, ask = book.best_bid, book.best_ask
        except BookNotInSync:
            return None
        return Touch(bid and bid[0], ask and ask[0])

    @property
    def are_readable(self) -> bool:
        return all(self.touch(symbol) is not None for symbol in self._books)


class DeskFacts:
    """The trackers, the holdings and the books, as the gate's controls want them."""

    def __init__(
        self, tracker: Tracker, algos: AlgoTracker, holdings: Holdings, *, touch: Callable[[str], Touch | None]
    ) -> None:
        self._tracker = tracker
        self._algos = algos
        self._holdings = holdings
        self._touch = touch
        self._bought: dict[str, Decimal] = {}

    def executed(self, fill: Fill) -> None:
        """Count what an execution built up."""
        sign = {Side.BUY: 1, Side.SELL: -1}.get(fill.side or Side.BUY, 0)
        self._bought[fill.symbol] = self._bought.get(fill.symbol, Decimal(0)) + sign * fill.quantity

    def touch(self, symbol: str) -> Touch | None:
        return self._touch(symbol)

    def open_orders(self) -> tuple[TrackedOrder, ...]:
        return self._tracker.open_orders()

    def open_algos(self) -> tuple[AlgoOrder, ...]:
        return self._algos.open_orders()

    def built_up(self, symbol: str, position: PositionSide | None = None) -> Decimal:
        """Return the position where the exchange keeps one, else what was bought on balance since the desk opened."""
        held = {side: row.holding for (of, side), row in self._holdings.positions.items() if of == symbol}
        return held_by(held, position) if held else self._bought.get(symbol, Decimal(0))

    def find(self, *, order_id: int | None, client_order_id: int | None) -> TrackedOrder | None:
        return self._tracker.find(order_id=order_id, client_order_id=client_order_id)

    def find_algo(self, *, order_id: int | None, client_order_id: int | None) -> AlgoOrder | None:
        return self._algos.find(order_id=order_id, client_order_id=client_order_id)
