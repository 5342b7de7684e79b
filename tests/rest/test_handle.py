from woodlot.rest.handle import client_order_id_of, new_client_order_id, order_id_of, with_handle
from woodlot.wire.enums import OrderType, Side
from woodlot.wire.trade import CancelOrder, EditOrder, GetOrder, PlaceOrder


def order(client_order_id: int | None = None) -> PlaceOrder:
    return PlaceOrder(symbol="S", side=Side.BUY, type=OrderType.MARKET, quantity="1", client_order_id=client_order_id)


def test_ids_are_positive_63_bit_numbers_that_do_not_repeat() -> None:
    drawn = {new_client_order_id() for _ in range(10_000)}
    assert len(drawn) == 10_000
    assert all(0 < number < 2**63 for number in drawn)


def test_an_order_without_an_id_gets_one_and_the_given_request_stays_as_it_was() -> None:
    given = order()
    named = with_handle(given, draw=lambda: 9)
    assert (given.client_order_id, named.client_order_id) == (None, 9)
    assert (named.symbol, named.quantity) == (given.symbol, given.quantity)


def test_zero_means_none_and_is_replaced() -> None:
    assert with_handle(order(0), draw=lambda: 9).client_order_id == 9


def test_an_id_that_the_caller_chose_stays() -> None:
    given = order(5)
    assert with_handle(given) is given


def test_a_call_about_an_order_that_exists_gets_no_id() -> None:
    for request in (CancelOrder(order_id=1), EditOrder(order_id=1, price="2"), GetOrder(order_id=1)):
        assert with_handle(request) is request
        assert (client_order_id_of(request), order_id_of(request)) == (None, 1)
