"""This file is the machine of the pace: calls of any latency, and a server that counts them when they arrive."""

from dataclasses import dataclass

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from woodlot.rest.pacing import Pacer, Turn
from woodlot.wire.limits import Limit
from woodlot.wire.public import GetSystemInfo


@dataclass(eq=False)
class Call:
    """One call under way. A lost one may arrive until its timeout."""

    turn: Turn
    until_s: float = float("inf")
    has_arrived: bool = False


class LimiterMachine(RuleBasedStateMachine):
    """However late calls arrive, no window of the server's ever holds more than the limit, and all get through."""

    @initialize(calls=st.integers(1, 6), window_s=st.sampled_from((1.0, 10.0)))
    def begin(self, calls: int, window_s: float) -> None:
        self.limit = Limit(calls, window_s)
        self.pacer = self.pace(self.limit)
        self.now_s = 100.0
        self.waiting: list[Turn] = []
        self.under_way: list[Call] = []
        self.ghosts: list[Call] = []
        self.arrived_s: list[float] = []

    def pace(self, limit: Limit) -> Pacer:
        """Return what is under proof."""
        return Pacer(limit_of=lambda _: limit)

    @rule(seconds=st.sampled_from((0.0, 0.01, 0.2, 0.9, 1.001, 3.0, 9.0)))
    def time_passes(self, seconds: float) -> None:
        self.now_s += seconds
        self.ghosts = [call for call in self.ghosts if call.until_s > self.now_s]

    @rule(count=st.integers(1, 8))
    def call(self, count: int) -> None:
        self.waiting += [self.pacer.queue(GetSystemInfo(), now_s=self.now_s) for _ in range(count)]

    @rule()
    def let_go(self) -> None:
        for turn in tuple(self.waiting):
            if self.pacer.wait_s(turn, now_s=self.now_s) == 0:
                self.waiting.remove(turn)
                self.under_way.append(Call(turn))

    @precondition(lambda self: self.waiting)
    @rule(index=st.integers(0, 100))
    def give_up_waiting(self, index: int) -> None:
        self.pacer.leave(self.waiting.pop(index % len(self.waiting)))

    @precondition(lambda self: self.under_way)
    @rule(index=st.integers(0, 100))
    def arrive(self, index: int) -> None:
        self._arrive(self.under_way[index % len(self.under_way)])

    @precondition(lambda self: self.under_way)
    @rule(index=st.integers(0, 100), refused=st.booleans())
    def reply(self, index: int, refused: bool) -> None:  # noqa: FBT001 - drawn by name
        call = self.under_way.pop(index % len(self.under_way))
        self._arrive(call)
        (self.pacer.refused if refused else self.pacer.replied)(call.turn, now_s=self.now_s)

    @precondition(lambda self: self.under_way)
    @rule(index=st.integers(0, 100), timeout_s=st.sampled_from((0.5, 5.0)))
    def lose(self, index: int, timeout_s: float) -> None:
        call = self.under_way.pop(index % len(self.under_way))
        call.until_s = self.now_s + timeout_s
        self.pacer.lost(call.turn, until_s=call.until_s)
        self.ghosts.append(call)

    @precondition(lambda self: self.ghosts)
    @rule(index=st.integers(0, 100))
    def a_lost_call_arrives(self, index: int) -> None:
        self._arrive(self.ghosts.pop(index % len(self.ghosts)))

    @precondition(lambda self: self.under_way)
    @rule()
    def never_left(self) -> None:
        call = self.under_way[-1]
        if not call.has_arrived:
            self.under_way.remove(call)
            self.pacer.unsent(call.turn)

    @invariant()
    def no_window_is_overrun(self) -> None:
        if not hasattr(self, "arrived_s"):
            return
        calls, window_s = self.limit.calls, self.limit.window_s
        for first, last in zip(self.arrived_s, self.arrived_s[calls:], strict=False):
            assert last - first > window_s, f"{calls + 1} calls within {last - first} s"

    def teardown(self) -> None:
        """Whoever waits gets through once replies come."""
        if not hasattr(self, "pacer"):
            return
        self.ghosts.clear()
        for _ in range(10_000):
            while self.under_way:
                self.reply(0, refused=False)
            if not self.waiting:
                return
            self.let_go()
            self.now_s += self.limit.window_s / 10
        raise AssertionError(f"{len(self.waiting)} calls still wait")

    def _arrive(self, call: Call) -> None:
        if not call.has_arrived:
            call.has_arrived = True
            self.arrived_s.append(self.now_s)
