import inspect

import pytest

from woodlot import errors


def all_errors() -> list[type[errors.WoodlotError]]:
    return [kind for kind in vars(errors).values() if inspect.isclass(kind) and issubclass(kind, errors.WoodlotError)]


def test_every_error_stands_in_the_tree_that_opens_the_module() -> None:
    tree = inspect.getdoc(errors) or ""
    assert not [
        kind.__name__ for kind in all_errors() if kind is not errors.ExchangeError and kind.__name__ not in tree
    ]


@pytest.mark.parametrize(
    ("error", "says"),
    [
        (errors.OutcomeUnknown("POST /v3/trade/order", "no reply", client_order_id=7), "ask with client_order_id=7"),
        (errors.OutcomeUnknown("DELETE /v3/trade/order", "no reply", order_id=8), "ask with order_id=8"),
        (errors.ConnectionFailed("GET /v3/x", "refused"), "safe to try again"),
        (errors.BookNotInSync("SPOT_WOO_USDT", "SYNCING", "gap"), "it rebuilds itself"),
        (errors.SubscriptionRefused("nope@S", "left out"), "nope@S"),
        (errors.ArgumentError("price", "needs one"), "price: needs one"),
    ],
)
def test_an_error_says_what_to_do_next(error: errors.WoodlotError, says: str) -> None:
    assert says in str(error)


def test_an_argument_error_is_a_value_error_and_a_refused_float_a_type_error_too() -> None:
    assert issubclass(errors.ArgumentError, ValueError)
    assert issubclass(errors.FloatRefused, TypeError)
