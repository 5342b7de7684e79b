"""Money is neither made nor lost with positions, algo orders and loans either; checked after every command."""

from collections.abc import Callable
from decimal import Decimal
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace
from tests.sandbox.floor import BTC, PERP, Floor

from woodlot.errors import ArgumentError
from woodlot.sandbox.accounts import Account
from woodlot.sandbox.instruments import LISTING, PERPETUALS
from woodlot.sandbox.refusal import Refusal
from woodlot.wire.algo import AlgoLeg, AlgoOrderType, AlgoType, PlaceAlgoOrder, TriggerPriceType
from woodlot.wire.enums import MarginMode, OrderType, PositionSide, Side
from woodlot.wire.futures import AdjustIsolatedMargin, MarginAction, PositionModeChoice, SetLeverage
from woodlot.wire.trade import EditOrder, PlaceOrder

FREE = [replace(item, bid_cap_ratio=None, ask_floor_ratio=None) for item in PERPETUALS]
NAMES = ["ann", "bob", "hedger", "meg", "crowd"]
PRICES = st.integers(86_500, 87_500).map(str)
QUANTITIES = st.integers(1_000, 300_000).map(lambda lots: str(Decimal(lots) / 100_000))
MODES = st.sampled_from(MarginMode)
SIDES = st.sampled_from(PositionSide)
SIDES_OF_HEDGERS = [PositionSide.LONG, PositionSide.SHORT]


def rarely(strategy: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    return st.integers(0, 5).flatmap(lambda die: strategy if die == 5 else st.none())


@st.composite
def placements(draw: Callable[..., Any]) -> dict[str, Any]:
    kind = draw(
        st.sampled_from(
            ["LIMIT", "LIMIT", "LIMIT", "LIMIT", "MARKET", "MARKET", "IOC", "POST_ONLY", "RPI", "BID", "ASK"]
        )
    )
    order: dict[str, Any] = {
        "symbol": draw(st.sampled_from([PERP, PERP, PERP, BTC])),
        "side": draw(st.sampled_from(Side)),
        "type": OrderType(kind),
        "quantity": draw(QUANTITIES),
        "reduce_only": draw(rarely(st.just(True))),
        "margin_mode": draw(rarely(MODES)),
    }
    if kind not in {"MARKET", "BID", "ASK"}:
        order["price"] = draw(PRICES)
        order["visible_quantity"] = draw(rarely(st.sampled_from(["0", "0.01"])))
    return order


@st.composite
def algo_orders(draw: Callable[..., Any]) -> dict[str, Any]:
    """Return the fields of an algo order: whatever holds together, on the perpetual or on spot."""
    kind = draw(st.sampled_from(AlgoType))
    side, symbol = draw(st.sampled_from(Side)), draw(st.sampled_from([PERP, PERP, BTC]))
    trigger_type = draw(st.sampled_from(TriggerPriceType)) if symbol == PERP else None
    order: dict[str, Any] = {"symbol": symbol, "algo_type": kind, "side": side, "trigger_price_type": trigger_type}
    order |= {"type": AlgoOrderType.MARKET, "quantity": draw(QUANTITIES), "reduce_only": draw(rarely(st.just(True)))}
    if kind is AlgoType.TRAILING_STOP:
        return order | {"callback_value": draw(st.integers(1, 500))}
    closing = side.opposite if "BRACKET" in kind else side
    high, low = draw(st.integers(87_000, 89_000)), draw(st.integers(85_000, 87_000))
    pair = tuple(
        AlgoLeg(
            algo_type=AlgoType(name),
            side=closing,
            type=AlgoOrderType.CLOSE_POSITION if kind is AlgoType.POSITIONAL_TP_SL else AlgoOrderType.MARKET,
            trigger_price=high if (name == "TAKE_PROFIT") == (closing is Side.SELL) else low,
            trigger_price_type=trigger_type,
        )
        for name in ("TAKE_PROFIT", "STOP_LOSS")
    )
    if kind in {AlgoType.TP_SL, AlgoType.POSITIONAL_TP_SL}:
        return order | {"child_orders": pair, "type": None}
    order |= {"trigger_price": draw(PRICES), "price": draw(PRICES), "type": AlgoOrderType.LIMIT}
    if "BRACKET" in kind:
        return order | {"child_orders": (AlgoLeg(algo_type=AlgoType.TP_SL, child_orders=pair),)}
    if kind is AlgoType.OCO:
        return order | {"child_orders": (AlgoLeg(algo_type=AlgoType.STOP, side=side, trigger_price=draw(PRICES)),)}
    return order


MARGIN_CHANGES = st.builds(
    AdjustIsolatedMargin,
    symbol=st.just(PERP),
    adjust_token=st.just("USDT"),
    adjust_amount=st.integers(1, 5_000),
    action=st.sampled_from(MarginAction),
    position_side=SIDES,
)
WEIGHTED: list[tuple[int, str, st.SearchStrategy[dict[str, Any]]]] = [
    (60, "place", placements()),
    (12, "algo", algo_orders()),
    (2, "end_algo", st.just({})),
    (5, "edit", st.fixed_dictionaries({}, optional={"price": PRICES, "quantity": QUANTITIES})),
    (3, "cancel", st.just({})),
    (1, "cancel_all", st.just({})),
    (12, "move", st.fixed_dictionaries({"price": st.integers(65_000, 110_000)})),
    (4, "wait", st.fixed_dictionaries({"seconds": st.integers(1, 30_000)})),
    (
        4,
        "lever",
        st.fixed_dictionaries(
            {"change": st.builds(SetLeverage, symbol=st.just(PERP), margin_mode=MODES, leverage=st.integers(1, 50))}
        ),
    ),
    (2, "mode", st.fixed_dictionaries({"mode": st.sampled_from(PositionModeChoice)})),
    (4, "margin", st.fixed_dictionaries({"change": MARGIN_CHANGES})),
]
COMMANDS = st.sampled_from([(verb, fields) for weight, verb, fields in WEIGHTED for _ in range(weight)]).flatmap(
    lambda entry: st.tuples(st.just(entry[0]), entry[1])
)


def carry_out(floor: Floor, name: str, verb: str, fields: dict[str, Any], victim: int) -> None:
    exchange, account = floor.exchange, floor.accounts[name]
    order_id = [*account.open, 1][victim % (len(account.open) + 1)]
    match verb:
        case "place":
            side = SIDES_OF_HEDGERS[victim % 2] if account.is_hedged and fields["symbol"] == PERP else None
            exchange.place(account.id, PlaceOrder(**fields, position_side=side))
        case "algo":
            side = SIDES_OF_HEDGERS[victim % 2] if account.is_hedged and fields["symbol"] == PERP else None
            exchange.algo.place(account.id, PlaceAlgoOrder(**fields, position_side=side))
        case "end_algo":
            exchange.algo.cancel_all(account.id)
        case "edit":
            exchange.edit(account.id, EditOrder(order_id=order_id, **fields))
        case "cancel":
            exchange.cancel(account.id, order_id=order_id)
        case "cancel_all":
            exchange.cancel_all(account.id)
        case _:
            carry_out_the_rest(floor, account, verb, fields, victim)


def carry_out_the_rest(floor: Floor, account: Account, verb: str, fields: dict[str, Any], victim: int) -> None:
    exchange = floor.exchange
    match verb:
        case "move":
            if victim % 2:
                # An empty book leaves the index as the mark price: a crash.
                for other in floor.accounts.values():
                    exchange.cancel_all(other.id)
            exchange.perpetuals.set_index(PERP, Decimal(fields["price"]))
            floor.clock.advance(1)
            exchange.tick()
        case "wait":
            floor.clock.advance(fields["seconds"])
            exchange.tick()
        case "lever":
            exchange.futures.set_leverage(account.id, fields["change"])
        case "mode":
            exchange.futures.set_position_mode(account.id, fields["mode"])
        case _:
            exchange.futures.adjust_margin(account.id, fields["change"])


@settings(max_examples=60, deadline=None)
@given(
    st.lists(st.tuples(st.sampled_from(NAMES), COMMANDS, st.integers(0, 30)), min_size=30, max_size=80),
    st.sampled_from([1_000, 1_000_000]),
)
def test_positions_algo_orders_and_loans_neither_make_nor_lose_money(
    commands: list[tuple[str, tuple[str, dict[str, Any]], int]], fund: int
) -> None:
    floor = Floor("nobody", listing=(*LISTING, *FREE))
    floor.open("ann", {"USDT": "10000", "BTC": "0.5"})
    floor.open("bob", {"USDT": "30000", "BTC": "0.1"})
    floor.open("hedger", {"USDT": "30000", "WOO": "20000"}, is_retail=True)
    floor.open("meg", {"USDT": "40000"}, mode="MARGIN")
    floor.open("crowd", {"USDT": "20000"}, watched=False)
    for name in NAMES:
        change = SetLeverage(symbol=PERP, margin_mode=MarginMode.CROSS, leverage=50)
        floor.exchange.futures.set_leverage(floor.id(name), change)
    floor.exchange.futures.set_position_mode(floor.id("hedger"), PositionModeChoice.HEDGE_MODE)
    floor.exchange.perpetuals.set_index(PERP, Decimal(87_000))
    floor.impoverish_the_fund(fund)

    for name, (verb, fields), victim in commands:
        try:
            carry_out(floor, name, verb, fields, victim)
        except ArgumentError:
            continue
        except Refusal:
            assert floor.exchange.take_events() == [], "a refused command has done nothing"
        assert floor.exchange.audit() == [], f"after {verb} of {name}"
        floor.exchange.take_events()
