"""This file is the machine of a connection: readers who come and go, and a server that answers late, partly or not."""

import json
from typing import Any

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from woodlot.stream.roster import Accepted, Refused
from woodlot.stream.rules import Rules
from woodlot.stream.session import Dead, Output, Send, Session
from woodlot.wire.frames import MOST_TOPICS_PER_REQUEST, Push

_TOPICS = [f"trade@SPOT_S{number}_USDT" for number in range(30)]
_UNKNOWN = frozenset(_TOPICS[::9])
_some_topics = st.lists(st.sampled_from(_TOPICS), min_size=1, max_size=25, unique=True)


class SessionMachine(RuleBasedStateMachine):
    """It keeps the exchange's rules whatever happens, and what is wanted is subscribed once the server answers."""

    @initialize()
    def begin(self) -> None:
        self.rules_kept = Rules()
        self.session = Session(self.rules_kept)
        self.now_s = 1_000.0
        self.is_open = False
        self.wanted: set[str] = set()
        self.refused: set[str] = set()
        self.live: set[str] = set()
        self.asked: list[dict[str, Any]] = []
        self.sent_s: list[float] = []
        self.pings = 0

    # The world.

    @rule()
    def open(self) -> None:
        if not self.is_open:
            self.is_open = True
            self.live.clear()
            self.asked.clear()
            self.sent_s.clear()
            self.pings = 0
            self._do(self.session.opened(self.now_s))

    @rule()
    def close(self) -> None:
        self.is_open = False
        self.session.closed()

    @rule(topics=_some_topics)
    def want(self, topics: list[str]) -> None:
        self.wanted |= set(topics)
        self.refused -= set(topics)
        self._do(self.session.subscribe(topics, now_s=self.now_s))

    @rule(topics=_some_topics)
    def leave(self, topics: list[str]) -> None:
        self.wanted -= set(topics)
        self._do(self.session.unsubscribe(topics, now_s=self.now_s))

    @rule(seconds=st.sampled_from((0.0, 0.1, 0.4, 1.1, 5.0, 16.0)))
    def time_passes(self, seconds: float) -> None:
        """Move on, and tick whenever the session wants it."""
        end_s = self.now_s + seconds
        while self.is_open and self.session.due_s <= end_s:
            self.now_s = max(self.now_s, self.session.due_s)
            self._do(self.session.tick(self.now_s))
            self.now_s += 0.01
        self.now_s = max(self.now_s, end_s)

    @rule()
    def answer(self) -> None:
        """Answer the oldest command: a topic that the exchange does not know is left out."""
        if self.asked:
            self._answer(self.asked.pop(0))

    @rule()
    def refuse(self) -> None:
        if self.asked:
            command = self.asked.pop(0)
            told = {"id": command["id"], "cmd": command["cmd"], "success": False, "data": "Command type invalid!"}
            self._hear(told)

    @rule()
    def forget(self) -> None:
        """Answer a command never."""
        if self.asked:
            self.asked.pop(0)

    @rule()
    def pong(self) -> None:
        if self.is_open and self.pings:
            self.pings = 0
            self._hear({"cmd": "PONG", "success": True, "time": 1})

    @rule(topic=st.sampled_from(_TOPICS))
    def push(self, topic: str) -> None:
        outputs = self._hear({
            "topic": topic,
            "ts": 1,
            "data": {"s": topic.split("@")[1], "px": "1", "sx": "1", "sd": "BUY", "src": 0, "ts": 1},
        })  # fmt: skip
        assert any(isinstance(output, Push) for output in outputs) <= (topic in self.wanted)

    @rule(payload=st.binary(max_size=60) | st.text(max_size=60))
    def garbage(self, payload: bytes | str) -> None:
        if self.is_open:
            self._do(self.session.received(payload, now_s=self.now_s))

    # What must hold.

    @invariant()
    def the_pace_is_kept(self) -> None:
        if not hasattr(self, "sent_s"):
            return
        most = self.rules_kept.commands
        for first, last in zip(self.sent_s, self.sent_s[most:], strict=False):
            assert last - first >= 1.0, f"{most + 1} commands within {last - first} s"

    @invariant()
    def wishes_are_remembered(self) -> None:
        if hasattr(self, "wanted"):
            assert set(self.session.topics) <= self.wanted
            assert self.wanted - self.refused <= set(self.session.topics)

    def teardown(self) -> None:
        """A server that answers ends with exactly what is wanted."""
        if not hasattr(self, "session"):
            return
        self.close()
        self.open()
        for _ in range(400):
            if self.session.is_settled:
                break
            while self.asked:
                self.answer()
            self.pong()
            self.time_passes(0.4)
        assert self.session.is_settled
        assert self.live == set(self.session.topics)

    def _answer(self, command: dict[str, Any]) -> None:
        topics = [topic for topic in command["params"] if topic not in _UNKNOWN]
        subscribes = command["cmd"] == "SUBSCRIBE"
        topics = [topic for topic in topics if (topic in self.live) is not subscribes]
        self.live = self.live | set(topics) if subscribes else self.live - set(topics)
        self._hear({"id": command["id"], "cmd": command["cmd"], "success": True, "time": 1, "data": topics})

    def _hear(self, frame: dict[str, Any]) -> list[Output]:
        if not self.is_open:
            return []
        outputs = self.session.received(json.dumps(frame), now_s=self.now_s)
        self._do(outputs)
        return outputs

    def _do(self, outputs: list[Output]) -> None:
        for output in outputs:
            match output:
                case Send(text):
                    self._send(json.loads(text))
                case Refused(topic):
                    self.refused.add(topic)
                case Accepted(topic):
                    assert topic in self.wanted
                case Dead():
                    assert self.pings >= self.rules_kept.pings_unanswered
                    self.close()
                    return
                case _:
                    pass

    def _send(self, command: dict[str, Any]) -> None:
        assert self.is_open
        self.sent_s.append(self.now_s)
        if command["cmd"] == "PING":
            self.pings += 1
            return
        assert 1 <= len(command["params"]) <= MOST_TOPICS_PER_REQUEST
        assert len(set(command["params"])) == len(command["params"])
        self.asked.append(command)
