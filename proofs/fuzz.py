"""This file is the proof that the sandbox stands whatever it is sent: `python -m proofs.fuzz --requests 100000`.

Three parts: requests to every endpoint, frames to both streams, and forgeries. Nothing may be answered with a 5xx that
the real exchange does not answer with, nothing may be logged that an operator would have to look at, nothing that was
refused may change the ledger, and no forgery may get in. The first broken promise ends it with the case and the one
command that repeats it.
"""

import argparse
import asyncio
import json
import sys
import time
from collections import Counter
from random import Random
from typing import Any

from proofs.experiment import Outcome
from proofs.forgeries import Forgeries, Key
from proofs.frame_cases import FrameCase, FrameCases
from proofs.fuzzed import Broken, Fuzzed, Ledger, fuzzed
from proofs.raw_frames import Frame, Opcode, RawSocket, framed
from proofs.raw_http import PATIENCE_S, RawConnection, Reply
from proofs.rest_cases import Case, RestCases
from woodlot.sandbox.sockets import PRIVATE_TOPICS, public_topics

_PER_SEED = 1_000
_TIDY_EVERY = 500
_MOVE_EVERY = 20
_FRAMES_AT_ONCE = 20
_FORGERIES_AT_ONCE = 20
_CLOSED = "close frame"


async def fuzz_requests(floor: Fuzzed, *, count: int, seed: int) -> Counter[str]:
    """Send so many requests. Raises Broken."""
    cases, told = RestCases(floor.world, Random(seed)), Counter[str]()
    connection, before, sent = RawConnection(floor.world.port), floor.ledger(), 0
    while sent < count:
        case = cases.next()
        try:
            replies, before = await _send(floor, connection, case, before)
            more = max(1, case.replies)
            sent += more
            if sent % _TIDY_EVERY < more:
                await floor.tidy()
            if sent % _MOVE_EVERY < more:
                before = floor.move()
        except (Broken, TimeoutError) as error:
            shown = b" | ".join(case.pieces)[:2_000]
            raise Broken(f"request {sent}: {error or 'no reply in time'}\n{shown!r}") from None
        told.update(f"HTTP {reply.status}" for reply in replies)
    await connection.close()
    return told


async def fuzz_frames(floor: Fuzzed, *, count: int, seed: int) -> Counter[str]:
    """Send so many frames, to both streams in turn. Raises Broken."""
    topics = [*sorted(public_topics(floor.sandbox.exchange.instruments)), *sorted(PRIVATE_TOPICS)]
    cases, told = FrameCases(topics, Random(seed)), Counter[str]()
    sockets: dict[str, RawSocket | None] = {"public": None, "private": None}
    for number in range(-(-count // _FRAMES_AT_ONCE)):
        stream = ("public", "private")[number % 2]
        batch = cases.batch(_FRAMES_AT_ONCE)
        try:
            async with asyncio.timeout(PATIENCE_S):
                socket = sockets[stream] or await RawSocket.connect(floor.world.port, await _target(floor, stream))
                sockets[stream] = await _say(floor, socket, batch, number, told)
            if number % _TIDY_EVERY == 0:
                await floor.tidy()
        except (Broken, TimeoutError) as error:
            shown = b" | ".join(case.data[:300] for case in batch)
            raise Broken(f"batch {number} on {stream}: {error or 'no answer in time'}\n{shown!r}") from None
    for socket in sockets.values():
        if socket is not None:
            await socket.close()
    return told


async def forge(floor: Fuzzed, *, count: int, seed: int) -> Counter[str]:
    """Try to get in so many times. Raises Broken."""
    limited = [await _key(floor, permissions=[word]) for word in ("READ", "TRADE", "WITHDRAWAL")]
    revoked = await _key(floor)
    elsewhere = await _key(floor, allowedIPs=["10.0.0.9"])
    await floor.call("DELETE", f"/sandbox/keys?key={revoked.key}".encode())
    forgeries = Forgeries(floor.world, Random(seed), limited=limited, elsewhere=elsewhere, revoked=revoked)
    told, connection = Counter[str](), RawConnection(floor.world.port)
    for _ in range(-(-count // _FORGERIES_AT_ONCE)):
        # First the move: what is stale by a millisecond must not be overtaken.
        before = floor.move()
        batch = [forgeries.next() for _ in range(_FORGERIES_AT_ONCE)]
        replies = await connection.exchange([b"".join(data for _, data in batch)], replies=len(batch))
        for (way, data), reply in zip(batch, replies, strict=True):
            code = json.loads(reply.body).get("code")
            if reply.status != 401 or code not in {-1001, -1002}:
                raise Broken(f"{way}: HTTP {reply.status} {reply.body[:100]!r}\n{data!r}")
            told[way] += 1
        if floor.ledger() != before:
            raise Broken("the ledger has changed")
    await connection.close()
    floor.check_log()
    return told


async def _send(floor: Fuzzed, connection: RawConnection, case: Case, before: Ledger) -> tuple[list[Reply], Ledger]:
    """Send one case and look at what comes back; return that, and the ledger. Raises Broken or TimeoutError."""
    replies = await connection.exchange(
        case.pieces, replies=abs(case.replies), has_body=case.has_body, is_odd=case.replies < 0
    )
    succeeded = [floor.check_reply(reply, has_body=case.has_body) for reply in replies]
    if case.replies > 0 and not replies:
        raise Broken("no reply")
    # What is hardly HTTP may have been done, and its reply lost with the connection. To read changes nothing ever.
    may_be_done = not case.only_reads and (any(succeeded) or (case.replies < 0 and not replies))
    after = floor.ledger()
    if not may_be_done and after != before:
        raise Broken("the ledger has changed, and nothing succeeded that may change it")
    return replies, after


async def _say(
    floor: Fuzzed, socket: RawSocket, batch: list[FrameCase], number: int, told: Counter[str]
) -> RawSocket | None:
    """Send frames and then a word that is answered; return the socket, or None when the server ended it."""
    before, sync = floor.move(), f"sync-{number}"
    word = json.dumps({"id": sync, "cmd": "SUBSCRIBE", "params": ["nothing"]}).encode()
    is_there = True
    try:
        await socket.send(b"".join(case.data for case in batch) + framed(word, chance=Random(number)))
        told["frames"] += len(batch)
        while is_there and (answer := _understood(await socket.receive(), told)).get("id") != sync:
            is_there = answer.get("cmd") != _CLOSED
    except (ConnectionError, asyncio.IncompleteReadError):
        told["cut"] += 1
        is_there = False
    if floor.ledger() != before:
        raise Broken("the ledger has changed")
    if not is_there and not batch[-1].ends:
        raise Broken("the connection was ended for nothing")
    if not is_there:
        await socket.close()
    return socket if is_there else None


def _understood(frame: Frame, told: Counter[str]) -> dict[str, Any]:
    """Read what the server said. Raises Broken for what is neither an answer nor data."""
    if frame.opcode == Opcode.CLOSE:
        told[_CLOSED] += 1
        return {"cmd": _CLOSED}
    if frame.opcode != Opcode.TEXT:
        return {}
    message = json.loads(frame.payload)
    if ("cmd" in message) == ("topic" in message):
        raise Broken(f"the server said {frame.payload[:200]!r}")
    told[message.get("cmd", "data")] += 1
    return message


async def _target(floor: Fuzzed, stream: str) -> str:
    if stream == "public":
        return "/v3/public"
    reply = await floor.call("POST", b"/v3/account/listenKey", b'{"type":"WEBSOCKET"}')
    return f"/v3/private?key={reply['data']['authKey']}"


async def _key(floor: Fuzzed, **fields: list[str]) -> Key:
    made = await floor.call("POST", b"/sandbox/keys", json.dumps(fields).encode())
    return Key(made["apiKey"], made["apiSecret"], " ".join(made["permissions"]))


_PARTS = {"requests": fuzz_requests, "frames": fuzz_frames, "forgeries": forge}


async def run(*, seed: int, **counts: int) -> None:
    """Run the parts that have a count, each on an exchange of its own. Raises Broken."""
    for name, count in counts.items():
        if count:
            started_s = time.perf_counter()
            async with fuzzed(seed) as floor:
                told = await _PARTS[name](floor, count=count, seed=seed)
            print(f"{count} {name}, seed {seed}, {time.perf_counter() - started_s:.0f} s: all well")
            print("   " + ", ".join(f"{number} {word}" for word, number in told.most_common()))


def prove(seeds: range, scale: float) -> Outcome:  # noqa: ARG001 - a share of it is fewer seeds
    """Do a thousand of each with every seed."""
    outcome = Outcome()
    for seed in seeds:
        try:
            asyncio.run(run(seed=seed, **dict.fromkeys(_PARTS, _PER_SEED)))
        except Broken as error:
            outcome.fail(seed, str(error))
        outcome.ran.update(dict.fromkeys(_PARTS, _PER_SEED))
    return outcome


def main() -> int:
    options = _options()
    counts = {name: getattr(options, name) for name in _PARTS}
    try:
        asyncio.run(run(seed=options.seed, **counts))
    except Broken as error:
        again = " ".join(f"--{name} {count}" for name, count in counts.items() if count)
        print(f"{error}\nagain: python -m proofs.fuzz --seed {options.seed} {again}")
        return 1
    return 0


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m proofs.fuzz", description=__doc__)
    for name in _PARTS:
        parser.add_argument(f"--{name}", type=int, default=0)
    parser.add_argument("--seed", type=int, default=1)
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
