"""This file is the course of one seed: trouble, then calm, and then the cores must agree with the exchange."""

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field

from proofs.cores.luck import NONE, Hardships, Luck
from proofs.cores.market import STEP_MS, Pit
from proofs.cores.network import Network
from proofs.cores.program import Program
from proofs.experiment import Outcome
from proofs.reckoning import Reckoning
from proofs.schedule import Schedule
from proofs.venue import Venue
from woodlot.clock import ManualClock
from woodlot.desk.journal import Journal

TROUBLE_S = 120.0
# Long enough for a doubt that began with the calm: 40 s, a question at most a minute later, REST's lag.
_CALM_S = 130.0
# Three PINGs that nobody answers, and a book that asks ever more rarely.
_BOOKS_WITHIN_S = 120.0
# One account, and as many books as a program follows that trades a few of them.
_TOKENS = ("AAVE", "ADA", "AVAX", "BCH", "BNB", "BTC", "DOGE", "DOT", "ETH", "LINK", "LTC", "NEAR", "SOL", "SUI", "UNI",
           "XRP")  # fmt: skip
_SYMBOLS = tuple(f"PERP_{token}_USDT" for token in _TOKENS)
_MOST_OPEN = 12


@dataclass
class Result:
    """What one course came to; `problems` is empty if all is well."""

    drawn: str
    events: int = 0
    digest: str = ""
    ran: Counter[str] = field(default_factory=Counter[str])
    struck: Counter[str] = field(default_factory=Counter[str])
    problems: list[str] = field(default_factory=list[str])


class Course:
    """One seed. Everything in it hangs on one clock and one source of chance."""

    def __init__(
        self,
        seed: int,
        *,
        hardships: Hardships | None = None,
        trouble_s: float = TROUBLE_S,
        program: type[Program] = Program,
    ) -> None:
        self._luck = Luck(seed, hardships)
        self._schedule = Schedule(ManualClock())
        self._trouble_s = trouble_s
        self._kind = program
        chance, now_ms = self._luck.chance, self._schedule.clock.now_ms()
        self._pits = {symbol: Pit(symbol, chance, now_ms=now_ms) for symbol in _SYMBOLS}
        self._venue = Venue(self._schedule.clock, self._luck)
        self._network = Network(self._schedule, self._luck, self._venue, self._pits)
        self._journal = Journal()
        self._told: list[tuple[int, int, bool]] = []
        self._is_calm = False
        self._market_stands = False
        self.result = Result(str(self._luck.now))
        self._program = self._kind(self._network, self._venue, self._pits, self._journal)

    def __call__(self) -> Result:
        luck, now = self._luck, self._luck.now
        self._schedule.after(STEP_MS, self._move)
        self._always(lambda: luck.chance.randint(50, 500), self._read)
        self._always(lambda: luck.chance.randint(200, 2_000), self._trade)
        self._always(lambda: luck.chance.randint(500, 2_000), self._order)
        self._always(lambda: luck.chance.randint(5_000, 30_000), self._trade_elsewhere)
        for every_s, strike in (
            (now.cut_every_s, self._cut),
            (now.deaf_every_s, self._deafen),
            (now.stall_every_s, self._stall),
            (now.outage_every_s, self._fail),
            (now.crash_every_s, self._crash),
        ):
            if every_s:
                self._always(lambda every_s=every_s: luck.pause_ms(every_s), strike)
        self._schedule.run(round(self._trouble_s * 1_000))
        self._calm()
        self._finish()
        return self.result

    def _calm(self) -> None:
        """Let nothing go wrong any more: within a stated time everything agrees, and stays so."""
        self._is_calm = True
        self._luck.be(NONE)
        self._network.is_down = False
        if not self._program.is_alive:
            self._start()
        self._schedule.run(round(_BOOKS_WITHIN_S * 1_000))
        self._market_stands = True
        self._schedule.run(round((_CALM_S - _BOOKS_WITHIN_S) * 1_000))
        self._read()

    def _finish(self) -> None:
        result, counts = self.result, self._network.counts
        result.problems += self._program.follower.check()
        result.problems += Reckoning(self._venue, self._program, self._told)()
        if not self._program.is_quiet:
            result.problems.append("something is still queued or kept back")
        counts["orders of others"] += sum(pit.commands for pit in self._pits.values())
        result.events = counts.total()
        result.digest = self._network.trace.hexdigest()
        result.ran += counts
        result.ran["fills"] = len(self._venue.fills)
        result.ran["books compared"] += self._program.follower.reads
        result.struck = self._luck.happened
        self._program.die()
        self._journal.close()

    def _always(self, pause_ms: Callable[[], int], action: Callable[[], None]) -> None:
        def again() -> None:
            if not self._is_calm or action == self._read:
                action()
                self._schedule.after(pause_ms(), again)

        self._schedule.after(pause_ms(), again)

    # What goes on.

    def _move(self) -> None:
        """Let 50 ms of market pass."""
        if self._market_stands:
            return
        now_ms = self._schedule.clock.now_ms()
        for pit in self._pits.values():
            if (frame := pit.step(now_ms)) is not None:
                self._network.tell(pit.topic, frame)
        self._schedule.after(STEP_MS, self._move)

    def _trade(self) -> None:
        self._network.counts["orders of others"] += 1
        self._venue.trade()
        self._network.report()

    def _trade_elsewhere(self) -> None:
        """Let somebody of the account trade by hand: the program knows nothing of the order."""
        self._network.counts["orders of others"] += 1
        self._venue.trade_by_hand()
        self._network.report()

    def _order(self) -> None:
        if self._program.is_alive:
            if self._program.open_count < _MOST_OPEN:
                self._program.place()
            if self._luck.happens(0.3):
                self._program.cancel()

    def _read(self) -> None:
        """Let the program take what is there; at times it stops with one in hand."""
        while self._program.is_alive and (got := self._program.reader.take()) is not None:
            self._told.append((got.trade_id, got.order_id, got.redelivered))
            if not self._is_calm and self._luck.happens(0.1):
                return

    # What goes wrong.

    def _cut(self) -> None:
        if self._network.lines:
            self._luck.happened["sockets cut"] += 1
            self._luck.chance.choice(self._network.lines).cut()

    def _deafen(self) -> None:
        if self._network.lines:
            self._luck.happened["sockets half open"] += 1
            self._luck.chance.choice(self._network.lines).is_deaf = True

    def _stall(self) -> None:
        if self._network.lines:
            self._luck.happened["sockets stalled"] += 1
            self._luck.chance.choice(self._network.lines).stall(self._luck.some_time_ms())

    def _fail(self) -> None:
        """Be out of reach for a while: every socket is cut, no call gets through."""
        self._luck.happened["outages"] += 1
        self._network.is_down = True
        for line in list(self._network.lines):
            line.cut()
        self._schedule.after(self._luck.some_time_ms(), self._recover)

    def _recover(self) -> None:
        self._network.is_down = False

    def _crash(self) -> None:
        """Kill the program at whatever it is doing and start it again on the same journal."""
        if self._program.is_alive:
            self._luck.happened["programs killed"] += 1
            self._retire()
            self._schedule.after(self._luck.some_time_ms(), self._restart)

    def _restart(self) -> None:
        if not self._program.is_alive:
            self._start()

    def _retire(self) -> None:
        self._program.die()
        self.result.problems += self._program.follower.problems
        self.result.ran["books compared"] += self._program.follower.reads

    def _start(self) -> None:
        self._program = self._kind(self._network, self._venue, self._pits, self._journal)


def prove(seeds: range, scale: float) -> Outcome:  # noqa: ARG001 - a share of it is fewer seeds
    """Take each seed's course."""
    outcome = Outcome()
    for seed in seeds:
        course = Course(seed)
        outcome.drawn[seed] = course.result.drawn
        try:
            result = course()
        except Exception as error:  # noqa: BLE001 - cores that raise have not come through
            outcome.fail(seed, f"{type(error).__name__}: {error} ({course.result.drawn})")
            continue
        outcome.drawn[seed] += f"; trace {result.digest}"
        outcome.ran.update({"courses": 1, "events": result.events, **result.ran})
        outcome.injected.update(result.struck)
        for problem in result.problems:
            outcome.fail(seed, f"{problem} ({result.drawn})")
    return outcome
