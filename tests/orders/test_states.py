import itertools

import pytest

from woodlot.orders.states import MESSAGE_TYPES, TRANSITIONS, News, OrderState, after, news_of
from woodlot.wire.enums import OrderStatus

PRODUCT = list(itertools.product(OrderState, News))
FINAL = [state for state in OrderState if state.is_final]
# How much is known; reports and replies never lower it.
HEIGHT = {
    OrderState.INTENDED: 0,
    OrderState.UNKNOWN: 0,
    OrderState.NOT_PLACED: 0,
    OrderState.ACKNOWLEDGED: 1,
    OrderState.WORKING: 2,
    OrderState.PARTLY_FILLED: 3,
    OrderState.REJECTED: 4,
    OrderState.CANCELLED: 5,
    OrderState.FILLED: 6,
}
STATUSES = [News.NEW, News.REPLACED, News.PARTIAL_FILLED, News.FILL, News.FILLED, News.CANCELLED, News.REJECTED]
WISHES_AND_REFUSALS = [news for news in News if news.name.startswith(("CANCEL_", "AMEND_", "EDIT_"))]


def test_every_pair_of_state_and_arrival_is_a_row() -> None:
    assert set(TRANSITIONS) == set(PRODUCT)


@pytest.mark.parametrize(("state", "news"), PRODUCT)
def test_what_is_known_never_shrinks(state: OrderState, news: News) -> None:
    assert HEIGHT[after(state, news).state] >= HEIGHT[state]


@pytest.mark.parametrize(("state", "news"), PRODUCT)
def test_the_same_arrival_twice_changes_nothing_the_second_time(state: OrderState, news: News) -> None:
    once = after(state, news).state
    assert after(once, news).state is once


@pytest.mark.parametrize("state", OrderState)
@pytest.mark.parametrize(("one", "other"), [*itertools.combinations(STATUSES, 2)])
def test_two_statuses_lead_to_one_state_in_either_order(state: OrderState, one: News, other: News) -> None:
    assert after(after(state, one).state, other).state is after(after(state, other).state, one).state


@pytest.mark.parametrize("state", FINAL)
@pytest.mark.parametrize("news", [News.NEW, News.REPLACED, News.PARTIAL_FILLED, News.FILL, News.ACKNOWLEDGED])
def test_a_final_status_stands_against_late_reports(state: OrderState, news: News) -> None:
    if state is OrderState.NOT_PLACED:
        assert after(state, news).state is not state, "it was concluded from silence, and the silence is over"
    else:
        assert after(state, news).state is state


@pytest.mark.parametrize("state", OrderState)
@pytest.mark.parametrize("news", WISHES_AND_REFUSALS)
def test_a_wish_and_its_refusal_leave_the_state_as_it_is(state: OrderState, news: News) -> None:
    assert after(state, news).state is state


@pytest.mark.parametrize("state", OrderState)
@pytest.mark.parametrize("news", [News.STRANGE_STATUS, News.STRANGE_MESSAGE])
def test_an_unknown_word_asks_instead_of_guessing(state: OrderState, news: News) -> None:
    row = after(state, news)
    assert row.ask or (news is News.STRANGE_MESSAGE and state.is_final)
    assert not row.state.is_final or row.state is state


@pytest.mark.parametrize("state", OrderState)
def test_silence_proves_nothing_about_an_order_that_was_seen_or_is_on_its_way(state: OrderState) -> None:
    expected = OrderState.NOT_PLACED if state is OrderState.UNKNOWN else state
    assert after(state, News.ABSENT).state is expected


def test_only_a_refusal_of_a_fresh_intent_rejects() -> None:
    rejecting = [state for state in OrderState if after(state, News.REFUSED).state is OrderState.REJECTED]
    assert rejecting == [OrderState.INTENDED, OrderState.REJECTED]


@pytest.mark.parametrize(("one", "other"), [*itertools.permutations([News.FILLED, News.CANCELLED, News.REJECTED], 2)])
def test_two_final_statuses_that_contradict_each_other_ask(one: News, other: News) -> None:
    assert after(after(OrderState.WORKING, one).state, other).ask


def test_every_status_of_the_exchange_has_its_arrival() -> None:
    known = [news_of(status) for status in OrderStatus]
    assert len(set(known)) == len(OrderStatus)
    assert News.STRANGE_STATUS not in known


def test_a_status_nobody_knows_is_strange() -> None:
    assert news_of(OrderStatus("HALTED")) is News.STRANGE_STATUS


def test_the_refusing_message_types_are_one_two_and_three() -> None:
    assert MESSAGE_TYPES == {1: News.EDIT_REFUSED, 2: News.CANCEL_REFUSED, 3: News.CANCEL_ALL_REFUSED}
