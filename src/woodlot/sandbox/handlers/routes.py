"""This file is the route table: which request and which handler stand behind a path, made from the classes."""

import re
import secrets
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Final

from woodlot.sandbox.handlers import account, algo, asset, convert, futures, legacy, public, spot_margin, trade
from woodlot.sandbox.handlers.venue import Call, Handler, Venue
from woodlot.sandbox.parameters import invalid
from woodlot.sandbox.refusal import Refusal
from woodlot.sandbox.replies import InvalidRequest
from woodlot.wire.answer import Answer
from woodlot.wire.public import GetOrderBook
from woodlot.wire.request import Endpoint, Request
from woodlot.wire.trade import CancelAllAfter, CancelAllOrders, CancelOrders

_OLD_PATHS: Final = {"/v3/trade/order/cancelAllAfter": CancelAllAfter}
"""Paths of older pages: "a simulator can serve both" (rest-v3 §9.1.8)."""


@dataclass(frozen=True, slots=True)
class Route:
    """One endpoint at work; `in_path` is what stood in the path."""

    request: type[Request[Any]]
    answer: Handler
    in_path: Mapping[str, str] = field(default_factory=dict[str, str])

    @property
    def endpoint(self) -> Endpoint:
        return self.request.endpoint

    @property
    def has_numbers(self) -> bool:
        """Whether amounts are JSON numbers here: "live replies send JSON numbers" (rest-v3 §3.3)."""
        return self.endpoint.path.startswith("/v3/trade/")

    @property
    def has_timestamp_first(self) -> bool:
        return self.request is GetOrderBook

    def read(self, parameters: dict[str, Any]) -> Request[Any]:
        """Build the request from what arrived. Raises Refusal as the exchange words it for this endpoint."""
        try:
            return self._form(parameters).from_parameters({**parameters, **self.in_path})
        except ValueError as error:  # msgspec.ValidationError and ArgumentError are both
            raise self._misread(str(error)) from None

    def handler(self, venue: Venue, request: Request[Any], account_id: str) -> Answer:
        """Answer a request, after everything that was due before it. Raises Refusal."""
        venue.advance()
        return self.answer(Call(venue, request, account_id))

    def _form(self, parameters: Mapping[str, Any]) -> type[Request[Any]]:
        # Without a list it is the older form of another call (rest-v3 §9.1.4).
        by_symbol = self.request is CancelOrders and not {"orderIds", "clientOrderIds"} & parameters.keys()
        return CancelAllOrders if by_symbol and parameters.get("symbol") else self.request

    def _misread(self, problem: str) -> Refusal:
        if self.request is GetOrderBook and "$.maxLevel" in problem:
            return _internal_error()
        return invalid(problem) if self.endpoint.signed else InvalidRequest()


class Routes:
    """Path -> method -> route. A path with a gap in it, as `…/withdraw/{withdrawId}`, is found after the plain ones."""

    def __init__(self, handlers: Mapping[type[Request[Any]], Handler]) -> None:
        self._plain: dict[str, dict[str, Route]] = {}
        self._gapped: dict[str, dict[str, Route]] = {}
        for request, answer in handlers.items():
            endpoint = request.endpoint
            found = self._gapped if endpoint.in_path else self._plain
            found.setdefault(endpoint.path, {})[endpoint.method] = Route(request, answer)
        for path, request in _OLD_PATHS.items():
            if request in handlers:
                self._plain[path] = {request.endpoint.method: Route(request, handlers[request])}
        self._patterns = [(_pattern(path), methods) for path, methods in self._gapped.items()]

    def get(self, path: str) -> Mapping[str, Route] | None:
        """Return the routes of a path by method, None for a path that nobody knows."""
        if methods := self._plain.get(path):
            return methods
        for pattern, methods in self._patterns:
            if found := pattern.fullmatch(path):
                return {name: replace(route, in_path=found.groupdict()) for name, route in methods.items()}
        return None

    def items(self) -> Iterator[tuple[str, Mapping[str, Route]]]:
        yield from self._plain.items()
        yield from self._gapped.items()


def _pattern(path: str) -> re.Pattern[str]:
    return re.compile(re.sub(r"{(\w+)}", r"(?P<\1>[\\w.%-]{1,64})", path), re.ASCII)


def _internal_error() -> Refusal:
    """Answer as production does to `maxLevel=abc`, HTTP 500 included (rest-v3 §5.2)."""
    request_id = secrets.token_hex(16)
    return Refusal(-1000, f"The server encountered an internal error, request id: {request_id}", http_status=500)


HANDLERS: Final = {
    request: handler
    for section in (public, trade, algo, account, asset, futures, spot_margin, convert, legacy)
    for request, handler in section.HANDLERS.items()
}
"""Everything that is answered, by request."""

ROUTES: Final = Routes(HANDLERS)
