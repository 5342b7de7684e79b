import json
from typing import Any

import pytest

from woodlot.sandbox.sockets import MOST_TOPICS, PRIVATE_TOPICS, Session, public_topics

NOW_MS = 1_790_137_718_411
SYMBOLS = [f"SPOT_T{number}_USDT" for number in range(40)]
BOOK = "orderbookupdate@SPOT_T0_USDT@50"


@pytest.fixture
def session() -> Session:
    return Session(public_topics(SYMBOLS))


def say(session: Session, command: Any) -> Any:
    text = command if isinstance(command, str) else json.dumps(command)
    replies = session.receive(text, now_ms=NOW_MS)
    assert len(replies) == 1
    return json.loads(replies[0].text)


def subscribe(session: Session, *topics: str) -> Any:
    return say(session, {"id": "1", "cmd": "SUBSCRIBE", "params": list(topics)})


def error(request_id: str, text: str) -> dict[str, Any]:
    return {"id": request_id, "cmd": "ERROR", "success": False, "time": NOW_MS, "data": text}


def test_an_acknowledgement_lists_the_topics_in_the_order_of_the_request(session: Session):
    topics = ["trade@SPOT_T1_USDT", BOOK, "bbo@SPOT_T0_USDT", "orderbookupdate@SPOT_T0_USDT@500"]

    assert subscribe(session, *topics) == {
        "id": "1",
        "cmd": "SUBSCRIBE",
        "success": True,
        "time": NOW_MS,
        "data": topics,
    }
    assert session.topics == set(topics)


@pytest.mark.parametrize(
    "topic",
    [
        "orderbookupdate@PERP_NOPE_USDT@50",
        "orderbookupdate@SPOT_T0_USDT@20",
        "orderbookupdate@SPOT_T0_USDT",
        "nope@SPOT_T0_USDT",
        "TRADE@SPOT_T0_USDT",
        "executionreport",
        "account",
        "",
        "@",
    ],
)
def test_a_topic_that_is_not_to_be_had_is_missing_from_a_success(session: Session, topic: str):
    reply = subscribe(session, topic, BOOK)

    assert reply["success"] is True
    assert reply["data"] == [BOOK]


def test_private_topics_are_for_the_private_stream_and_public_ones_are_not():
    session = Session(PRIVATE_TOPICS)

    assert subscribe(session, "executionreport", BOOK, "balance", "account")["data"] == [
        "executionreport",
        "balance",
        "account",
    ]


def test_a_duplicate_is_acknowledged_with_nothing_and_the_first_one_stays(session: Session):
    subscribe(session, BOOK)

    assert subscribe(session, BOOK)["data"] == []
    assert session.topics == {BOOK}
    assert subscribe(session, "trade@SPOT_T0_USDT", "trade@SPOT_T0_USDT")["data"] == ["trade@SPOT_T0_USDT"]


@pytest.mark.parametrize("command", ["SUBSCRIBE", "UN_SUBSCRIBE"])
def test_eleven_topics_are_refused_as_a_whole(session: Session, command: str):
    topics = [f"trade@{symbol}" for symbol in SYMBOLS[:11]]

    assert say(session, {"id": "8", "cmd": command, "params": topics}) == {
        "id": "8",
        "cmd": command,
        "success": False,
        "time": NOW_MS,
        "data": "Command type invalid!",
    }
    assert not session.topics


def test_the_hundred_and_first_topic_is_left_out(session: Session):
    topics = sorted(public_topics(SYMBOLS))[: MOST_TOPICS + 1]
    for start in range(0, 90, 10):
        assert len(subscribe(session, *topics[start : start + 10])["data"]) == 10
    subscribe(session, topics[90])

    assert subscribe(session, *topics[91:101])["data"] == topics[91:100]
    assert len(session.topics) == MOST_TOPICS
    assert subscribe(session, topics[100])["data"] == []


def test_unsubscribing_makes_room_and_names_what_was_given_up(session: Session):
    subscribe(session, BOOK)

    reply = say(session, {"id": 2, "cmd": "UN_SUBSCRIBE", "params": [BOOK, "trade@SPOT_T0_USDT"]})

    assert reply == {"id": "2", "cmd": "UN_SUBSCRIBE", "success": True, "time": NOW_MS, "data": [BOOK]}
    assert not session.topics


@pytest.mark.parametrize("command", ["subscribe", "Subscribe", "SUBSCRIBE"])
def test_the_command_may_be_written_in_any_case(session: Session, command: str):
    assert say(session, {"cmd": command, "params": [BOOK]}) == {
        "id": "",
        "cmd": "SUBSCRIBE",
        "success": True,
        "time": NOW_MS,
        "data": [BOOK],
    }


def test_a_ping_is_answered_without_an_id(session: Session):
    assert say(session, {"cmd": "PING", "ts": 1}) == {"cmd": "PONG", "success": True, "time": NOW_MS}
    assert session.receive('{"cmd":"PONG","ts":1}', now_ms=NOW_MS) == []


def test_a_frame_of_the_first_generation_is_an_error_with_its_id(session: Session):
    frame = {"id": "v1", "event": "subscribe", "topic": "SPOT_T0_USDT@trade"}

    assert say(session, frame) == error("v1", "Command type invalid!")
    assert say(session, {"id": "x", "cmd": "LIST_SUBSCRIPTION"}) == error("x", "Command type invalid!")
    assert say(session, {"id": "x", "cmd": 5}) == error("x", "Command type invalid!")


@pytest.mark.parametrize(
    "text",
    ["not json", "", "[]", "7", "null", '"SUBSCRIBE"', "[" * 100_000, "9" * 5_000, '{"id":' * 9_999, "\ud800"],
)
def test_what_is_no_json_object_is_an_invalid_request(session: Session, text: str):
    assert say(session, text) == error("", "Invalid request.")


@pytest.mark.parametrize("params", [[], None, "trade@SPOT_T0_USDT", {"a": 1}, [5], [BOOK, None], [[BOOK]]])
def test_params_that_are_no_topics_are_an_invalid_request(session: Session, params: Any):
    assert say(session, {"id": "1", "cmd": "SUBSCRIBE", "params": params}) == error("1", "Invalid request.")
    assert not session.topics


@pytest.mark.parametrize(
    ("request_id", "echo"),
    [("a", "a"), (17, "17"), (None, ""), (True, ""), ([1], ""), ({"a": 1}, ""), ("\ud800", "\ud800")],
)
def test_an_id_is_echoed_as_a_string(session: Session, request_id: Any, echo: str):
    reply = session.receive(json.dumps({"id": request_id, "cmd": "NOPE"}), now_ms=NOW_MS)[0].text

    assert json.loads(reply)["id"] == echo
    assert reply.isascii()


def test_a_binary_frame_is_an_invalid_request(session: Session):
    assert [json.loads(reply.text) for reply in session.refuse_binary(now_ms=NOW_MS)] == [error("", "Invalid request.")]
