"""This file is one book listening to one socket, without the socket: what a bad frame can do, it does here."""

import json
from decimal import Decimal
from typing import Any

from woodlot.book.chain import Delta
from woodlot.book.sync import Synchroniser
from woodlot.book.transition import BookState, Transition
from woodlot.stream.session import TAKEN, Lost, Send, Session
from woodlot.wire.events import BookDelta
from woodlot.wire.frames import Push
from woodlot.wire.topics import BookDeltas

SYMBOL = "PERP_BTC_USDT"
DEPTH = 50
TOPIC = BookDeltas(SYMBOL, depth=DEPTH).name
SYNCED_AT = 200
BIDS = [("100", "1"), ("98", "2")]
ASKS = [("101", "1")]


class Ear:
    """A session that hears one topic, and the book of that topic, SYNCED at 200."""

    def __init__(self) -> None:
        self.session = Session()
        self.sync = Synchroniser(SYMBOL, depth=DEPTH, now_s=0.0)
        self.session.subscribe([TOPIC], now_s=0.0)
        [command] = [json.loads(sent.text) for sent in self.session.opened(0.0) if isinstance(sent, Send)]
        answer = {"id": command["id"], "cmd": "SUBSCRIBE", "success": True, "time": 1, "data": [TOPIC]}
        self.session.received(json.dumps(answer), now_s=0.0)
        # As a desk's book has it: what it takes over while in sync goes past everybody else.
        self.session.lanes = {TOPIC: self.sync.lane}
        self.sync.lane.is_direct = True
        self.synchronise()

    def synchronise(self) -> None:
        """Make the book what it was at first, whatever has become of it."""
        self._connect()
        self.sync.delta(Delta(SYMBOL, SYNCED_AT - 50, SYNCED_AT, [], []), now_s=0.0)
        self.sync.snapshot(SYNCED_AT, bids=BIDS, asks=ASKS, now_s=0.0)
        if self.sync.state is not BookState.SYNCED:
            raise RuntimeError(f"the proof itself is wrong: {self.sync.standing}")

    def hear(self, payload: bytes | str) -> Transition | None:
        """Take one frame as a socket would; return what the book made of it, if it came that far."""
        transition = None
        outputs = self.session.received(payload, now_s=1.0)
        if outputs is TAKEN:
            return Transition.APPLIED
        for output in outputs:
            match output:
                case Push(event=BookDelta() as event):
                    transition = self.sync.delta(output.delta or event, now_s=1.0)
                case Lost():
                    transition = self.sync.unreadable(now_s=1.0)
                case _:
                    pass
        return transition

    @property
    def book(self) -> tuple[dict[Decimal, Decimal], dict[Decimal, Decimal]]:
        book = self.sync.read(allow_stale=True)
        return dict(book.walk_bids()), dict(book.walk_asks())

    @property
    def is_untouched(self) -> bool:
        """Whether the book is still SYNCED and shows what it showed."""
        return self.sync.state is BookState.SYNCED and self.book == STARTING_BOOK

    @property
    def counted(self) -> int:
        """Everything out of the ordinary that was counted so far, by the session or by the book."""
        findings = self.session.findings
        odd = findings.unasked + findings.unreadable + findings.unknown_topics + findings.refusals
        return odd + findings.stray_answers + findings.server_pings + self.sync.counts.total()

    def _connect(self) -> None:
        self.sync.connected(now_s=1.0)
        self.sync.subscribed(now_s=1.0)


STARTING_BOOK = (
    {Decimal(price): Decimal(size) for price, size in BIDS},
    {Decimal(price): Decimal(size) for price, size in ASKS},
)


def delta_data(**changes: Any) -> dict[str, Any]:
    """Return the data of the update that comes next, with some fields otherwise; `...` takes a field away."""
    data = {"ts": 250, "bids": [["99", "1"]], "asks": [], "prevTs": SYNCED_AT, "s": SYMBOL} | changes
    return {key: value for key, value in data.items() if value is not ...}


def frame(data: Any, /, **changes: Any) -> str:
    """Return a whole frame as the exchange spells it."""
    whole = {"topic": TOPIC, "ts": 251, "data": data} | changes
    return json.dumps({key: value for key, value in whole.items() if value is not ...}, separators=(",", ":"))
