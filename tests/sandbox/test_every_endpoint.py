"""Every call of the wire: who answers it, and what must be there beside its class."""

import json

import pytest
from tests.wire.recordings import PAYLOADS
from tools.reference import every_request

from woodlot.sandbox.handlers import HANDLERS, ROUTES
from woodlot.wire.answer import Answer
from woodlot.wire.request import answer_type

CALLS = every_request()


def test_every_call_is_answered() -> None:
    assert set(CALLS) == set(HANDLERS)


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
