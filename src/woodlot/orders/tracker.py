"""This file is the tracker: every message about our orders goes in, and what it means comes out.

Every method takes one message and the time in milliseconds, the exchange's as well as it is known, and returns what
is to be told, in order. A fill comes out once, whatever it came in by, and the fills of one order come out in trade
order. Whatever the messages leave open comes out as a question and is repeated by `due` until it is answered.
"""

from collections.abc import Iterable, Iterator

from woodlot.errors import WoodlotError
from woodlot.orders.commands import OUTCOMES, Command, failure, ids, is_refused_wish, wish_after
from woodlot.orders.evidence import Evidence, Source
from woodlot.orders.fills import Fill, FillBook, in_trade_order
from woodlot.orders.order import TrackedOrder
from woodlot.orders.output import AskOrder, Changed, Output, Outputs
from woodlot.orders.record import Record
from woodlot.orders.records import Records
from woodlot.orders.states import MESSAGE_TYPES, News, OrderState
from woodlot.wire.events import ExecutionReport
from woodlot.wire.trade import (
    CancelAck,
    CancelAllOrders,
    CancelOrder,
    CancelOrders,
    EditAck,
    EditOrder,
    OrderAck,
    OrderRow,
    PlaceOrder,
    Transaction,
)


class Tracker:
    """Follow every order of one account.

    It keeps all open orders, the `finished_limit` that finished last, `stray_limit` ids whose order it does not know,
    and the keys of the youngest `fill_limit` fills. What falls out is forgotten: a later report of a forgotten
    order adopts it as a foreign one, a fill older than every remembered one comes out as `Doubtful`.
    """

    def __init__(self, *, finished_limit: int = 10_000, stray_limit: int = 10_000, fill_limit: int = 200_000) -> None:
        self._records = Records(finished_limit=finished_limit, stray_limit=stray_limit)
        self._book = FillBook(limit=fill_limit)
        self._restless: dict[Record, None] = {}

    def restore(self, orders: Iterable[TrackedOrder] = (), *, fills: Iterable[Fill] = (), at_ms: int) -> Outputs:
        """Take over what a journal has, before anything else arrives; return what that leaves open.

        `fills` are those that were delivered: all of the orders given, and the youngest of the others. Fills that an
        order had counted and nobody was told of are counted again when they are backfilled. An order that was only
        intended may have left: its outcome is unknown from now on.
        """
        outputs: list[Output] = []
        of_order: dict[int, list[Fill]] = {}
        for fill in fills:
            self._book.remember(fill)
            of_order.setdefault(fill.order_id, []).append(fill)
        for order in orders:
            record = Record(order.symbol, order_id=order.order_id, order=order)
            record.restore(of_order.get(order.order_id or 0, ()))
            self._records.add(record)
            outputs += self._filed(record, record.settle(at_ms=at_ms))
            if order.state in {OrderState.INTENDED, OrderState.UNKNOWN}:
                told = record.take(News.LOST, at_ms=at_ms, source=Source.INTENT, note="the program ended before")
                outputs += self._filed(record, told)
        return tuple(outputs)

    def find(self, *, order_id: int | None = None, client_order_id: int | None = None) -> TrackedOrder | None:
        """Return the order with that id; of several with one client order id, the latest."""
        record = self._records.get(order_id, client_order_id)
        return record.order if record is not None else None

    def open_orders(self) -> tuple[TrackedOrder, ...]:
        """Return the orders that are not known to be finished, oldest first."""
        return tuple(record.order for record in self._records.open if record.order is not None)

    def orders(self) -> Iterator[TrackedOrder]:
        """Go through every order still kept, open ones first."""
        return (record.order for record in self._records if record.order is not None)

    @property
    def unsettled_since_ms(self) -> int | None:
        """The time of the oldest fill that is kept back for the sake of order; a durable cursor stays before it."""
        held = (record.held_since_ms for record in self._restless)
        return min((since_ms for since_ms in held if since_ms is not None), default=None)

    def intent(self, command: Command, *, at_ms: int) -> Outputs:
        """Note what is about to be sent; an order has its client order id already."""
        if isinstance(command, PlaceOrder):
            order = TrackedOrder.intended(command, at_ms=at_ms)
            record = Record(order.symbol, order=order)
            self._records.add(record)
            self._records.file(record)
            return (Changed(order=order, step=order.history[-1]),)
        return self._command(command, OUTCOMES[type(command)].asked, at_ms=at_ms)

    def reply(self, command: Command, answer: OrderAck | EditAck | CancelAck, *, at_ms: int) -> Outputs:
        """Apply the exchange's acknowledgement of a command."""
        if isinstance(command, PlaceOrder) and isinstance(answer, OrderAck):
            return self._placed(command, answer, at_ms=at_ms)
        return self._command(command, OUTCOMES[type(command)].answered, at_ms=at_ms)

    def failed(self, command: Command, error: WoodlotError, *, at_ms: int) -> Outputs:
        """Apply a command's error: refused, not sent, or lost; what proves nothing counts as lost."""
        return self._command(command, failure(command, error), at_ms=at_ms, note=str(error))

    def report(self, report: ExecutionReport, *, at_ms: int) -> Outputs:
        """Apply an execution report of any message type."""
        if report.message_type != 0:
            return self._refusal(report, at_ms=at_ms)
        record = self._record(report.symbol, report.order_id, report.client_order_id or None)
        doubts = record.count(Fill.from_report(report), self._book, at_ms=at_ms) if report.is_fill else ()
        return doubts + self._hear(record, Evidence.from_report(report), at_ms=at_ms)

    def poll(self, row: OrderRow, *, at_ms: int) -> Outputs:
        """Apply an order as REST has it; `at_ms` is when REST answered."""
        record = self._record(row.symbol, row.order_id, row.client_order_id or None)
        again = record.answered(AskOrder, at_ms=at_ms)
        return self._hear(record, Evidence.from_row(row, at_ms=at_ms), at_ms=at_ms) + again

    def absent(self, *, order_id: int | None = None, client_order_id: int | None = None, at_ms: int) -> Outputs:
        """Apply the proof that the exchange does not have an order; the caller knows when silence is proof."""
        record = self._records.get(order_id, client_order_id)
        if record is None:
            return ()
        record.awaits_name = False
        again = record.answered(AskOrder, at_ms=at_ms)
        return self._filed(record, record.take(News.ABSENT, at_ms=at_ms, source=Source.POLL) + again)

    def backfill(self, rows: Iterable[Transaction], *, at_ms: int) -> Outputs:
        """Apply rows of the transaction history, in any order; hand in whole answers, not single pages."""
        touched: dict[Record, None] = {}
        outputs: list[Output] = []
        for fill in sorted(map(Fill.from_transaction, rows), key=in_trade_order):
            record = self._record(fill.symbol, fill.order_id, None)
            outputs += record.count(fill, self._book, at_ms=at_ms)
            touched[record] = None
        for record in touched:
            outputs += self._filed(record, self._name_or_wait(record, at_ms=at_ms) + record.settle(at_ms=at_ms))
        return tuple(outputs)

    def due(self, now_ms: int) -> Outputs:
        """Return what time alone brings: questions to repeat, fills kept back long enough. Call it each second."""
        outputs: list[Output] = []
        for record in tuple(self._restless):
            if record.is_restless:
                outputs += self._filed(record, record.due(now_ms))
            else:
                self._restless.pop(record)  # a stray that became part of its order
        return tuple(outputs)

    def _placed(self, command: PlaceOrder, ack: OrderAck, *, at_ms: int) -> Outputs:
        record = self._records.find(ack.order_id, command.client_order_id) or self._records.get(ack.order_id, None)
        if record is None or record.order is None:
            return ()
        told = record.take(News.ACKNOWLEDGED, at_ms=at_ms, source=Source.REPLY, order_id=ack.order_id)
        return self._filed(record, told)

    def _command(self, command: Command, news: News, *, at_ms: int, note: str = "") -> Outputs:
        source = Source.INTENT if news is OUTCOMES[type(command)].asked else Source.REPLY
        outputs: Outputs = ()
        for record in self._meant_by(command):
            changes = wish_after(record.order, command, news, at_ms=at_ms) if record.order else {}
            outputs += self._filed(record, record.take(news, at_ms=at_ms, source=source, note=note, **changes))
        return outputs

    def _meant_by(self, command: Command) -> tuple[Record, ...]:
        match command:
            case CancelAllOrders():
                return tuple(record for record in self._records.open if command.symbol in (None, record.symbol))
            case CancelOrders():
                return tuple(self._named(command))
            case PlaceOrder():
                record = self._records.get(None, command.client_order_id)
            case EditOrder() | CancelOrder():
                record = self._records.get(command.order_id, command.client_order_id)
        return () if record is None else (record,)

    def _named(self, command: CancelOrders) -> Iterator[Record]:
        for order_id in ids(command.order_ids):
            if (record := self._records.get(order_id, None)) is not None:
                yield record
        for client_order_id in ids(command.client_order_ids):
            if (record := self._records.get(None, client_order_id)) is not None:
                yield record

    def _refusal(self, report: ExecutionReport, *, at_ms: int) -> Outputs:
        news = MESSAGE_TYPES.get(report.message_type, News.STRANGE_MESSAGE)
        outputs: Outputs = ()
        for record in self._refused(report, news):
            told = record.take(news, at_ms=at_ms, source=Source.REPORT, note=report.reason)
            outputs += self._filed(record, told)
        return outputs

    def _refused(self, report: ExecutionReport, news: News) -> tuple[Record, ...]:
        """Return the orders a refusal may be about: the one it names, or those of its symbol with such a wish."""
        if report.order_id or report.client_order_id:
            record = self._records.get(report.order_id or None, report.client_order_id or None)
            return () if record is None else (record,)
        return tuple(
            record
            for record in self._records.open
            if report.symbol in ("", record.symbol) and record.order and is_refused_wish(record.order, news)
        )

    def _record(self, symbol: str, order_id: int, client_order_id: int | None) -> Record:
        record = self._records.find(order_id, client_order_id)
        if record is None:
            record = Record(symbol, order_id=order_id or None)
            self._records.add(record)
        return record

    def _hear(self, record: Record, evidence: Evidence, *, at_ms: int) -> Outputs:
        if record.order is None:
            record.awaits_name = evidence.is_nameless_report and self._records.may_be_ours(record.symbol)
            adopted = None if record.awaits_name else TrackedOrder.adopted(evidence)
            if adopted is not None:
                record.name(adopted)
                self._records.add(record)
        return self._filed(record, record.hear(evidence, at_ms=at_ms))

    def _name_or_wait(self, record: Record, *, at_ms: int) -> Outputs:
        """Ask for the order of a fill if it may be one of ours; others are told without one."""
        record.awaits_name = record.order is None and self._records.may_be_ours(record.symbol)
        return record.ask_name(at_ms=at_ms) if record.awaits_name else ()

    def _filed(self, record: Record, outputs: Outputs) -> Outputs:
        outputs += record.replay()
        if record.is_restless:
            self._restless[record] = None
        else:
            self._restless.pop(record, None)
        for dropped in self._records.file(record):
            outputs += dropped.forget()
            self._restless.pop(dropped, None)
        return outputs
