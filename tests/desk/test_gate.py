import dataclasses
import importlib
import pkgutil
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import msgspec
import pytest
from tests.orders.messages import START_MS, place

import woodlot.wire
from woodlot.clock import ManualClock
from woodlot.config import Environment
from woodlot.desk.controls import CONTROLS, Touch
from woodlot.desk.entry import COMMANDS
from woodlot.desk.gate import KILL_SWITCH, Gate
from woodlot.desk.limits import Limits
from woodlot.errors import ConfigurationError, FloatRefused, GateRefused, TradingStopped
from woodlot.orders.algo_order import AlgoOrder
from woodlot.orders.order import TrackedOrder
from woodlot.orders.states import OrderState
from woodlot.wire.algo import AlgoLeg, AlgoLegEdit, AlgoType, EditAlgoOrder, PlaceAlgoOrder
from woodlot.wire.enums import OrderType, PositionSide, Side
from woodlot.wire.request import Method, Request
from woodlot.wire.trade import CancelAllAfter, CancelAllOrders, CancelOrder, EditOrder, PlaceOrder

D = Decimal


class World:
    """What the gate is told; each test changes what it is about."""

    def __init__(self, **limits: Any) -> None:
        self.clock = ManualClock()
        self.book: Touch | None = Touch(D("0.249"), D("0.251"))
        self.open: list[TrackedOrder] = []
        self.algos: list[AlgoOrder] = []
        self.position = D(0)
        self.positions: dict[PositionSide | None, Decimal] = {}
        self.gate = Gate(Limits(**limits), facts=self, environment="staging", clock=self.clock)

    def touch(self, symbol: str) -> Touch | None:
        return self.book

    def open_orders(self) -> tuple[TrackedOrder, ...]:
        return tuple(self.open)

    def open_algos(self) -> tuple[AlgoOrder, ...]:
        return tuple(self.algos)

    def find_algo(self, *, order_id: int | None, client_order_id: int | None) -> AlgoOrder | None:
        return next((order for order in self.algos if order.order_id == order_id), None)

    def built_up(self, symbol: str, position: PositionSide | None = None) -> Decimal:
        return self.positions.get(position, self.position)

    def find(self, *, order_id: int | None, client_order_id: int | None) -> TrackedOrder | None:
        return next((order for order in self.open if order.order_id == order_id), None)

    def refuses(self, request: Request[Any]) -> str | None:
        try:
            self.gate.admit(request)
        except GateRefused as refusal:
            return refusal.control
        return None


def opened(**fields: Any) -> TrackedOrder:
    return TrackedOrder.intended(place(**fields), at_ms=START_MS)


def market(**fields: Any) -> PlaceOrder:
    return place(type=OrderType.MARKET, price=None, **fields)


@pytest.mark.parametrize(
    ("control", "limits", "good", "bad"),
    [
        ("environment", {"environments": frozenset({"staging"})}, place(), None),
        ("symbol", {"symbols": frozenset({"SPOT_WOO_USDT"})}, place(), place(symbol="SPOT_BTC_USDT")),
        ("quantity", {"max_quantity": D(100)}, place(quantity="100"), place(quantity="100.1")),
        ("notional", {"max_notional": D(25)}, place(quantity="100"), place(quantity="100.1")),
        ("notional", {"max_notional": D(25)}, market(quantity="99"), market(quantity="100")),
        ("notional", {"max_notional": D(25)}, market(quantity=None, amount="25"), market(quantity=None, amount="26")),
        ("price distance", {"price_distance": D("0.1")}, place(price="0.2260"), place(price="0.2258")),
        ("price distance", {"price_distance": D("0.1")}, place(price="0.2761"), place(price="2.5")),
        ("exposure", {"max_exposure": D(25)}, place(quantity="100"), place(quantity="101")),
    ],
)
def test_a_control_lets_pass_what_is_within_and_stops_what_is_beyond(
    control: str, limits: dict[str, Any], good: PlaceOrder, bad: PlaceOrder | None
) -> None:
    assert World(**limits).refuses(good) is None
    if bad is not None:
        assert World(**limits).refuses(bad) == control


def test_limits_for_one_environment_are_not_for_another() -> None:
    assert World(environments=frozenset({"live"})).refuses(place()) == "environment"


def test_a_book_that_cannot_be_read_stops_orders_where_one_is_needed() -> None:
    world = World(needs_book=True)
    assert world.refuses(place()) is None
    world.book = None
    assert world.refuses(place()) == "stale book"


def test_a_market_order_that_cannot_be_priced_is_stopped_by_a_limit_of_money() -> None:
    world = World(max_notional=D(25))
    world.book = None
    assert world.refuses(market(quantity="1")) == "notional"


def test_no_more_orders_than_allowed_are_open() -> None:
    world = World(max_open_orders=2)
    world.open = [opened()]
    assert world.refuses(place()) is None
    world.open = [opened(), opened()]
    assert world.refuses(place()) == "open orders"


@pytest.mark.parametrize(
    ("position", "quantity", "stopped"), [(60, "40", False), (60, "41", True), (-60, "100", False)]
)
def test_exposure_counts_what_was_built_up_and_what_is_open_on_that_side(
    position: int, quantity: str, stopped: bool
) -> None:
    world = World(max_exposure=D(50))
    world.position = D(position)
    world.open = [opened(quantity="100"), opened(quantity="500", side=Side.SELL)]
    assert (world.refuses(place(quantity=quantity)) == "exposure") is stopped


def test_orders_per_second_are_counted_in_any_second() -> None:
    world = World(orders_per_second=2)
    for _ in range(2):
        assert world.refuses(place()) is None
        world.clock.advance(0.4)
    assert world.refuses(place()) == "orders per second"
    world.clock.advance(0.2)
    assert world.refuses(place()) is None


def test_the_same_order_again_is_stopped_within_its_time_and_another_is_not() -> None:
    world = World(duplicate_within_s=1.0)
    assert world.refuses(place(client_order_id=1)) is None
    assert world.refuses(place(client_order_id=2)) == "duplicate"
    assert world.refuses(place(client_order_id=3, quantity="101")) is None
    world.clock.advance(1.0)
    assert world.refuses(place(client_order_id=4)) is None


def test_a_loop_that_goes_on_placing_children_is_stopped() -> None:
    world = World(most_children=3, children_within_s=60.0)
    for number in range(3):
        assert world.refuses(place(quantity=str(100 + number))) is None
        world.clock.advance(10)
    assert world.refuses(place(quantity="999")) == "repeated child orders"
    assert world.refuses(place(order_tag="another")) is None
    world.clock.advance(30)
    assert world.refuses(place()) is None


def test_the_kill_switch_stops_orders_and_lets_cancels_pass() -> None:
    world = World()
    world.gate.stopped_because = "by hand"
    with pytest.raises(TradingStopped, match="by hand"):
        world.gate.admit(place())
    for request in (CancelOrder(order_id=1), CancelAllOrders(), CancelAllAfter(trigger_after=0)):
        assert world.refuses(request) is None
    world.gate.stopped_because = None
    assert world.refuses(place()) is None


def test_an_amend_is_held_to_the_limits_as_the_order_it_makes() -> None:
    world = World(max_notional=D(30), max_exposure=D(30))
    world.open = [msgspec.structs.replace(opened(), order_id=5)]
    assert world.refuses(EditOrder(order_id=5, quantity="120")) is None
    assert world.refuses(EditOrder(order_id=5, quantity="121")) == "notional"
    assert world.refuses(EditOrder(order_id=5, price="0.31")) == "notional"


def test_an_amend_of_an_unknown_order_cannot_slip_through_a_list_of_symbols() -> None:
    assert World(symbols=frozenset({"SPOT_WOO_USDT"})).refuses(EditOrder(order_id=9, quantity="1")) == "symbol"


def algo(**fields: Any) -> PlaceAlgoOrder:
    known: dict[str, Any] = {
        "symbol": "SPOT_WOO_USDT",
        "algo_type": AlgoType.STOP,
        "side": Side.BUY,
        "trigger_price": "0.25",
        "quantity": "100",
        "client_algo_order_id": 5,
    }
    return PlaceAlgoOrder(**known | fields)


def opened_algo(**fields: Any) -> AlgoOrder:
    known = AlgoOrder.intended(algo(**fields), at_ms=START_MS)
    return msgspec.structs.replace(known, order_id=9, state=OrderState.WORKING)


def test_algo_orders_pass_the_same_gate() -> None:
    assert World(max_notional=D(25)).refuses(algo(quantity="101")) == "notional"


def leg(**fields: Any) -> AlgoLeg:
    return AlgoLeg(algo_type=AlgoType.STOP, **fields)


@pytest.mark.parametrize(
    ("child", "control"),
    [
        (leg(trigger_price="0.3"), "notional"),
        (leg(trigger_price="0.24", quantity="1000"), "quantity"),
        (leg(trigger_price="0.25", child_orders=(leg(quantity="500"),)), "quantity"),
    ],
)
def test_a_leg_is_held_to_the_limits_like_the_whole(child: AlgoLeg, control: str) -> None:
    world = World(max_notional=D(25), max_quantity=D(200))
    assert world.refuses(algo(algo_type=AlgoType.OCO, price="0.25", child_orders=(child,))) == control
    assert world.refuses(algo(algo_type=AlgoType.OCO, price="0.25")) is None


@pytest.mark.parametrize(
    ("side", "position", "quantity", "stopped"),
    [
        (Side.BUY, PositionSide.LONG, "99", True),
        (Side.SELL, PositionSide.LONG, "180", False),
        (Side.SELL, PositionSide.SHORT, "99", True),
        (Side.BUY, PositionSide.SHORT, "180", False),
    ],
)
def test_in_hedge_mode_a_long_and_a_short_do_not_cancel_out(
    side: Side, position: PositionSide, quantity: str, stopped: bool
) -> None:
    world = World(max_exposure=D(50))
    world.positions = {PositionSide.LONG: D(180), PositionSide.SHORT: D(-180)}
    order = place(symbol="PERP_WOO_USDT", side=side, position_side=position, quantity=quantity)
    assert (world.refuses(order) == "exposure") is stopped
    world.open = [opened(symbol="PERP_WOO_USDT", side=side, position_side=position, quantity="1", client_order_id=5)]
    world.open = [msgspec.structs.replace(world.open[0], order_id=5)]
    assert (world.refuses(EditOrder(order_id=5, quantity=quantity)) == "exposure") is stopped


def test_what_waits_for_its_price_counts_among_open_orders_and_exposure() -> None:
    world = World(max_open_orders=2, max_exposure=D(50))
    world.open, world.algos = [opened()], []
    assert world.refuses(place(quantity="50")) is None
    world.algos = [opened_algo()]
    assert world.refuses(place(quantity="50")) == "open orders"
    world.open = []
    assert world.refuses(place(quantity="101")) == "exposure"
    assert world.refuses(place(quantity="100")) is None


def test_an_amend_of_an_algo_order_is_held_to_the_limits_as_the_order_it_makes() -> None:
    world = World(max_notional=D(30), max_exposure=D(30), symbols=frozenset({"SPOT_WOO_USDT"}))
    world.algos = [opened_algo()]
    assert world.refuses(EditAlgoOrder(algo_order_id=9, quantity="120")) is None
    assert world.refuses(EditAlgoOrder(algo_order_id=9, quantity="121")) == "notional"
    assert world.refuses(EditAlgoOrder(algo_order_id=9, trigger_price="0.31")) == "notional"
    change = AlgoLegEdit(algo_order_id=10, quantity="1000", price="0.25")
    assert world.refuses(EditAlgoOrder(algo_order_id=9, child_orders=(change,))) == "notional"
    assert world.refuses(EditAlgoOrder(algo_order_id=8, quantity="1")) == "symbol"


def test_an_order_that_only_closes_builds_nothing_up() -> None:
    world = World(max_exposure=D(25))
    assert world.refuses(place(symbol="PERP_WOO_USDT", quantity="500")) == "exposure"
    assert world.refuses(place(symbol="PERP_WOO_USDT", quantity="500", reduce_only=True)) is None
    assert world.refuses(place(quantity="500", reduce_only=True)) == "exposure"


def test_refusals_are_counted_by_control_and_say_how_often() -> None:
    world = World(max_quantity=D(1))
    for _ in range(3):
        world.refuses(place())
    with pytest.raises(GateRefused, match=r"its quantity is 100, at most 1 \(quantity, refusal no 4\)"):
        world.gate.admit(place())
    assert world.gate.violations == {"quantity": 4}


@pytest.mark.parametrize("factor", [10, 100, 1000])
def test_a_fat_finger_is_stopped_by_the_default_limits(factor: int) -> None:
    world = World(**{field.name: getattr(Limits.tight(), field.name) for field in dataclasses.fields(Limits)})
    assert world.refuses(place(quantity=100)) is None
    assert world.refuses(place(quantity=100 * factor)) == "notional"
    assert world.refuses(place(quantity=99, price=D("0.25") * factor)) == "price distance"


def test_a_knight_loop_is_stopped_within_twenty_orders_by_the_default_limits() -> None:
    world = World(**{field.name: getattr(Limits.tight(), field.name) for field in dataclasses.fields(Limits)})
    sent = 0
    for number in range(1_000):
        sent += world.refuses(place(quantity=str(30 + number % 7), client_order_id=number + 1)) is None
        world.clock.advance(0.05)
    assert sent <= 20


def test_there_are_twelve_controls() -> None:
    assert len({*CONTROLS, KILL_SWITCH}) == 12


def test_the_default_is_off_on_a_sandbox_and_tight_elsewhere() -> None:
    assert Limits.default(Environment.sandbox()) == Limits.off()
    assert Limits.default(Environment.at("http://127.0.0.1:1", "ws://127.0.0.1:1")) == Limits.off()
    assert Limits.default(Environment.staging()) == Limits.default(Environment.live()) == Limits.tight()


def test_limits_are_read_from_a_file(tmp_path: Path) -> None:
    path = tmp_path / "limits.toml"
    path.write_text('max_notional = "250.5"\nmost_children = 7\nduplicate_within_s = 2\nneeds_book = true\n'
                    'symbols = ["SPOT_WOO_USDT"]\n')  # fmt: skip
    assert Limits.from_file(path) == Limits(
        max_notional=D("250.5"), most_children=7, duplicate_within_s=2.0, needs_book=True,
        symbols=frozenset({"SPOT_WOO_USDT"}),
    )  # fmt: skip


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("max_notion = 1", "max_notion"),
        ('needs_book = "yes"', "needs_book"),
        ("symbols = [1]", "symbols"),
        ("max_open_orders = true", "max_open_orders"),
        ("most_children = 'x'", "most_children"),
        ("not toml", "cannot be read"),
    ],
)
def test_a_file_of_limits_that_is_wrong_is_refused_by_name(tmp_path: Path, text: str, problem: str) -> None:
    path = tmp_path / "limits.toml"
    path.write_text(text)
    with pytest.raises(ConfigurationError, match=problem):
        Limits.from_file(path)


def test_a_limit_of_money_is_not_a_float(tmp_path: Path) -> None:
    path = tmp_path / "limits.toml"
    path.write_text("max_notional = 1.5")
    with pytest.raises((ConfigurationError, FloatRefused), match="max_notional"):
        Limits.from_file(path)


def every_request(kind: type[Any] = Request) -> Iterator[type[Request[Any]]]:
    for child in kind.__subclasses__():
        if hasattr(child, "endpoint"):
            yield child
        yield from every_request(child)


def test_every_request_of_the_wire_that_makes_or_changes_an_order_is_guarded() -> None:
    for module in pkgutil.iter_modules(woodlot.wire.__path__):
        importlib.import_module(f"woodlot.wire.{module.name}")
    trading = {
        request
        for request in every_request()
        if request.endpoint.path.startswith("/v3/trade/") and request.endpoint.method in {Method.POST, Method.PUT}
    }
    assert trading - {CancelAllAfter} <= set(COMMANDS)


def test_meters_tell_how_near_each_limit_that_fills_up_is() -> None:
    world = World(max_open_orders=4, max_exposure=D(100), orders_per_second=5, most_children=10, max_notional=D(50))
    world.position = D(100)
    world.open = [opened(quantity=D(40))]
    world.gate.admit(place(quantity=D(1)))
    meters = {meter.name: (meter.used, meter.limit) for meter in world.gate.meters("SPOT_WOO_USDT")}
    assert meters == {
        "open orders": (1, 4),
        "exposure BUY": (D("35.140"), 100),
        "exposure SELL": (0, 100),
        "orders per second": (1, 5),
        "repeated child orders": (1, 10),
    }


def test_a_meter_without_a_price_says_so_and_nothing_is_metered_without_limits() -> None:
    world = World(max_exposure=D(100))
    world.position, world.book = D(100), None
    used = {meter.name: meter.used for meter in world.gate.meters("SPOT_WOO_USDT")}
    assert used == {"exposure BUY": None, "exposure SELL": 0}
    assert World().gate.meters("SPOT_WOO_USDT") == ()
