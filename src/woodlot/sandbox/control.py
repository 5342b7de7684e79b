"""This file is the sandbox's own side door, under /sandbox/: faults on and off, keys, what the exchange is like, its
state.

It speaks plain JSON and is not part of the wire. It answers loopback only, or whoever shows the token; never a page
in a browser, which could reach loopback too.
"""

import hmac
import json
from collections.abc import Callable, Mapping
from dataclasses import asdict
from typing import Any, Final, TypeAlias, cast
from urllib.parse import parse_qs, parse_qsl

from woodlot.errors import ConfigurationError
from woodlot.sandbox.fault_grammar import Fault
from woodlot.sandbox.faults import Faults
from woodlot.sandbox.gate import Arrived, Reply
from woodlot.sandbox.options import is_loopback

PATH: Final = "/sandbox/"

Handler: TypeAlias = Callable[[Arrived], Any]
Service: TypeAlias = Callable[[dict[str, Any]], Any]


class Control:
    """Answer control requests. `inspect` describes the exchange, `save` returns its whole state as one file.

    `services` are what else is done, by method and name; each is given a JSON object, of a DELETE its query.
    """

    def __init__(
        self,
        faults: Faults,
        *,
        inspect: Callable[[], dict[str, Any]],
        save: Callable[[], bytes],
        token: str | None = None,
        services: Mapping[tuple[str, str], Service] | None = None,
    ) -> None:
        self._faults = faults
        self._inspect = inspect
        self._save = save
        self._token = token
        self._routes: dict[tuple[str, str], Handler] = {
            ("GET", "faults"): self._list_faults,
            ("POST", "faults"): self._switch_on,
            ("DELETE", "faults"): self._switch_off,
            ("GET", "state"): lambda _: self._inspect(),
            **{route: _served(service) for route, service in (services or {}).items()},
        }

    def answer(self, arrived: Arrived) -> Reply:
        """Return the reply to one control request."""
        path = arrived.target.partition("?")[0].removeprefix(PATH)
        if not self._may(arrived):
            return _reply(403, {"error": "the control endpoint answers loopback, or a caller with the token"})
        if (arrived.method, path) == ("GET", "state/file"):
            return Reply(200, self._save(), content_type="application/octet-stream")
        handler = self._routes.get((arrived.method, path))
        if handler is None:
            there = sorted({f"{method} {PATH}{name}" for method, name in (*self._routes, ("GET", "state/file"))})
            return _reply(404, {"error": "there is nothing here", "there_is": there})
        try:
            return _reply(200, handler(arrived))
        except ConfigurationError as error:
            return _reply(400, {"error": str(error)})

    def _may(self, arrived: Arrived) -> bool:
        # A browser names the page that asks; no program of a person's own does.
        if "Origin" in arrived.headers or "Sec-Fetch-Site" in arrived.headers:
            return False
        given = arrived.headers.get("Authorization", "").removeprefix("Bearer ")
        if self._token is not None:
            return hmac.compare_digest(given.encode(), self._token.encode())
        return is_loopback(arrived.address)

    def _list_faults(self, arrived: Arrived) -> Any:  # noqa: ARG002
        return {"faults": [asdict(state) for state in self._faults.state()]}

    def _switch_on(self, arrived: Arrived) -> Any:
        fault = Fault.parse(_text_of(arrived.body, "fault"))
        return {"id": self._faults.switch_on(fault), "fault": str(fault)}

    def _switch_off(self, arrived: Arrived) -> Any:
        numbers = parse_qs(arrived.target.partition("?")[2]).get("id", [])
        if not numbers:
            self._faults.clear()
        for number in numbers:
            if not number.isdecimal() or not self._faults.switch_off(int(number)):
                raise ConfigurationError(f"no fault {number[:20]} is on")
        return self._list_faults(arrived)


def _served(service: Service) -> Handler:
    def handler(arrived: Arrived) -> Any:
        if arrived.method != "POST":
            return service(dict(parse_qsl(arrived.target.partition("?")[2])))
        fields = _object_in(arrived.body)
        if fields is None:
            raise ConfigurationError("expected a JSON object")
        return service(fields)

    return handler


def _object_in(body: bytes) -> dict[str, Any] | None:
    try:
        fields: object = json.loads(body)
    except (ValueError, RecursionError):
        return None
    return cast("dict[str, Any]", fields) if isinstance(fields, dict) else None


def _text_of(body: bytes, name: str) -> str:
    text = (_object_in(body) or {}).get(name)
    if not isinstance(text, str):
        raise ConfigurationError(f'expected a JSON object like {{"{name}": "private.cut every 20s for 5s"}}')
    return text


def _reply(status: int, fields: Any) -> Reply:
    return Reply(status, json.dumps(fields).encode())
