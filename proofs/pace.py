"""This file is an hour at an exchange that is not there: clients that want more than the limits allow, in virtual time.

    python -m proofs.pace --seconds 3600

Every shape of limit in rest-v3 §4.2, fixed and sliding windows at once, server clocks up to 5 s off and running by a
ten-thousandth faster, latencies of 1 to 2,000 ms there and back; eight clients that share one pacer, and eight
programs that know nothing of each other but their share.
"""

import argparse
import heapq
import random
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from itertools import count

from proofs.experiment import Outcome
from woodlot.rest.counter import Counter, Place
from woodlot.rest.lanes import Lane
from woodlot.wire.limits import LIMITS, Limit

SHAPES = sorted({(limit.calls, limit.window_s) for limit in LIMITS.values()})
_SERVER_CLOCK_RATE = 1.0001

# Long enough for a hundred of the usual windows.
_SECONDS = 600.0
_LEAST_USED = 0.85

Latency = Callable[[random.Random], float]


def erratic(chance: random.Random) -> float:
    """Most of the time quick, at times very slow: 1 to 2,000 ms, the whole way."""
    return 10 ** chance.uniform(-3, 0.301)


def steady(_: random.Random) -> float:
    return 0.05


@dataclass
class Server:
    """Both kinds of window at once; a call that breaks either is a 429."""

    limit: Limit
    clock_off_s: float
    fixed_window: int = -1
    in_fixed: int = 0
    recent: deque[float] = field(default_factory=deque[float])
    taken: int = 0
    refused: int = 0

    def take(self, now_s: float) -> bool:
        """Count a call that arrives now; return whether it is within the limit."""
        time_s = now_s * _SERVER_CLOCK_RATE + self.clock_off_s
        window = int(time_s // self.limit.window_s)
        if window != self.fixed_window:
            self.fixed_window, self.in_fixed = window, 0
        while self.recent and time_s - self.recent[0] >= self.limit.window_s:
            self.recent.popleft()
        self.in_fixed += 1
        self.recent.append(time_s)
        self.taken += 1
        is_within = self.in_fixed <= self.limit.calls and len(self.recent) <= self.limit.calls
        self.refused += not is_within
        return is_within


@dataclass(frozen=True)
class Result:
    limit: Limit
    taken: int
    refused: int
    of_allowance: float


def simulate(
    limit: Limit,
    *,
    pacers: int,
    share: float,
    latency: Latency,
    seconds: float,
    seed: int,
    kind: type[Counter] = Counter,
) -> Result:
    """Run eight clients, spread over this many pacers, each of which always wants to call."""
    chance = random.Random(seed)
    server = Server(limit, clock_off_s=chance.uniform(-5, 5))
    simulation = Simulation(server, latency, chance)
    counters = [kind(limit, share=share) for _ in range(pacers)]
    for client in range(8):
        simulation.at(chance.uniform(0, 1), partial(simulation.want, counters[client % pacers]))
    simulation.run(seconds)
    return Result(limit, server.taken, server.refused, server.taken * limit.window_s / (limit.calls * seconds))


def prove(seeds: range, scale: float) -> Outcome:  # noqa: ARG001 - a share of it is fewer seeds
    """Draw a limit, a latency and how many know of each other, for each seed: ten minutes of wanting more."""
    outcome = Outcome()
    for seed in seeds:
        chance = random.Random(seed)
        calls, window_s = chance.choice(SHAPES)
        # Where an eighth is less than one call a 429 is possible, and argued in docs/decisions/0008.
        pacers = chance.choice((1, 8)) if calls >= 8 else 1
        latency = chance.choice((steady, erratic))
        seconds = max(_SECONDS, 100 * window_s)
        result = simulate(
            Limit(calls, window_s), pacers=pacers, share=1 / pacers, latency=latency, seconds=seconds, seed=seed
        )
        drawn = f"{calls} calls in {window_s:g} s, {pacers} pacers, {latency.__name__} latency"
        outcome.drawn[seed] = drawn
        outcome.ran.update({"calls": result.taken, "429": result.refused})
        outcome.injected[f"{latency.__name__} latency, {'all share a pacer' if pacers == 1 else '8 pacers'}"] += 1
        if result.refused:
            outcome.fail(seed, f"{result.refused} of {result.taken} calls met a 429 ({drawn})")
        least = _LEAST_USED * pacers * (calls // pacers) / calls
        if latency is steady and result.of_allowance < least:
            outcome.fail(seed, f"only {result.of_allowance:.1%} of the allowance was used ({drawn})")
        if latency is steady and pacers == 1:
            outcome.worst["% of the allowance left unused"] = max(
                100 * (1 - result.of_allowance), outcome.worst.get("% of the allowance left unused", 0.0)
            )
    return outcome


class Simulation:
    """What happens when, in order."""

    def __init__(self, server: Server, latency: Latency, chance: random.Random) -> None:
        self._server = server
        self._latency = latency
        self._chance = chance
        self._numbers = count()
        self._events: list[tuple[float, int, Callable[[float], None]]] = []

    def at(self, time_s: float, what: Callable[[float], None]) -> None:
        heapq.heappush(self._events, (time_s, next(self._numbers), what))

    def run(self, seconds: float) -> None:
        while self._events and self._events[0][0] < seconds:
            now_s, _, what = heapq.heappop(self._events)
            what(now_s)

    def want(self, counter: Counter, now_s: float) -> None:
        place = Place(Lane.READ, next(self._numbers))
        counter.enter(place)
        self._ask(counter, place, now_s)

    def _ask(self, counter: Counter, place: Place, now_s: float) -> None:
        wait_s = counter.wait_s(place, now_s=now_s)
        if wait_s:
            # A sleep is never shorter than asked for, and often a little longer.
            self.at(now_s + wait_s + self._chance.uniform(0, 0.002), partial(self._ask, counter, place))
            return
        round_trip_s = self._latency(self._chance)
        arrives_s = now_s + round_trip_s * self._chance.random()
        self.at(arrives_s, partial(self._arrive, counter, now_s + round_trip_s))
        self.at(now_s, partial(self.want, counter))

    def _arrive(self, counter: Counter, reply_s: float, now_s: float) -> None:
        hear = self._accepted if self._server.take(now_s) else self._refused
        self.at(reply_s, partial(hear, counter))

    def _accepted(self, counter: Counter, now_s: float) -> None:
        counter.free_after(now_s)

    def _refused(self, counter: Counter, now_s: float) -> None:
        counter.free_after(now_s)
        counter.slow_down(now_s=now_s)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=3600)
    parser.add_argument("--seed", type=int, default=1)
    arguments = parser.parse_args()
    print("limit       pacers  share  latency   calls    429   of the allowance")
    for calls, window_s in SHAPES:
        for pacers, share in ((1, 1.0), (8, 1 / 8)):
            for latency in (steady, erratic):
                result = simulate(
                    Limit(calls, window_s),
                    pacers=pacers,
                    share=share,
                    latency=latency,
                    seconds=arguments.seconds,
                    seed=arguments.seed,
                )
                print(
                    f"{calls:3} / {window_s:3.0f} s  {pacers:5}  {share:6.3f}  {latency.__name__:8} "
                    f"{result.taken:7} {result.refused:5}   {result.of_allowance:6.1%}"
                )


if __name__ == "__main__":
    main()
