"""This file is what nobody knows about the exchange: one named switch for each open point, with its source.

The default is the recording where there is one, else the proposal of the reference sheets. A client has to survive
every setting.
"""

from dataclasses import dataclass
from decimal import Decimal

from woodlot.wire.enums import OrderStatus


@dataclass(frozen=True, slots=True, kw_only=True)
class Quirks:
    """How this exchange behaves where the documentation is silent. Each field says what it decides."""

    market_by_amount_with_dust_ends_filled: bool = True
    """A MARKET order by `amount` ends FILLED when what is left of it buys less than one lot, else CANCELLED.
    Not written down anywhere; websocket-v3 §9.1.4 shows a single FILLED."""

    partial_market_ends: OrderStatus = OrderStatus.CANCELLED
    """How a MARKET order by `quantity` ends that the book could not fill completely: rest-v3 §7.5 rule 4."""

    crossing_post_only_ends: OrderStatus = OrderStatus.CANCELLED
    """How a POST_ONLY order ends that would match: rest-v3 §14 no 12. CANCELLED follows a NEW, REJECTED is alone."""

    new_before_immediate_fill: bool = True
    """Whether an order that trades or ends at once is reported as NEW first: websocket-v3 §9.1.4."""

    decrease_keeps_priority: bool = True
    """Whether an edit that only makes an order smaller keeps its place in the queue: rest-v3 §14 no 13."""

    trade_id_per_side: bool = True
    """Whether taker and maker of one match have trade ids of their own. (symbol, trade id) is said to identify a
    fill of an account (websocket-v3 §10), which one shared id would break for somebody who trades with himself."""

    from_id_is_inclusive: bool = True
    """Whether `fromId` of the transaction history returns that trade too: websocket-v3 §16 no 20."""

    fee_step: Decimal = Decimal("1E-12")
    """Fees are rounded up to this. One recording of 2023 suggests 1E-8 (0.00040791 BTC paid 2.1E-7, presumably at
    5 bp: websocket-v3 §9.1.1); the default keeps every fee exact."""
