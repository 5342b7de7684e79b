"""This file is the exchange's end without sockets: the sandbox's market, gate and sessions, bytes in and bytes out."""

from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal

from proofs.simulation.others import Others
from woodlot.clock import ManualClock
from woodlot.config import Credentials
from woodlot.rest.steps import HttpReply, HttpRequest
from woodlot.sandbox.gate import Arrived, Gate
from woodlot.sandbox.handlers import Venue
from woodlot.sandbox.instruments import LISTING, PERPETUALS
from woodlot.sandbox.listen_keys import ListenKey, ListenKeys
from woodlot.sandbox.pushes import spelled
from woodlot.sandbox.signatures import ApiKey
from woodlot.sandbox.simulation import Simulation, Telling
from woodlot.sandbox.sockets import PRIVATE_TOPICS, Session, public_topics
from woodlot.sandbox.throttle import Throttle
from woodlot.wire.topics import Account

_AROUND = {"SPOT_WOO_USDT": Decimal("0.05"), "PERP_BTC_USDT": Decimal(87_000)}
SPOT, PERPETUAL = _AROUND
MONEY = {"USDT": Decimal(1_000_000), "WOO": Decimal(1_000_000)}
# Funding, marks and margins change by the second at most; looking at them costs more than the trading.
_STEPS_BETWEEN_TICKS = 20
_KEY_LIFE_MS = 24 * 3_600_000
_ACCOUNT = Account().name


@dataclass(eq=False, slots=True)
class Line:
    """The exchange's end of one socket. `push` carries a frame away; `close` tells that the exchange hangs up."""

    session: Session
    key: ListenKey | None
    push: Callable[[bytes], None]
    close: Callable[[int], None]
    is_deaf: bool = False


@dataclass
class Counts:
    """What the exchange did: the honest part of what is called an event."""

    steps: int = 0
    told: int = 0
    calls: int = 0
    commands: int = 0


class Floor:
    """One exchange with one account. Its time is a clock, its chance a seed."""

    def __init__(self, clock: ManualClock, *, seed: int) -> None:
        self.clock = clock
        listing = [item for item in (*LISTING, *PERPETUALS) if item.symbol in {SPOT, PERPETUAL}]
        self.market = Simulation(clock=clock, seed=seed, listing=listing, quiet=True)
        self.exchange = self.market.exchange
        self._others = Others(self.exchange, around=_AROUND, seed=seed)
        self.account = self.market.open_account("ours", MONEY)
        self.credentials = Credentials(f"key of {seed}", "secret")
        self.keys = ListenKeys(life_ms=_KEY_LIFE_MS)
        self.lines: list[Line] = []
        self.counts = Counts()
        self.is_moving = True
        venue = Venue(self.exchange, self.market.feed, self.market.history, self.keys, clock)
        venue.office.credentials.grant(self.credentials.key, self.account)
        self._gate = Gate(
            venue,
            keys={self.credentials.key: ApiKey(self.credentials.secret, self.account)},
            throttle=Throttle(clock=clock),
            strict=True,
        )
        self._public = public_topics(self.exchange.instruments)

    def answer(self, request: HttpRequest) -> HttpReply:
        """Carry out a call that arrives now; what follows from it is pushed behind the reply."""
        self.counts.calls += 1
        reply = self._gate.answer(
            Arrived(request.method, request.target, request.headers, request.body, address="127.0.0.1")
        )
        return HttpReply(reply.status, reply.body)

    def knows(self, key: str) -> ListenKey | None:
        return self.keys.find(key, now_ms=self.clock.now_ms())

    def open(self, key: ListenKey | None, *, push: Callable[[bytes], None], close: Callable[[int], None]) -> Line:
        offered = self._public if key is None else PRIVATE_TOPICS
        line = Line(Session(offered), key, push, close)
        self.lines.append(line)
        return line

    def hear(self, line: Line, text: str) -> None:
        """Take a command from a socket and answer it."""
        if line.is_deaf or line not in self.lines:
            return
        self.counts.commands += 1
        for said in line.session.receive(text, now_ms=self.clock.now_ms()):
            line.push(said.text.encode())

    def hang_up(self, line: Line) -> None:
        if line in self.lines:
            self.lines.remove(line)

    def step(self) -> None:
        """Let 50 ms of market pass."""
        self.counts.steps += 1
        if self.is_moving:
            self._others.step()
        if self.counts.steps % _STEPS_BETWEEN_TICKS == 0:
            self.market.step()
        self.tell()
        wanted = frozenset(topic for line in self.lines for topic in line.session.topics)
        self._publish(self.market.publish(wanted=wanted, all_books=False))
        self._end_dead_keys()

    def tell(self) -> None:
        """Say what has happened."""
        self._publish(self.market.tell())

    def push_account(self) -> None:
        """Say what `account` says each second."""
        self._publish([Telling(_ACCOUNT, self.exchange.account_state(self.account), self.account)])

    def steal_key(self) -> None:
        """Let another program of the account make a key: ours is dead from now on."""
        self.keys.create(self.account, now_ms=self.clock.now_ms())
        self._end_dead_keys()

    def _publish(self, tellings: list[Telling]) -> None:
        now_ms = self.clock.now_ms()
        for topic, event, account in tellings:
            self.counts.told += 1
            listeners = [line for line in self.lines if topic in line.session.topics and _is_for(line, account)]
            if listeners:
                payload = spelled(topic, event, ts=now_ms)
                for line in listeners:
                    line.push(payload)

    def _end_dead_keys(self) -> None:
        now_ms = self.clock.now_ms()
        for line in list(self.lines):
            if line.key is not None and not self.keys.is_current(line.key, now_ms=now_ms):
                self.hang_up(line)
                line.close(1008)


def _is_for(line: Line, account: str | None) -> bool:
    return not line.is_deaf and (line.key.account_id if line.key else None) == account
