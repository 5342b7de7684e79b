"""This file is the route table: which request and which handler stand behind a path, made from the classes."""

import re
import secrets
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Final

import msgspec

from woodlot.sandbox.handlers import account, algo, asset, convert, futures, legacy, public, spot_margin, trade
from woodlot.sandbox.handlers.older_paths import OLDER_PATHS, OlderPath
from woodlot.sandbox.handlers.venue import Call, Handler, Venue
from woodlot.sandbox.parameters import invalid
from woodlot.sandbox.refusal import Refusal, refusal
from woodlot.sandbox.replies import InvalidRequest
from woodlot.wire.answer import Answer
from woodlot.wire.public import GetOrderBook
from woodlot.wire.request import Endpoint, Request
from woodlot.wire.trade import LONGEST_DEAD_MAN_MS, CancelAllOrders, CancelOrders

_NAMED_AFTER: Final = re.compile(r"(\w+): ")
_MISSING: Final = re.compile(r"Object missing required field `(\w+)`(?: - at `\$\.?(.*)`)?")


@dataclass(frozen=True, slots=True)
class Route:
    """One endpoint at work; `in_path` is what stood in the path, `older` the path of an earlier generation."""

    request: type[Request[Any]]
    answer: Handler
    in_path: Mapping[str, str] = field(default_factory=dict[str, str])
    older: OlderPath | None = None

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

    def todays(self, parameters: dict[str, Any]) -> dict[str, Any]:
        """Return what arrived by the names of today."""
        return self.older.todays(parameters) if self.older else parameters

    def respelled(self, body: bytes) -> bytes:
        """Return a success as this path has it."""
        return self.older.respelled(body) if self.older else body

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
        if not self.endpoint.signed:
            return InvalidRequest()
        code = self._own_code(problem)
        return refusal(code, most=LONGEST_DEAD_MAN_MS) if code else invalid(self._worded(problem))

    def _own_code(self, problem: str) -> int | None:
        """Return the six-digit code that a field out of its range has (rest-v3 §5.3)."""
        field_name = _NAMED_AFTER.match(problem)
        return _CODES.get(field_name[1]) if field_name and "expected 0 to" in problem else None

    def _worded(self, problem: str) -> str:
        """Say it in the exchange's words and by its names: "symbol must not be blank" (rest-v3 §5.2)."""
        if missing := _MISSING.fullmatch(problem):
            return f"{missing[2]}.{missing[1]} must not be blank" if missing[2] else f"{missing[1]} must not be blank"
        names = {part.name: part.encode_name for part in msgspec.structs.fields(self.request)}
        return re.sub(r"\b[a-z]+(?:_[a-z0-9]+)+\b", lambda word: names.get(word[0], word[0]), problem)


class Routes:
    """Path -> method -> route. A path with a gap in it, as `…/withdraw/{withdrawId}`, is found after the plain ones."""

    def __init__(self, handlers: Mapping[type[Request[Any]], Handler]) -> None:
        self._plain: dict[str, dict[str, Route]] = {}
        self._gapped: dict[str, dict[str, Route]] = {}
        for request, answer in handlers.items():
            endpoint = request.endpoint
            found = self._gapped if endpoint.in_path else self._plain
            found.setdefault(endpoint.path, {})[endpoint.method] = Route(request, answer)
        for older in OLDER_PATHS:
            found = self._gapped if "{" in older.path else self._plain
            found.setdefault(older.path, {})[older.method] = Route(older.request, older.answer, older=older)
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


_CODES: Final = {"trigger_after": 317176, "client_order_id": 317164, "client_algo_order_id": 317164}


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
