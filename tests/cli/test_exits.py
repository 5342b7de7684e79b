"""What each error means to a script."""

import inspect

import pytest

from woodlot import errors
from woodlot.cli.exits import Exit, failure_of

PUBLIC = [kind for _, kind in inspect.getmembers(errors, inspect.isclass) if issubclass(kind, errors.WoodlotError)]


def made(kind: type[errors.WoodlotError]) -> errors.WoodlotError:
    parameters = [
        parameter
        for parameter in inspect.signature(kind.__init__).parameters.values()
        if parameter.name != "self"
        and parameter.default is inspect.Parameter.empty
        and parameter.kind is inspect.Parameter.POSITIONAL_OR_KEYWORD
    ]
    return kind(*(1 if parameter.annotation in {int, float} else "x" for parameter in parameters))


@pytest.mark.parametrize("kind", PUBLIC, ids=lambda kind: kind.__name__)
def test_every_error_of_the_library_has_a_code_a_word_and_a_hint(kind: type[errors.WoodlotError]) -> None:
    failure = failure_of(made(kind))
    assert failure.exit not in {Exit.OK, Exit.INTERRUPTED}
    assert failure.code != "internal"
    assert failure.hint


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (errors.ArgumentError("price", "no"), 2),
        (errors.NotFound("no"), 3),
        (errors.Unauthorized("no"), 4),
        (errors.RateLimited("no"), 6),
        (errors.ConnectionFailed("GET /", "no"), 7),
        (errors.Unavailable("no"), 7),
        (errors.InsufficientFunds("no"), 8),
        (errors.GateRefused("notional", "no"), 8),
        (errors.OutcomeUnknown("POST /", "lost"), 9),
        (errors.BookNotInSync("S", "STALE", "gap"), 10),
        (KeyError("ours"), 1),
    ],
    ids=lambda value: type(value).__name__ if isinstance(value, Exception) else str(value),
)
def test_the_codes_are_those_of_the_document(error: Exception, code: int) -> None:
    assert failure_of(error).exit == code


def test_an_unknown_outcome_names_the_command_that_asks_and_is_never_to_be_retried() -> None:
    failure = failure_of(errors.OutcomeUnknown("POST /v3/trade/order", "lost", client_order_id=17))
    assert "woodlot order show --client-id 17" in failure.hint
    assert failure.retry is False
