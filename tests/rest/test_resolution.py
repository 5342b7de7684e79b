import json
from collections.abc import Callable
from typing import Any, assert_type

import pytest
from tests.rest.scripted import CREDENTIALS, RESET, AsyncScriptedTransport, ScriptedTransport, flow, refusal, success
from tests.rest.test_clients import ANYWHERE
from tests.rest.test_server_time import at

from woodlot.clock import ManualClock
from woodlot.errors import ConfigurationError, OutcomeUnknown
from woodlot.rest.async_client import AsyncClient
from woodlot.rest.client import Client
from woodlot.rest.resolution import Assumptions, Outcome, Resolution, resolve
from woodlot.rest.server_time import ServerTime
from woodlot.rest.steps import HttpReply, HttpRequest, Lost, Send
from woodlot.wire.algo import AlgoType, PlaceAlgoOrder
from woodlot.wire.enums import OrderType, Side
from woodlot.wire.trade import CancelAllAfter, CancelAllOrders, CancelOrder, EditOrder, PlaceOrder

CALLS = {
    "place": PlaceOrder(
        symbol="SPOT_LTC_USDT", side=Side.BUY, type=OrderType.LIMIT, price="60", quantity="0.1", client_order_id=5
    ),
    "cancel": CancelOrder(order_id=9, symbol="SPOT_LTC_USDT"),
    "edit": EditOrder(order_id=9, price="61"),
    "cancel all": CancelAllOrders(symbol="SPOT_LTC_USDT"),
}
START_MS = ManualClock().now_ms()
NOT_FOUND = refusal(-1006)

Answer = Callable[[HttpRequest, float], HttpReply | Lost]
"""What the exchange says to a question, so many seconds after the call was signed."""


def row(status: str = "NEW", *, price: float = 60, created_ms: int = START_MS, symbol: str = "SPOT_LTC_USDT") -> Any:
    return {
        "orderId": 9, "clientOrderId": 5, "symbol": symbol, "side": "BUY", "type": "LIMIT", "status": status,
        "price": price, "quantity": 0.1, "amount": None, "executed": 0, "visible": 0.1, "averageExecutedPrice": 0,
        "totalFee": 0, "feeAsset": "LTC", "createdTime": created_ms,
    }  # fmt: skip


def rows(*found: Any) -> HttpReply:
    return success({"rows": list(found), "meta": {"total": len(found), "recordsPerPage": 500, "currentPage": 1}})


class Resolved:
    """A call that was lost, and what was found out about it against an exchange that answers by the time."""

    def __init__(
        self, call: str, answer: Answer, *, timeout_s: float = 400, assumptions: Assumptions | None = None
    ) -> None:
        self.clock = ManualClock()
        self.flow = flow(clock=self.clock)
        self.questions: list[HttpRequest] = []
        self.answer = answer
        unknown = self.lost(CALLS[call])
        steps = resolve(unknown, self.flow, timeout_s=timeout_s, assumptions=assumptions or Assumptions())
        self.resolution: Resolution = self.drive(steps)

    def lost(self, call: Any) -> OutcomeUnknown:
        steps = self.flow.call(call)
        next(steps)
        with pytest.raises(OutcomeUnknown) as caught:
            steps.send(RESET)
        return caught.value

    def drive(self, steps: Any) -> Resolution:
        told: HttpReply | Lost | None = None
        try:
            while True:
                step = steps.send(told)
                if isinstance(step, Send):
                    self.questions.append(step.request)
                    told = self.answer(step.request, self.elapsed_s)
                else:
                    self.clock.advance(step.seconds)
                    told = None
        except StopIteration as end:
            return end.value

    @property
    def elapsed_s(self) -> float:
        return (self.clock.now_ms() - START_MS) / 1000


def always(reply: HttpReply | Lost) -> Answer:
    return lambda request, elapsed_s: reply


def from_second(visible_s: float, reply: HttpReply, *, before: HttpReply | Lost = NOT_FOUND) -> Answer:
    return lambda request, elapsed_s: reply if elapsed_s >= visible_s else before


PROVEN = {
    "place": (success(row()), Outcome.PLACED),
    "cancel": (success(row("CANCELLED")), Outcome.DONE),
    "edit": (success(row(price=61)), Outcome.DONE),
    "cancel all": (rows(), Outcome.DONE),
}


@pytest.mark.parametrize("call", CALLS)
@pytest.mark.parametrize("visible_s", [0, 0.3, 2, 5])
def test_what_was_done_is_found_however_late_it_is_shown(call: str, visible_s: float) -> None:
    reply, outcome = PROVEN[call]
    before = rows(row(created_ms=START_MS - 60_000)) if call == "cancel all" else NOT_FOUND
    resolved = Resolved(call, from_second(visible_s, reply, before=before))
    assert resolved.resolution.outcome is outcome
    assert resolved.elapsed_s <= visible_s + 10


UNDONE = {
    "place": (NOT_FOUND, Outcome.NOT_PLACED),
    "cancel": (success(row()), Outcome.NOT_DONE),
    "edit": (success(row()), Outcome.NOT_DONE),
    "cancel all": (rows(row(created_ms=START_MS - 60_000)), Outcome.NOT_DONE),
}


@pytest.mark.parametrize("call", CALLS)
def test_absence_is_proof_only_once_the_signature_has_run_out(call: str) -> None:
    reply, outcome = UNDONE[call]
    resolved = Resolved(call, always(reply))
    assert resolved.resolution.outcome is outcome
    assert 305 < resolved.elapsed_s < 312


@pytest.mark.parametrize("call", CALLS)
@pytest.mark.parametrize("timeout_s", [1, 60, 300])
def test_before_that_the_outcome_stays_unknown(call: str, timeout_s: float) -> None:
    resolved = Resolved(call, always(UNDONE[call][0]), timeout_s=timeout_s)
    assert resolved.resolution.outcome is Outcome.UNKNOWN
    assert resolved.elapsed_s <= timeout_s


@pytest.mark.parametrize("call", CALLS)
def test_who_does_not_trust_the_window_never_takes_absence_for_proof(call: str) -> None:
    distrust = Assumptions(signature_window_s=None)
    resolved = Resolved(call, always(UNDONE[call][0]), timeout_s=2000, assumptions=distrust)
    assert resolved.resolution.outcome is Outcome.UNKNOWN


def test_an_order_that_arrives_after_minutes_is_still_found() -> None:
    assert Resolved("place", from_second(290, success(row()))).resolution.outcome is Outcome.PLACED


@pytest.mark.parametrize("call", CALLS)
@pytest.mark.parametrize(
    "trouble", [RESET, refusal(-1000, status=500), refusal(-1003, status=429), HttpReply(200, b"<")]
)
def test_trouble_while_asking_proves_nothing_and_is_asked_through(call: str, trouble: HttpReply | Lost) -> None:
    assert Resolved(call, always(trouble), timeout_s=2000).resolution.outcome is Outcome.UNKNOWN
    reply, outcome = PROVEN[call]
    assert Resolved(call, from_second(20, reply, before=trouble)).resolution.outcome is outcome


@pytest.mark.parametrize("call", CALLS)
def test_nothing_but_questions_is_ever_sent(call: str) -> None:
    resolved = Resolved(call, always(UNDONE[call][0]))
    assert {request.method for request in resolved.questions} == {"GET"}
    assert len(resolved.questions) < 100


@pytest.mark.parametrize("older", [row(created_ms=START_MS - 60_000), row(symbol="SPOT_BTC_USDT")])
def test_another_order_under_the_same_id_is_neither_ours_nor_proof_that_ours_is_not_there(older: Any) -> None:
    assert Resolved("place", always(success(older)), timeout_s=2000).resolution.outcome is Outcome.UNKNOWN


ALGO_ROW = {"algoOrderId": 1, "symbol": "S", "algoType": "STOP", "createdTime": START_MS, "updatedTime": START_MS}


@pytest.mark.parametrize(
    ("reply", "outcome"),
    [
        (success(ALGO_ROW), Outcome.PLACED),
        (NOT_FOUND, Outcome.NOT_PLACED),
    ],
)
def test_an_algo_order_is_found_by_its_own_number(reply: HttpReply, outcome: Outcome) -> None:
    call = PlaceAlgoOrder(symbol="S", algo_type=AlgoType.STOP, client_algo_order_id=5)
    unknown = OutcomeUnknown("POST /v3/trade/algoOrder", "lost", request=call, signed_ms=START_MS)
    resolved = Resolved("place", always(reply))
    steps = resolve(unknown, resolved.flow, timeout_s=400, assumptions=Assumptions())
    assert resolved.drive(steps).outcome is outcome
    assert resolved.questions[-1].target == "/v3/trade/algoOrder?clientAlgoOrderId=5"


def test_an_order_that_is_not_shown_does_not_prove_that_it_was_cancelled() -> None:
    assert Resolved("cancel", always(NOT_FOUND), timeout_s=2000).resolution.outcome is Outcome.UNKNOWN


def test_orders_placed_after_a_cancel_all_say_nothing_about_it() -> None:
    newer = rows(row(created_ms=START_MS + 60_000))
    assert Resolved("cancel all", always(newer)).resolution.outcome is Outcome.DONE


def test_a_refused_question_ends_the_asking() -> None:
    resolved = Resolved("place", always(refusal(-1002, status=401)))
    assert resolved.resolution.outcome is Outcome.UNKNOWN
    assert resolved.elapsed_s == 0


def client_that_lost(*after: HttpReply) -> tuple[Client, ScriptedTransport]:
    transport = ScriptedTransport(at(START_MS), RESET, *after)
    return Client(ANYWHERE, CREDENTIALS, clock=ManualClock(), transport=transport), transport


def test_an_unknown_order_resolves_itself() -> None:
    client, transport = client_that_lost(success(row()), success(row()))
    with pytest.raises(OutcomeUnknown) as caught:
        client.send(CALLS["place"])  # type: ignore[arg-type]
    resolution = caught.value.resolve()
    assert isinstance(resolution, Resolution)
    assert resolution.outcome is Outcome.PLACED
    assert_type(client.resolve(caught.value), Resolution)
    assert [request.target for request in transport.requests[2:]] == ["/v3/trade/order?clientOrderId=5"] * 2


async def test_an_unknown_order_resolves_itself_in_the_twin() -> None:
    transport = AsyncScriptedTransport(at(START_MS), RESET, success(row()))
    client = AsyncClient(ANYWHERE, CREDENTIALS, clock=ManualClock(), transport=transport)  # type: ignore[arg-type]
    with pytest.raises(OutcomeUnknown) as caught:
        await client.send(CALLS["place"])  # type: ignore[arg-type]
    assert (await caught.value.resolve()).outcome is Outcome.PLACED


def test_an_error_that_no_client_raised_has_nobody_to_ask() -> None:
    with pytest.raises(ConfigurationError):
        OutcomeUnknown("POST /v3/trade/order", "no reply").resolve()


def test_a_call_that_no_question_tells_about_stays_unknown() -> None:
    unknown = OutcomeUnknown("POST /v3/x", "no reply", request=CancelAllAfter(trigger_after=1), signed_ms=START_MS)
    clock = ManualClock()
    steps = resolve(unknown, flow(clock=clock), timeout_s=2000, assumptions=Assumptions())
    with pytest.raises(StopIteration) as end:
        next(steps)
    assert end.value.value.outcome is Outcome.UNKNOWN


def test_without_the_exchanges_time_absence_proves_nothing() -> None:
    answer = json.loads(NOT_FOUND.body)
    assert answer["code"] == -1006
    resolved = Resolved("place", always(NOT_FOUND), timeout_s=1)
    resolved.flow.server_time = ServerTime(resolved.clock)
    resolved.clock.advance(400)
    unknown = OutcomeUnknown("POST /v3/trade/order", "lost", request=CALLS["place"], signed_ms=START_MS)
    steps = resolve(unknown, resolved.flow, timeout_s=20, assumptions=Assumptions())
    assert resolved.drive(steps).outcome is Outcome.UNKNOWN
