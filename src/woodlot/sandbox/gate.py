"""This file is what happens to one HTTP request between its bytes and its reply; without sockets."""

import logging
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from woodlot.sandbox.handlers import ROUTES, Route, Venue
from woodlot.sandbox.parameters import read_parameters
from woodlot.sandbox.refusal import Refusal
from woodlot.sandbox.replies import NO_UPSTREAM, failure, success
from woodlot.sandbox.signatures import ApiKey, authenticate
from woodlot.sandbox.throttle import Throttle

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


class Gate:
    """Let requests in: find the route, check the signature, count, read, handle, spell the answer."""

    def __init__(self, venue: Venue, *, keys: Mapping[str, ApiKey], throttle: Throttle, strict: bool) -> None:
        self._venue = venue
        self._keys = keys
        self._throttle = throttle
        self._strict = strict

    def answer(self, arrived: Arrived) -> Reply:
        """Return the reply to anything at all. A refusal is an envelope; so is a fault of ours."""
        path, _, query = arrived.target.partition("?")
        methods = ROUTES.get(path)
        if methods is None:
            return Reply(200, NO_UPSTREAM)
        route = methods.get(arrived.method)
        if route is None:
            return refused(_wrong_method(arrived.method))
        try:
            return self._handled(route, arrived, path, query)
        except Refusal as refusal:
            return refused(refusal)
        except Exception:  # noqa: BLE001 - the edge of the room: nothing a caller sends may end the exchange
            _log.exception("%s failed inside the sandbox; this is a fault of ours, the caller is told -1000", path)
            return refused(Refusal(-1000, "An internal error has occurred.", http_status=500))

    def _handled(self, route: Route, arrived: Arrived, path: str, query: str) -> Reply:
        # What is signed is the text; bytes that are none keep their identity as surrogate escapes.
        body = arrived.body.decode("utf-8", "surrogateescape")
        account_id = self._account(route, arrived, body)
        parameters = read_parameters(method=arrived.method, path=path, query=query, body=body, strict=self._strict)
        self._count(route, arrived, account_id, parameters)
        answer = route.handler(self._venue, route.read(parameters), account_id)
        return Reply(
            200,
            success(
                answer,
                now_ms=self._venue.clock.now_ms(),
                numbers=route.has_numbers,
                timestamp_first=route.has_timestamp_first,
            ),
        )

    def _account(self, route: Route, arrived: Arrived, body: str) -> str:
        if not route.endpoint.signed:
            return ""
        return authenticate(
            arrived.headers,
            method=arrived.method,
            target=arrived.target,
            body=body,
            keys=self._keys,
            now_ms=self._venue.clock.now_ms(),
        )

    def _count(self, route: Route, arrived: Arrived, account_id: str, parameters: dict[str, Any]) -> None:
        symbol = parameters.get("symbol")
        known = symbol if isinstance(symbol, str) and symbol in self._venue.exchange.instruments else ""
        if not self._throttle.admits(route.endpoint, address=arrived.address, account_id=account_id, symbol=known):
            raise too_many_requests()


def refused(refusal: Refusal) -> Reply:
    return Reply(refusal.http_status, failure(refusal))


def too_many_requests() -> Refusal:
    return Refusal(-1003, "Rate limit exceed.", http_status=429)


def _wrong_method(method: str) -> Refusal:
    return Refusal(-1005, f"The request method {method[:20]} is not supported.", http_status=405)
