"""This file is one order with its fills and its open questions: where a message for it becomes what is told."""

from collections.abc import Iterable, Mapping
from typing import Any

import msgspec

from woodlot.orders.evidence import Evidence, Source
from woodlot.orders.fills import Fill, FillBook, Recorded
from woodlot.orders.ledger import Ledger
from woodlot.orders.order import HISTORY_LIMIT, Heard, TrackedOrder
from woodlot.orders.output import AskFills, AskOrder, Changed, Doubtful, Executed, Outputs, Question
from woodlot.orders.pace import Pace
from woodlot.orders.states import News

OVERLAP_MS = 10_000
"""Fills are asked for from so much further back: clocks differ, and what comes twice costs nothing."""
_FILLS_PAUSE_MS = 1_000
EARLY_LIMIT = 64
"""Reports kept for an id that is not known yet; at the bound the oldest goes, REST is being asked anyway."""


class Record:
    """An order with its fills and open questions. Without an order it is a stray: an id that nobody has explained.

    `awaits_name` marks a stray that may turn out to be an order of ours whose reply is still to come: its fills are
    counted and kept back until it has a name.
    """

    def __init__(self, symbol: str, *, order_id: int | None = None, order: TrackedOrder | None = None) -> None:
        self.symbol = symbol
        self.order_id = order_id
        self.order = order
        self.awaits_name = False
        self.ledger = Ledger()
        self.early: tuple[tuple[int, Evidence], ...] = ()
        self.questions: dict[type[Question], Pace] = {}

    def restore(self, fills: Iterable[Fill]) -> None:
        """Count the fills that were delivered before this program started; only they count."""
        for fill in fills:
            if self.ledger.count(fill):
                self.ledger.was_delivered(fill)
        if self.order is not None:
            self.ledger.expect(self.order.reported_quantity)
            self.order = msgspec.structs.replace(self.order, **self._all_totals())

    @property
    def is_restless(self) -> bool:
        """Whether time alone may make it speak."""
        return bool(self.questions or self.ledger.waiting)

    @property
    def held_since_ms(self) -> int | None:
        """The time of the oldest fill that is kept back."""
        return min((fill.ts_ms for fill in self.ledger.waiting), default=None)

    def take(self, news: News, *, at_ms: int, source: Source, note: str = "", **changes: Any) -> Outputs:
        """Take the order one step; a stray has none to take."""
        if self.order is None:
            return self._tell(None, at_ms=at_ms)
        heard = self.order.step(news, at_ms=at_ms, source=source, note=note, **changes, **self._totals())
        return self._tell(heard, at_ms=at_ms)

    def hear(self, evidence: Evidence, *, at_ms: int) -> Outputs:
        """Apply a description of the order; without an order it is kept, and REST is asked for the name."""
        self.ledger.expect(evidence.total_quantity)
        if self.order is None:
            self.early = (*self.early[-EARLY_LIMIT + 1 :], (at_ms, evidence))
            return self._tell(None, at_ms=at_ms) + self._raise(AskOrder, at_ms=at_ms)
        return self._tell(self.order.hear(evidence, at_ms=at_ms, **self._totals()), at_ms=at_ms)

    def name(self, order: TrackedOrder) -> None:
        """Give a stray its order."""
        self.order, self.awaits_name = order, False

    def replay(self) -> Outputs:
        """Apply what came before the order was known."""
        if self.order is None:
            return ()
        outputs: Outputs = ()
        early, self.early = self.early, ()
        for at_ms, evidence in early:
            outputs += self.hear(evidence, at_ms=at_ms)
        return outputs

    def count(self, fill: Fill, book: FillBook, *, at_ms: int) -> Outputs:
        """Count a fill once, and put it in line if nobody was told of it before."""
        if not self.ledger.count(fill):
            return ()
        match book.record(fill):
            case Recorded.NEW:
                self.ledger.wait(fill, at_ms=at_ms)
            case Recorded.KNOWN:
                self.ledger.was_delivered(fill)
            case Recorded.TOO_OLD:
                self.ledger.was_delivered(fill)
                return (Doubtful(fill=self._signed(fill)),)
        return ()

    def settle(self, *, at_ms: int) -> Outputs:
        """Apply what fills that came without a description change."""
        if self.order is None or self._totals() == {}:
            return self._tell(None, at_ms=at_ms)
        return self.take(News.FILL, at_ms=at_ms, source=Source.BACKFILL)

    def answered(self, kind: type[Question], *, at_ms: int) -> Outputs:
        """Close a question; if its ground arose again after it was put, put it again."""
        pace = self.questions.pop(kind, None)
        return self._raise(kind, at_ms=at_ms) if pace is not None and pace.arose_again else ()

    def ask_name(self, *, at_ms: int) -> Outputs:
        """Ask REST whose order this is."""
        return self._raise(AskOrder, at_ms=at_ms)

    def due(self, now_ms: int) -> Outputs:
        """Return what time alone brings."""
        outputs = self._executed(now_ms)
        for kind, pace in self.questions.items():
            if pace.is_due(now_ms):
                pace.asked(now_ms)
                outputs += (self._question(kind),)
        return outputs

    def forget(self) -> Outputs:
        """Hand out what is still kept back: the record is dropped."""
        return tuple(Executed(fill=self._signed(fill)) for fill in self.ledger.rest())

    def join(self, stray: "Record") -> None:
        """Take over what came before it was known to be this order's; nothing is left of the stray."""
        self.ledger, stray.ledger = self.ledger.joined(stray.ledger), Ledger()
        self.early, stray.early = stray.early, ()
        stray.questions.clear()
        if stray.order is not None and self.order is not None:
            self.order, stray.order = _own(self.order, stray.order), None

    def _tell(self, heard: Heard | None, *, at_ms: int) -> Outputs:
        if heard is not None:
            self.order = heard.order
        outputs = self._executed(at_ms)
        if heard is not None and heard.changed:
            outputs += (Changed(order=heard.order, step=heard.order.history[-1]),)
        return outputs + self._ask(at_ms=at_ms, in_doubt=heard is not None and heard.ask)

    def _executed(self, at_ms: int) -> Outputs:
        ready = self.ledger.overdue(at_ms) if self.awaits_name else self.ledger.due(at_ms)
        return tuple(Executed(fill=self._signed(fill)) for fill in ready)

    def _ask(self, *, at_ms: int, in_doubt: bool) -> Outputs:
        if self.order is None:
            return ()
        # More fills than the exchange's total: its last word on the order is behind them.
        in_doubt = in_doubt or self.ledger.quantity > self.ledger.reported_quantity
        is_short = self.ledger.is_short
        if not is_short:
            self.questions.pop(AskFills, None)
        kind = AskFills if self._since_ms() is not None and self.order_id else AskOrder
        return (self._raise(AskOrder, at_ms=at_ms) if in_doubt else ()) + (
            self._raise(kind, at_ms=at_ms) if is_short and kind not in self.questions else ()
        )

    def _raise(self, kind: type[Question], *, at_ms: int) -> Outputs:
        if kind in self.questions:
            self.questions[kind].arose_again = True
            return ()
        if not self.order_id and (self.order is None or not self.order.client_order_id):
            return ()  # nothing to ask with
        # Fills behind a missing one wait for it: it is asked for as soon as REST may show it.
        self.questions[kind] = Pace(at_ms, first_pause_ms=_FILLS_PAUSE_MS) if kind is AskFills else Pace(at_ms)
        return (self._question(kind),)

    def _question(self, kind: type[Question]) -> Question:
        since_ms = self._since_ms()
        if kind is AskFills and since_ms is not None and self.order_id is not None:
            return AskFills(symbol=self.symbol, order_id=self.order_id, since_ms=since_ms - OVERLAP_MS)
        client_order_id = None if self.order is None else self.order.client_order_id
        return AskOrder(symbol=self.symbol, order_id=self.order_id, client_order_id=client_order_id)

    def _since_ms(self) -> int | None:
        if self.ledger.complete_until_ms is not None:
            return self.ledger.complete_until_ms
        return None if self.order is None else self.order.created_ms

    def _totals(self) -> Mapping[str, Any]:
        """Return what the fills add up to, if the order does not have it yet."""
        if self.order is None or len(self.order.trade_ids) == len(self.ledger.trade_ids):
            return {}
        return self._all_totals()

    def _all_totals(self) -> Mapping[str, Any]:
        return {
            "booked_quantity": self.ledger.quantity,
            "booked_notional": self.ledger.notional,
            "fees": dict(self.ledger.fees),
            "trade_ids": tuple(self.ledger.trade_ids),
        }

    def _signed(self, fill: Fill) -> Fill:
        if self.order is None:
            return fill
        return msgspec.structs.replace(
            fill, side=fill.side or self.order.side, client_order_id=self.order.client_order_id
        )


def _own(ours: TrackedOrder, adopted: TrackedOrder) -> TrackedOrder:
    """Return the adopted order as the one we placed, which it turned out to be."""
    return msgspec.structs.replace(
        adopted,
        client_order_id=ours.client_order_id,
        foreign=False,
        amount=ours.amount or adopted.amount,
        created_ms=ours.created_ms,
        cancel_wish=ours.cancel_wish,
        amend_wish=ours.amend_wish,
        history=(*ours.history, *adopted.history)[:HISTORY_LIMIT],
    )
