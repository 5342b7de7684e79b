"""This file is the exchange's end without sockets: the sandbox's market, gate and sessions, bytes in and bytes out."""

from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal

from proofs.simulation.others import Others
from woodlot.clock import ManualClock
from woodlot.config import Credentials
from woodlot.rest.steps import HttpReply, HttpRequest
from woodlot.sandbox.frame_quirks import FrameQuirks
from woodlot.sandbox.gate import Arrived, Gate
from woodlot.sandbox.handlers import Venue
from woodlot.sandbox.instruments import LISTING, PERPETUALS
from woodlot.sandbox.listen_keys import ListenKey, ListenKeys
from woodlot.sandbox.pushes import spelled
from woodlot.sandbox.quirks import Quirks
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
    is_mute: bool = False
    outlives_key: bool = False


@dataclass
class Counts:
    """What the exchange did: the honest part of what is called an event."""

    steps: int = 0
    told: int = 0
    calls: int = 0
    commands: int = 0


class Floor:
    """One exchange with one account. Its time is a clock, its chance a seed, its doubtful sides are `quirks`."""

    def __init__(
        self, clock: ManualClock, *, seed: int, quirks: Quirks | None = None, key_life_ms: int = _KEY_LIFE_MS
    ) -> None:
        self.clock = clock
        self.quirks = quirks = quirks or Quirks()
        self._frame_quirks = FrameQuirks(quirks)
        listing = [item for item in (*LISTING, *PERPETUALS) if item.symbol in {SPOT, PERPETUAL}]
        self.market = Simulation(clock=clock, seed=seed, listing=listing, quirks=quirks, quiet=True)
        self.exchange = self.market.exchange
        self._others = Others(self.exchange, around=_AROUND, seed=seed)
        self.account = self.market.open_account("ours", MONEY)
        self.credentials = Credentials(f"key of {seed}", "secret")
        self.keys = ListenKeys(life_ms=key_life_ms, scope=quirks.listen_key_scope)
        self.lines: list[Line] = []
        self.counts = Counts()
        self.is_moving = True
        venue = Venue(self.exchange, self.market.feed, self.market.history, self.keys, clock)
        venue.office.credentials.grant(self.credentials.key, self.account)
        self._gate = Gate(
            venue,
            keys={self.credentials.key: ApiKey(self.credentials.secret, self.account)},
            throttle=Throttle(clock=clock, quirks=quirks),
            strict=True,
            quirks=quirks,
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

    def open(
        self,
        key: ListenKey | None,
        *,
        push: Callable[[bytes], None],
        close: Callable[[int], None],
        is_private: bool | None = None,
    ) -> Line:
        """Take a socket in. A private one without a key is refused every topic."""
        is_private = key is not None if is_private is None else is_private
        here, elsewhere = (PRIVATE_TOPICS, self._public) if is_private else (self._public, PRIVATE_TOPICS)
        offered = frozenset[str]() if is_private and key is None else here
        line = Line(Session(offered, elsewhere=elsewhere, quirks=self.quirks), key, push, close)
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
        if self.quirks.initial_private_state:
            self._greet()
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
                payload = self._frame_quirks.respelled(spelled(topic, event, ts=now_ms), topic=topic)
                for line in listeners:
                    line.push(payload)

    def _end_dead_keys(self) -> None:
        now_ms = self.clock.now_ms()
        for line in list(self.lines):
            if line.key is not None and not self.keys.is_current(line.key, now_ms=now_ms):
                self._end_of_key(line)

    def _end_of_key(self, line: Line) -> None:
        match self.quirks.replaced_key:
            case "silent":
                line.is_mute = True
            case "unaffected":
                line.outlives_key = True
            case "closed":
                self.hang_up(line)
                line.close(self.quirks.key_close_code)

    def _greet(self) -> None:
        """Push to whoever has just subscribed what there is."""
        now_ms = self.clock.now_ms()
        for line in self.lines:
            fresh, line.session.fresh = line.session.fresh, []
            for topic in fresh if line.key is not None else ():
                event = self.market.state_of(topic, self.account)
                if event is not None:
                    line.push(self._frame_quirks.respelled(spelled(topic, event, ts=now_ms), topic=topic))


def _is_for(line: Line, account: str | None) -> bool:
    return not line.is_deaf and not line.is_mute and (line.key.account_id if line.key else None) == account
