"""This file is the sandbox at work: REST and both streams on one port, and the loops that keep its market moving."""

import asyncio
import logging
import secrets
from collections.abc import Callable, Sequence
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from types import TracebackType

from aiohttp import web

from woodlot.clock import Clock, SystemClock
from woodlot.errors import ConfigurationError
from woodlot.sandbox.back_office import BackOffice
from woodlot.sandbox.connections import Connections, Kind
from woodlot.sandbox.control import Control
from woodlot.sandbox.edge import Edge
from woodlot.sandbox.exchange import Exchange
from woodlot.sandbox.faults import Faults, SkewedClock
from woodlot.sandbox.front_office import FrontOffice
from woodlot.sandbox.gate import Gate
from woodlot.sandbox.handlers import Venue
from woodlot.sandbox.listen_keys import ListenKeys
from woodlot.sandbox.options import SandboxOptions
from woodlot.sandbox.prices import STEPS_PER_SECOND
from woodlot.sandbox.scenarios import Scenario
from woodlot.sandbox.signatures import ApiKey
from woodlot.sandbox.simulation import STEP_MS, Simulation, Telling
from woodlot.sandbox.sockets import public_topics
from woodlot.sandbox.state import State, describe
from woodlot.sandbox.throttle import Throttle
from woodlot.wire.topics import Account, ExecutionReports

__all__ = ["START_HOLDINGS", "Sandbox", "SandboxOptions"]

START_HOLDINGS = {
    "USDT": Decimal(100_000),
    "BTC": Decimal(2),
    "ETH": Decimal(20),
    "WOO": Decimal(50_000),
}

# After a pause of the machine the market goes on from here; it does not race through what it missed.
_MOST_STEPS_AT_ONCE = 4
_OVERDUE_EVERY_MS = 250
_ACCOUNT_EVERY_MS = 1000
_STOP_WITHIN_S = 1.0

_log = logging.getLogger("woodlot.sandbox")


class Sandbox:
    """A running exchange with one account: `async with await Sandbox.start(options) as sandbox`."""

    def __init__(self, options: SandboxOptions, *, clock: Clock) -> None:
        """Build everything that needs no socket; use `start`."""
        self._options = options
        self.faults = Faults(clock=clock, seed=options.seed, faults=options.faults)
        self._clock = SkewedClock(clock, self.faults)
        self.api_key = secrets.token_urlsafe(16)
        self.api_secret = secrets.token_hex(16).upper()
        office = self._load_or_build(options)
        # Of a saved exchange both are its own.
        options = replace(options, state=None, seed=self.simulation.seed, quirks=self.simulation.quirks)
        self._options = options
        self._scenario = Scenario.read(options.scenario) if options.scenario else None
        self._listen_keys = ListenKeys(
            life_ms=round(options.listen_key_ttl_s * 1000), scope=options.quirks.listen_key_scope
        )
        self.connections = Connections(
            clock=self._clock,
            keys=self._listen_keys,
            factor=options.limits,
            quirks=options.quirks,
            faults=self.faults,
            life_s=options.connection_life_s,
        )
        self._venue = self._open_venue(office)
        self._keys = {self.api_key: ApiKey(self.api_secret, self.account_id)}
        self._open_gate = self._gate()
        self._runner: web.ServerRunner | None = None
        self._loops: list[asyncio.Task[None]] = []
        self._stepped_s = clock.monotonic_s()
        self._keys_seen = 0
        self.port = options.port

    @classmethod
    async def start(cls, options: SandboxOptions, *, clock: Clock | None = None, by_hand: bool = False) -> "Sandbox":
        """Start listening and set the market moving. Raises ConfigurationError when the port is taken.

        With `by_hand` nothing happens but what requests ask for and what `move` is called for.
        """
        sandbox = cls(options, clock=clock or SystemClock())
        await sandbox._listen()
        sandbox._loops = (
            []
            if by_hand
            else [
                asyncio.create_task(sandbox._every(interval_ms, action), name=f"sandbox {action.__name__}")
                for interval_ms, action in (
                    (STEP_MS, sandbox._move_market),
                    (_OVERDUE_EVERY_MS, sandbox.connections.end_overdue),
                    (_ACCOUNT_EVERY_MS, sandbox._push_accounts),
                )
            ]
        )
        return sandbox

    async def stop(self) -> None:
        """Close everything, open sockets included. Safe to call twice."""
        loops, self._loops = self._loops, []
        for loop in loops:
            loop.cancel()
        await asyncio.gather(*loops, return_exceptions=True)
        self.connections.cut("all")
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
    def exchange(self) -> Exchange:
        return self.simulation.exchange

    @property
    def rest_url(self) -> str:
        return f"http://{_host_in_url(self._options.host)}:{self.port}"

    @property
    def ws_url(self) -> str:
        return f"ws://{_host_in_url(self._options.host)}:{self.port}"

    @property
    def seed(self) -> int:
        return self._options.seed

    def move(self) -> None:
        """Do now what is done as time passes, for as much of it as has passed on the clock."""
        self._move_market()
        self.connections.end_overdue()
        self._push_accounts()

    def cut_streams(self, kind: Kind = "all") -> None:
        """Abort the live sockets of a kind without a close frame, as a failing network does."""
        self.connections.cut(kind)

    def save(self) -> bytes:
        """Return everything that a sandbox started with `state` goes on from."""
        return State(self.simulation, office=self._venue.office, account_id=self.account_id).save()

    def _load_or_build(self, options: SandboxOptions) -> BackOffice | None:
        """Make the market, or go on from a saved one; return the saved back office."""
        if options.state is not None:
            state = State.load(Path(options.state).read_bytes(), clock=self._clock, faults=self.faults)
            self.simulation, self.account_id = state.simulation, state.account_id
            return state.office
        self.simulation = Simulation(
            clock=self._clock,
            seed=options.seed,
            quirks=options.quirks,
            faults=self.faults,
            profile=options.profile,
            quiet=options.quiet,
        )
        self.account_id = self.simulation.open_account("woodlot sandbox", START_HOLDINGS)
        return None

    def _open_venue(self, office: BackOffice | None) -> Venue:
        venue = Venue(
            exchange=self.exchange,
            feed=self.simulation.feed,
            history=self.simulation.history,
            listen_keys=self._listen_keys,
            clock=self._clock,
        )
        if office is not None:
            object.__setattr__(venue, "office", office)
        venue.office.credentials.grant(self.api_key, self.account_id)
        return venue

    async def _listen(self) -> None:
        front = FrontOffice(self._venue.office, keys=self._keys, account_id=self.account_id, now_ms=self._clock.now_ms)
        edge = Edge(
            self._open_gate,
            connections=self.connections,
            keys=self._listen_keys,
            clock=self._clock,
            public_topics=lambda: public_topics(set(self.exchange.instruments) - self.simulation.status.hidden),
            after_reply=self._after_reply,
            control=Control(
                self.faults,
                inspect=lambda: describe(self.simulation),
                save=self.save,
                token=self._options.token,
                services=front.services,
            ),
            is_down=self._is_down,
            faults=self.faults,
            quirks=self._options.quirks,
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
        quirks = self._options.quirks
        throttle = Throttle(clock=self._clock, factor=self._options.limits, quirks=quirks)
        return Gate(
            self._venue,
            keys=self._keys,
            throttle=throttle,
            strict=self._options.strict,
            faults=self.faults,
            quirks=quirks,
            status=self.simulation.status,
        )

    def _is_down(self) -> bool:
        if self.faults.strike("server.restart") is None:
            return False
        self.connections.cut("all")
        return True

    def _after_reply(self) -> None:
        self._tell()
        if self._keys_seen != self._listen_keys.changes:
            self._keys_seen = self._listen_keys.changes
            self.connections.end_overdue()

    def _move_market(self) -> None:
        if self._is_down():
            return
        pace = STEPS_PER_SECOND * self._options.speed
        passed = int((self._clock.monotonic_s() - self._stepped_s) * pace + 1e-6)
        self._stepped_s += passed / pace
        self.simulation.step(min(passed, max(1, round(_MOST_STEPS_AT_ONCE * self._options.speed))))
        if self._scenario is not None:
            self._scenario.play(self.simulation)
        self._tell()
        self._publish(self.simulation.publish(wanted=self.connections.topics(), all_books=False))
        if self._options.quirks.initial_private_state:
            self.connections.greet(self.simulation.state_of, ts=self._clock.now_ms())
        self.connections.suffer()
        self.connections.send_late()

    def _tell(self) -> None:
        """Pass on what the exchange has to say: to everybody, and to the accounts concerned."""
        self._publish(self.simulation.tell(wanted=self.connections.topics()))
        for late in self._open_gate.late_refusals():
            topic, now_ms = ExecutionReports().name, self._clock.now_ms()
            self.connections.publish_data(topic, late.data, ts=now_ms, account_id=late.account_id)

    def _publish(self, tellings: Sequence[Telling]) -> None:
        if not tellings:
            return
        now_ms = self._clock.now_ms()
        for topic, event, account_id in tellings:
            self.connections.publish(topic, event, ts=now_ms, account_id=account_id)

    def _push_accounts(self) -> None:
        for account_id in self.connections.accounts_on(Account().name):
            state = self.exchange.account_state(account_id)
            self.connections.publish(Account().name, state, ts=self._clock.now_ms(), account_id=account_id)

    async def _every(self, interval_ms: int, action: Callable[[], None]) -> None:
        """Run `action` at each multiple of the interval; a fault in it is logged, the next round comes."""
        while True:
            await asyncio.sleep((interval_ms - self._clock.now_ms() % interval_ms) / 1000)
            try:
                action()
            except Exception:  # noqa: BLE001 - a market that stands still would be the worse fault
                _log.exception("a background task of the sandbox failed; it goes on with the next round")


def _host_to_bind(host: str) -> str:
    # "localhost" may stand for two addresses, and port 0 would then be two ports.
    return "127.0.0.1" if host == "localhost" else host


def _host_in_url(host: str) -> str:
    bound = _host_to_bind(host)
    return f"[{bound}]" if ":" in bound else bound
