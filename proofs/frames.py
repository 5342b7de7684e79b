"""This file is the proof against bad frames: `python -m proofs.frames --frames 100000`.

Each frame is a right one that has been spoilt at random. The book may take it over only if it is a possible next
update after all, and then it must show what an independent reading of it says; else the book stays or is withdrawn.
"""

import argparse
import json
import random
import sys
import time
from collections import Counter
from decimal import Decimal
from typing import Any

from proofs.ear import DEPTH, STARTING_BOOK, SYMBOL, SYNCED_AT, Ear, delta_data, frame
from proofs.experiment import Outcome
from woodlot.book.transition import BookState, Transition
from woodlot.wire.events import BookDelta
from woodlot.wire.frames import Push, decode_frame

_JUNK: tuple[Any, ...] = (
    None, True, False, 0, -1, 1.5, 2**63, 2**70, -(2**70), "", "0", "-1", "NaN", "Infinity", "1e999", "1E-7",
    "0x10", " 1", "1,2", "null", "\u0663", "\ud800", "x" * 5000, [], [[]], [["1"]], [["1", "2", "3"]], {}, {"a": 1},
    [["1", "1"]], [["100.00", "0.000"]], [["102", "5"]], [[1, 2]], [[None, None]], SYMBOL, SYNCED_AT, 250, 300,
)  # fmt: skip


class Broken(AssertionError):
    """A frame did what no frame may do."""


def spoilt(chance: random.Random) -> bytes:
    """Return a frame with something wrong about it, now and then nothing."""
    text = chance.choice((_with_junk, _without_a_key, _with_junk_levels, _wrapped))(chance)
    payload = text.encode("utf-8", "surrogatepass")
    if chance.random() < 0.5:
        return payload
    return chance.choice((_cut, _flipped, _stuffed))(chance, payload)


def judge(ear: Ear, payload: bytes) -> Transition | None:
    """Let the book hear the frame. Raises Broken where it took over what it should not."""
    before = ear.counted
    transition = ear.hear(payload)
    if ear.sync.state is not BookState.SYNCED:
        ear.synchronise()
    elif not ear.is_untouched:
        _check_taken_over(ear, payload)
        ear.synchronise()
    if ear.counted == before and decode_frame(payload).__class__.__name__ not in {"Pong", "Ack"}:
        raise Broken("the frame was counted nowhere")
    return transition


def _check_taken_over(ear: Ear, payload: bytes) -> None:
    match decode_frame(payload):
        case Push(event=BookDelta() as delta):
            pass
        case other:
            raise Broken(f"the book changed by {other}")
    if not (delta.symbol == SYMBOL and delta.prev_ts == SYNCED_AT < delta.ts):
        raise Broken(f"the book changed by an update that does not come next: {delta}")
    for side, levels, start in zip(ear.book, (delta.bids, delta.asks), STARTING_BOOK, strict=True):
        expected = dict(start)
        for price, size in levels:
            expected.pop(Decimal(price), None)
            if Decimal(size):
                expected[Decimal(price)] = Decimal(size)
        if side != expected or len(side) > DEPTH:
            raise Broken(f"the book shows {side} after {delta}")


def _with_junk(chance: random.Random) -> str:
    return frame(delta_data(**{chance.choice(("ts", "prevTs", "s", "bids", "asks", "new")): chance.choice(_JUNK)}))


def _without_a_key(chance: random.Random) -> str:
    if chance.random() < 0.5:
        return frame(delta_data(**{chance.choice(("ts", "prevTs", "s", "bids", "asks")): ...}))
    return frame(delta_data(), **{chance.choice(("topic", "ts", "data")): chance.choice((..., *_JUNK))})


def _with_junk_levels(chance: random.Random) -> str:
    levels = [[chance.choice(("99", *_JUNK)), chance.choice(("1", *_JUNK))] for _ in range(chance.choice((1, 2, 60)))]
    return frame(delta_data(**{chance.choice(("bids", "asks")): levels}))


def _wrapped(chance: random.Random) -> str:
    whole: dict[str, Any] = json.loads(frame(delta_data()))
    wrapped: list[Any] = [
        [whole],
        {"data": whole},
        whole | {"cmd": "SUBSCRIBE", "success": True},
        whole["data"],
        {"id": 7, "cmd": chance.choice(("PONG", "PING", "ERROR", "subscribe", "")), "data": whole},
    ]
    return json.dumps(chance.choice(wrapped))


def _cut(chance: random.Random, payload: bytes) -> bytes:
    return payload[: chance.randrange(len(payload) + 1)]


def _flipped(chance: random.Random, payload: bytes) -> bytes:
    changed = bytearray(payload or b"{")
    for _ in range(chance.choice((1, 1, 3))):
        changed[chance.randrange(len(changed))] = chance.randrange(256)
    return bytes(changed)


def _stuffed(chance: random.Random, payload: bytes) -> bytes:
    at = chance.randrange(len(payload) + 1)
    return payload[:at] + chance.choice((b"\x00", b'"', b"{", b"[" * 2000, b"\xff", b",", b"9" * 400)) + payload[at:]


def run(count: int, *, first: int = 0) -> Counter[str]:
    """Hear so many frames, each made from its own seed. Raises Broken naming it."""
    outcomes, ear = Counter[str](), Ear()
    for seed in range(first, first + count):
        payload = spoilt(random.Random(seed))
        try:
            transition = judge(ear, payload)
        except Exception as error:
            raise Broken(
                f"frame {seed}: {type(error).__name__}: {error}\n{payload[:300]!r}\n"
                f"again: python -m proofs.frames --first {seed} --frames 1"
            ) from error
        outcomes[transition.name if transition else "stopped before the book"] += 1
    return outcomes


def prove(seeds: range, scale: float) -> Outcome:  # noqa: ARG001 - a share of it is fewer seeds
    """Hear one spoilt frame for each seed."""
    outcome, ear = Outcome(), Ear()
    for seed in seeds:
        try:
            transition = judge(ear, spoilt(random.Random(seed)))
        except Exception as error:  # noqa: BLE001 - nothing that a frame holds may raise
            outcome.fail(seed, f"{type(error).__name__}: {error}")
            ear = Ear()
            continue
        outcome.ran["frames"] += 1
        outcome.injected[transition.value if transition else "stopped before the book"] += 1
    return outcome


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m proofs.frames", description=__doc__)
    parser.add_argument("--frames", type=int, default=100_000)
    parser.add_argument("--first", type=int, default=0)
    options = parser.parse_args()
    started_s = time.perf_counter()
    try:
        outcomes = run(options.frames, first=options.first)
    except Broken as broken:
        print(broken)
        return 1
    print(f"{options.frames} frames in {time.perf_counter() - started_s:.0f} s, nothing broken:")
    for name, count in outcomes.most_common():
        print(f"{count:>10}  {name}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
