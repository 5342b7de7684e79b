"""This file is the proof of a month: `python -m proofs.month --seeds 100`.

Each seed is 30 virtual days of the private stream, its key ring and the books: keys and sockets of 24 hours, an
endpoint for keys that answers 429 for spells, a network that fails, a key stolen now and then, and for some hours a
second owner who holds on to it as we do. There is no regular look at REST: each hole has to be filled as it closes.
Two things are slower than at the exchange, so that a month takes seconds: `account` comes every 4 minutes, not each
second, and PINGs are as rare.
"""

import argparse
import asyncio
import contextlib
import random
import sys
import time
from collections import Counter

from proofs.experiment import Outcome
from proofs.key_venue import ACCOUNT_EVERY_S, KeyVenue
from proofs.simulation.loop import run
from woodlot.clock import ManualClock
from woodlot.config import Environment
from woodlot.desk.bookkeeping import Books
from woodlot.desk.journal import Journal
from woodlot.desk.recovery import look
from woodlot.errors import WoodlotError
from woodlot.orders.fills import Fill
from woodlot.orders.reconcile import SECOND_PASS_MS
from woodlot.stream.budget import CONNECTS, Budget
from woodlot.stream.continuity import Resumed
from woodlot.stream.private import PrivateStream
from woodlot.stream.rules import Rules
from woodlot.wire.events import ExecutionReport
from woodlot.wire.frames import Push

_DAY_S = 86_400.0
_RULES = Rules(ping_every_s=ACCOUNT_EVERY_S)
_SILENCE_S = 1.5 * ACCOUNT_EVERY_S
_MOST_KEYS, _WITHIN_S = 5, 10.0
# Both owners' pauses have grown after some hours; then each waits 450 s at least (stream.keyring).
_GROWN_S = 2 * 3600.0
_MOST_KEYS_AN_HOUR = 16


class Month:
    """One seed. `problems` is empty if all is well."""

    def __init__(self, seed: int, *, days: float = 30.0) -> None:
        self._chance = random.Random(seed)
        self._days = days
        self._clock = ManualClock()
        self._venue = KeyVenue(self._clock, self._chance)
        self.problems: list[str] = []
        self.told: list[int] = []
        self.happened: Counter[str] = Counter()
        self.worst_keys_an_hour = 0

    def __call__(self) -> "Month":
        run(self._run(), clock=self._clock)
        return self

    async def _run(self) -> None:
        self._books = Books(Journal(), executed=self._executed)
        self._books.open(self._clock.now_ms())
        stream = self._stream("ours")
        work = [self._venue.send_accounts(), self._trade(), self._steal(), self._rival(), self._refuse(), self._fail()]
        async with stream:
            tasks = [asyncio.create_task(one) for one in (*work, self._listen(stream), self._tick())]
            await asyncio.sleep(self._days * _DAY_S)
            for task in tasks[1 : len(work)]:
                task.cancel()
            self._venue.is_down = self._venue.refuses_keys = False
            # Longer than the longest pause between keys, and than a hole takes.
            await asyncio.sleep(3600.0)
            for task in tasks:
                task.cancel()
            ended = await asyncio.gather(*tasks, return_exceptions=True)
        self.problems += [f"the proof itself broke: {error!r}" for error in ended if isinstance(error, Exception)]
        self._check()

    def _stream(self, owner: str) -> PrivateStream:
        return PrivateStream(
            Environment.live(),
            lambda: self._venue.make_key(owner),
            clock=self._clock,
            chance=self._chance,
            dialer=self._venue,
            connects=Budget(CONNECTS, clock=self._clock, sleep=asyncio.sleep),
            rules=_RULES,
            account_silence_s=_SILENCE_S,
        )

    # The program.

    async def _listen(self, stream: PrivateStream) -> None:
        async for heard in stream:
            match heard:
                case Push(event=ExecutionReport() as report):
                    self._books.keep(self._books.tracker.report(report, at_ms=self._clock.now_ms()))
                case Resumed():
                    self.happened["holes"] += 1
                    await self._look()
                    asyncio.get_running_loop().call_later(SECOND_PASS_MS / 1000, self._look_again)
                case _:
                    pass

    def _look_again(self) -> None:
        self._second = asyncio.create_task(self._look())

    async def _look(self) -> None:
        while True:
            asking = look(self._books, now_ms=self._clock.now_ms)
            try:
                request = next(asking)
                while True:
                    request = asking.send(await self._venue.send(request))
            except StopIteration:
                return
            except WoodlotError:
                asking.close()
                await asyncio.sleep(1.0)

    async def _tick(self) -> None:
        while True:
            await asyncio.sleep(60.0)
            self._books.keep(self._books.tracker.due(self._clock.now_ms()))

    def _executed(self, fill: Fill) -> None:
        self.told.append(fill.trade_id)

    # What happens.

    async def _trade(self) -> None:
        while True:
            await asyncio.sleep(self._chance.expovariate(1 / 1200))
            for _ in range(self._chance.randint(1, 4)):
                self._venue.fill()
                await asyncio.sleep(self._chance.uniform(0, 3.0))

    async def _steal(self) -> None:
        """Make a key as another program does that is started once."""
        while True:
            await asyncio.sleep(self._chance.expovariate(1 / (1.5 * _DAY_S)))
            with contextlib.suppress(WoodlotError):
                await self._venue.make_key("thief")
            self.happened["thefts"] += 1
            for _ in range(3):
                self._venue.fill()
                await asyncio.sleep(self._chance.uniform(0, 5.0))

    async def _rival(self) -> None:
        """Let a second owner be at work for some hours, by the same rules."""
        await asyncio.sleep(self._chance.uniform(0.1, 0.7) * self._days * _DAY_S)
        lasts_s = self._chance.uniform(4, 12) * 3600.0
        began_s = self._clock.monotonic_s()
        async with self._stream("rival"):
            await asyncio.sleep(lasts_s)
        self.happened["hours with a rival"] += round(lasts_s / 3600)
        made_s = [at_s for at_s in self._venue.made_s if began_s + _GROWN_S <= at_s <= began_s + lasts_s]
        hours = (sum(1 for at_s in made_s if 0 <= at_s - since_s < 3600.0) for since_s in made_s)
        self.worst_keys_an_hour = max(hours, default=0)

    async def _refuse(self) -> None:
        """Answer 429 to calls for a key, for a spell."""
        while True:
            await asyncio.sleep(self._chance.expovariate(1 / (2 * _DAY_S)))
            self._venue.refuses_keys = True
            await asyncio.sleep(self._chance.uniform(60, 3600))
            self._venue.refuses_keys = False

    async def _fail(self) -> None:
        """Cut the network, for a moment or some minutes."""
        while True:
            await asyncio.sleep(self._chance.expovariate(1 / (0.5 * _DAY_S)))
            self.happened["outages"] += 1
            self._venue.is_down = True
            self._venue.cut()
            for _ in range(self._chance.randint(0, 3)):
                self._venue.fill()
                await asyncio.sleep(self._chance.uniform(0, 60.0))
            self._venue.is_down = False

    # What must hold.

    def _check(self) -> None:
        truth, told = [row.id for row in self._venue.fills], Counter(self.told)
        self.happened["fills"] = len(truth)
        self.happened["429"] = self._venue.refused
        ours_s = [at_s for at_s, owner in self._venue.asked_s if owner == "ours"]
        self.happened["calls for keys"] = len(ours_s)
        if lost := sorted(set(truth) - told.keys()):
            self.problems.append(f"lost: {lost[:5]} ({len(lost)})")
        if twice := [number for number, count in told.items() if count > 1]:
            self.problems.append(f"told twice: {twice[:5]}")
        window = zip(ours_s, ours_s[_MOST_KEYS:], strict=False)
        if any(later - earlier < _WITHIN_S for earlier, later in window):
            self.problems.append(f"more than {_MOST_KEYS} calls for a key within {_WITHIN_S:.0f} s")
        if self.worst_keys_an_hour > _MOST_KEYS_AN_HOUR:
            self.problems.append(f"two owners made {self.worst_keys_an_hour} keys within an hour")


def prove(seeds: range, scale: float) -> Outcome:  # noqa: ARG001 - a share of it is fewer seeds
    """Run a month for each seed."""
    outcome = Outcome()
    for seed in seeds:
        month = Month(seed)()
        for problem in month.problems:
            outcome.fail(seed, problem)
        outcome.ran.update(
            {"months": 1, **{name: month.happened[name] for name in ("fills", "holes", "calls for keys")}}
        )
        outcome.injected.update({name: month.happened[name] for name in ("thefts", "outages", "429")})
        outcome.worst["keys of two owners in an hour"] = max(
            month.worst_keys_an_hour, outcome.worst.get("keys of two owners in an hour", 0)
        )
    return outcome


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m proofs.month")
    parser.add_argument("--seeds", type=int, default=2, help="how many months")
    parser.add_argument("--first", type=int, default=0, help="the first seed")
    options = parser.parse_args(arguments)
    started_s, total, worst = time.monotonic(), Counter[str](), 0
    for seed in range(options.first, options.first + options.seeds):
        month = Month(seed)()
        total.update(month.happened)
        worst = max(worst, month.worst_keys_an_hour)
        if month.problems:
            print(f"seed {seed}: {'; '.join(month.problems)}")
            print(f"run it again: python -m proofs.month --first {seed} --seeds 1")
            return 1
    figures = ", ".join(f"{count} {name}" for name, count in sorted(total.items()))
    print(
        f"{options.seeds} months from seed {options.first}: {figures}; 0 lost, 0 twice, at most {_MOST_KEYS} keys in "
        f"{_WITHIN_S:.0f} s, {worst} by two owners in an hour at most ({time.monotonic() - started_s:.0f} s)"
    )
    return 0


if __name__ == "__main__":
    sys.exit(main())
