from decimal import Decimal

import msgspec
import pytest
from tests.orders.messages import ORDER_ID, START_MS, place, report, row

from woodlot.orders.evidence import REST_LAG_MS, Evidence, Source
from woodlot.orders.order import HISTORY_LIMIT, TrackedOrder
from woodlot.orders.states import News, OrderState
from woodlot.orders.wish import Wish, WishStage
from woodlot.wire.enums import OrderType


def intended(**fields: object) -> TrackedOrder:
    return TrackedOrder.intended(place(**fields), at_ms=START_MS)


def heard(order: TrackedOrder, *messages: Evidence) -> TrackedOrder:
    for message in messages:
        order = order.hear(message, at_ms=START_MS).order
    return order


def said(status: str, total: str = "0", *, at: int = 0, **fields: object) -> Evidence:
    return Evidence.from_report(report(status, total, at=at, **fields))


def polled(status: str, executed: str = "0", *, at: int = 0, **fields: object) -> Evidence:
    return Evidence.from_row(row(status, executed, **fields), at_ms=START_MS + at)


def test_an_order_begins_as_an_intent_with_its_step() -> None:
    order = intended()
    assert (order.state, order.order_id, order.remaining) == (OrderState.INTENDED, None, Decimal(100))
    assert [(step.source, step.news) for step in order.history] == [(Source.INTENT, News.INTENDED)]


@pytest.mark.parametrize("nothing", [None, 0])
def test_an_order_without_a_client_order_id_cannot_be_followed(nothing: int | None) -> None:
    with pytest.raises(ValueError, match="client_order_id"):
        intended(client_order_id=nothing)


def test_the_exchange_keeps_the_totals() -> None:
    order = heard(intended(), said("NEW"), said("PARTIAL_FILLED", "40", at=1))
    assert (order.state, order.filled_quantity, order.remaining) == (
        OrderState.PARTLY_FILLED,
        Decimal(40),
        Decimal(60),
    )
    assert order.average_price == Decimal("0.25")
    assert order.missing_quantity == Decimal(40), "no fill has shown them yet"


def test_a_total_never_falls() -> None:
    order = heard(intended(), said("PARTIAL_FILLED", "40", at=2), said("PARTIAL_FILLED", "10", at=1), said("NEW"))
    assert (order.state, order.filled_quantity) == (OrderState.PARTLY_FILLED, Decimal(40))


def test_a_cancelled_order_keeps_its_fills_and_has_nothing_left() -> None:
    order = heard(intended(), said("CANCELLED", "40"))
    assert (order.is_final, order.filled_quantity, order.remaining) == (True, Decimal(40), Decimal(0))


def test_a_fill_after_cancelled_raises_the_total_and_not_the_state() -> None:
    order = heard(intended(), said("CANCELLED", "10", at=5), said("PARTIAL_FILLED", "40", at=6))
    assert (order.state, order.filled_quantity) == (OrderState.CANCELLED, Decimal(40))


def test_the_rest_of_a_market_order_is_not_computed() -> None:
    order = heard(intended(type=OrderType.MARKET, price=None), said("PARTIAL_FILLED", "40", type="MARKET"))
    assert order.remaining is None


def test_the_rest_of_an_order_by_amount_is_not_computed() -> None:
    order = intended(type=OrderType.BID, price=None, quantity=None, amount="50")
    assert heard(order, said("NEW", quantity=Decimal(0))).remaining is None


def test_a_replaced_order_has_new_terms_whichever_report_comes_last() -> None:
    new, replaced = said("NEW", at=0), said("REPLACED", at=9, price=Decimal("0.3"), quantity=Decimal(80))
    for order in (heard(intended(), new, replaced), heard(intended(), replaced, new)):
        assert (order.price, order.quantity, order.state) == (Decimal("0.3"), Decimal(80), OrderState.WORKING)


def test_a_poll_is_only_as_young_as_rest_may_lag() -> None:
    replaced = said("REPLACED", at=100, price=Decimal("0.3"))
    assert heard(intended(), replaced, polled("NEW", at=200)).price == Decimal("0.3")
    assert heard(intended(), replaced, polled("NEW", at=200 + REST_LAG_MS)).price == Decimal("0.25")


def test_an_unknown_status_is_kept_asked_about_and_guessed_nothing_from() -> None:
    result = heard(intended(), said("NEW")).hear(said("HALTED", "40", at=1), at_ms=START_MS)
    assert result.ask
    assert result.order.state is OrderState.PARTLY_FILLED, "the total is a fact"
    assert (result.order.status, result.order.history[-1].note) == ("HALTED", "status HALTED")


def test_a_poll_is_an_answer_and_asks_nothing() -> None:
    assert not heard(intended(), said("FILLED", "100")).hear(polled("HALTED"), at_ms=START_MS).ask


def test_the_same_report_again_is_no_step() -> None:
    order = heard(intended(), said("NEW"))
    again = order.hear(said("NEW"), at_ms=START_MS)
    assert not again.changed
    assert again.order.history == order.history


def test_the_average_comes_from_the_fills_when_they_are_ahead_of_the_reports() -> None:
    order = msgspec.structs.replace(intended(), booked_quantity=Decimal(4), booked_notional=Decimal(2))
    assert (order.filled_quantity, order.average_price) == (Decimal(4), Decimal("0.5"))
    assert intended().average_price is None


def wishing(**fields: object) -> TrackedOrder:
    wish = Wish(asked_ms=START_MS, stage=WishStage.SENT, price=Decimal("0.3"))
    return msgspec.structs.replace(heard(intended(), said("NEW")), amend_wish=wish, **fields)


def test_an_amend_is_met_by_its_replaced() -> None:
    order = heard(wishing(), said("REPLACED", at=1, price=Decimal("0.3")))
    assert (order.amend_wish, order.price) == (None, Decimal("0.3"))


def test_an_amend_is_met_by_any_later_report_that_has_its_terms() -> None:
    assert heard(wishing(), said("PARTIAL_FILLED", "5", at=1, price=Decimal("0.3"))).amend_wish is None


def test_an_amend_is_answered_by_a_replaced_with_other_terms_too() -> None:
    assert heard(wishing(), said("REPLACED", at=1, price=Decimal("0.29"))).amend_wish is None


def test_a_replaced_that_comes_again_does_not_answer_the_next_amend() -> None:
    replaced = said("REPLACED", at=1, price=Decimal("0.29"))
    order = msgspec.structs.replace(
        heard(wishing(), replaced), amend_wish=Wish(asked_ms=START_MS, price=Decimal("0.3"))
    )
    assert heard(order, replaced).amend_wish is not None


def test_a_final_status_ends_every_wish() -> None:
    order = heard(wishing(cancel_wish=Wish(asked_ms=START_MS)), said("FILLED", "100", at=1))
    assert (order.cancel_wish, order.amend_wish) == (None, None)


@pytest.mark.parametrize(("stage", "patience_ms"), [(WishStage.SENT, 10_000), (WishStage.LOST, 300_000)])
def test_a_wish_runs_out_when_a_poll_long_after_it_finds_the_order_as_it_was(
    stage: WishStage, patience_ms: int
) -> None:
    order = wishing(cancel_wish=Wish(asked_ms=START_MS, stage=stage))
    too_soon = polled("NEW", at=patience_ms + REST_LAG_MS)
    assert heard(order, too_soon).cancel_wish is not None
    assert heard(order, polled("NEW", at=patience_ms + REST_LAG_MS + 1)).cancel_wish is None


def test_history_keeps_the_first_step_and_the_latest() -> None:
    order = intended()
    for total in range(1, HISTORY_LIMIT + 10):
        order = heard(order, said("PARTIAL_FILLED", str(total), at=total))
    assert len(order.history) == HISTORY_LIMIT
    assert order.history[0].news is News.INTENDED


def test_a_stranger_is_adopted_as_foreign() -> None:
    adopted = TrackedOrder.adopted(said("NEW", client_order_id=0))
    assert adopted is not None
    order = heard(adopted, said("NEW", client_order_id=0))
    assert (order.foreign, order.order_id, order.client_order_id) == (True, ORDER_ID, None)


def test_a_report_that_tells_too_little_adopts_nothing() -> None:
    assert TrackedOrder.adopted(said("NEW", side=None)) is None


def test_an_order_survives_the_journal() -> None:
    order = heard(wishing(), said("HALTED", "40", at=1))
    assert msgspec.json.decode(msgspec.json.encode(order), type=TrackedOrder) == order
