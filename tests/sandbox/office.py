"""The whole sandbox without a socket: bytes in, bytes out, for tests that look at every byte."""

import functools
import json
from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from tests.sandbox.caller import FAR_BID, headers

from woodlot.clock import ManualClock
from woodlot.sandbox.crowd import Crowd
from woodlot.sandbox.exchange import Exchange
from woodlot.sandbox.feed import Feed
from woodlot.sandbox.gate import Arrived, Gate
from woodlot.sandbox.handlers import Venue
from woodlot.sandbox.history import History, make_up
from woodlot.sandbox.instruments import LISTING
from woodlot.sandbox.listen_keys import ListenKeys
from woodlot.sandbox.prices import FairPrice
from woodlot.sandbox.quirks import Quirks
from woodlot.sandbox.signatures import ApiKey
from woodlot.sandbox.throttle import Throttle
from woodlot.wire.public import Instrument

KEY, SECRET = "key", "secret"
SEED = 7


def _walks(exchange: Exchange) -> dict[str, FairPrice]:
    return {symbol: FairPrice(symbol, seed=SEED) for symbol in exchange.instruments}


@functools.cache
def _past() -> History:
    """The same for every office, since no handler writes it."""
    exchange = Exchange(clock=ManualClock())
    history = History(exchange.instruments)
    now_ms = ManualClock().now_ms()
    make_up(history, instruments=exchange.instruments, fair=_walks(exchange), seed=SEED, now_ms=now_ms)
    return history


class Office:
    """The whole sandbox without a socket: bytes in, bytes out, on a clock that stands still.

    A listing of one's own has no crowd.
    """

    def __init__(
        self,
        *,
        limits: float | None = None,
        strict: bool = False,
        listing: Sequence[Instrument] = LISTING,
        quirks: Quirks | None = None,
    ) -> None:
        self.clock = ManualClock()
        self.exchange = Exchange(clock=self.clock, seed=SEED, listing=listing, quirks=quirks)
        self.account_id = self.exchange.open_account("ann", {"USDT": "100000", "BTC": "2"}).id
        if listing is LISTING:
            Crowd(self.exchange, fair=_walks(self.exchange), seed=SEED).open()
        self.venue = Venue(
            exchange=self.exchange,
            feed=Feed(self.exchange, now_ms=self.clock.now_ms()),
            history=_past() if listing is LISTING else History(self.exchange.instruments),
            listen_keys=ListenKeys(life_ms=86_400_000),
            clock=self.clock,
        )
        throttle = Throttle(clock=self.clock, factor=limits, quirks=quirks)
        self.keys = {KEY: ApiKey(SECRET, self.account_id)}
        self.gate = Gate(self.venue, keys=self.keys, throttle=throttle, strict=strict, quirks=quirks)

    def send(self, method: str, target: str, body: bytes = b"", head: dict[str, str] | None = None) -> tuple[int, str]:
        reply = self.gate.answer(
            Arrived(method=method, target=target, headers=head or {}, body=body, address="127.0.0.1")
        )
        return reply.status, reply.body.decode()

    def get(self, target: str) -> tuple[int, Any]:
        status, text = self.send("GET", target)
        return status, json.loads(text)

    def signed_text(self, method: str, target: str, body: Any = b"", *, key: str = KEY) -> tuple[int, str]:
        raw = body if isinstance(body, bytes) else json.dumps(body).encode()
        head = headers(key, SECRET, method, target, raw, at_ms=self.clock.now_ms())
        return self.send(method, target, raw, head)

    def signed(self, method: str, target: str, body: Any = b"", *, key: str = KEY) -> tuple[int, Any]:
        status, text = self.signed_text(method, target, body, key=key)
        return status, json.loads(text)

    def data(self, method: str, target: str, body: Any = b"", *, key: str = KEY) -> Any:
        """Call and return what stands under `data`; the call must succeed."""
        status, reply = self.signed(method, target, body, key=key)
        assert (status, reply["success"]) == (200, True), reply
        return reply.get("data")

    def refused(self, method: str, target: str, body: Any = b"", *, key: str = KEY) -> tuple[int, str]:
        """Call and return code and message; the call must be refused and change no balance."""
        before = self.holdings()
        status, reply = self.signed(method, target, body, key=key)
        assert status >= 400, reply
        assert reply["success"] is False
        assert self.holdings() == before
        return reply.get("code"), reply["message"]

    def held(self, token: str, *, key: str = KEY) -> Decimal:
        rows = self.data("GET", f"/v3/asset/balances?token={token}", key=key)["holding"]
        return Decimal(rows[0]["availableBalance"]) if rows else Decimal(0)

    def key_of(self, account_id: str) -> str:
        """Make a key for another account."""
        self.keys[account_id] = ApiKey(SECRET, account_id)
        return account_id

    def placed(self, **fields: Any) -> int:
        status, reply = self.signed("POST", "/v3/trade/order", FAR_BID | fields)
        assert status == 200, reply
        return reply["data"]["orderId"]

    def holdings(self) -> list[Any]:
        return self.signed("GET", "/v3/asset/balances")[1]["data"]["holding"]
