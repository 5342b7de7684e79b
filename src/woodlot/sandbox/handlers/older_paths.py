"""This file is the paths of earlier generations that still lead somewhere (rest-v3 §10, §11): each to a call of today.

What stands in a path, and V1's snake case, becomes the name that the call of today has for it.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final, TypeAlias

import msgspec

from woodlot.sandbox.handlers import algo, asset, futures, spot_margin, trade
from woodlot.sandbox.handlers.venue import Call, Handler, Handlers
from woodlot.wire.algo import CancelAlgoOrder, CancelAlgoOrders, EditAlgoOrder, GetAlgoOrder, GetAlgoOrders
from woodlot.wire.algo import PlaceAlgoOrder as PlaceAlgo
from woodlot.wire.asset import CancelWithdrawal
from woodlot.wire.enums import StatusFilter
from woodlot.wire.futures import AdjustIsolatedMargin, GetPositions
from woodlot.wire.request import Request
from woodlot.wire.spot_margin import RepayInterest
from woodlot.wire.trade import CancelAck, CancelAllAfter, CancelAllOrders, EditOrder, GetOrders

Tree: TypeAlias = dict[str, Any]

# A number keeps its digits on the way through.
_decoder = msgspec.json.Decoder(float_hook=lambda digits: msgspec.Raw(digits.encode()))
_encoder = msgspec.json.Encoder()


@dataclass(frozen=True, slots=True)
class OlderPath:
    """One path: the call it stands for, what answers it, how its reply differs, which of its names differ."""

    method: str
    path: str
    request: type[Request[Any]]
    answer: Handler
    form: Callable[[Tree], Tree] | None = None
    names: Mapping[str, str] = field(default_factory=dict[str, str])

    def todays(self, parameters: Tree) -> Tree:
        """Return parameters by the names of the call of today."""
        spell = _camel if self.path.startswith("/v1/") else str
        return {self.names.get(name) or spell(name): value for name, value in parameters.items()}

    def respelled(self, body: bytes) -> bytes:
        """Return the reply as this path gives it."""
        return body if self.form is None else _encoder.encode(self.form(_decoder.decode(body)))


def _at_the_top(reply: Tree) -> Tree:
    """The acknowledgement without an envelope around it: `{"success":true,"status":"CANCEL_SENT"}` (rest-v3 §10)."""
    return {"success": True, "status": reply["data"]["status"]}


def _doubled(reply: Tree) -> Tree:
    """Or with two of them: `data:{"success":true,"status":"EDIT_SENT"}` (rest-v3 §10)."""
    return reply | {"data": {"success": True} | reply["data"]}


def _bare(reply: Tree) -> Tree:  # noqa: ARG001 - a form takes the reply
    """`success` only (rest-v3 §9.6, the V1 twin)."""
    return {"success": True}


def _by_order_id(reply: Tree) -> Tree:
    """Rows with `orderId` and `clientOrderId` (rest-v3 §9.2.1, "older replies")."""
    older = {"algoOrderId": "orderId", "clientAlgoOrderId": "clientOrderId"}
    rows = [{older.get(name, name): value for name, value in row.items()} for row in reply["data"]["rows"]]
    return reply | {"data": {"rows": rows}}


def _cancel_ordinary(call: Call[CancelAllOrders]) -> CancelAck:
    """Cancel "all ordinary orders" (rest-v3 §10) and no algo order, which `allOrders` of today does too."""
    query = GetOrders(status=StatusFilter.INCOMPLETE, size=500)
    while rows := call.exchange.orders(call.account_id, query).rows:
        call.exchange.cancel_several(call.account_id, order_ids=[row.order_id for row in rows])
    return CancelAck(status="CANCEL_ALL_SENT")


def _today(section: Handlers, request: type[Request[Any]]) -> tuple[type[Request[Any]], Handler]:
    return request, section[request]


OLDER_PATHS: Final = (
    # "an older page shows ...; a simulator can serve both" (rest-v3 §9.1.8)
    OlderPath("POST", "/v3/trade/order/cancelAllAfter", *_today(trade.HANDLERS, CancelAllAfter)),
    OlderPath("PUT", "/v3/order/{orderId}", *_today(trade.HANDLERS, EditOrder), _doubled),
    OlderPath("PUT", "/v3/order/client/{clientOrderId}", *_today(trade.HANDLERS, EditOrder), _doubled),
    OlderPath("DELETE", "/v3/orders/pending", CancelAllOrders, _cancel_ordinary, _at_the_top),
    OlderPath("POST", "/v3/algo/order", *_today(algo.HANDLERS, PlaceAlgo), _by_order_id,
              {"clientOrderId": "clientAlgoOrderId", "orderTag": "algoOrderTag"}),
    OlderPath("GET", "/v3/algo/order/{algoOrderId}", *_today(algo.HANDLERS, GetAlgoOrder)),
    OlderPath("GET", "/v3/algo/orders", *_today(algo.HANDLERS, GetAlgoOrders)),
    OlderPath("PUT", "/v3/algo/order/{algoOrderId}", *_today(algo.HANDLERS, EditAlgoOrder), _doubled),
    OlderPath("PUT", "/v3/algo/order/client/{clientAlgoOrderId}", *_today(algo.HANDLERS, EditAlgoOrder), _doubled),
    OlderPath("DELETE", "/v3/algo/order/{algoOrderId}", *_today(algo.HANDLERS, CancelAlgoOrder), _at_the_top),
    OlderPath("DELETE", "/v3/algo/orders/pending", *_today(algo.HANDLERS, CancelAlgoOrders), _at_the_top),
    OlderPath("DELETE", "/v3/algo/orders/pending/{symbol}", *_today(algo.HANDLERS, CancelAlgoOrders), _at_the_top),
    OlderPath("DELETE", "/v3/merge/orders/pending/{symbol}", *_today(trade.HANDLERS, CancelAllOrders), _at_the_top),
    OlderPath("GET", "/v3/positions", *_today(futures.HANDLERS, GetPositions)),
    # V1, which "V3 does not cover (per ccxt)" (rest-v3 §11). The names of the last are not known.
    OlderPath("POST", "/v1/client/isolated_margin", *_today(futures.HANDLERS, AdjustIsolatedMargin), _bare),
    OlderPath("POST", "/v1/interest/repay", *_today(spot_margin.HANDLERS, RepayInterest), _bare),
    OlderPath("DELETE", "/v1/asset/withdraw", *_today(asset.HANDLERS, CancelWithdrawal), _bare, {"id": "withdrawId"}),
)  # fmt: skip
"""Every such path; the calls that nothing replaces have classes of their own in `wire.legacy`."""


def _camel(name: str) -> str:
    """
    >>> _camel("adjust_token"), _camel("amount")
    ('adjustToken', 'amount')
    """
    first, *others = name.split("_")
    return first + "".join(word.capitalize() for word in others)
