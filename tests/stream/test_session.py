import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from woodlot.stream.roster import Accepted, Refused
from woodlot.stream.rules import Rules
from woodlot.stream.session import Dead, Lost, Output, Send, Session, Strange
from woodlot.wire.frames import Push

TRADE = {"s": "A", "px": "1", "sx": "2", "sd": "BUY", "src": 1, "ts": 5}


def sent(outputs: list[Output]) -> list[dict[str, Any]]:
    return [json.loads(output.text) for output in outputs if isinstance(output, Send)]


def ack(command: dict[str, Any], topics: list[str] | None = None) -> str:
    named = command["params"] if topics is None else topics
    return json.dumps({"id": command["id"], "cmd": command["cmd"], "success": True, "time": 1, "data": named})


def refusal(command: dict[str, Any], text: str = "Command type invalid!") -> str:
    return json.dumps({"id": command["id"], "cmd": command["cmd"], "success": False, "time": 1, "data": text})


def push(topic: str) -> str:
    return json.dumps({"topic": topic, "ts": 1, "data": TRADE})


def opened(*topics: str, rules: Rules | None = None) -> tuple[Session, list[dict[str, Any]]]:
    session = Session(rules)
    session.subscribe(topics, now_s=0.0)
    return session, sent(session.opened(0.0))


def test_nothing_is_sent_before_the_connection_is_open() -> None:
    assert Session().subscribe(["trade@A"], now_s=0.0) == []


def test_topics_are_asked_for_ten_at_a_time_and_four_requests_a_second() -> None:
    session, first = opened(*(f"trade@{n}" for n in range(65)))
    later = sent(session.tick(session.due_s))

    assert [len(command["params"]) for command in first] == [10, 10, 10, 10]
    assert [len(command["params"]) for command in later] == [10, 10, 5]
    assert session.tick(1.05) == []


def test_an_acknowledged_topic_is_accepted_and_one_left_out_is_refused_by_name() -> None:
    session, [command] = opened("trade@A", "trade@B")

    outputs = session.received(ack(command, ["trade@A"]), now_s=0.1)

    assert outputs == [Accepted("trade@A"), Refused("trade@B", "left out of the acknowledgement")]
    assert list(session.topics) == ["trade@A"]
    assert session.is_settled


def test_a_refused_request_of_several_topics_is_repeated_one_topic_at_a_time() -> None:
    session, [command] = opened("trade@A", "trade@B")

    singles = sent(session.received(refusal(command), now_s=0.1))
    outputs = session.received(refusal(singles[1], "no such symbol"), now_s=0.2)

    assert [single["params"] for single in singles] == [["trade@A"], ["trade@B"]]
    assert outputs == [Refused("trade@B", "no such symbol")]


def test_data_before_its_acknowledgement_is_delivered() -> None:
    session, [command] = opened("trade@A")

    early = session.received(push("trade@A"), now_s=0.1)
    outputs = session.received(ack(command), now_s=0.2)

    assert isinstance(early[0], Push)
    assert outputs == [Accepted("trade@A")]


def test_a_topic_that_pushes_is_live_although_the_acknowledgement_leaves_it_out() -> None:
    session, [command] = opened("trade@A")
    session.received(push("trade@A"), now_s=0.1)

    assert session.received(ack(command, []), now_s=0.2) == [Accepted("trade@A")]


def test_an_acknowledgement_that_never_comes_is_asked_for_again_after_leaving() -> None:
    session, [command] = opened("trade@A")

    again = sent(session.tick(10.0))

    assert command["cmd"] == "SUBSCRIBE"
    assert [(one["cmd"], one["params"]) for one in again] == [
        ("UN_SUBSCRIBE", ["trade@A"]),
        ("SUBSCRIBE", ["trade@A"]),
    ]


def test_a_topic_is_refused_after_three_askings_without_an_answer() -> None:
    session, _ = opened("trade@A")
    outputs: list[Output] = []
    for _ in range(60):
        outputs += session.tick(session.due_s)
        session.received('{"cmd":"PONG","success":true,"time":1}', now_s=session.due_s)

    assert [output for output in outputs if isinstance(output, Refused)] == [
        Refused("trade@A", "asked 3 times, never acknowledged")
    ]


def test_on_a_link_that_says_nothing_at_all_no_topic_is_refused_and_the_link_is_dead() -> None:
    session, _ = opened("trade@A")
    outputs: list[Output] = []
    while not any(isinstance(output, Dead) for output in outputs):
        outputs += session.tick(session.due_s)

    assert session.topics == ("trade@A",)
    assert not any(isinstance(output, Refused) for output in outputs)
    assert session.due_s <= 60.0


def test_an_unanswered_topic_that_pushes_is_accepted_when_the_wait_is_over() -> None:
    session, _ = opened("trade@A")
    session.received(push("trade@A"), now_s=1.0)

    assert session.tick(10.0)[0] == Accepted("trade@A")


def test_an_answer_under_an_unknown_id_changes_nothing_and_is_kept() -> None:
    session, [command] = opened("trade@A")
    stray = ack({**command, "id": "77"})

    assert [type(output) for output in session.received(stray, now_s=0.1)] == [Strange]
    assert session.received(stray, now_s=0.2) == []
    assert session.findings.stray_answers == 2
    assert len(session.findings.kept) == 2
    assert session.received(ack(command), now_s=0.3) == [Accepted("trade@A")]


def test_an_error_frame_with_an_empty_id_is_survived() -> None:
    session, [command] = opened("trade@A")
    session.received('{"id":"","cmd":"ERROR","success":false,"time":1,"data":"Invalid request."}', now_s=0.1)

    assert session.received(ack(command), now_s=0.3) == [Accepted("trade@A")]


def test_an_acknowledgement_whose_data_is_a_string_is_waited_out_and_asked_again() -> None:
    session, [command] = opened("trade@A")
    session.received(json.dumps({"id": command["id"], "cmd": "SUBSCRIBE", "success": True, "data": "ok"}), now_s=0.1)

    assert sent(session.tick(10.0))[-1]["cmd"] == "SUBSCRIBE"
    assert session.findings.unreadable == 1


def test_a_ping_goes_out_every_fifteen_seconds() -> None:
    session, _ = opened()
    assert session.due_s == 15.0
    pings = [sent(session.tick(now_s)) for now_s in (14.9, 15.0, 29.0)]

    assert [[ping["cmd"] for ping in ping_list] for ping_list in pings] == [[], ["PING"], []]


def test_a_link_is_dead_when_three_pings_are_unanswered_whatever_else_arrives() -> None:
    session, [command] = opened("trade@A")
    session.received(ack(command), now_s=0.1)
    for now_s in (15.0, 30.0, 45.0):
        session.tick(now_s)
        session.received(push("trade@A"), now_s=now_s)

    assert session.tick(49.9) == []
    assert session.due_s == 50.0
    assert session.tick(50.0) == [Dead("3 PINGs went unanswered")]


def test_a_pong_keeps_a_silent_link_alive() -> None:
    session, _ = opened()
    for n in range(1, 20):
        assert sent(session.tick(15.0 * n))[0]["cmd"] == "PING"
        session.received('{"cmd":"PONG","success":true,"time":1}', now_s=15.0 * n + 0.1)

    assert session.round_trip_s == pytest.approx(0.1)


def test_a_ping_of_the_server_is_answered_with_its_own_time() -> None:
    session, _ = opened()

    assert sent(session.received('{"cmd":"PING","ts":42}', now_s=1.0)) == [{"cmd": "PONG", "ts": 42}]


def test_data_that_nobody_asked_for_is_counted_and_dropped() -> None:
    session, _ = opened()

    assert session.received(push("trade@Z"), now_s=1.0) == []
    assert session.findings.unasked == 1


def test_an_unreadable_frame_of_a_wanted_topic_is_a_loss_and_of_another_one_is_not() -> None:
    session, [command] = opened("trade@A")
    session.received(ack(command), now_s=0.1)

    lost = session.received('{"topic":"trade@A","ts":1,"data":{"s":"A"}}', now_s=0.2)
    other = session.received('{"topic":"trade@B","ts":1,"data":{"s":"A"}}', now_s=0.3)

    assert isinstance(lost[0], Lost)
    assert lost[0].topic == "trade@A"
    assert not any(isinstance(output, Lost) for output in other)
    assert session.findings.unreadable == 2


def test_only_the_last_strange_frames_are_kept_and_only_their_beginning() -> None:
    session, _ = opened()
    for n in range(100):
        session.received(f"{n:03}" + "x" * 100_000, now_s=0.1)

    assert len(session.findings.kept) == 20
    assert session.findings.unreadable == 100
    assert all(len(getattr(frame, "payload", b"")) <= 2000 for frame in session.findings.kept)


def test_a_topic_wanted_again_before_it_was_left_is_live_at_once() -> None:
    session, commands = opened(*(f"trade@{n}" for n in range(40)))
    for command in commands:
        session.received(ack(command), now_s=0.1)
    session.unsubscribe(["trade@0"], now_s=0.2)

    assert session.subscribe(["trade@0"], now_s=0.3) == [Accepted("trade@0")]


def test_a_new_connection_asks_again_for_everything_that_is_wanted() -> None:
    session, [command] = opened("trade@A", "trade@B")
    session.received(ack(command), now_s=0.1)
    session.unsubscribe(["trade@A"], now_s=0.2)
    session.closed()

    assert [one["params"] for one in sent(session.opened(100.0))] == [["trade@B"]]


def test_a_closed_session_wants_nothing_from_the_time() -> None:
    session, _ = opened("trade@A")
    session.closed()

    assert session.due_s == float("inf")
    assert session.tick(1e9) == []


@settings(max_examples=100, deadline=None)
@given(st.lists(st.binary(max_size=60) | st.text(max_size=60), max_size=30))
def test_garbage_never_raises_and_changes_nothing(frames: list[bytes | str]) -> None:
    session, [command] = opened("trade@A")
    for frame in frames:
        session.received(frame, now_s=0.1)

    assert session.received(ack(command), now_s=0.2) == [Accepted("trade@A")]


KEYS = st.sampled_from(["id", "cmd", "topic", "success", "data", "ts", "time", "message", "errorMsg"])
WORDS = st.sampled_from(["1", "2", "SUBSCRIBE", "UN_SUBSCRIBE", "ERROR", "PONG", "PING", "trade@A", "bbo@A", "nope@A"])
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | WORDS | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEYS | WORDS, inner, max_size=4),
    max_leaves=12,
)


@settings(max_examples=120, deadline=None)
@given(st.lists(st.dictionaries(KEYS, JSON, max_size=6), max_size=15))
def test_near_misses_of_real_frames_never_raise(frames: list[dict[str, Any]]) -> None:
    session, _ = opened("trade@A", "bbo@A")
    for n, frame in enumerate(frames):
        session.received(json.dumps(frame), now_s=float(n))
        session.tick(float(n))

    assert session.findings.frames == len(frames)


class Server:
    """What the exchange does with our commands, whether or not its answers arrive."""

    def __init__(self) -> None:
        self.topics: set[str] = set()
        self.answers: list[str] = []

    def take(self, outputs: list[Output], *, answers: bool) -> None:
        for command in sent(outputs):
            if command["cmd"] == "PING":
                self.answers.append('{"cmd":"PONG","success":true,"time":1}')
                continue
            assert 1 <= len(command["params"]) <= 10
            wanted = set(command["params"])
            accepted = wanted - self.topics if command["cmd"] == "SUBSCRIBE" else wanted & self.topics
            self.topics = self.topics | wanted if command["cmd"] == "SUBSCRIBE" else self.topics - wanted
            if answers:
                self.answers.append(ack(command, sorted(accepted)))


TOPICS = st.lists(st.sampled_from([f"trade@{n}" for n in range(14)]), max_size=12)
STEPS = st.lists(
    st.tuples(st.sampled_from(["want", "leave", "wait", "hear", "lose", "push"]), TOPICS, st.floats(0.0, 12.0)),
    max_size=25,
)


@settings(max_examples=120, deadline=None)
@given(STEPS)
def test_in_any_order_of_wishes_answers_and_losses_both_ends_agree_in_the_end(
    steps: list[tuple[str, list[str], float]],
) -> None:
    session, server, now_s = Session(), Server(), 0.0
    sent_s: list[float] = []
    verdicts: dict[str, type] = {}

    def carry_out(outputs: list[Output], *, answers: bool = True) -> None:
        sent_s.extend([now_s] * len(sent(outputs)))
        verdicts.update({out.topic: type(out) for out in outputs if isinstance(out, Accepted | Refused)})
        assert not any(isinstance(output, Dead) for output in outputs)
        server.take(outputs, answers=answers)

    def hear_all() -> None:
        while server.answers:
            carry_out(session.received(server.answers.pop(0), now_s=now_s))

    carry_out(session.opened(now_s))
    for step, topics, pause_s in steps:
        match step:
            case "want":
                carry_out(session.subscribe(topics, now_s=now_s))
            case "leave":
                carry_out(session.unsubscribe(topics, now_s=now_s))
            case "wait":
                now_s += pause_s
                carry_out(session.tick(now_s))
                hear_all()
            case "lose":
                server.answers.clear()
            case "push":
                for topic in server.topics & set(topics):
                    carry_out(session.received(push(topic), now_s=now_s))
            case _:
                hear_all()
    for _ in range(80):
        hear_all()
        now_s = max(now_s, min(session.due_s, now_s + 15.0))
        carry_out(session.tick(now_s))
    hear_all()

    assert session.is_settled
    assert server.topics == set(session.topics)
    assert all(verdicts[topic] is Accepted for topic in session.topics)
    assert all(later - earlier >= 1.0 for earlier, later in zip(sent_s, sent_s[4:], strict=False))
