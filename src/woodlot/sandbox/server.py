"""This file is the sandbox at work: REST and both streams on one port, and the loops that keep its market moving."""

import asyncio
import contextlib
import ipaddress
import logging
import math
import secrets
from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from types import TracebackType

from aiohttp import web

from woodlot.clock import Clock, SystemClock
from woodlot.errors import ConfigurationError
from woodlot.sandbox.connections import Connections, Kind
from woodlot.sandbox.crowd import Crowd
from woodlot.sandbox.edge import Edge
from woodlot.sandbox.events import BalancesChanged, Reported, TradePrinted
from woodlot.sandbox.exchange import Exchange
from woodlot.sandbox.feed import Feed, Push
from woodlot.sandbox.gate import Gate
from woodlot.sandbox.handlers import Venue
from woodlot.sandbox.history import History, make_up
from woodlot.sandbox.listen_keys import ListenKeys
from woodlot.sandbox.prices import STEPS_PER_SECOND, FairPrice
from woodlot.sandbox.signatures import ApiKey
from woodlot.sandbox.sockets import public_topics
from woodlot.sandbox.throttle import Throttle
from woodlot.wire.events import BalanceUpdate
from woodlot.wire.topics import Account, Balances, ExecutionReports

START_HOLDINGS = {
    "USDT": Decimal(100_000),
    "BTC": Decimal(2),
    "ETH": Decimal(20),
    "WOO": Decimal(50_000),
}

_STEP_MS = 1000 // STEPS_PER_SECOND
# After a pause of the machine the market goes on from here; it does not race through what it missed.
_MOST_STEPS_AT_ONCE = 4
_OVERDUE_EVERY_MS = 250
_ACCOUNT_EVERY_MS = 1000
_OPEN_CONNECTIONS = 100  # per address (websocket-v3 §2)
_STOP_WITHIN_S = 1.0

_log = logging.getLogger("woodlot.sandbox")


@dataclass(frozen=True, slots=True)
class SandboxOptions:
    """Where to listen and how to behave. `limits` scales the rate limits, None switches them off."""

    host: str = "127.0.0.1"
    port: int = 0
    seed: int = 7
    listen_key_ttl_s: float = 86_400
    limits: float | None = 1.0
    strict: bool = False

    def __post_init__(self) -> None:
        if not _is_loopback(self.host):
            raise ConfigurationError(f"the sandbox listens on loopback only, not on {self.host!r}")
        if not 0 <= self.port <= 65_535:
            raise ConfigurationError(f"port: expected 0 to 65535, got {self.port}")
        if not (math.isfinite(self.listen_key_ttl_s) and self.listen_key_ttl_s > 0):
            raise ConfigurationError(f"listen_key_ttl_s: expected seconds above 0, got {self.listen_key_ttl_s}")
        if self.limits is not None and not (math.isfinite(self.limits) and self.limits > 0):
            raise ConfigurationError(f"limits: expected a factor above 0 or None, got {self.limits}")


class Sandbox:
    """A running exchange with one account: `async with await Sandbox.start(options) as sandbox`."""

    def __init__(self, options: SandboxOptions, *, clock: Clock) -> None:
        """Build everything that needs no socket; use `start`."""
        now_ms = clock.now_ms()
        self._options = options
        self._clock = clock
        self.exchange = Exchange(clock=clock, seed=options.seed)
        self.account_id: str = self.exchange.open_account("woodlot sandbox", START_HOLDINGS).id
        self.api_key = secrets.token_urlsafe(16)
        self.api_secret = secrets.token_hex(16).upper()
        symbols = self.exchange.instruments
        fair = {symbol: FairPrice(symbol, seed=options.seed) for symbol in symbols}
        self._history = History(symbols)
        make_up(self._history, instruments=symbols, fair=fair, seed=options.seed, now_ms=now_ms)
        self._crowd = Crowd(self.exchange, fair=fair, seed=options.seed)
        self._crowd.open()
        self._feed = Feed(self.exchange, now_ms=now_ms)
        self._listen_keys = ListenKeys(life_ms=round(options.listen_key_ttl_s * 1000))
        self._connections = Connections(
            clock=clock,
            keys=self._listen_keys,
            most_per_address=None if options.limits is None else _OPEN_CONNECTIONS,
        )
        self._runner: web.ServerRunner | None = None
        self._loops: list[asyncio.Task[None]] = []
        self._stepped_s = clock.monotonic_s()
        self.port = options.port

    @classmethod
    async def start(cls, options: SandboxOptions, *, clock: Clock | None = None) -> "Sandbox":
        """Start listening and set the market moving. Raises ConfigurationError when the port is taken."""
        sandbox = cls(options, clock=clock or SystemClock())
        await sandbox._listen()
        sandbox._loops = [
            asyncio.create_task(sandbox._every(interval_ms, action), name=f"sandbox {action.__name__}")
            for interval_ms, action in (
                (_STEP_MS, sandbox._move_market),
                (_OVERDUE_EVERY_MS, sandbox._connections.end_overdue),
                (_ACCOUNT_EVERY_MS, sandbox._push_accounts),
            )
        ]
        return sandbox

    async def stop(self) -> None:
        """Close everything, open sockets included. Safe to call twice."""
        loops, self._loops = self._loops, []
        for loop in loops:
            loop.cancel()
        await asyncio.gather(*loops, return_exceptions=True)
        self._connections.cut("all")
        runner, self._runner = self._runner, None
        if runner is not None:
            await runner.cleanup()

    async def __aenter__(self) -> "Sandbox":
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.stop()

    def __repr__(self) -> str:
        return f"Sandbox(rest_url={self.rest_url!r}, api_key={self.api_key!r}, api_secret=<hidden>, seed={self.seed})"

    @property
    def rest_url(self) -> str:
        return f"http://{_host_in_url(self._options.host)}:{self.port}"

    @property
    def ws_url(self) -> str:
        return f"ws://{_host_in_url(self._options.host)}:{self.port}"

    @property
    def seed(self) -> int:
        return self._options.seed

    def cut_streams(self, kind: Kind = "all") -> None:
        """Abort the live sockets of a kind without a close frame, as a failing network does."""
        self._connections.cut(kind)

    async def _listen(self) -> None:
        edge = Edge(
            self._gate(),
            connections=self._connections,
            keys=self._listen_keys,
            clock=self._clock,
            public_topics=public_topics(self.exchange.instruments),
            after_reply=self._after_reply,
        )
        self._runner = web.ServerRunner(edge.server(), shutdown_timeout=_STOP_WITHIN_S)
        await self._runner.setup()
        site = web.TCPSite(self._runner, _host_to_bind(self._options.host), self._options.port)
        try:
            await site.start()
        except OSError as error:
            await self._runner.cleanup()
            raise ConfigurationError(f"cannot listen on port {self._options.port}: {error.strerror}") from error
        self.port = self._runner.addresses[0][1]

    def _gate(self) -> Gate:
        venue = Venue(
            exchange=self.exchange,
            feed=self._feed,
            history=self._history,
            listen_keys=self._listen_keys,
            clock=self._clock,
        )
        keys = {self.api_key: ApiKey(self.api_secret, self.account_id)}
        throttle = Throttle(clock=self._clock, factor=self._options.limits)
        return Gate(venue, keys=keys, throttle=throttle, strict=self._options.strict)

    def _after_reply(self) -> None:
        self._tell()
        self._connections.end_overdue()

    def _move_market(self) -> None:
        passed = round((self._clock.monotonic_s() - self._stepped_s) * STEPS_PER_SECOND)
        self._stepped_s += passed / STEPS_PER_SECOND
        for _ in range(min(passed, _MOST_STEPS_AT_ONCE)):
            self._crowd.step()
        self._tell()
        self._publish(self._feed.tick(now_ms=self._clock.now_ms()))

    def _tell(self) -> None:
        """Pass on what the exchange has to say: to the tape, to everybody, to the accounts concerned."""
        now_ms = self._clock.now_ms()
        for event in self.exchange.take_events():
            match event:
                case TradePrinted(symbol, price, quantity, side, ts):
                    self._history.record(symbol, price=price, quantity=quantity, side=side, ts=ts)
                    self._publish([self._feed.trade(symbol, price=price, quantity=quantity, side=side, ts=ts)])
                case Reported(account_id, report):
                    self._connections.publish(ExecutionReports().name, report, ts=now_ms, account_id=account_id)
                case BalancesChanged(account_id, balances):
                    update = BalanceUpdate(balances=balances)
                    self._connections.publish(Balances().name, update, ts=now_ms, account_id=account_id)
        self._publish(self._feed.touches(now_ms=now_ms))

    def _publish(self, pushes: list[Push]) -> None:
        now_ms = self._clock.now_ms()
        for topic, event in pushes:
            self._connections.publish(topic, event, ts=now_ms)

    def _push_accounts(self) -> None:
        for account_id in self._connections.accounts_on(Account().name):
            state = self.exchange.account_state(account_id)
            self._connections.publish(Account().name, state, ts=self._clock.now_ms(), account_id=account_id)

    async def _every(self, interval_ms: int, action: Callable[[], None]) -> None:
        """Run `action` at each multiple of the interval; a fault in it is logged, the next round comes."""
        while True:
            await asyncio.sleep((interval_ms - self._clock.now_ms() % interval_ms) / 1000)
            try:
                action()
            except Exception:  # noqa: BLE001 - a market that stands still would be the worse fault
                _log.exception("a background task of the sandbox failed; it goes on with the next round")


def _is_loopback(host: str) -> bool:
    if host == "localhost":
        return True
    with contextlib.suppress(ValueError):
        return ipaddress.ip_address(host).is_loopback
    return False


def _host_to_bind(host: str) -> str:
    # "localhost" may stand for two addresses, and port 0 would then be two ports.
    return "127.0.0.1" if host == "localhost" else host


def _host_in_url(host: str) -> str:
    bound = _host_to_bind(host)
    return f"[{bound}]" if ":" in bound else bound
