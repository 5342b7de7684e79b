"""Nothing sends orders around the gate: by rule, and by trying."""

import ast
from pathlib import Path

import pytest
from tests.desk.test_desk import BTC, desk, sandbox_of

import woodlot.desk
from woodlot.desk.desk import Desk
from woodlot.errors import TradingStopped, WoodlotError
from woodlot.wire.enums import OrderType, Side
from woodlot.wire.trade import EditOrder, GetOrders, PlaceOrder

__all__ = ["desk"]

HERE = Path(woodlot.desk.__file__).parent
# Who may have what; a module that is not named here may not.
MAY = {
    "Admitted(": {"gate.py"},
    "send_admitted": {"outlet.py", "account.py"},
    "AsyncClient": {"outlet.py"},
    "Client(": {"watchdog.py"},
}


def names(path: Path) -> str:
    """Return the code of a module without its prose."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    for node in ast.walk(tree):
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant) and isinstance(node.value.value, str):
            node.value.value = ""
    return ast.unparse(tree)


@pytest.mark.parametrize("what", MAY)
def test_only_the_gate_admits_and_only_the_outlet_sends(what: str) -> None:
    having = {path.name for path in HERE.glob("*.py") if what in names(path)}
    assert having <= MAY[what]


async def test_whatever_a_program_calls_the_gate_decides(desk: Desk) -> None:
    resting = await desk.buy(BTC, "0.001", price="30000")
    await resting.working()
    desk.account.gate.stopped_because = "a test"
    order = PlaceOrder(symbol=BTC, side=Side.BUY, type=OrderType.LIMIT, price="30000", quantity="0.001")
    for attempt in (
        lambda: desk.buy(BTC, "0.001", price="30000"),
        lambda: desk.sell(BTC, "0.001"),
        lambda: desk.place(order),
        lambda: desk.client.send(order),
        lambda: desk.client.send(EditOrder(order_id=resting.order_id, price="31000")),
        lambda: desk.amend(resting, price="31000"),
        lambda: resting.amend(quantity="0.002"),
    ):
        with pytest.raises(TradingStopped):
            await attempt()
    (refused,) = await desk.place_all([order])
    assert isinstance(refused, WoodlotError)
    sandbox = sandbox_of(desk)
    rows = sandbox.exchange.orders(sandbox.account_id, GetOrders()).rows
    assert [(row.order_id, row.price) for row in rows] == [(resting.order_id, 30000)]
    assert desk.violations == {"kill switch": 8}
    await desk.cancel(resting)
    await resting.settled()
