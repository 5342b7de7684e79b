"""This file is the proof that no execution is lost or told twice: `python -m proofs.executions --seeds 100`.

Each seed is a schedule of a few virtual minutes: orders of every outcome, and a network that loses, repeats, reorders
and delays, cuts the stream, replaces its key (the old socket closed, silent or still working), fails REST in the middle
of its pages and shows things up to five seconds late; the program dies and starts again. At the end everything is
held against the exchange.
"""

import argparse
import sys
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field

from proofs.experiment import Outcome
from proofs.reckoning import Reckoning
from proofs.schedule import Schedule
from proofs.trader import Trader
from proofs.venue import Venue
from proofs.weather import Dice, Weather
from woodlot.clock import ManualClock
from woodlot.desk.journal import Journal
from woodlot.wire.events import ExecutionReport

# Long enough for every doubt to be proven: 310 s, and the question after that, which comes at most a minute later.
_SETTLING_MS = 460_000


# Orders whose answer is lost, most of them: for the proof of unknown outcomes.
_LOSSES = Weather(reply_lost=0.3, request_lost=0.2)


def prove(seeds: range, scale: float) -> Outcome:  # noqa: ARG001 - a share of it is fewer seeds
    """Run each seed's schedule."""
    return _proved(seeds, Weather())


def prove_unknown(seeds: range, scale: float) -> Outcome:  # noqa: ARG001 - a share of it is fewer seeds
    """The same, with half of all answers or orders lost."""
    return _proved(seeds, _LOSSES)


def _proved(seeds: range, weather: Weather) -> Outcome:
    outcome = Outcome()
    for seed in seeds:
        result = Run(seed, weather)()
        outcome.drawn[seed] = str(weather)
        for problem in result.problems:
            outcome.fail(seed, problem)
        outcome.ran.update({"schedules": 1, "fills": result.fills, "outages": result.outages})
        outcome.ran.update({"crashes": result.crashes, "unknown outcomes": result.unknown})
        outcome.ran["marked as redelivered"] += result.redelivered
        outcome.injected.update(result.injected)
    return outcome


@dataclass
class Result:
    """What one schedule came to; `problems` is empty if all is well."""

    fills: int = 0
    outages: int = 0
    crashes: int = 0
    redelivered: int = 0
    unknown: int = 0
    injected: Counter[str] = field(default_factory=Counter[str])
    problems: list[str] = field(default_factory=list[str])


class Run:
    """One seed."""

    def __init__(
        self,
        seed: int,
        weather: Weather,
        *,
        minutes: float = 4.0,
        trader: type[Trader] = Trader,
        journal: Journal | None = None,
    ) -> None:
        self._dice = Dice(seed, weather)
        self._clock = ManualClock()
        self._schedule = Schedule(self._clock)
        self._schedule.say = self._say
        self._venue = Venue(self._clock, self._dice)
        self._journal = journal or Journal()
        self._kind = trader
        self._minutes = minutes
        self._connection = 0
        self._connected = True
        self._is_stormy = True
        self._told: list[tuple[int, int, bool]] = []
        self.result = Result()
        self._trader = self._kind(self._schedule, self._venue, self._dice, self._journal)

    def __call__(self) -> Result:
        chance, weather = self._dice.chance, self._dice.weather
        self._every(lambda: chance.randint(300, 1500), self._order)
        self._every(lambda: chance.randint(20, 300), self._trade)
        self._every(lambda: chance.randint(5, 200), self._read)
        self._every(lambda: chance.randint(5_000, 30_000), self._trade_elsewhere)
        self._every(lambda: self._dice.until_next_ms(weather.outage_every_ms), self._outage)
        self._every(lambda: self._dice.until_next_ms(weather.crash_every_ms), self._crash)
        self._schedule.run(round(self._minutes * 60_000))
        self._is_stormy = False
        self._dice.weather = Weather(lost=0, late=0, rest_fails=0, reply_lost=0, request_lost=0)
        if not self._connected:
            self._connect()
        self._schedule.run(_SETTLING_MS)
        self._read()
        self._check()
        self.result.injected.update(self._dice.happened)
        self._journal.close()
        return self.result

    def _every(self, pause_ms: Callable[[], int], action: Callable[[], None]) -> None:
        def again() -> None:
            if self._is_stormy:
                action()
                self._schedule.after(pause_ms(), again)

        self._schedule.after(pause_ms(), again)

    # What goes on.

    def _order(self) -> None:
        if not self._trader.is_alive:
            return
        if self._trader.open_count < 12:
            self._trader.place()
        if self._dice.happens(0.3):
            self._trader.cancel()

    def _trade(self) -> None:
        self._venue.trade()
        self._say()

    def _trade_elsewhere(self) -> None:
        """Let somebody of the account trade by hand: the program knows nothing of the order."""
        self.result.injected["orders placed elsewhere"] += 1
        self._venue.trade_by_hand()
        self._say()

    def _read(self) -> None:
        """Let the program take what is there; at times it stops with one in hand."""
        while self._trader.is_alive and (got := self._trader.reader.take()) is not None:
            self._told.append((got.trade_id, got.order_id, got.redelivered))
            if self._is_stormy and self._dice.happens(0.1):
                return

    def _say(self) -> None:
        """Send what the exchange reports over the socket there is, through the weather."""
        for report in self._venue.reports():
            if self._connected:
                self._send(report, self._connection)

    def _send(self, report: ExecutionReport, connection: int) -> None:
        weather = self._dice.weather
        if self._dice.happens(weather.lost, "reports lost"):
            return
        for _ in range(2 if self._dice.happens(weather.repeated, "reports repeated") else 1):
            self._schedule.after(self._dice.latency_ms(), lambda: self._arrive(report, connection))

    def _arrive(self, report: ExecutionReport, connection: int) -> None:
        # What was under way on a socket that has died meanwhile is gone with it.
        if connection == self._connection:
            self._trader.hear(report)

    # What goes wrong.

    def _outage(self) -> None:
        """Lose the stream: cut, or its key replaced and the old socket closed, silent, or still working a while."""
        if not self._connected:
            return
        self.result.outages += 1
        kind = self._dice.chance.choice(("cut", "closed", "silent", "working"))
        self.result.injected[f"stream {kind}"] += 1
        match kind:
            case "working":
                # A renewal: both sockets speak until the new one is live, and only then is the hole filled.
                self._schedule.after(self._dice.chance.randint(50, 2_000), self._trader.connected)
            case "silent":
                self._disconnect(self._dice.chance.randint(5_000, 9_000))
            case _:
                self._disconnect(self._dice.chance.randint(50, 8_000))

    def _disconnect(self, for_ms: int) -> None:
        self._connected = False
        self._connection += 1
        self._schedule.after(for_ms, self._connect)

    def _connect(self) -> None:
        if not self._connected:
            self._connected = True
            self._connection += 1
            self._trader.connected()

    def _crash(self) -> None:
        """Kill the program at whatever it is doing and start it again on the same journal."""
        if not self._trader.is_alive:
            return
        self.result.crashes += 1
        if self._dice.happens(0.5) and (got := self._trader.reader.take()) is not None:
            self._told.append((got.trade_id, got.order_id, got.redelivered))
        self.result.unknown += self._trader.unknown_outcomes
        self._trader.die()
        self._connected, self._connection = False, self._connection + 1
        self._schedule.after(self._dice.chance.randint(100, 20_000), self._restart)

    def _restart(self) -> None:
        self._connected, self._connection = True, self._connection + 1
        self._trader = self._kind(self._schedule, self._venue, self._dice, self._journal)

    def _check(self) -> None:
        self.result.problems += Reckoning(self._venue, self._trader, self._told)()
        self.result.fills = len(self._venue.fills)
        self.result.unknown += self._trader.unknown_outcomes
        self.result.redelivered = sum(redelivered for *_, redelivered in self._told)


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m proofs.executions")
    parser.add_argument("--seeds", type=int, default=20, help="how many schedules")
    parser.add_argument("--first", type=int, default=0, help="the first seed")
    options = parser.parse_args(arguments)
    started_s, total = time.monotonic(), Result()
    for seed in range(options.first, options.first + options.seeds):
        result = Run(seed, Weather())()
        for name in ("fills", "outages", "crashes", "redelivered", "unknown"):
            setattr(total, name, getattr(total, name) + getattr(result, name))
        if result.problems:
            print(f"seed {seed}: {'; '.join(result.problems)}")
            print(f"run it again: python -m proofs.executions --first {seed} --seeds 1")
            return 1
    print(
        f"{options.seeds} schedules from seed {options.first}: {total.fills} fills, {total.outages} outages, "
        f"{total.crashes} crashes; 0 lost, 0 twice, {total.redelivered} marked as redelivered, each order's in trade "
        f"order; {total.unknown} unknown outcomes, each proven, no order twice ({time.monotonic() - started_s:.0f} s)"
    )
    return 0


if __name__ == "__main__":
    sys.exit(main())
