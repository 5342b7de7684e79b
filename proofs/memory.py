"""This file is the proof of what books weigh: `python -m proofs.memory --books 300 --messages 10000000`.

One process holds so many books, 500 levels on each side, all of them busy; every message goes the whole way from bytes
to book. It must stay below 150 MB, and must not grow by 1 % once it is warm.
"""

import argparse
import asyncio
import random
import sys
import time
from pathlib import Path

from proofs.experiment import Outcome
from woodlot.clock import ManualClock
from woodlot.desk.desk import Desk
from woodlot.desk.live_book import LiveBook, Surroundings
from woodlot.wire.frames import Push, decode_frame
from woodlot.wire.public import Level, OrderBook
from woodlot.wire.topics import BookDeltas

DEPTH = 500
MOST_MB = 150.0
MOST_GROWTH = 0.01
_BOOKS = 300
_MESSAGES = 10_000_000
_LEVELS_PER_MESSAGE = 20
_WARM_AFTER = 0.1
# Fewer messages than this have not yet changed every level once; then growth proves nothing.
_WARM_PER_BOOK = 200
_MIDDLE = 6_000_000
_START_TS = 1_790_000_000_000


class Proof:
    """Books, and an exchange that keeps them busy: sizes change, levels leave the window and come back."""

    def __init__(self, books: int) -> None:
        self._chance = random.Random(1)
        self._clock = ManualClock()
        self._topics = [BookDeltas(f"PERP_C{number:03}_USDT", depth=DEPTH) for number in range(books)]
        self._books = [self._book(topic) for topic in self._topics]
        self._ts = [_START_TS] * books
        self._sides = [self._changes(leaves=number) for number in range(DEPTH)]
        self._sent = [0] * books

    async def open(self) -> None:
        for book, topic in zip(self._books, self._topics, strict=True):
            book.subscribed(topic.name)
            ticket = book.take_seed()
            if ticket is None:
                raise RuntimeError("a new book wants no snapshot")
            await book.seed(ticket)

    def run(self, messages: int) -> None:
        """Send so many messages, to each book in turn."""
        for number in range(messages):
            self._send(number % len(self._books))

    def check(self) -> None:
        for book in self._books:
            bids, asks = book.view().bids, book.view().asks
            if not (book.state.value == "SYNCED" and len(bids) >= DEPTH - 1 <= len(asks)):
                raise RuntimeError(f"{book}: {book.reason}, {len(bids)} bids, {len(asks)} asks; nothing is proved")

    def _send(self, place: int) -> None:
        topic, prev_ts = self._topics[place], self._ts[place]
        ts = self._ts[place] = prev_ts + 200
        bids, asks = self._sides[self._sent[place] % len(self._sides)]
        self._sent[place] += 1
        payload = (
            f'{{"topic":"{topic.name}","ts":{ts},"data":{{"ts":{ts},"bids":{bids},"asks":{asks},'
            f'"prevTs":{prev_ts},"s":"{topic.symbol}"}}}}'
        )
        frame = decode_frame(payload.encode())
        if not isinstance(frame, Push):
            raise TypeError(f"not an update: {frame}")
        self._books[place].pushed(frame)

    def _changes(self, *, leaves: int) -> tuple[str, str]:
        """Return changes of both sides: what left before comes back, one level leaves, some change their size."""
        sides: list[str] = []
        for sign in (-1, 1):
            levels = [self._level(sign, (leaves - 1) % DEPTH), f'["{self._price(sign, leaves)}","0"]']
            others = self._chance.sample(range(DEPTH), _LEVELS_PER_MESSAGE // 2 - 2)
            levels += [self._level(sign, other) for other in others if other not in {leaves, (leaves - 1) % DEPTH}]
            sides.append(f"[{','.join(levels)}]")
        return sides[0], sides[1]

    def _level(self, sign: int, step: int) -> str:
        return f'["{self._price(sign, step)}","{self._chance.randint(1, 999_999) / 100_000:.5f}"]'

    def _price(self, sign: int, step: int) -> str:
        return f"{(_MIDDLE + sign * (step + 1)) / 100:.2f}"

    def _book(self, topic: BookDeltas) -> LiveBook:
        async def snapshot() -> OrderBook:
            bids, asks = (
                tuple(Level(price=self._price(sign, step), quantity=f"{step + 1}.00000") for step in range(DEPTH))
                for sign in (-1, 1)
            )
            return OrderBook(asks=asks, bids=bids, timestamp=_START_TS)

        return LiveBook(topic.symbol, depth=DEPTH, around=Surroundings(clock=self._clock, snapshot=snapshot))


def resident_mb() -> float:
    """Return what this process holds in memory (Linux)."""
    status = Path("/proc/self/status").read_text(encoding="ascii")
    [line] = [line for line in status.splitlines() if line.startswith("VmRSS:")]
    return int(line.split()[1]) / 1024


def prove(seeds: range, scale: float) -> Outcome:
    """Let 300 books hear ten million messages, or a share of them; the same for every seed."""
    outcome, messages = Outcome(), round(_MESSAGES * scale)
    for seed in seeds:
        proof = Proof(_BOOKS)
        asyncio.run(proof.open())
        warm = min(messages, max(round(messages * _WARM_AFTER), _WARM_PER_BOOK * _BOOKS))
        proof.run(warm)
        warm_mb = resident_mb()
        proof.run(messages - warm)
        end_mb = resident_mb()
        proof.check()
        outcome.ran["messages"] += messages
        outcome.worst |= {"MB": end_mb, "% growth": (end_mb / warm_mb - 1) * 100}
        if end_mb > MOST_MB or end_mb / warm_mb - 1 > MOST_GROWTH:
            outcome.fail(seed, f"{warm_mb:.1f} MB when warm, {end_mb:.1f} MB at the end")
    return outcome


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m proofs.memory", description=__doc__)
    parser.add_argument("--books", type=int, default=_BOOKS)
    parser.add_argument("--messages", type=int, default=_MESSAGES)
    options = parser.parse_args()
    print(f"{resident_mb():.1f} MB with {Desk.__module__} loaded")
    proof, started_s = Proof(options.books), time.perf_counter()
    asyncio.run(proof.open())
    print(f"{resident_mb():.1f} MB with {options.books} books of {DEPTH} levels a side")
    warm = max(int(options.messages * _WARM_AFTER), 1)
    proof.run(warm)
    warm_mb = resident_mb()
    print(f"{warm_mb:.1f} MB after {warm} messages", flush=True)
    for sent in range(warm, options.messages, warm):
        proof.run(min(warm, options.messages - sent))
        print(f"{resident_mb():.1f} MB after {min(sent + warm, options.messages)} messages", flush=True)
    end_mb, took_s = resident_mb(), time.perf_counter() - started_s
    proof.check()
    growth = end_mb / warm_mb - 1
    each_us = took_s / options.messages * 1e6
    print(f"{end_mb:.1f} MB after {options.messages} messages, {growth:+.2%}, {each_us:.1f} us each")
    is_warm = warm >= _WARM_PER_BOOK * options.books
    if end_mb > MOST_MB or (is_warm and growth > MOST_GROWTH):
        print(f"broken: at most {MOST_MB} MB and {MOST_GROWTH:.0%} growth")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
