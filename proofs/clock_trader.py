"""This file is a program whose clock is wrong or which is stopped: `python -m proofs.clock_trader < address`.

It trades, keeps a book, and says ten times a second on one line of JSON what it believes. A line on its input sets its
wall clock off by so many seconds.
"""

import asyncio
import json
import random
import sys
import threading
import time
from contextlib import suppress
from typing import Any

from woodlot.book.transition import BookState
from woodlot.config import Credentials, Environment
from woodlot.desk.desk import Desk
from woodlot.desk.live_book import LiveBook
from woodlot.errors import WoodlotError

SYMBOL = "SPOT_WOO_USDT"
DEPTH = 50
_SAY_EVERY_S = 0.1


class SetClock:
    """The machine's clock, set wrong; what measures spans is not set."""

    def __init__(self) -> None:
        self.offset_s = 0.0

    def now_ms(self) -> int:
        return time.time_ns() // 1_000_000 + round(self.offset_s * 1000)

    def monotonic_s(self) -> float:
        return time.monotonic()

    def obey(self, lines: Any) -> None:
        for line in lines:
            self.offset_s = float(line)


class Trader:
    """A desk in use."""

    def __init__(self, desk: Desk, chance: random.Random) -> None:
        self._desk = desk
        self._chance = chance
        self._told: list[int] = []
        self._acknowledged = 0

    async def work(self) -> None:
        live = await self._desk.book(SYMBOL, DEPTH)
        async with asyncio.TaskGroup() as parts:
            parts.create_task(self._listen())
            parts.create_task(self._order())
            parts.create_task(self._say(live))

    async def _listen(self) -> None:
        async for execution in self._desk.executions():
            self._told.append(execution.trade_id)

    async def _order(self) -> None:
        while True:
            await asyncio.sleep(self._chance.uniform(0.3, 0.9))
            with suppress(WoodlotError):
                orders = self._desk.orders()
                if len(orders) > 5:
                    await self._chance.choice(orders).cancel()
                    continue
                buys = self._chance.random() < 0.5
                verb, price = (self._desk.buy, "0.26") if buys else (self._desk.sell, "0.24")
                order = await verb(SYMBOL, self._chance.randint(60, 400), price=price)
                self._acknowledged += order.order_id is not None

    async def _say(self, live: LiveBook) -> None:
        while True:
            belief: dict[str, Any] = {
                "told": self._told,
                "open": sorted(order.order_id or -1 for order in self._desk.orders()),
                "acknowledged": self._acknowledged,
                "state": live.state.value,
            }
            if live.state is BookState.SYNCED:
                view = live.view()
                sides = ([[str(price), str(size)] for price, size in side] for side in (view.bids, view.asks))
                belief["book"] = [view.ts, *sides]
            print(json.dumps(belief), flush=True)
            await asyncio.sleep(_SAY_EVERY_S)


async def main() -> None:
    address = json.loads(sys.stdin.readline())
    clock = SetClock()
    clock.offset_s = address["offset_s"]
    threading.Thread(target=clock.obey, args=(sys.stdin,), daemon=True).start()
    environment = Environment.at(address["rest_url"], address["ws_url"])
    credentials = Credentials(address["api_key"], address["api_secret"])
    chance = random.Random(address["seed"])
    async with Desk.open(environment, credentials, journal=":memory:", clock=clock, chance=chance) as desk:
        await Trader(desk, chance).work()


if __name__ == "__main__":
    with suppress(KeyboardInterrupt, BrokenPipeError):
        asyncio.run(main())
