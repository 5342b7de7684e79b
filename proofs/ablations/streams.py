"""This file is the safeguards of streams, in virtual time: zombie detection, key ownership, jitter."""

import asyncio
import itertools
import random
from collections import Counter
from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack

from proofs.ablations.safeguard import Safeguard
from proofs.simulation.floor import SPOT, Floor
from proofs.simulation.loop import run
from proofs.simulation.network import Network, Trace
from proofs.simulation.troubles import CALM, Dice
from woodlot.backoff import Backoff
from woodlot.clock import ManualClock
from woodlot.config import Environment
from woodlot.errors import ConnectionFailed
from woodlot.stream.keyring import THEFT
from woodlot.stream.life import ACCOUNT_SILENCE_S
from woodlot.stream.link import Address, Link
from woodlot.stream.private import PrivateStream
from woodlot.stream.public import PublicStream
from woodlot.wire.account import ListenKey
from woodlot.wire.answer import Time
from woodlot.wire.topics import Bbo

_FOR_EVER_S = 1e9
# A dead key is noticed after 5 s (websocket-v3 §4.3); the rest is for connecting again.
_ALIVE_AGAIN_S = 12.0
# Two owners of one account: what both may make in half an hour and still be called polite.
_OWNERS_S = 1_800.0
_MOST_KEYS = 40
# Programs that lost their connection together, and how many of them may be back within a tenth of a second.
_PROGRAMS = 60
_MOST_TOGETHER = 0.3

_runs = itertools.count()


class Together(Backoff):
    """Wait as long as everybody else."""

    def pause_s(self, attempt: int, chance: random.Random) -> float:
        del chance
        return min(self.ceiling_s, self.first_s * 2.0**attempt)


class Scene:
    """An exchange, a network that is calm, and streams that are put into it."""

    def __init__(self, seed: int) -> None:
        self.chance = random.Random(seed)
        self.clock = ManualClock()
        self.floor = Floor(self.clock, seed=seed % 1_000)
        self.network = Network(self.floor, Dice(self.chance, CALM), Trace(self.floor))
        self.keys_made = 0
        self.dialled_s: list[float] = []

    async def make_key(self) -> ListenKey:
        await asyncio.sleep(0.02)
        self.keys_made += 1
        now_ms = self.clock.now_ms()
        key = self.floor.keys.create(self.floor.account, now_ms=now_ms)
        self.floor.step()
        return ListenKey(auth_key=key.text, expired_time=Time.at(key.expires_ms), timestamp=now_ms)

    def environment(self) -> Environment:
        """Return an address of its own for each program, and so a budget of its own."""
        host = f"stream-{next(_runs)}.simulation.invalid"
        return Environment.at(f"https://{host}", f"wss://{host}")

    def private(self, *, silence_s: float = ACCOUNT_SILENCE_S, theft: Backoff = THEFT) -> PrivateStream:
        return PrivateStream(
            self.environment(),
            self.make_key,
            clock=self.clock,
            chance=random.Random(self.chance.random()),
            dialer=self.network,
            account_silence_s=silence_s,
            key_backoff=theft,
        )

    def play(self, scene: Callable[[], Awaitable[str | None]]) -> str | None:
        async def played() -> str | None:
            heart = asyncio.create_task(self._beat())
            try:
                return await scene()
            finally:
                heart.cancel()
                await asyncio.gather(heart, return_exceptions=True)

        return run(played(), clock=self.clock)[0]

    async def dial(self, address: Address) -> Link:
        """Note every attempt, and refuse while nobody is let in."""
        self.dialled_s.append(self.clock.monotonic_s())
        if self.network.is_down:
            raise ConnectionFailed(str(address), "could not connect")
        return await self.network.dial(address)

    async def close(self) -> None:
        """Nothing is shared between the links."""

    async def _beat(self) -> None:
        while True:
            await asyncio.sleep(1.0)
            self.floor.push_account()


def _zombie(seed: int, removed: bool) -> str | None:  # noqa: FBT001 - what every look is told
    """Let the socket die without a word, and see how long the stream believes in it."""
    scene = Scene(seed)

    async def play() -> str | None:
        async with scene.private(silence_s=_FOR_EVER_S if removed else ACCOUNT_SILENCE_S):
            await asyncio.sleep(scene.chance.uniform(2, 20))
            [link] = scene.network.open_links()
            link.fall_deaf()
            await asyncio.sleep(_ALIVE_AGAIN_S)
            is_alive = any(not one.line.is_deaf for one in scene.network.open_links())
            return None if is_alive else f"still listening to a dead socket {_ALIVE_AGAIN_S:.0f} s later"

    return scene.play(play)


def _owners(seed: int, removed: bool) -> str | None:  # noqa: FBT001 - what every look is told
    """Let two programs own the private stream of one account: each key they make ends the other's."""
    scene = Scene(seed)
    theft = Backoff(first_s=0.0, ceiling_s=0.0) if removed else THEFT

    async def play() -> str | None:
        async with scene.private(theft=theft), scene.private(theft=theft):
            await asyncio.sleep(_OWNERS_S)
        if scene.keys_made <= _MOST_KEYS:
            return None
        return f"two owners made {scene.keys_made} listen keys in {_OWNERS_S / 60:.0f} minutes"

    return scene.play(play)


def _crowd(seed: int, removed: bool) -> str | None:  # noqa: FBT001 - what every look is told
    """Cut many programs off at once, and see whether they come back at once."""
    scene = Scene(seed)
    backoff = (Together if removed else Backoff)(first_s=1.0, ceiling_s=60.0)

    async def play() -> str | None:
        async with AsyncExitStack() as streams:
            for _ in range(_PROGRAMS):
                chance = random.Random(scene.chance.random())
                stream = PublicStream(
                    scene.environment(), clock=scene.clock, chance=chance, dialer=scene, backoff=backoff
                )
                streams.push_async_callback(stream.close)
                stream.subscribe(Bbo(SPOT))
            await asyncio.sleep(5.0)
            scene.dialled_s.clear()
            scene.network.is_down = True
            scene.network.cut_all()
            await asyncio.sleep(8.0)
        most = max(Counter(round(at_s * 10) for at_s in scene.dialled_s).values(), default=0)
        if most <= _MOST_TOGETHER * _PROGRAMS:
            return None
        return f"{most} of {_PROGRAMS} programs came back within the same tenth of a second"

    return scene.play(play)


SAFEGUARDS = (
    Safeguard("key ownership", "a key that dies young is replaced at once", _owners),
    Safeguard("zombie detection", "silence on the account topic means nothing", _zombie),
    Safeguard("jitter", "every program waits as long as the others", _crowd),
)
