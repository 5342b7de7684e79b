"""This file is the sandbox under fuzz: served on a port, its clock moved by hand, its ledger and its log watched."""

import contextlib
import json
import logging
from collections.abc import AsyncGenerator
from decimal import Decimal
from random import Random
from typing import Any, Final, TypeAlias, cast

from proofs.raw_http import RawConnection, Reply, request, signature
from proofs.rest_cases import SYMBOLS, World
from woodlot.clock import ManualClock
from woodlot.sandbox.server import Sandbox, SandboxOptions
from woodlot.sandbox.simulation import STEP_MS
from woodlot.wire.algo import GetAlgoOrders
from woodlot.wire.enums import StatusFilter
from woodlot.wire.trade import GetOrders

Ledger: TypeAlias = tuple[Any, ...]

MOST_OPEN: Final = 15
# What production itself answers with HTTP 500 (rest-v3 §5.2); anything else of that kind is a fault of ours.
_RECORDED_500: Final = ("request id: ", "invalid symbol ", "no funding rate data for ")


class Broken(AssertionError):
    """The exchange did what it must never do."""


class Fuzzed:
    """One exchange, and everything that must hold whatever it is sent."""

    def __init__(self, sandbox: Sandbox, clock: ManualClock, log: "_Log") -> None:
        self.sandbox = sandbox
        self.clock = clock
        self._log = log
        self._chance = Random(sandbox.seed)
        self.world = World(
            port=sandbox.port,
            api_key=sandbox.api_key,
            api_secret=sandbox.api_secret,
            now_ms=clock.now_ms,
            price_of=self._price,
        )

    def ledger(self) -> Ledger:
        """Return everything that an order, a transfer or a setting of ours would change."""
        exchange, account_id = self.sandbox.exchange, self.sandbox.account_id
        open_only = StatusFilter.INCOMPLETE
        return (
            exchange.balances(account_id),
            exchange.orders(account_id, GetOrders(status=open_only, size=500)).rows,
            exchange.algo.orders(account_id, GetAlgoOrders(status=open_only, size=500)).rows,
            exchange.futures.positions(account_id).positions,
            exchange.account_info(account_id),
        )

    def move(self) -> Ledger:
        """Let the market take a step, and return the ledger after it. Without this call nothing of it ever moves.

        A market on a loop of its own would judge mark prices anew between any two requests, however long the clock
        has stood still: the ledger would change, and nobody would be to blame.
        """
        self.clock.advance(STEP_MS / 1000)
        self.sandbox.move()
        return self.ledger()

    async def tidy(self) -> None:
        """Keep what is open within bounds, ask a plain question, hold the books to the last digit."""
        exchange, account_id = self.sandbox.exchange, self.sandbox.account_id
        await self.call("GET", b"/v3/asset/balances")
        if len(exchange.orders(account_id, GetOrders(status=StatusFilter.INCOMPLETE, size=500)).rows) > MOST_OPEN:
            exchange.cancel_all(account_id)
        if problems := exchange.audit():
            raise Broken("; ".join(problems[:3]))
        self.check_log()

    async def call(self, method: str, target: bytes, body: bytes = b"") -> Any:
        """Make a call that is all right and return what it is answered with. Raises Broken."""
        timestamp = str(self.world.now_ms())
        fields = {
            "Host": "x",
            "Content-Length": str(len(body)),
            "x-api-key": self.world.api_key,
            "x-api-timestamp": timestamp,
            "x-api-signature": signature(self.world.api_secret, timestamp, method, target, body),
        }
        connection = RawConnection(self.world.port)
        lines = [(name.encode(), value.encode()) for name, value in fields.items()]
        [reply] = await connection.exchange([request(method, target, lines, body)], replies=1)
        await connection.close()
        if reply.status != 200:
            raise Broken(f"{method} {target!r} is answered with HTTP {reply.status} {reply.body[:200]!r}")
        return json.loads(reply.body)

    def check_log(self) -> None:
        if self._log.told:
            raise Broken(f"the log says: {self._log.told[0]}")

    def check_reply(self, reply: Reply, *, has_body: bool = True) -> bool:
        """Tell whether a reply is a success. Raises Broken for one that must not be."""
        if reply.status == 101:
            return False
        if not has_body:
            return True  # what a HEAD was answered is not seen, so it may have been anything
        try:
            told: Any = json.loads(reply.body)
        except ValueError:
            raise Broken(f"HTTP {reply.status} with {reply.body[:80]!r}, which is no JSON") from None
        if not isinstance(told, dict):
            raise Broken(f"HTTP {reply.status} with {reply.body[:80]!r}, which is no envelope")
        told = cast("dict[str, Any]", told)
        if told.get("code") == 503 and reply.status == 200:
            return False
        message = told.get("message", "")
        if reply.status >= 500 and not any(text in message for text in _RECORDED_500):
            raise Broken(f"HTTP {reply.status}: {reply.body[:200]!r}")
        if told.get("success") is True and reply.status == 200:
            self.world.learn(told)
            return True
        if told.get("success") is not False or reply.status < 400 or not isinstance(message, str) or not message:
            raise Broken(f"HTTP {reply.status}: {reply.body[:200]!r}, which is neither success nor refusal")
        return False

    def _price(self, symbol: str) -> str:
        """Return a price near the market most of the time, on its tick."""
        instrument = self.sandbox.exchange.instruments.get(symbol)
        if instrument is None:
            return "1"
        mid = self.sandbox.exchange.mid(symbol) or Decimal(1)
        part = Decimal(self._chance.choice(("0.8", "0.95", "0.999", "1", "1.001", "1.05", "1.2")))
        return format((mid * part // instrument.quote_tick) * instrument.quote_tick, "f")


@contextlib.asynccontextmanager
async def fuzzed(seed: int) -> AsyncGenerator[Fuzzed]:
    """Serve an exchange whose market moves when it is told to."""
    clock, log = ManualClock(), _Log()
    logging.getLogger().addHandler(log)
    try:
        async with await Sandbox.start(SandboxOptions(seed=seed, limits=None), clock=clock, by_hand=True) as sandbox:
            floor = Fuzzed(sandbox, clock, log)
            assert set(SYMBOLS) <= sandbox.exchange.instruments.keys()  # noqa: S101 - what the cases are about
            yield floor
            await floor.tidy()
    finally:
        logging.getLogger().removeHandler(log)


class _Log(logging.Handler):
    """What is logged that an operator would have to look at."""

    def __init__(self) -> None:
        super().__init__(logging.WARNING)
        self.told: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        # The guide's form body is answered with a word of advice; that is meant for the caller (rest-v3 §2.5).
        if record.levelno >= logging.ERROR or "form body" not in record.getMessage():
            self.told.append(self.format(record))
