"""This file is what happens to one HTTP request between its bytes and its reply; without sockets."""

import functools
import logging
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from woodlot.sandbox.faults import Faults
from woodlot.sandbox.floor_status import FloorStatus
from woodlot.sandbox.handlers import ROUTES, Route, Venue
from woodlot.sandbox.order_faults import LateRefusal, OrderFaults
from woodlot.sandbox.parameters import read_parameters
from woodlot.sandbox.quirks import Quirks
from woodlot.sandbox.refusal import Refusal, refusal
from woodlot.sandbox.replies import NO_UPSTREAM, failure, success
from woodlot.sandbox.reply_quirks import ReplyQuirks
from woodlot.sandbox.signatures import ApiKey, authenticate, unauthorized
from woodlot.sandbox.throttle import Throttle
from woodlot.wire.account import Permission
from woodlot.wire.request import Endpoint, Request
from woodlot.wire.trade import PlaceOrder

_log = logging.getLogger("woodlot.sandbox")


@dataclass(frozen=True, slots=True)
class Arrived:
    """One request as it came. `target` is the raw path with its query, `address` who sent it."""

    method: str
    target: str
    headers: Mapping[str, str] = field(repr=False)
    body: bytes = b""
    address: str = ""


@dataclass(frozen=True, slots=True)
class Reply:
    status: int
    body: bytes = field(repr=False)
    content_type: str = "application/json"


class Gate:
    """Let requests in: find the route, check the signature, count, read, handle, spell the answer.

    What `faults` keep from the handlers and what `quirks` spell differently happens here too.
    """

    def __init__(
        self,
        venue: Venue,
        *,
        keys: Mapping[str, ApiKey],
        throttle: Throttle,
        strict: bool,
        faults: Faults | None = None,
        quirks: Quirks | None = None,
        status: FloorStatus | None = None,
    ) -> None:
        self._venue = venue
        self._keys = keys
        self._throttle = throttle
        self._strict = strict
        self._quirks = quirks or Quirks()
        self._status = status or FloorStatus()
        self._replies = ReplyQuirks(self._quirks)
        self._orders = OrderFaults(faults or Faults(clock=venue.clock), venue=venue, quirks=self._quirks)

    def answer(self, arrived: Arrived) -> Reply:
        """Return the reply to anything at all. A refusal is an envelope; so is a fault of ours."""
        path, _, query = arrived.target.partition("?")
        methods = ROUTES.get(path)
        if methods is None:
            return Reply(200, NO_UPSTREAM)
        reply = self._routed(methods.get(arrived.method), arrived, path, query)
        body = self._replies.respelled(reply.body, method=arrived.method, path=path)
        return reply if body is reply.body else replace(reply, body=body)

    def late_refusals(self) -> list[LateRefusal]:
        """Return the refusals that were acknowledged since the last call and now have to be told."""
        return self._orders.take()

    def _routed(self, route: Route | None, arrived: Arrived, path: str, query: str) -> Reply:
        if route is None:
            return refused(_wrong_method(arrived.method))
        try:
            return self._handled(route, arrived, path, query)
        except Refusal as refused_by:
            told = self._replies.coded(refused_by)
            return Reply(self._replies.status(told), failure(told))
        except Exception:  # noqa: BLE001 - the edge of the room: nothing a caller sends may end the exchange
            _log.exception("%s failed inside the sandbox; this is a fault of ours, the caller is told -1000", path)
            return refused(Refusal(-1000, "An internal error has occurred.", http_status=500))

    def _handled(self, route: Route, arrived: Arrived, path: str, query: str) -> Reply:
        # What is signed is the text; bytes that are none keep their identity as surrogate escapes.
        body = arrived.body.decode("utf-8", "surrogateescape")
        account_id = self._account(route, arrived, body)
        try:
            sent = read_parameters(method=arrived.method, path=path, query=query, body=body, strict=self._strict)
        except Refusal:
            # What cannot be read is a call all the same, and counts as one that names no symbol.
            self._count(route, arrived, account_id, {})
            raise
        parameters = route.todays(sent)
        self._count(route, arrived, account_id, parameters)
        self._replies.check(route.request, parameters, body=arrived.body)
        request = self._read(route, self._replies.bounded(parameters))
        self._status.check(request, moves=arrived.method in {"POST", "PUT"})
        answer = self._orders.refuse_later(request, account_id)
        if answer is None:
            answer = self._orders.shown(route.handler(self._venue, request, account_id))
        now_ms = self._venue.clock.now_ms()
        told = success(
            self._status.shown(answer, now_ms=now_ms),
            now_ms=now_ms,
            numbers=route.has_numbers and not self._quirks.numbers_are_text,
            timestamp_first=route.has_timestamp_first,
        )
        return Reply(200, route.respelled(told))

    def _read(self, route: Route, parameters: dict[str, Any]) -> Request[Any]:
        try:
            return route.read(parameters)
        except Refusal:
            # "required fields, symbol, type, quantity xor amount, ..." (rest-v3 §13.2 rule 5): the wire's own rules for
            # an order look at its last fields before anybody asks whether there is such a symbol.
            symbol = parameters.get("symbol")
            is_whole = route.request is PlaceOrder and {"side", "type"} <= parameters.keys()
            if is_whole and isinstance(symbol, str) and symbol not in self._venue.exchange.instruments:
                raise refusal(317155, symbol=symbol[:60]) from None
            raise

    def _account(self, route: Route, arrived: Arrived, body: str) -> str:
        if not route.endpoint.signed:
            return ""
        now_ms = self._venue.clock.now_ms()
        try:
            account_id = authenticate(
                arrived.headers,
                method=arrived.method,
                target=arrived.target,
                body=body,
                keys=self._keys,
                now_ms=now_ms,
            )
        except Refusal as refusal:
            # Which of the two codes a stale request gets is not known (rest-v3 §14 no 9).
            if refusal.code == -1001 and "timestamp" in refusal.message:
                raise unauthorized(self._quirks.stale_timestamp_code, refusal.message) from None
            raise
        self._permit(route, arrived)
        self._check_age(route, arrived, now_ms)
        return account_id

    def _check_age(self, route: Route, arrived: Arrived, now_ms: int) -> None:
        """Refuse a change that has been on its way for too long: the engine's own window (rest-v3 §2.4)."""
        window, timestamp = self._quirks.receive_window_ms, arrived.headers["x-api-timestamp"]
        if window and route.endpoint.method != "GET" and now_ms - int(timestamp) > window:
            raise refusal(317179, window=window, timestamp=timestamp)

    def _permit(self, route: Route, arrived: Arrived) -> None:
        """Check what the key may do and from where: `READ`, `TRADE`, `WITHDRAWAL`, and its addresses (rest-v3 §2.4)."""
        granted = self._venue.office.credentials.find(arrived.headers.get("x-api-key", ""))
        if granted is None:
            return
        is_foreign = bool(granted.allowed_ips) and arrived.address not in granted.allowed_ips
        if is_foreign or needed(route.endpoint) not in granted.permissions:
            raise unauthorized(-1002, "The request is unauthorized.")

    def _count(self, route: Route, arrived: Arrived, account_id: str, parameters: dict[str, Any]) -> None:
        if not self._throttle.is_on:
            return
        symbol = parameters.get("symbol")
        known = symbol if isinstance(symbol, str) and symbol in self._venue.exchange.instruments else ""
        owner = arrived.headers.get("x-api-key", "") if self._quirks.limits_are_counted_by == "key" else account_id
        if not self._throttle.admits(route.endpoint, address=arrived.address, account_id=owner, symbol=known):
            raise too_many_requests()


@functools.cache
def needed(endpoint: Endpoint) -> Permission:
    """Return what a key must be allowed for a call."""
    if endpoint.method == "GET" or endpoint.path == "/v3/account/listenKey":
        return Permission.READ
    return Permission.WITHDRAWAL if "/wallet/" in endpoint.path else Permission.TRADE


def refused(refusal: Refusal) -> Reply:
    return Reply(refusal.http_status, failure(refusal))


def too_many_requests() -> Refusal:
    return Refusal(-1003, "Rate limit exceed.", http_status=429)


def _wrong_method(method: str) -> Refusal:
    return Refusal(-1005, f"The request method {method[:20]} is not supported.", http_status=405)
