"""This file is orders and fills on the screen: what became of each order, step by step, with how long it took."""

from rich.text import Text

from woodlot.desk.live_order import LiveOrder
from woodlot.orders.fills import Fill
from woodlot.orders.states import OrderState
from woodlot.tui.drawing import DOUBT, DOWN, FAINT, UP, fitted, head, number
from woodlot.tui.watch import Watch
from woodlot.wire.enums import Side
from woodlot.wire.moment import Time

_NARROW = 100
_ORDER_WIDTH, _STATE_WIDTH = 24, 12


def draw_orders(watch: Watch, width: int, height: int) -> list[Text]:
    """Draw the orders that moved last, open or over, and the latest fills."""
    if watch.setting.credentials is None:
        return fitted([Text("no key: the orders of an account cannot be seen", style=DOUBT)], height)
    room = max(1, (height - 3) // 2)
    still_open = len(watch.desk.orders())
    rows = [head(f"{still_open} open orders; the last to move first (x cancels the newest)")]
    for order in watch.desk.account.recent_orders(room):
        rows += _order(order, width)
    rows = [*fitted(rows, room + 1), Text(""), head("Fills, newest first"), *map(_fill, watch.fills)]
    return fitted(rows, height)


def _order(order: LiveOrder, width: int) -> list[Text]:
    """One line, or two where the window is narrow: an order and its life."""
    state = Text(
        f"{order.state.value:<{_STATE_WIDTH}}",
        style=DOUBT if order.state is OrderState.UNKNOWN else FAINT if order.is_final else "bold",
    )
    filled = f"{number(order.filled_quantity)}/{number(order.quantity or order.amount)}"
    wanted = f"{filled} at {number(order.price) or 'market'}"
    told = Text.assemble(
        f"{order.symbol:<18} ",
        (f"{order.side.value:<4} ", UP if order.side is Side.BUY else DOWN),
        f"{wanted:<{_ORDER_WIDTH}}  ",
        state,
    )
    life = Text("  ".join(_life(order)), style=FAINT)
    lines = [Text.assemble("   ", life)] if width < _NARROW else []
    told = told if lines else Text.assemble(told, "  ", life)
    for line in (told, *lines):
        line.truncate(width)
    return [told, *lines]


def _life(order: LiveOrder) -> list[str]:
    """Return each step of an order with how long after the first it was learned."""
    steps = order.history
    return [f"{step.news.value} +{step.at_ms - steps[0].at_ms} ms" for step in steps[1:]]


def _fill(fill: Fill) -> Text:
    return Text.assemble(
        f"{Time.at(fill.ts_ms):%H:%M:%S} {fill.symbol:<18} ",
        (f"{fill.side.value if fill.side else '?':<4} ", UP if fill.side is Side.BUY else DOWN),
        f"{number(fill.quantity, 12)} at {number(fill.price):<10}  fee {number(fill.fee)} {fill.fee_asset}",
        (f"  {fill.source.value}", FAINT),
    )
