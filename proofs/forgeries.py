"""This file is requests that must not be let in: forged, changed, stale, replayed, from the wrong key or place."""

from dataclasses import dataclass
from random import Random
from typing import TYPE_CHECKING, Final, NamedTuple

from proofs.raw_http import request, signature
from proofs.rest_cases import World

if TYPE_CHECKING:
    from collections.abc import Callable

_STALE_MS: Final = 300_001
_CALLS: Final = (
    ("GET", b"/v3/asset/balances", b""),
    ("GET", b"/v3/trade/orders?status=INCOMPLETE", b""),
    ("POST", b"/v3/trade/order", b'{"symbol":"SPOT_BTC_USDT","side":"SELL","type":"MARKET","quantity":"0.001"}'),
    ("PUT", b"/v3/futures/leverage", b'{"symbol":"PERP_BTC_USDT","marginMode":"CROSS","leverage":3}'),
    ("DELETE", b"/v3/trade/allOrders", b""),
    ("POST", b"/v3/account/listenKey", b'{"type":"WEBSOCKET"}'),
    ("POST", b"/v3/asset/wallet/withdraw",
     b'{"token":"USDT","network":"ETH","address":"0x3462","amount":50}'),
    ("POST", b"/v1/interest/repay", b"amount=1&token=BTC"),
    ("GET", b"/v1/order/1/trades", b""),
)  # fmt: skip
_HEX: Final = "0123456789abcdef"


class Key(NamedTuple):
    """A key and what it may do; `allowed` is "" for one that may not be used from here."""

    key: str
    secret: str
    permissions: str = "READ TRADE WITHDRAWAL"


@dataclass
class _Draft:
    """A request that would be let in, to be spoiled."""

    key: str
    secret: str
    timestamp: str
    method: str
    target: bytes
    body: bytes
    signature: str = ""

    def sign(self) -> None:
        self.signature = signature(self.secret, self.timestamp, self.method, self.target, self.body)


class Forgeries:
    """An endless supply of forgeries from one seed.

    `limited` are genuine keys that may do a part of what there is, `elsewhere` one for another address, `revoked` one
    that is no longer valid.
    """

    def __init__(self, world: World, chance: Random, *, limited: list[Key], elsewhere: Key, revoked: Key) -> None:
        self._world = world
        self._chance = chance
        self._limited = limited
        self._elsewhere = elsewhere
        self._revoked = revoked
        self._ways: tuple[Callable[[_Draft], None], ...] = (
            self._made_up, self._one_digit, self._cut, self._upper_case, self._none, self._other_secret,
            self._other_body, self._other_target, self._other_method, self._other_time, self._stale, self._odd_time,
            self._unknown_key, self._without_permission, self._from_elsewhere, self._as_revoked,
            self._other_generation,
        )  # fmt: skip

    def next(self) -> tuple[str, bytes]:
        """Return how it was forged, and its bytes."""
        world, chance = self._world, self._chance
        method, target, body = chance.choice(_CALLS)
        draft = _Draft(world.api_key, world.api_secret, str(world.now_ms()), method, target, body)
        draft.sign()
        way = chance.choice(self._ways)
        way(draft)
        headers = [
            (b"Host", b"x"),
            (b"x-api-key", draft.key.encode()),
            (b"x-api-timestamp", draft.timestamp.encode()),
            (b"x-api-signature", draft.signature.encode()),
            (b"Content-Type", b"application/json"),
            (b"Content-Length", str(len(draft.body)).encode()),
        ]
        return way.__name__.strip("_"), request(draft.method, draft.target, headers, draft.body)

    def _made_up(self, draft: _Draft) -> None:
        draft.signature = "".join(self._chance.choices(_HEX, k=self._chance.choice((0, 1, 32, 64, 128))))

    def _one_digit(self, draft: _Draft) -> None:
        at = self._chance.randrange(64)
        other = self._chance.choice(_HEX.replace(draft.signature[at], ""))
        draft.signature = draft.signature[:at] + other + draft.signature[at + 1 :]

    def _cut(self, draft: _Draft) -> None:
        length = self._chance.randrange(64)
        draft.signature = self._chance.choice((draft.signature[:length], draft.signature + "0" * (length + 1)))

    def _upper_case(self, draft: _Draft) -> None:
        # "lower-case hex" (rest-v3 §2.1); one without letters would be the right one.
        changed = draft.signature.upper()
        draft.signature = changed if changed != draft.signature else "0" * 64

    def _none(self, draft: _Draft) -> None:
        setattr(draft, self._chance.choice(("key", "timestamp", "signature")), "")

    def _other_secret(self, draft: _Draft) -> None:
        draft.secret = self._chance.choice((draft.secret.lower() + "x", "", draft.key, self._limited[0].secret))
        draft.sign()

    def _other_body(self, draft: _Draft) -> None:
        """A replay that asks for something else."""
        draft.body = self._chance.choice((b'{"leverage":50}', draft.body + b" ", b" ", b"x=1"))

    def _other_target(self, draft: _Draft) -> None:
        extra = self._chance.choice((b"x=1", b"symbol=SPOT_ETH_USDT"))
        draft.target += (b"&" if b"?" in draft.target else b"?") + extra

    def _other_method(self, draft: _Draft) -> None:
        draft.method, draft.target, draft.body = ("DELETE", b"/v3/trade/order?orderId=1", b"")

    def _other_time(self, draft: _Draft) -> None:
        draft.timestamp = str(int(draft.timestamp) + self._chance.choice((-1, 1, 1_000, -200_000)))

    def _stale(self, draft: _Draft) -> None:
        away = self._chance.choice((_STALE_MS, 2 * _STALE_MS, 10**9, 10**12))
        draft.timestamp = str(max(0, int(draft.timestamp) + self._chance.choice((-1, 1)) * away))
        draft.sign()

    def _odd_time(self, draft: _Draft) -> None:
        now = draft.timestamp
        draft.timestamp = self._chance.choice((f"{now}.0", f"+{now}", f"{now[:-3]}", f"{now}000", f"-{now}", "now", "0",
                                               f"0x{int(now):x}", f"{now}e0"))  # fmt: skip
        draft.sign()

    def _unknown_key(self, draft: _Draft) -> None:
        draft.key = self._chance.choice((draft.key + "x", draft.key[:-1], draft.key.swapcase(), "key", "0"))
        draft.secret = self._chance.choice((draft.secret, ""))
        draft.sign()

    def _without_permission(self, draft: _Draft) -> None:
        key = self._chance.choice(self._limited)
        method, target, body = self._chance.choice(_FORBIDDEN[key.permissions])
        draft.key, draft.secret = key.key, key.secret
        draft.method, draft.target, draft.body = method, target, body
        draft.sign()

    def _from_elsewhere(self, draft: _Draft) -> None:
        draft.key, draft.secret = self._elsewhere.key, self._elsewhere.secret
        draft.sign()

    def _as_revoked(self, draft: _Draft) -> None:
        draft.key, draft.secret = self._revoked.key, self._revoked.secret
        draft.sign()

    def _other_generation(self, draft: _Draft) -> None:
        """V3's signature on a V1 path, and the reverse."""
        if draft.target.startswith(b"/v1/"):
            draft.signature = signature(draft.secret, draft.timestamp, draft.method, b"/v3" + draft.target, draft.body)
        else:
            draft.signature = signature(draft.secret, draft.timestamp, draft.method, b"/v1/x", draft.body)


_READS = [call for call in _CALLS if call[0] == "GET" or b"listenKey" in call[1]]
_WITHDRAWALS = [call for call in _CALLS if b"/wallet/" in call[1]]
_TRADES = [call for call in _CALLS if call not in _READS and call not in _WITHDRAWALS]
_FORBIDDEN: Final = {"READ": _TRADES + _WITHDRAWALS, "TRADE": _READS + _WITHDRAWALS, "WITHDRAWAL": _READS + _TRADES}
"""What a key with one permission must not do."""
