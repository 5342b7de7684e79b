"""This file is the tracker of algo orders: what is said of them goes in, what it means comes out.

It is to algo orders what `orders.tracker` is to ordinary ones, without fills: those are told by ordinary reports.
"""

from collections.abc import Iterable, Iterator, Sequence

import msgspec

from woodlot.errors import WoodlotError
from woodlot.orders.algo_evidence import AlgoEvidence
from woodlot.orders.algo_order import AlgoHeard, AlgoOrder
from woodlot.orders.commands import OUTCOMES, AlgoCommand, failure, wish_after
from woodlot.orders.evidence import Source
from woodlot.orders.order import HISTORY_LIMIT
from woodlot.orders.output import AlgoChanged, AskAlgo, Output, Outputs
from woodlot.orders.pace import Pace
from woodlot.orders.states import News, OrderState
from woodlot.wire.algo import (
    AlgoAck,
    AlgoOrderRow,
    CancelAlgoOrder,
    CancelAlgoOrders,
    EditAlgoOrder,
    PlaceAlgoOrder,
)
from woodlot.wire.answer import Answer
from woodlot.wire.events import AlgoExecutionReport
from woodlot.wire.trade import CancelAllOrders


class AlgoTracker:
    """Follow every algo order of one account. It keeps all that are open and the `finished_limit` that ended last."""

    def __init__(self, *, finished_limit: int = 1_000) -> None:
        self._finished_limit = finished_limit
        self._by_id: dict[int, _Record] = {}
        self._by_client_id: dict[int, _Record] = {}
        self._open: dict[_Record, None] = {}
        self._finished: dict[_Record, None] = {}
        self._asked: dict[_Record, None] = {}

    def restore(self, orders: Iterable[AlgoOrder], *, at_ms: int) -> Outputs:
        """Take over what a journal has, before anything else arrives; return what that leaves open."""
        outputs: list[Output] = []
        for order in orders:
            record = _Record(order)
            self._file(record)
            if order.state in {OrderState.INTENDED, OrderState.UNKNOWN}:
                heard = order.step(News.LOST, at_ms=at_ms, source=Source.INTENT, note="the program ended before")
                outputs += self._tell(record, heard, at_ms=at_ms)
        return tuple(outputs)

    def find(self, *, order_id: int | None = None, client_order_id: int | None = None) -> AlgoOrder | None:
        """Return the order with that id, a leg's included; of several with one client id, the latest."""
        record = self._get(order_id, client_order_id)
        return None if record is None else record.order

    def open_orders(self) -> tuple[AlgoOrder, ...]:
        """Return the orders that are not known to be over, oldest first."""
        return tuple(record.order for record in self._open)

    def intent(self, command: AlgoCommand, *, at_ms: int) -> Outputs:
        """Note what is about to be sent; an order has its client id already."""
        if isinstance(command, PlaceAlgoOrder):
            record = _Record(AlgoOrder.intended(command, at_ms=at_ms))
            self._file(record)
            return (AlgoChanged(order=record.order, step=record.order.history[-1]),)
        return self._command(command, OUTCOMES[type(command)].asked, at_ms=at_ms)

    def reply(self, command: AlgoCommand, answer: Answer, *, at_ms: int) -> Outputs:
        """Apply the exchange's acknowledgement of a command."""
        if isinstance(command, PlaceAlgoOrder) and isinstance(answer, AlgoAck):
            record = self._by_client_id.get(command.client_algo_order_id or 0)
            if record is None:
                return ()
            if answer.rows:
                record = self._named(record, answer.rows[-1].algo_order_id)
            return self._tell(record, record.order.taken(answer.rows, at_ms=at_ms), at_ms=at_ms)
        outputs = self._command(command, OUTCOMES[type(command)].answered, at_ms=at_ms)
        # No report tells that an edit was refused: what became of it shows when REST is asked.
        amended = self._meant_by(command) if isinstance(command, EditAlgoOrder) else ()
        for record in amended:
            self._ask_later(record, at_ms=at_ms)
        return outputs

    def failed(self, command: AlgoCommand, error: WoodlotError, *, at_ms: int) -> Outputs:
        """Apply a command's error: refused, not sent, or lost; what proves nothing counts as lost."""
        return self._command(command, failure(command, error), at_ms=at_ms, note=str(error))

    def report(self, reports: Iterable[AlgoExecutionReport], *, at_ms: int) -> Outputs:
        """Apply the legs of one push."""
        outputs: Outputs = ()
        for report in reports:
            outputs += self._hear(AlgoEvidence.from_report(report), at_ms=at_ms)
        return outputs

    def poll(self, row: AlgoOrderRow, *, at_ms: int) -> Outputs:
        """Apply an order, or a leg of one, as REST has it; `at_ms` is when REST answered."""
        outputs: Outputs = ()
        for evidence in AlgoEvidence.from_row(row, at_ms=at_ms):
            outputs += self._hear(evidence, at_ms=at_ms)
            self._by_id[evidence.leg_id].pace = None
        return outputs

    def absent(self, *, client_order_id: int, at_ms: int) -> Outputs:
        """Apply the proof that the exchange does not have an order; the caller knows when silence is proof."""
        record = self._get(None, client_order_id)
        if record is None:
            return ()
        record.pace = None
        return self._tell(record, record.order.step(News.ABSENT, at_ms=at_ms, source=Source.POLL), at_ms=at_ms)

    def due(self, now_ms: int) -> Outputs:
        """Return the questions to be put again. Call it each second."""
        outputs: list[Output] = []
        for record in tuple(self._asked):
            if record.pace is None:
                self._asked.pop(record)
            elif record.pace.is_due(now_ms):
                record.pace.asked(now_ms)
                outputs.append(record.question)
        return tuple(outputs)

    def _command(self, command: AlgoCommand, news: News, *, at_ms: int, note: str = "") -> Outputs:
        source = Source.INTENT if news is OUTCOMES[type(command)].asked else Source.REPLY
        outputs: Outputs = ()
        for record in self._meant_by(command):
            changes = wish_after(record.order, command, news, at_ms=at_ms)
            heard = record.order.step(news, at_ms=at_ms, source=source, note=note, **changes)
            outputs += self._tell(record, heard, at_ms=at_ms)
        return outputs

    def _meant_by(self, command: AlgoCommand) -> tuple["_Record", ...]:
        match command:
            case CancelAllOrders(symbol=symbol) | CancelAlgoOrders(symbol=symbol):
                return tuple(record for record in self._open if symbol in (None, record.order.symbol))
            case PlaceAlgoOrder(client_algo_order_id=client_order_id):
                record = self._by_client_id.get(client_order_id or 0)
            case EditAlgoOrder() | CancelAlgoOrder():
                record = self._get(command.algo_order_id, command.client_algo_order_id)
        return () if record is None else (record,)

    def _hear(self, evidence: AlgoEvidence, *, at_ms: int) -> Outputs:
        record = self._get(evidence.root_id, None) or self._get(evidence.leg_id, None)
        nameless = self._by_client_id.get(evidence.client_order_id or 0) if evidence.is_root else None
        if nameless is not None and nameless.is_nameless:
            record = self._named(nameless, evidence.root_id)
        if record is None:
            record = _Record(AlgoOrder.adopted(evidence))
        return self._tell(record, record.order.hear(evidence, at_ms=at_ms), at_ms=at_ms)

    def _named(self, record: "_Record", order_id: int) -> "_Record":
        """Return the one record of an order that has got its id: what came under that id before is part of it."""
        stranger = self._by_id.get(order_id)
        if stranger is None or stranger is record:
            record.order = msgspec.structs.replace(record.order, order_id=order_id)
            return record
        stranger.order = _own(record.order, stranger.order)
        for shelf in (self._open, self._finished, self._asked):
            shelf.pop(record, None)
        return stranger

    def _tell(self, record: "_Record", heard: AlgoHeard, *, at_ms: int) -> Outputs:
        record.order = heard.order
        self._file(record)
        outputs: Outputs = ()
        if heard.changed:
            outputs += (AlgoChanged(order=heard.order, step=heard.order.history[-1]),)
        return outputs + (self._ask(record, at_ms=at_ms) if heard.ask or record.is_half_over else ())

    def _ask(self, record: "_Record", *, at_ms: int) -> Outputs:
        if record.pace is not None:
            return ()
        self._ask_later(record, at_ms=at_ms)
        return (record.question,)

    def _ask_later(self, record: "_Record", *, at_ms: int) -> None:
        if record.pace is None:
            record.pace = Pace(at_ms)
            self._asked[record] = None

    def _get(self, order_id: int | None, client_order_id: int | None) -> "_Record | None":
        return self._by_id.get(order_id) if order_id else self._by_client_id.get(client_order_id or 0)

    def _file(self, record: "_Record") -> None:
        order = record.order
        if order.client_order_id is not None:
            self._by_client_id[order.client_order_id] = record
        for number in (order.order_id, *order.legs):
            if number is not None:
                self._by_id[number] = record
        shelf, other = (self._finished, self._open) if order.is_final else (self._open, self._finished)
        other.pop(record, None)
        shelf[record] = None
        while len(self._finished) > self._finished_limit:
            self._drop(next(iter(self._finished)))

    def _drop(self, record: "_Record") -> None:
        for shelf in (self._finished, self._asked):
            shelf.pop(record, None)
        for number in (record.order.order_id, *record.order.legs):
            if self._by_id.get(number or 0) is record:
                del self._by_id[number or 0]
        if self._by_client_id.get(record.order.client_order_id or 0) is record:
            del self._by_client_id[record.order.client_order_id or 0]


class _Record:
    """An order, and the question about it that is open."""

    def __init__(self, order: AlgoOrder) -> None:
        self.order = order
        self.pace: Pace | None = None

    @property
    def question(self) -> AskAlgo:
        return AskAlgo(order_id=self.order.order_id, client_order_id=self.order.client_order_id)

    @property
    def is_nameless(self) -> bool:
        """Whether it has no id of the exchange's and may get one: an order the call refused never does."""
        return self.order.order_id is None and self.order.state is not OrderState.REJECTED

    @property
    def is_half_over(self) -> bool:
        """Whether its root is over and nobody has said what its legs are."""
        return self.order.state is OrderState.FILLED and not self.order.is_final and not self.order.knows_its_legs


def _own(ours: AlgoOrder, adopted: AlgoOrder) -> AlgoOrder:
    """Return the adopted order as the one we placed, which it turned out to be."""
    return msgspec.structs.replace(
        adopted,
        algo_type=ours.algo_type,
        client_order_id=ours.client_order_id,
        foreign=False,
        created_ms=ours.created_ms,
        cancel_wish=ours.cancel_wish,
        amend_wish=ours.amend_wish,
        history=(*ours.history, *adopted.history)[:HISTORY_LIMIT],
    )


def missing(tracker: AlgoTracker, open_rows: Sequence[AlgoOrderRow]) -> Iterator[AskAlgo]:
    """Go through the questions about orders that are open here and not among the exchange's open ones."""
    there = {number for row in open_rows for number in (row.algo_order_id, row.root_algo_order_id)}
    handles = {row.client_algo_order_id for row in open_rows}
    for order in tracker.open_orders():
        if order.order_id not in there if order.order_id else order.client_order_id not in handles:
            yield AskAlgo(order_id=order.order_id, client_order_id=order.client_order_id)
