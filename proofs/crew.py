"""This file is who does the work: processes that prove one piece each, fresh every time, and are told when to stop."""

import contextlib
import logging
import multiprocessing
import multiprocessing.connection
import os
import resource
import signal
import sys
import time
from dataclasses import dataclass
from multiprocessing.connection import Connection
from typing import Any, cast

from proofs.experiment import COST, Experiment, Outcome

# A piece of work takes a minute at most; one that takes this long hangs.
LONGEST_S = 1_800.0
# A proof that counts processor time is not slowed by this; whoever works on the machine notices less of it.
_NICENESS = 5


@dataclass(frozen=True, slots=True)
class Piece:
    """Some seeds of one experiment."""

    experiment: Experiment
    seeds: range
    scale: float
    place: int
    """Where it stands in the notebook: by its first seed; the seeds that once failed, by themselves, below zero."""


class Crew:
    """At most so many processes at once."""

    def __init__(self, size: int) -> None:
        self._size = size
        self._context = multiprocessing.get_context("spawn")
        self._busy: dict[Connection, tuple[Any, Piece, float]] = {}

    @property
    def has_room(self) -> bool:
        return len(self._busy) < self._size

    @property
    def is_idle(self) -> bool:
        return not self._busy

    def start(self, piece: Piece) -> None:
        reading, writing = self._context.Pipe(duplex=False)
        process = self._context.Process(target=_work, args=(piece, writing))
        process.start()
        writing.close()
        self._busy[reading] = (process, piece, time.monotonic())

    def pieces(self) -> list[Piece]:
        """Return what is being worked on."""
        return [piece for _, piece, _ in self._busy.values()]

    def finished(self, *, within_s: float) -> list[tuple[Piece, Outcome]]:
        """Wait for pieces to be done, but not long; a process that ended without a word has failed."""
        done: list[tuple[Piece, Outcome]] = []
        for ready in multiprocessing.connection.wait(list(self._busy), timeout=within_s):
            if isinstance(ready, Connection):
                process, piece, _ = self._busy.pop(ready)
                done.append((piece, _said(ready, process, piece)))
        for connection, (process, piece, since_s) in list(self._busy.items()):
            if time.monotonic() - since_s > LONGEST_S:
                self._end(process)
                del self._busy[connection]
                done.append((piece, _failed(piece, f"did not end within {LONGEST_S:.0f} s")))
        return done

    def dismiss(self) -> None:
        """Stop all work. What was not finished is lost."""
        for process, _, _ in self._busy.values():
            self._end(process)
        self._busy.clear()

    def _end(self, process: Any) -> None:
        """End a process and all those it started: some proofs have traders and an exchange of their own."""
        _signal_group(process.pid, signal.SIGTERM)
        process.join(5)
        _signal_group(process.pid, signal.SIGKILL)
        process.join()


def _signal_group(process_id: int, number: signal.Signals) -> None:
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process_id, number)


def _said(connection: Connection, process: Any, piece: Piece) -> Outcome:
    try:
        return Outcome.read(connection.recv())
    except EOFError:
        process.join()
        return _failed(piece, f"the process ended by itself with {process.exitcode}")
    finally:
        connection.close()
        process.join()


def _failed(piece: Piece, what: str) -> Outcome:
    outcome = Outcome()
    outcome.fail(piece.seeds.start, f"{what} (seeds {piece.seeds.start} to {piece.seeds.stop - 1})")
    return outcome


def _work(piece: Piece, connection: Connection) -> None:
    # A group of our own: Ctrl-C goes to the one who started us, who ends the whole group. SIGTERM lets every `finally`
    # run.
    os.setpgid(0, 0)
    signal.signal(signal.SIGTERM, lambda _, __: sys.exit(143))
    logging.disable(logging.CRITICAL)
    os.nice(0 if piece.experiment.waits else _NICENESS)
    connection.send(proved(piece).spelled())


def proved(piece: Piece) -> Outcome:
    """Prove a piece here and now; whatever goes wrong is an outcome."""
    before_s = _processor_s()
    try:
        outcome = piece.experiment.prove(piece.seeds, scale=piece.scale)
    except Exception as error:  # noqa: BLE001 - a proof that cannot be carried out has failed, and says why
        outcome = _failed(piece, _told(error))
    outcome.ran[COST] += round((_processor_s() - before_s) * 1000)
    return outcome


def _told(error: BaseException) -> str:
    if isinstance(error, BaseExceptionGroup):
        group = cast("BaseExceptionGroup[BaseException]", error)
        return ", ".join(dict.fromkeys(_told(one) for one in group.exceptions))
    return f"{type(error).__name__}: {error}"


def _processor_s() -> float:
    """Return the processor time of this process and of those it started and waited for."""
    return sum(
        usage.ru_utime + usage.ru_stime
        for usage in (resource.getrusage(resource.RUSAGE_SELF), resource.getrusage(resource.RUSAGE_CHILDREN))
    )
