"""A tiny model of the exchange: the whole life of one order, as it was, and every message it could have sent."""

import random
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from tests.orders.messages import START_MS, ack, fill_report, place, report, row, transaction

from woodlot.wire.enums import OrderStatus
from woodlot.wire.events import ExecutionReport
from woodlot.wire.trade import OrderAck, OrderRow, PlaceOrder, Transaction

OPEN_STATUS = {True: "PARTIAL_FILLED", False: "NEW"}


@dataclass
class Life:
    """What was true at the end, and what was said on the way."""

    order_id: int
    client_order_id: int
    price: Decimal = Decimal("0.25")
    quantity: Decimal = Decimal(100)
    filled: Decimal = Decimal(0)
    notional: Decimal = Decimal(0)
    status: str = "NEW"
    now_ms: int = 0
    reports: list[ExecutionReport] = field(default_factory=list)
    transactions: list[Transaction] = field(default_factory=list)
    rows: list[tuple[int, OrderRow]] = field(default_factory=list)

    @property
    def placed(self) -> PlaceOrder:
        return place(client_order_id=self.client_order_id)

    @property
    def ack(self) -> OrderAck:
        return ack(order_id=self.order_id, client_order_id=self.client_order_id)

    @property
    def average(self) -> Decimal:
        return self.notional / self.filled if self.filled else Decimal(0)

    def terms(self) -> dict[str, Any]:
        return {
            "order_id": self.order_id,
            "client_order_id": self.client_order_id,
            "price": self.price,
            "quantity": self.quantity,
            "average_executed_price": self.average,
        }

    def row(self) -> OrderRow:
        return row(self.status, str(self.filled), **self.terms())

    def row_at(self, ms: int) -> OrderRow:
        """The order as it was at `ms` after the start."""
        return [row for at_ms, row in self.rows if at_ms <= ms][-1]

    def is_open(self) -> bool:
        return not OrderStatus(self.status).is_final

    def say(self, status: str) -> None:
        self.status = OPEN_STATUS[self.filled > 0] if status == "REPLACED" else status
        self.reports.append(report(status, str(self.filled), at=self.now_ms, **self.terms()))
        self.rows.append((self.now_ms, self.row()))

    def fill(self, trade_id: int, quantity: Decimal, price: Decimal, fee: tuple[str, str]) -> None:
        self.filled += quantity
        self.notional += quantity * price
        self.status = "FILLED" if self.filled == self.quantity else "PARTIAL_FILLED"
        money = {"executed_price": price, "fee": Decimal(fee[0]), "fee_asset": fee[1]}
        self.reports.append(
            fill_report(
                trade_id,
                str(quantity),
                str(self.filled),
                self.status,
                at=self.now_ms,
                **self.terms() | money,
            )
        )
        self.transactions.append(transaction(trade_id, str(quantity), at=self.now_ms, order_id=self.order_id, **money))
        self.rows.append((self.now_ms, self.row()))


def live(seed: int, *, number: int = 0) -> Life:
    """Return one random life of at most a dozen steps; two lives of different `number` share no id."""
    chance = random.Random(seed)
    life = Life(order_id=71_000_001 + number, client_order_id=4_611_686_018_427_387_905 + number)
    life.say("NEW")
    trade_ids = chance.sample(range(1_000, 9_000), 12)
    for step in range(chance.randint(0, 12)):
        if not life.is_open():
            break
        life.now_ms += chance.choice((1, 1, 7, 900))
        _step(life, chance, trade_id=number * 10_000 + trade_ids[step])
    return life


def _step(life: Life, chance: random.Random, *, trade_id: int) -> None:
    match chance.choice(("fill", "fill", "fill", "amend", "end")):
        case "fill":
            rest = life.quantity - life.filled
            quantity = rest if chance.random() < 0.2 else min(rest, Decimal(chance.randint(1, 40)))
            price = Decimal(chance.choice(("0.25", "0.2499", "0.24")))
            life.fill(trade_id, quantity, price, chance.choice((("0.01", "WOO"), ("0.002", "USDT"), ("0", "WOO"))))
        case "amend":
            life.price += chance.choice((Decimal("0.0001"), Decimal("-0.0001")))
            life.quantity += chance.randint(0, 5)
            life.say("REPLACED")
        case _:
            life.say("CANCELLED")


def end_ms(life: Life) -> int:
    return START_MS + life.now_ms
