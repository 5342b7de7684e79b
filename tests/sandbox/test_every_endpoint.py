"""Every call of the wire: who answers it, and what must be there beside its class."""

import json
import re

import pytest
from tests.sandbox.office import Office
from tests.wire.recordings import PAYLOADS
from tools.reference import every_request

from woodlot.sandbox.handlers import HANDLERS, ROUTES
from woodlot.wire.answer import Answer
from woodlot.wire.request import answer_type

WAITING = {
    # Signed as V1, which the gate does not check yet.
    "GetOrderTrades",
}
"""The calls that nobody answers yet. This list only ever gets shorter."""

CALLS = every_request()


@pytest.fixture
def office() -> Office:
    return Office()


def test_every_call_is_answered_or_named_as_waiting() -> None:
    answered = {kind.__name__ for kind in HANDLERS}

    assert {kind.__name__ for kind in CALLS} == answered | WAITING
    assert not answered & WAITING
    assert len(WAITING) <= 30


@pytest.mark.parametrize("name", sorted(WAITING))
def test_a_call_that_waits_is_answered_as_an_unknown_path_is(name: str, office: Office) -> None:
    (kind,) = (kind for kind in CALLS if kind.__name__ == name)
    path = re.sub(r"{\w+}", "1", kind.endpoint.path)

    assert office.signed_text(kind.endpoint.method, path) == (
        200,
        '{"code":503,"message":"[GW] no upstream server"}',
    )


@pytest.mark.parametrize("kind", CALLS, ids=lambda kind: kind.__name__)
def test_a_call_has_a_docstring_that_names_its_source_an_answer_and_a_payload(kind: type) -> None:
    recorded = [json.loads(path.read_text()) for path in (PAYLOADS / "rest").glob("*.json")]

    assert "rest-v3 §" in (kind.__dict__["__doc__"] or "") or "websocket-v3 §" in (kind.__dict__["__doc__"] or "")
    assert issubclass(answer_type(kind), Answer)
    assert str(kind.endpoint) in {f"{content['method']} {content['path']}" for content in recorded}


def test_no_two_calls_share_an_endpoint() -> None:
    assert len({str(kind.endpoint) for kind in CALLS}) == len(CALLS)


def test_a_path_with_a_gap_is_found_after_the_plain_ones_and_read_from_the_path() -> None:
    reset = ROUTES.get("/v3/futures/defaultMarginMode/reset")
    single = ROUTES.get("/v3/futures/defaultMarginMode/PERP_BTC_USDT")

    assert reset is not None
    assert list(reset) == ["POST"]
    assert single is not None
    assert single["PUT"].in_path == {"symbol": "PERP_BTC_USDT"}


@pytest.mark.parametrize(
    "path", ["/v3/asset/wallet/withdraw/", "/v3/asset/wallet/withdraw/a/b", "/v3/asset/wallet/withdraw/" + "1" * 65]
)
def test_a_gap_takes_one_short_word(path: str) -> None:
    assert ROUTES.get(path) is None
