"""What a program without a loop has, held against what one with a loop has: the same, or a reason."""

import inspect
from decimal import Decimal
from typing import Any

import pytest
from tests.desk.rig import BTC

import woodlot
from woodlot.desk.desk import Desk
from woodlot.desk.events import DeskEvent, OrderRefused, TradingChanged
from woodlot.desk.facade import SyncDesk
from woodlot.desk.live_algo import LiveAlgoOrder
from woodlot.desk.live_book import LiveBook
from woodlot.desk.live_order import LiveOrder
from woodlot.desk.market import Market
from woodlot.desk.outlet import Outlet
from woodlot.desk.readings import Readings
from woodlot.desk.sync_algo import SyncAlgoOrder
from woodlot.desk.sync_book import SyncBook
from woodlot.desk.sync_market import SyncMarket
from woodlot.desk.sync_order import SyncOrder
from woodlot.desk.sync_outlet import SyncOutlet
from woodlot.desk.sync_topics import SyncReadings
from woodlot.errors import GateRefused
from woodlot.wire.account import GetAccountInfo
from woodlot.wire.enums import OrderType, Side
from woodlot.wire.frames import Push
from woodlot.wire.topics import Bbo
from woodlot.wire.trade import GetOrders, PlaceOrder

PAIRS = (
    (Desk, SyncDesk),
    (LiveOrder, SyncOrder),
    (LiveAlgoOrder, SyncAlgoOrder),
    (LiveBook, SyncBook),
    (Readings, SyncReadings),
    (Outlet, SyncOutlet),
    (Market, SyncMarket),
)
THE_FEED_CALLS_IT = "the feed calls it, in the loop"
THE_DESK_CALLS_IT = "the desk calls it, in the loop"
NOT_THERE = {
    Desk: {"account": "its parts live in the loop", "open": "open_desk() is its twin"},
    LiveOrder: dict.fromkeys(("became", "close"), THE_DESK_CALLS_IT),
    LiveAlgoOrder: dict.fromkeys(("became", "close"), THE_DESK_CALLS_IT),
    Outlet: {"guard": THE_DESK_CALLS_IT, "send_admitted": THE_DESK_CALLS_IT, "close": "leaving the desk closes it"},
    Market: {"close": "leaving the desk closes it"},
    LiveBook: {
        **dict.fromkeys(("interrupted", "pushed", "refused", "subscribed", "top_lost", "topped"), THE_FEED_CALLS_IT),
        **dict.fromkeys(("seed", "seed_due_at", "take_seed"), "the seeder calls it, in the loop"),
        "audit_every": "an argument of desk.book",
        "ready": "desk.book waits for it",
        "counts": "for diagnosis, in the loop",
        "standing": "state, reason and age_s tell it",
        "read": "view() is the value that stays",
        "walk_asks": "view() has it: a walk over a book that changes meanwhile would be of many moments",
        "walk_bids": "view() has it",
    },
}  # fmt: skip


def public(kind: type) -> set[str]:
    return {name for name in dir(kind) if not name.startswith("_")}


@pytest.mark.parametrize(("kind", "shell"), PAIRS)
def test_a_shell_has_every_verb_or_a_reason_why_not(kind: type, shell: type) -> None:
    reasons = NOT_THERE.get(kind, {})
    assert public(kind) - public(shell) == reasons.keys()


@pytest.mark.parametrize(("kind", "shell"), PAIRS)
def test_a_verb_takes_the_same_arguments(kind: type, shell: type) -> None:
    for name in public(kind) & public(shell):
        theirs, ours = getattr(kind, name), getattr(shell, name)
        if not callable(theirs):
            continue
        taken = inspect.signature(ours).parameters
        if any(parameter.kind is inspect.Parameter.VAR_KEYWORD for parameter in taken.values()):
            continue
        assert inspect.signature(theirs).parameters.keys() == taken.keys(), name


def order(quantity: Any) -> PlaceOrder:
    return PlaceOrder(symbol=BTC, side=Side.BUY, type=OrderType.LIMIT, quantity=quantity, price="30000")


def test_a_script_reads_events_calls_the_exchange_and_subscribes() -> None:
    with woodlot.open_desk(limits=woodlot.Limits(max_quantity=Decimal("0.01"))) as desk:
        assert desk.client.send(GetAccountInfo()).application_id
        assert desk.sandbox is not None
        with pytest.raises(GateRefused):
            desk.client.send(order("1"))
        placed = desk.client.send(order("0.001"))
        assert [row.order_id for row in desk.client.pages(GetOrders())] == [placed.order_id]
        first, second = (desk.place(order("0.002")).working() for _ in range(2))
        desk.cancel(first, second)
        assert [each.until(lambda known: known.is_final).state for each in (first, second)] == ["CANCELLED"] * 2
        desk.kill("a test")
        heard: list[DeskEvent] = []
        events = desk.events()
        while not heard or not isinstance(heard[-1], TradingChanged):
            heard.append(next(events))
        assert [event.refusal.control for event in heard if isinstance(event, OrderRefused)] == ["quantity"]
        with desk.subscribe(Bbo(BTC)) as pushes:
            pushes.ready()
            assert pushes.topics == (f"bbo@{BTC}",)
            push = next(each for each in pushes if isinstance(each, Push))
            assert push.event.symbol == BTC
        assert desk.market.book(BTC).best_bid is not None


def test_a_script_is_told_of_gaps_between_its_executions() -> None:
    with woodlot.open_desk() as desk:
        executions = desk.executions(gaps=True)
        sold = desk.sell("SPOT_ETH_USDT", "0.05").filled()
        assert getattr(next(executions), "order_id", None) == sold.order_id
