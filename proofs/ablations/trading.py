"""This file is the safeguards of orders and executions, and the schedules that miss them."""

from collections.abc import Generator
from contextlib import contextmanager

import msgspec

from proofs.ablations.safeguard import Look, Safeguard
from proofs.executions import Run
from proofs.trader import Trader
from proofs.weather import Weather
from woodlot.desk.journal import Journal
from woodlot.errors import OutcomeUnknown, Rejected, WoodlotError
from woodlot.orders.commands import Command
from woodlot.orders.evidence import REST_LAG_MS
from woodlot.wire.events import ExecutionReport
from woodlot.wire.trade import PlaceOrder

_MINUTES = 1.0
_ROUGH = Weather(lost=0.03, reply_lost=0.1, request_lost=0.05, outage_every_ms=8_000, crash_every_ms=15_000)


class NeverLooking(Trader):
    """Go on from wherever the stream does."""

    def connected(self) -> None:
        pass

    def _look_regularly(self) -> None:
        pass


class Forgetful(Trader):
    """Take every message for a new fill."""

    _copies = 0

    def hear(self, report: ExecutionReport) -> None:
        if report.is_fill and self.books.journal.fact(f"heard {report.trade_id}"):
            self._copies += 1
            report = msgspec.structs.replace(report, trade_id=10**12 + self._copies)
        self.books.journal.state(f"heard {report.trade_id}", 1)
        super().hear(report)


class Hasty(Trader):
    """Send first, and write an order down when its answer is there."""

    def _intend(self, command: Command) -> None:
        pass

    def _replied(self, command: Command, reply: object) -> None:
        super()._intend(command)
        super()._replied(command, reply)

    def _failed(self, command: Command, error: WoodlotError) -> None:
        super()._intend(command)
        super()._failed(command, error)


class LateJournal(Journal):
    """Tell at once, and let the disk have it with the next but one."""

    _writes = 0

    @contextmanager
    def _transaction(self) -> Generator[None]:
        if not self.connection.in_transaction:
            self.connection.execute("BEGIN IMMEDIATE")
        yield
        self._writes += 1
        if self._writes % 20 == 0:
            self.connection.execute("COMMIT")


class Losing(Trader):
    """Die with what the journal has not written."""

    def die(self) -> None:
        super().die()
        if self.books.journal.connection.in_transaction:
            self.books.journal.connection.execute("ROLLBACK")


class Trusting(Trader):
    """Move the cursor by what the stream says: what is behind it is not asked for again."""

    def connected(self) -> None:
        self.books.verified(self._now() + 60_000 + REST_LAG_MS)
        super().connected()


class Sure(Trader):
    """Take an answer that never came for a no."""

    def _fail(self, command: Command, error: WoodlotError) -> None:
        if isinstance(error, OutcomeUnknown):
            error = Rejected("no answer came", code=-1)
        super()._fail(command, error)


class Insistent(Trader):
    """Send an order again when its answer does not come."""

    def _fail(self, command: Command, error: WoodlotError) -> None:
        if isinstance(error, OutcomeUnknown) and isinstance(command, PlaceOrder):
            self._later(500, lambda: self._arrive(command))
            return
        super()._fail(command, error)


def _look(seed: int, kind: type[Trader], journal: type[Journal] = Journal) -> str | None:
    result = Run(seed, _ROUGH, minutes=_MINUTES, trader=kind, journal=journal())()
    return "; ".join(reversed(result.problems)) or None


def _with(kind: type[Trader], journal: type[Journal] = Journal) -> Look:
    return lambda seed, removed: _look(seed, kind, journal) if removed else _look(seed, Trader)


SAFEGUARDS = (
    Safeguard("backfill on connect", "nobody asks REST what was missed", _with(NeverLooking)),
    Safeguard("trade-id dedupe", "every message is a new fill", _with(Forgetful)),
    Safeguard("journal before send", "an order is written down with its answer", _with(Hasty)),
    Safeguard("journal before deliver", "what is told is written down later", _with(Losing, LateJournal)),
    Safeguard("cursor monotony", "the cursor runs ahead of what REST has verified", _with(Trusting)),
    Safeguard("unknown state", "an answer that never came counts as a refusal", _with(Sure)),
    Safeguard("query before repeat", "an order without an answer is sent again", _with(Insistent)),
)
