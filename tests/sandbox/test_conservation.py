"""Money is neither made nor lost, whatever is commanded; checked after every command."""

from collections.abc import Callable
from decimal import Decimal
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st
from tests.sandbox.floor import BTC, WOO, Floor

from woodlot.errors import ArgumentError
from woodlot.sandbox.exchange import BalancesChanged, ExchangeEvent, Reported
from woodlot.sandbox.quirks import Quirks
from woodlot.sandbox.refusal import Refusal
from woodlot.wire.enums import OrderStatus, OrderType, Side
from woodlot.wire.trade import EditOrder, GetOrders, GetTransactionHistory, PlaceOrder

NAMES = ["ann", "bob", "crowd"]
HOLDINGS = {"USDT": "5000", "BTC": "0.05", "WOO": "20000"}

GARBAGE = st.one_of(
    st.sampled_from(["NaN", "Infinity", "-1", "0", "1e30", "9" * 40, "0.0000000000001", "", "x", "-0", "1e-20"]),
    st.decimals(allow_nan=True, allow_infinity=True).map(str),
)
PRICES = {
    BTC: st.integers(8_690_000, 8_710_000).map(lambda ticks: str(Decimal(ticks) / 100)),
    WOO: st.integers(5_100, 5_140).map(lambda ticks: str(Decimal(ticks) / 100_000)),
}
QUANTITIES = {
    BTC: st.integers(10, 20_000).map(lambda lots: str(Decimal(lots) / 1_000_000)),
    WOO: st.integers(100, 50_000).map(lambda lots: str(Decimal(lots) / 10)),
}
AMOUNTS = st.integers(100_000_000, 300_000_000_000).map(lambda units: str(Decimal(units) / 100_000_000))


def sometimes_garbage(strategy: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    return st.integers(0, 19).flatmap(lambda die: GARBAGE if die == 0 else strategy)


@st.composite
def placements(draw: Callable[..., Any]) -> dict[str, Any]:
    symbol = draw(st.sampled_from([BTC, WOO]))
    kind = draw(st.sampled_from(["LIMIT", "LIMIT", "LIMIT", "MARKET", "IOC", "FOK", "POST_ONLY"]))
    order: dict[str, Any] = {"symbol": symbol, "side": draw(st.sampled_from(Side)), "type": OrderType(kind)}
    if kind == "MARKET" and draw(st.booleans()):
        order["amount"] = draw(sometimes_garbage(AMOUNTS))
    else:
        order["quantity"] = draw(sometimes_garbage(QUANTITIES[symbol]))
    if kind != "MARKET":
        order["price"] = draw(sometimes_garbage(PRICES[symbol]))
    order["client_order_id"] = draw(st.integers(0, 5))
    return order


EDITS = st.fixed_dictionaries(
    {},
    optional={
        "price": sometimes_garbage(PRICES[BTC] | PRICES[WOO]),
        "quantity": sometimes_garbage(QUANTITIES[BTC] | QUANTITIES[WOO]),
    },
)
COMMANDS = st.tuples(
    st.sampled_from(NAMES),
    st.one_of(
        placements().map(lambda order: ("place", order)),
        placements().map(lambda order: ("place", order)),
        EDITS.map(lambda edit: ("edit", edit)),
        st.just(("cancel", {})),
        st.sampled_from([("cancel_all", {}), ("cancel_all", {"symbol": BTC})]),
    ),
    st.integers(0, 30),
)
QUIRKS = st.builds(
    Quirks,
    market_by_amount_with_dust_ends_filled=st.booleans(),
    partial_market_ends=st.sampled_from([OrderStatus.CANCELLED, OrderStatus.FILLED]),
    crossing_post_only_ends=st.sampled_from([OrderStatus.CANCELLED, OrderStatus.REJECTED]),
    new_before_immediate_fill=st.booleans(),
    decrease_keeps_priority=st.booleans(),
    fee_step=st.sampled_from([Decimal("1E-12"), Decimal("1E-8")]),
)


def carry_out(floor: Floor, name: str, command: tuple[str, dict[str, Any]], victim: int) -> None:
    """Send a command as a handler would; what cannot be built or is refused has done nothing."""
    verb, fields = command
    account = floor.accounts[name]
    order_id = [*account.open, 1][victim % (len(account.open) + 1)]
    try:
        match verb:
            case "place":
                floor.exchange.place(account.id, PlaceOrder(**fields))
            case "edit":
                floor.exchange.edit(account.id, EditOrder(order_id=order_id, **fields))
            case "cancel":
                floor.exchange.cancel(account.id, order_id=order_id)
            case _:
                floor.exchange.cancel_all(account.id, **fields)
    except ArgumentError:
        pass
    except Refusal:
        said = floor.exchange.take_events()
        assert said == [], "a refused command has done nothing"


@settings(max_examples=150, deadline=None)
@given(st.lists(COMMANDS, min_size=10, max_size=50), QUIRKS)
def test_money_is_neither_made_nor_lost(
    commands: list[tuple[str, tuple[str, dict[str, Any]], int]], quirks: Quirks
) -> None:
    floor = Floor("ann", quirks=quirks)
    floor.open("bob", HOLDINGS, taker_fee_bp=Decimal("2.5"), maker_fee_bp=Decimal(0))
    floor.open("crowd", HOLDINGS, watched=False)
    events: list[ExchangeEvent] = []

    for name, command, victim in commands:
        carry_out(floor, name, command, victim)
        assert floor.exchange.audit() == []
        events += floor.exchange.take_events()

    for name in ("ann", "bob"):
        assert_told_what_is(floor, name, events)


def assert_told_what_is(floor: Floor, name: str, events: list[ExchangeEvent]) -> None:
    """Compare what an account was told with what it can ask for."""
    account_id = floor.id(name)
    reports = [e.report for e in events if isinstance(e, Reported) and e.account_id == account_id]
    pushed = {
        b.token: b for e in events if isinstance(e, BalancesChanged) and e.account_id == account_id for b in e.balances
    }
    rows = floor.exchange.orders(account_id, GetOrders(size=500)).rows
    fills = floor.exchange.transactions(account_id, GetTransactionHistory(limit=1000)).rows

    for row in rows:
        told = [report for report in reports if report.order_id == row.order_id]
        last = next(report for report in reversed(told) if report.status is not OrderStatus.REPLACED)
        assert (last.status, last.total_executed_quantity, last.total_fee) == (row.status, row.executed, row.total_fee)
        assert sum(report.executed_quantity for report in told) == row.executed
    assert {(f.id, f.executed_quantity, f.fee) for f in fills} == {
        (report.trade_id, report.executed_quantity, report.fee) for report in reports if report.is_fill
    }
    for holding in floor.exchange.balances(account_id):
        if holding.token in pushed:
            balance = pushed[holding.token]
            assert (balance.holding, balance.frozen) == (holding.holding, holding.frozen)
