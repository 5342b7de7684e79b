"""This file is the handle of an order: the `clientOrderId` it has before its first byte leaves."""

import copy
import secrets
from collections.abc import Callable
from typing import Any, TypeVar

import msgspec

from woodlot.wire.request import Method, Request
from woodlot.wire.trade import LARGEST_CLIENT_ORDER_ID

RequestT = TypeVar("RequestT", bound=Request[Any])

_BITS = LARGEST_CLIENT_ORDER_ID.bit_length()
# "separate number space from `clientOrderId`" (rest-v3 §7.3), the same rules.
_HANDLES = ("client_order_id", "client_algo_order_id")


def new_client_order_id() -> int:
    """Return a number that no other process draws: 63 random bits, never 0, which means none (rest-v3 §7.3)."""
    return secrets.randbits(_BITS) or 1


def with_handle(request: RequestT, *, draw: Callable[[], int] = new_client_order_id) -> RequestT:
    """Return the request with a client order id, where it makes an order and has none yet."""
    if request.endpoint.method is not Method.POST:
        return request
    for name in _HANDLES:
        if name in request.__struct_fields__ and not getattr(request, name):
            named = copy.copy(request)
            # Not `replace`: that would check again what was checked when the request was built.
            msgspec.structs.force_setattr(named, name, draw())
            return named
    return request


def client_order_id_of(request: object) -> int | None:
    """Return the id that the order can be asked for by, where the call has one."""
    return _whole(request, "client_order_id") or _whole(request, "client_algo_order_id")


def order_id_of(request: object) -> int | None:
    return _whole(request, "order_id") or _whole(request, "algo_order_id")


def _whole(request: object, name: str) -> int | None:
    value = getattr(request, name, None)
    return value if isinstance(value, int) else None
