"""This file is who goes first: cancels and the dead-man call, then orders, then everything else."""

from enum import IntEnum

from woodlot.wire.request import Endpoint


class Lane(IntEnum):
    """Smaller goes first."""

    URGENT = 0
    ORDER = 1
    READ = 2


def lane_of(endpoint: Endpoint) -> Lane:
    return _LANES.get(str(endpoint), Lane.READ)


_LANES = {
    "DELETE /v3/trade/order": Lane.URGENT,
    "DELETE /v3/trade/orders": Lane.URGENT,
    "DELETE /v3/trade/allOrders": Lane.URGENT,
    "DELETE /v3/trade/algoOrder": Lane.URGENT,
    "DELETE /v3/trade/algoOrders": Lane.URGENT,
    "POST /v3/trade/cancelAllAfter": Lane.URGENT,
    "POST /v3/trade/order": Lane.ORDER,
    "PUT /v3/trade/order": Lane.ORDER,
    "POST /v3/trade/algoOrder": Lane.ORDER,
    "PUT /v3/trade/algoOrder": Lane.ORDER,
}
