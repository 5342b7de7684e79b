"""This file is the journal: what the desk meant to do, learned and handed out, kept against the program's death.

Every write is one transaction that is over when the method returns, so what a caller does next happens after it. A
transaction that is over survives the death of the process, SIGKILL included; the loss of power only with
`power_safe`, which waits for the disk each time. A write that fails is the last: what is known and what is written
differ from then on, and every other raises JournalFailed. Writing happens in the event loop: a hop to a thread and
back costs more than the write (docs/decisions/0006). Keys, signatures and secrets never come here.
"""

import sqlite3
from collections.abc import Generator, Iterable
from contextlib import contextmanager
from decimal import Decimal
from pathlib import Path
from typing import Any, NamedTuple

import msgspec

from woodlot.desk.claim import Claim
from woodlot.desk.schema import prepare
from woodlot.errors import ConfigurationError, JournalFailed
from woodlot.orders.algo_order import AlgoOrder
from woodlot.orders.fills import Fill
from woodlot.orders.order import HISTORY_LIMIT, Step, TrackedOrder
from woodlot.orders.output import Changed
from woodlot.orders.states import News

MEMORY = ":memory:"
# Finished orders taken over at the start, so that what comes late for one still finds it.
_FINISHED_RESTORED = 1_000
_FILLS_RESTORED = 20_000

_ALGO = msgspec.json.Decoder(AlgoOrder)
_ORDER = msgspec.json.Decoder(TrackedOrder)
_STEP = msgspec.json.Decoder(Step)
_FILL = msgspec.json.Decoder(Fill)


class Numbered(NamedTuple):
    """A fill and its place in the journal."""

    number: int
    fill: Fill


class Position(NamedTuple):
    """How far a consumer has come: everything up to `done` is dealt with, `in_hand` was handed out last."""

    done: int
    in_hand: int


class Journal:
    """One account's journal in one file, or in memory. One process writes it; another gets InUse."""

    def __init__(self, path: Path | str = MEMORY, *, power_safe: bool = False) -> None:
        self.path = str(path)
        self.failure: JournalFailed | None = None
        """Why nothing is written any more; None while all is well."""
        self._claim: Claim | None = None
        # SQLite takes no name for a file of its own that is gone afterwards: it would remember nothing.
        if not self.path.strip():
            raise ConfigurationError("a journal has a file name; leave it out for the usual one")
        if not self.is_in_memory:
            self._claim = Claim(Path(f"{path}.lock"), f"the journal {path}")
        try:
            self._connection = sqlite3.connect(self.path, isolation_level=None, check_same_thread=False)
            self._prepare(power_safe=power_safe)
        except sqlite3.DatabaseError as error:
            self._release()
            raise ConfigurationError(f"the journal {path} cannot be used: {error}") from error
        except BaseException:
            self._release()
            raise
        self._numbers: dict[int, int] = {}
        self._strangers: set[int] = set()

    @property
    def is_in_memory(self) -> bool:
        return self.path == MEMORY

    @property
    def connection(self) -> sqlite3.Connection:
        """The database itself, for questions nobody foresaw; what a proof hooks into."""
        return self._connection

    def close(self) -> None:
        self._connection.close()
        self._release()

    def __del__(self) -> None:
        # One that was opened in vain, such as beside another that failed, lets go of its file as well.
        if hasattr(self, "_connection"):
            self.close()

    # What is written down before it is done or told.

    def note(self, changes: Iterable[Changed], fills: Iterable[Fill]) -> list[Numbered]:
        """Write down the steps of orders and the fills, all or nothing; return the fills that were not there yet."""
        with self._transaction():
            self._note_steps(changes)
            return [Numbered(number, fill) for fill in fills if (number := self._note_fill(fill))]

    def note_algos(self, orders: Iterable[AlgoOrder]) -> None:
        """Write down algo orders as they are now, all or nothing."""
        with self._transaction():
            for order in orders:
                # One row per order: under the exchange's id, or under ours while it has none.
                self._run(
                    "DELETE FROM algos WHERE order_id = ? OR (client_order_id = ? AND order_id IS NULL)",
                    order.order_id, order.client_order_id,
                )  # fmt: skip
                self._run(
                    "INSERT INTO algos (client_order_id, order_id, is_open, body) VALUES (?, ?, ?, ?)",
                    order.client_order_id, order.order_id, not order.is_final, _text(order),
                )  # fmt: skip

    def _note_steps(self, changes: Iterable[Changed]) -> None:
        """Write each step, and of an order that goes on only what it is after the last of them."""
        later: dict[int, TrackedOrder] = {}
        steps: list[tuple[int, str]] = []
        for change in changes:
            order, was_named = change.order, change.order.order_id in self._numbers
            number, is_written = self._row_of(change)
            steps.append((number, _text(change.step)))
            if was_named and not order.is_final:
                later[number] = order
                continue
            # Its row is looked for by what stands in the table.
            later.pop(number, None)
            if not is_written:
                self._write_order(number, order)
            if order.order_id is None:
                self._write_steps(steps)
        for number, order in later.items():
            self._write_order(number, order)
        self._write_steps(steps)

    def _write_order(self, number: int, order: TrackedOrder) -> None:
        self._run(
            "UPDATE orders SET client_order_id = ?, order_id = ?, is_open = ?, body = ? WHERE number = ?",
            order.client_order_id, order.order_id, not order.is_final, _body(order), number,
        )  # fmt: skip

    def _write_steps(self, steps: list[tuple[int, str]]) -> None:
        self._connection.executemany("INSERT INTO steps (order_number, body) VALUES (?, ?)", steps)
        steps.clear()

    def _note_fill(self, fill: Fill) -> int:
        """Return the fill's number, 0 if it stood there already."""
        cursor = self._run(
            "INSERT OR IGNORE INTO fills (symbol, trade_id, order_id, body) VALUES (?, ?, ?, ?)",
            fill.symbol, fill.trade_id, fill.order_id, _text(fill),
        )  # fmt: skip
        return (cursor.lastrowid or 0) if cursor.rowcount else 0

    def _row_of(self, change: Changed) -> tuple[int, bool]:
        """Find an order's row: by the exchange's id; by ours while it has none; a new intent is a new row.

        Return its number, and whether it was written just now.
        """
        order = change.order
        known = self._known(order.order_id)
        may_be_nameless = change.step.news is not News.INTENDED and (known is None or known in self._strangers)
        ours = self._nameless(order.client_order_id) if may_be_nameless else None
        is_new = known is None and ours is None
        if known is None:
            known = ours if ours is not None else self._new(order)
        elif ours is not None:
            # What looked like somebody else's order is the one we had no id for.
            self._run("DELETE FROM orders WHERE number = ?", ours)
            self._run("UPDATE steps SET order_number = ? WHERE order_number = ?", known, ours)
        if order.order_id is not None:
            self._numbers[order.order_id] = known
        if order.client_order_id is not None:
            self._strangers.discard(known)
        if order.is_final and order.order_id is not None:
            del self._numbers[order.order_id]
        return known, is_new

    def _new(self, order: TrackedOrder) -> int:
        cursor = self._run(
            "INSERT INTO orders (client_order_id, order_id, is_open, body) VALUES (?, ?, ?, ?)",
            order.client_order_id, order.order_id, not order.is_final, _body(order),
        )  # fmt: skip
        number = cursor.lastrowid or 0
        if order.client_order_id is None:
            self._strangers.add(number)
        return number

    def _known(self, order_id: int | None) -> int | None:
        if order_id is None:
            return None
        number = self._numbers.get(order_id)
        return number or self._one("SELECT max(number) FROM orders WHERE order_id = ?", order_id)

    def _nameless(self, client_order_id: int | None) -> int | None:
        if client_order_id is None:
            return None
        return self._one(
            "SELECT max(number) FROM orders WHERE client_order_id = ? AND order_id IS NULL", client_order_id
        )

    # What a program that starts again takes over.

    def orders(self) -> list[TrackedOrder]:
        """Return the open orders and the last finished ones, oldest first, each with its history."""
        with self._reading():
            rows = self._run("SELECT number, body FROM orders WHERE is_open").fetchall()
            rows += self._run(
                "SELECT number, body FROM orders WHERE NOT is_open ORDER BY number DESC LIMIT ?", _FINISHED_RESTORED
            ).fetchall()
            return [self._with_history(number, _ORDER.decode(body)) for number, body in sorted(rows)]

    def algo_orders(self) -> list[AlgoOrder]:
        """Return the open algo orders and the last finished ones, oldest first."""
        with self._reading():
            rows = self._run("SELECT number, body FROM algos WHERE is_open").fetchall()
            rows += self._run(
                "SELECT number, body FROM algos WHERE NOT is_open ORDER BY number DESC LIMIT ?", _FINISHED_RESTORED
            ).fetchall()
            orders = [_ALGO.decode(body) for _, body in sorted(rows)]
        return sorted(orders, key=lambda order: order.created_ms or 0)

    def fills_of(self, orders: Iterable[TrackedOrder]) -> list[Fill]:
        """Return every fill of these orders, and the youngest of all others."""
        with self._reading():
            rows: dict[int, str] = dict(
                self._run("SELECT number, body FROM fills ORDER BY number DESC LIMIT ?", _FILLS_RESTORED)
            )
            for order in orders:
                rows |= dict(self._run("SELECT number, body FROM fills WHERE order_id = ?", order.order_id))
            return [_FILL.decode(rows[number]) for number in sorted(rows)]

    def _with_history(self, number: int, order: TrackedOrder) -> TrackedOrder:
        rows = self._run("SELECT body FROM steps WHERE order_number = ? ORDER BY number", number).fetchall()
        steps = [_STEP.decode(body) for (body,) in rows]
        return msgspec.structs.replace(order, history=(*steps[:1], *steps[1:][-HISTORY_LIMIT + 1 :]))

    # Executions and who has read them.

    def fill_after(self, number: int) -> Numbered | None:
        """Return the first fill behind a place in the journal."""
        with self._reading():
            row = self._run(
                "SELECT number, body FROM fills WHERE number > ? ORDER BY number LIMIT 1", number
            ).fetchone()
            return None if row is None else Numbered(row[0], _FILL.decode(row[1]))

    @property
    def last_fill(self) -> int:
        """The number of the youngest fill, 0 before the first."""
        return self._one("SELECT max(number) FROM fills") or 0

    def forget_fills(self, until: int) -> None:
        """Drop the fills up to a number: what a journal in memory does at its bound."""
        self._run("DELETE FROM fills WHERE number <= ?", until)

    def consumer(self, name: str) -> Position:
        """Return how far a consumer has come; a new one starts at the beginning of the journal."""
        with self._reading():
            row = self._run("SELECT done, in_hand FROM consumers WHERE name = ?", name).fetchone()
            return Position(0, 0) if row is None else Position(*row)

    def hand_out(self, name: str, position: Position) -> None:
        """Write down how far a consumer has come, before it gets what it then has in hand."""
        with self._writing():
            self._run("INSERT OR REPLACE INTO consumers (name, done, in_hand) VALUES (?, ?, ?)", name, *position)

    # Facts about the journal itself.

    def fact(self, name: str) -> str | None:
        """Return what was written under a name, None if nothing was."""
        return self._one("SELECT value FROM about WHERE name = ?", name)

    def state(self, name: str, value: object) -> None:
        """Write a fact; None removes it."""
        with self._writing():
            if value is None:
                self._run("DELETE FROM about WHERE name = ?", name)
            else:
                self._run("INSERT OR REPLACE INTO about (name, value) VALUES (?, ?)", name, str(value))

    # The database.

    def _prepare(self, *, power_safe: bool) -> None:
        # With NORMAL a commit is a write, which outlives the process; FULL also waits for the disk. It writes whole
        # every page that it touched, five for an intent: small ones cost less. An older file keeps its size.
        # A checkpoint stops the loop for milliseconds: it comes when the log has 4 MB.
        self._connection.executescript(
            "PRAGMA page_size = 1024; PRAGMA journal_mode = WAL; PRAGMA wal_autocheckpoint = 4000;"
            f"PRAGMA synchronous = {'FULL' if power_safe else 'NORMAL'};"
            "PRAGMA busy_timeout = 2000; PRAGMA temp_store = MEMORY;"
        )
        prepare(self._connection, path=self.path)

    @contextmanager
    def _transaction(self) -> Generator[None]:
        with self._writing():
            self._connection.execute("BEGIN IMMEDIATE")
            try:
                yield
            except BaseException:
                # A full disk ends the transaction by itself.
                if self._connection.in_transaction:
                    self._connection.execute("ROLLBACK")
                raise
            self._connection.execute("COMMIT")

    @contextmanager
    def _writing(self) -> Generator[None]:
        """Name what goes wrong, and let nothing be written after it."""
        if self.failure is not None:
            raise self.failure
        try:
            yield
        except sqlite3.Error as error:
            self.failure = JournalFailed(self.path, str(error))
            raise self.failure from error

    @contextmanager
    def _reading(self) -> Generator[None]:
        """Name what is damaged: the file, or what stands in it."""
        try:
            yield
        except (sqlite3.Error, msgspec.DecodeError) as error:
            self.failure = JournalFailed(self.path, str(error))
            raise self.failure from error

    def _run(self, statement: str, *values: object) -> sqlite3.Cursor:
        return self._connection.execute(statement, values)

    def _one(self, statement: str, *values: object) -> Any:
        with self._reading():
            row = self._connection.execute(statement, values).fetchone()
            return None if row is None else row[0]

    def _release(self) -> None:
        if self._claim is not None:
            self._claim.release()


def _body(order: TrackedOrder) -> str:
    # History and fills have tables of their own, so that a write stays short however long the order lives.
    bare = msgspec.structs.replace(
        order, history=(), trade_ids=(), fees={}, booked_quantity=Decimal(0), booked_notional=Decimal(0)
    )
    return _text(bare)


def _text(value: msgspec.Struct) -> str:
    return msgspec.json.encode(value).decode()
