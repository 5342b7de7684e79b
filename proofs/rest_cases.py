"""This file is what a REST endpoint may be sent, from right to nearly right to nonsense: one case after another.

The description of a call is its class, so a new endpoint is tried from the day it is there; what its fields usually
hold is told here by name.
"""

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from random import Random
from typing import Any, Final, cast
from urllib.parse import quote, urlencode

import msgspec

from proofs.junk import Raw, as_json, as_text, junk
from proofs.raw_http import request, signature
from woodlot.sandbox.handlers import ROUTES

SYMBOLS: Final = ("SPOT_BTC_USDT", "SPOT_ETH_USDT", "SPOT_WOO_USDT", "PERP_BTC_USDT", "PERP_ETH_USDT", "PERP_WOO_USDT")
# What HTTP servers take; aiohttp's bound for a line is 8,190 bytes.
_LONGEST_TARGET: Final = 8_000
_KNOWN_METHODS: Final = ("GET", "POST", "PUT", "DELETE", "HEAD", "OPTIONS", "PATCH", "TRACE")
_METHODS: Final = (*_KNOWN_METHODS, "BREW", "get", "G\u00c9T", "")


@dataclass
class World:
    """What a caller knows: the address, a key, prices, and the ids that replies have told."""

    port: int
    api_key: str
    api_secret: str
    now_ms: Callable[[], int]
    price_of: Callable[[str], str]
    ids: dict[str, deque[Any]] = field(default_factory=lambda: {name: deque(maxlen=20) for name in _IDS})

    def learn(self, told: Any) -> None:
        """Remember the ids in a reply."""
        if isinstance(told, dict):
            for name, value in cast("dict[str, Any]", told).items():
                if name in self.ids and isinstance(value, int | str):
                    self.ids[name].append(value)
                self.learn(value)
        elif isinstance(told, list):
            for value in cast("list[Any]", told)[:3]:
                self.learn(value)


_IDS: Final = ("orderId", "clientOrderId", "algoOrderId", "clientAlgoOrderId", "id", "withdrawId", "quoteId",
               "applicationId")  # fmt: skip


@dataclass(frozen=True, slots=True)
class Case:
    """Bytes to send, in pieces, and how many replies there are to be: 0, and the caller hangs up; -1, none or more.

    One that `only_reads` may change nothing, whatever it is answered.
    """

    pieces: tuple[bytes, ...]
    replies: int
    has_body: bool = True
    only_reads: bool = False


class RestCases:
    """An endless supply of cases from one seed."""

    def __init__(self, world: World, chance: Random) -> None:
        self._world = world
        self._chance = chance
        self._routes = [(path, route) for path, methods in ROUTES.items() for route in methods.values()]

    def next(self) -> Case:
        """Return one case."""
        chance = self._chance
        kind = chance.random()
        if kind < 0.80:
            return self._plain()
        if kind < 0.84:
            return self._pipelined()
        if kind < 0.88:
            return self._split()
        if kind < 0.92:
            return self._cut_short()
        return self._strange()

    def _plain(self) -> Case:
        method, target, body = self._call()
        return Case((self._request(method, target, body),), _replies(method, target), method != "HEAD", _reads(method))

    def _pipelined(self) -> Case:
        calls = [self._call() for _ in range(self._chance.randint(2, 6))]
        calls = [call for call in calls if call[0] != "HEAD" and _replies(*call[:2]) == 1]
        only_reads = all(_reads(method) for method, _, _ in calls)
        return Case((b"".join(self._request(*call) for call in calls),), len(calls), only_reads=only_reads)

    def _split(self) -> Case:
        method, target, body = self._call()
        data = self._request(method, target, body)
        cuts = sorted(self._chance.sample(range(1, len(data)), k=min(len(data) - 1, self._chance.randint(1, 8))))
        pieces = [data[start:end] for start, end in zip([0, *cuts], [*cuts, len(data)], strict=True)]
        return Case(tuple(pieces), _replies(method, target), method != "HEAD", _reads(method))

    def _cut_short(self) -> Case:
        data = self._request(*self._call())
        return Case((data[: self._chance.randint(1, len(data) - 1)],), 0)

    def _strange(self) -> Case:
        """A request that is hardly HTTP any more. Whoever sends it may be answered or hung up on."""
        method, target, body = self._call()
        data = self._request(method, target, body)
        head, _, rest = data.partition(b"\r\n\r\n")
        chance = self._chance
        strange = chance.choice((
            lambda: chance.randbytes(chance.randint(1, 400)) + b"\r\n\r\n",
            lambda: b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
            lambda: data.replace(b"HTTP/1.1", chance.choice((b"HTTP/1.0", b"HTTP/9.9", b"http/1.1", b""))),
            lambda: data.replace(b"\r\n", b"\n"),
            lambda: head + b"\r\nX-Long: " + b"x" * chance.choice((4_000, 9_000, 70_000)) + b"\r\n\r\n" + rest,
            lambda: head + b"\r\n" + b"\r\n".join(b"X-%d: 1" % n for n in range(600)) + b"\r\n\r\n" + rest,
            lambda: head + b"\r\n: nameless\r\n\r\n" + rest,
            lambda: head + b"\r\nX Y: space\r\n\r\n" + rest,
            lambda: head + b"\r\nX: \x00\x01\xff\r\n\r\n" + rest,
            lambda: head + b"\r\n folded: 1\r\n\r\n" + rest,
            lambda: head + b"\r\nContent-Length: 5\r\nContent-Length: 7\r\n\r\n" + rest,
            lambda: head + b"\r\nContent-Length: -1\r\n\r\n" + rest,
            lambda: head + b"\r\nContent-Length: 1e3\r\n\r\n" + rest,
            lambda: head + b"\r\nTransfer-Encoding: chunked\r\n\r\n" + b"zz\r\n" + rest,
            lambda: head + b"\r\nTransfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n",
            lambda: head + b"\r\nTransfer-Encoding: chunked\r\nContent-Length: 3\r\n\r\n0\r\n\r\n",
            lambda: head + b"\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n" + rest,
            lambda: head + b"\r\nExpect: 100-continue\r\n\r\n" + rest,
            lambda: head + b"\r\nExpect: nonsense\r\n\r\n" + rest,
            lambda: data.replace(b" /", b" http://elsewhere.example/", 1),
            lambda: data.replace(b" /", b" //", 1),
            lambda: data.replace(b" /v3", b" /V3", 1),
            lambda: data.replace(b"\r\n", b" extra words\r\n", 1),
        ))()  # fmt: skip
        # Whether there is one reply, several or none is the parser's affair; the runner looks at what comes.
        return Case((strange,), -1, method != "HEAD")

    def _call(self) -> tuple[str, bytes, bytes]:
        """Return method, target and body of a call that is right but for a few things."""
        chance = self._chance
        path, route = chance.choice(self._routes)
        method = route.endpoint.method.value
        fields = self._fields(route.request, path)
        for name in chance.sample(sorted(fields), k=min(len(fields), chance.choices((0, 1, 2, 9), (5, 4, 1, 1))[0])):
            fields[name] = junk(chance)
        if chance.random() < 0.03:
            fields[chance.choice(("timeInForce", "nope", "symbol ", "", "__proto__"))] = junk(chance)
        if chance.random() < 0.03:
            method = chance.choice(_METHODS)
        has_body = (method in {"POST", "PUT"}) != (chance.random() < 0.02)
        path = self._filled(path, fields)
        if path.startswith("/v1/") and method != "GET":
            return method, path.encode(), urlencode(_texts(fields)).encode()
        if has_body:
            return method, path.encode("utf-8", "surrogatepass"), self._body(fields)
        return method, self._target(path, fields), b""

    def _fields(self, kind: type[msgspec.Struct], path: str) -> dict[str, Any]:
        chance = self._chance
        fields: dict[str, Any] = {}
        for described in msgspec.structs.fields(kind):
            name = described.encode_name
            wanted = 0.97 if described.required or f"{{{name}}}" in path else 0.3
            if chance.random() < wanted:
                fields[name] = self._usual(name)
        if "symbol" in fields and "price" in fields and isinstance(fields["symbol"], str):
            fields["price"] = self._world.price_of(fields["symbol"])
        return fields

    def _usual(self, name: str) -> Any:
        chance, ids = self._chance, self._world.ids
        if ids.get(name) and chance.random() < 0.9:
            return chance.choice(ids[name])
        return _usual_values(name, chance, self._world)

    def _body(self, fields: dict[str, Any]) -> bytes:
        chance = self._chance
        text = as_json(fields, chance)
        if chance.random() < 0.05:
            text = chance.choice(("", "null", "[]", "1", '"x"', text + text, text + " x", "\ufeff" + text, text[:-1],
                                  text.replace('"', "'"), "{" + text, '{"symbol":"SPOT_BTC_USDT",' + text[1:],
                                  urlencode(_texts(fields))))  # fmt: skip
        data = text.encode("utf-8", "surrogatepass")
        if chance.random() < 0.01:
            return chance.choice((b"\xff" + data, data.decode("utf-8", "replace").encode("utf-16"), b"\x1f\x8b" + data,
                                  chance.randbytes(200), b"x" * 200_000))  # fmt: skip
        return data

    def _target(self, path: str, fields: dict[str, Any]) -> bytes:
        chance = self._chance
        pairs = list(_texts(fields).items())
        if pairs and chance.random() < 0.03:
            pairs.append(chance.choice(pairs))
        query = urlencode(pairs, errors="replace")
        if chance.random() < 0.03:
            query = chance.choice((query + "&", "&" + query, query + "&x", query + "=", query + "%zz", "%FF=%FE",
                                   query.replace("%", ""), "a=1;b=2", "?" + query, query + "#frag"))  # fmt: skip
        return (path + ("?" + query if query else "")).encode("utf-8", "surrogatepass")

    def _filled(self, path: str, fields: dict[str, Any]) -> str:
        """Put what belongs into the path there."""
        for name in [name for name in fields if f"{{{name}}}" in path]:
            path = path.replace(f"{{{name}}}", quote(as_text(fields.pop(name)), safe="", errors="replace"))
        return path

    def _request(self, method: str, target: bytes, body: bytes) -> bytes:
        chance, world = self._chance, self._world
        timestamp = str(world.now_ms())
        signed = signature(world.api_secret, timestamp, method, target, body)
        headers = [
            (b"Host", b"127.0.0.1"),
            (b"x-api-key", world.api_key.encode()),
            (b"x-api-timestamp", timestamp.encode()),
            (b"x-api-signature", signed.encode()),
        ]
        if body or method in {"POST", "PUT"}:
            kind = b"application/json" if chance.random() < 0.9 else chance.choice(_CONTENT_TYPES)
            headers += [(b"Content-Type", kind), (b"Content-Length", str(len(body)).encode())]
            if chance.random() < 0.03:
                headers[-1] = (b"Transfer-Encoding", b"chunked")
                body = b"%x\r\n%s\r\n0\r\n\r\n" % (len(body), body) if body else b"0\r\n\r\n"
        if chance.random() < 0.02:
            headers.append(chance.choice(_ODD_HEADERS))
        return request(method, target, headers, body)


def _reads(method: str) -> bool:
    return method in {"GET", "HEAD"}


def _replies(method: str, target: bytes) -> int:
    """Return how many replies a call must get: -1 where the parser may hang up, over its method or its length."""
    return 1 if method in _KNOWN_METHODS and len(target) < _LONGEST_TARGET else -1


_CONTENT_TYPES: Final = (b"text/plain", b"application/x-www-form-urlencoded", b"multipart/form-data; boundary=x", b"",
                         b"application/json; charset=utf-16", b"application/xml", b"\xff", b"a/b" * 300)  # fmt: skip
_ODD_HEADERS: Final = ((b"Content-Encoding", b"gzip"), (b"Connection", b"close"), (b"Accept", b"text/html"),
                       (b"x-api-key", b"another"), (b"Host", b"elsewhere"), (b"Cookie", b"a=b"),
                       (b"Range", b"bytes=0-"), (b"If-None-Match", b"*"), (b"Expect", b"100-continue"))  # fmt: skip


def _texts(fields: dict[str, Any]) -> dict[str, str]:
    return {name: as_text(value) for name, value in fields.items() if not isinstance(value, Raw) or len(value) < 2_000}


def _usual_values(name: str, chance: Random, world: World) -> Any:
    """Return what a field of this name usually holds."""
    make = _USUAL.get(name)
    if isinstance(make, tuple):
        return chance.choice(cast("tuple[Any, ...]", make))
    return make(chance, world) if make else "x"


def _quantity(chance: Random, _: World) -> str:
    return chance.choice(("0.001", "0.01", "0.1", "1", "10", "100"))


def _moment(chance: Random, world: World) -> int:
    return world.now_ms() - chance.choice((-1_000, 0, 60_000, 3_600_000, 86_400_000))


def _legs(chance: Random, world: World) -> list[dict[str, Any]]:
    side = chance.choice(("BUY", "SELL"))
    exits = [
        {"algoType": word, "type": chance.choice(("CLOSE_POSITION", "MARKET", "LIMIT")), "side": side,
         "reduceOnly": True, "triggerPrice": world.price_of(chance.choice(SYMBOLS))}
        for word in ("TAKE_PROFIT", "STOP_LOSS")
    ]  # fmt: skip
    if chance.random() < 0.4:
        return exits
    if chance.random() < 0.5:
        return [{"algoType": "STOP", "side": side, "type": "MARKET", "triggerPrice": world.price_of("SPOT_BTC_USDT")}]
    return [{"symbol": chance.choice(SYMBOLS), "algoType": chance.choice(("POSITIONAL_TP_SL", "TP_SL")),
             "reduceOnly": False, "childOrders": exits}]  # fmt: skip


_Maker = Callable[[Random, World], Any]
_ALGO_TYPES: Final = ("STOP", "OCO", "TRAILING_STOP", "POSITIONAL_TP_SL", "TP_SL", "BRACKET", "STOP_BRACKET")
_TOKENS: Final = ("USDT", "BTC", "ETH", "WOO")

_USUAL: Final[dict[str, tuple[Any, ...] | _Maker]] = {
    "symbol": SYMBOLS,
    "side": ("BUY", "SELL"),
    "type": ("LIMIT", "MARKET", "IOC", "FOK", "POST_ONLY", "ASK", "BID", "RPI", "WEBSOCKET", "1m", "1h", "1mon"),
    "price": lambda chance, world: world.price_of(chance.choice(SYMBOLS)),
    "triggerPrice": lambda chance, world: world.price_of(chance.choice(SYMBOLS)),
    "activatedPrice": lambda chance, world: world.price_of(chance.choice(SYMBOLS)),
    "quantity": _quantity,
    "visibleQuantity": _quantity,
    "amount": ("10", "50", "1.5", 5, 12.5),
    "clientOrderId": lambda chance, _: chance.randint(0, 50),
    "clientAlgoOrderId": lambda chance, _: chance.randint(0, 50),
    "positionSide": ("BOTH", "LONG", "SHORT"),
    "marginMode": ("CROSS", "ISOLATED"),
    "positionMode": ("ONE_WAY", "HEDGE_MODE"),
    "tradingMode": ("FUTURES", "MARGIN", "PURE_SPOT"),
    "reduceOnly": (True, False),
    "postOnlyAdjusted": (True, False),
    "bidAskLevel": (1, 2, 5),
    "algoType": _ALGO_TYPES,
    "triggerPriceType": ("MARKET_PRICE", "MARK_PRICE"),
    "callbackRate": ("0.01", "0.1"),
    "callbackValue": ("100", "10"),
    "childOrders": _legs,
    "status": ("INCOMPLETE", "COMPLETED", "NEW", "FILLED", "CANCELLED"),
    "triggerAfter": (0, 1_000, 900_000),
    "leverage": (1, 3, 5, 10),
    "startTime": _moment,
    "endTime": _moment,
    "before": _moment,
    "after": _moment,
    "page": (1, 2),
    "size": (1, 25, 100),
    "limit": (1, 10, 100),
    "maxLevel": (1, 20, 100),
    "rpi": (True, False),
    "withRealizedPnl": (True, False),
    "isTriggered": (True, False),
    "token": _TOKENS,
    "sellToken": _TOKENS,
    "buyToken": _TOKENS,
    "sellQuantity": ("1", "0.1", "25"),
    "network": ("ETH", "BTC", "TRX", "ARB"),
    "address": ("0x34625d5f0b6575503a0669994dea24271bfbd443",),
    "action": ("ADD", "REDUCE"),
    "adjustToken": ("USDT",),
    "adjustAmount": ("1", "10"),
    "from": lambda chance, world: {"applicationId": _application(chance, world)},
    "to": lambda chance, world: {"applicationId": _application(chance, world)},
    "fromId": lambda chance, world: chance.choice(world.ids["id"] or [1]),
    "tradeId": lambda chance, world: chance.choice(world.ids["id"] or [1]),
    "orderIds": lambda _, world: ",".join(map(str, list(world.ids["orderId"])[:3])),
    "clientOrderIds": ("1,2,3",),
    "tokenSide": ("DEPOSIT", "WITHDRAW"),
}


def _application(chance: Random, world: World) -> str:
    return chance.choice([str(known) for known in world.ids["applicationId"]] or ["x"])
