"""This file is what the tracker says: what changed, what was executed, and what only REST can answer."""

from typing import TypeAlias

from woodlot.orders.algo_order import AlgoOrder
from woodlot.orders.fills import Fill
from woodlot.orders.order import Step, TrackedOrder
from woodlot.wire.value import Value


class Executed(Value):
    """A fill that was not told before; those of one order come in trade order."""

    fill: Fill


class Doubtful(Value):
    """A fill too old to be sure that it was not told before: look its key up, and deliver it if it is not there."""

    fill: Fill


class Changed(Value):
    """An order took a step; `order` is what it is now."""

    order: TrackedOrder
    step: Step


class AskOrder(Value):
    """Ask REST for this order, by `order_id` where it is known. Answer with `poll`, or `absent` once that is proven."""

    symbol: str
    order_id: int | None
    client_order_id: int | None


class AskFills(Value):
    """Ask REST for the fills of `symbol` since `since_ms`: some of this order are missing. Answer with `backfill`."""

    symbol: str
    order_id: int
    since_ms: int


class AlgoChanged(Value):
    """An algo order took a step; `order` is what it is now."""

    order: AlgoOrder
    step: Step


class AskAlgo(Value):
    """Ask REST for this algo order, by `order_id` where it is known, and for those of its legs that it leaves out."""

    order_id: int | None
    client_order_id: int | None


Question: TypeAlias = AskOrder | AskFills | AskAlgo
Output: TypeAlias = Executed | Doubtful | Changed | AlgoChanged | Question
Outputs: TypeAlias = tuple[Output, ...]
