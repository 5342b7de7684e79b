"""This file is one connection to the exchange as a state machine: frames and the time go in, what to do comes out.

    opened ──> SUBSCRIBE, ten topics at a time ──> each topic Accepted or Refused ──> pushes
       └─────> PING every 15 s ──> answered, or Dead at the third that is not

It knows no socket, no clock and no task; `connection.py` carries out what it returns.
"""

from collections import deque
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

from woodlot.stream.findings import KEPT_BYTES, Findings, Oddity
from woodlot.stream.pulse import Pulse
from woodlot.stream.roster import Accepted, Command, Refused, Roster
from woodlot.stream.rules import Rules
from woodlot.wire.frames import (
    Ack,
    Pong,
    Push,
    Refusal,
    ServerPing,
    Unknown,
    Unreadable,
    encode_ping,
    encode_pong,
    encode_subscribe,
    encode_unsubscribe,
    take_frame,
)


@dataclass(frozen=True, slots=True)
class Send:
    """Send this text, as one frame."""

    text: str


@dataclass(frozen=True, slots=True)
class Lost:
    """A frame of this topic came and cannot be read: its data is missing from here on."""

    topic: str
    reason: str


@dataclass(frozen=True, slots=True)
class Strange:
    """Something came that nobody asked for or can read; told once per kind, counted always, kept for inspection."""

    what: str


@dataclass(frozen=True, slots=True)
class Dead:
    """The link no longer answers; close it and connect again."""

    reason: str


Output: TypeAlias = Send | Push[Any] | Accepted | Refused | Lost | Strange | Dead
TAKEN: list[Output] = []
"""What comes of a frame that a lane has taken: nothing, and always this nothing."""


class Session:
    """The rules of one connection. Every method returns what is to be done, in order."""

    def __init__(self, rules: Rules | None = None, *, findings: Findings | None = None) -> None:
        self.findings = findings or Findings()
        self._rules = rules or Rules()
        self._roster = Roster(self._rules)
        self._live = self._roster.live
        self._pulse = Pulse(self._rules)
        self._sent_s: deque[float] = deque(maxlen=self._rules.commands)
        self._is_open = False
        # The topics whose updates go straight into their books.
        self.lanes: dict[str, Any] = {}

    @property
    def topics(self) -> Sequence[str]:
        """The topics that are wanted, in the order they came to be."""
        return self._roster.wanted

    @property
    def is_settled(self) -> bool:
        """Whether every wanted topic is live on this connection."""
        return self._is_open and self._roster.is_settled

    @property
    def answered_s(self) -> float | None:
        """When our last PING was answered, if one was."""
        return self._pulse.answered_s

    @property
    def round_trip_s(self) -> float | None:
        return self._pulse.round_trip_s

    @property
    def due_s(self) -> float:
        """When to call `tick` next, at the latest."""
        if not self._is_open:
            return float("inf")
        queue_s = self._free_s if self._roster.has_more else float("inf")
        ping_s = max(self._pulse.ping_due_s, self._free_s)
        return min(self._pulse.death_s, ping_s, self._roster.overdue_s, queue_s)

    def opened(self, now_s: float) -> list[Output]:
        """Start on a new connection; what was wanted before is asked for again."""
        self._is_open = True
        self._sent_s.clear()
        self._roster.renewed()
        self._pulse.opened(now_s)
        return self._flush(now_s)

    def closed(self) -> None:
        """Take note that the connection is gone. Wishes are kept for the next one."""
        self._is_open = False
        self._roster.renewed()

    def subscribe(self, topics: Iterable[str], *, now_s: float) -> list[Output]:
        verdicts = self._roster.want(topics)
        return [*verdicts, *self._flush(now_s)]

    def unsubscribe(self, topics: Iterable[str], *, now_s: float) -> list[Output]:
        self._roster.leave(topics)
        return self._flush(now_s)

    def probe(self, now_s: float) -> list[Output]:
        """Send a PING ahead of its time."""
        self._pulse.hurry(now_s)
        return self._flush(now_s)

    def tick(self, now_s: float) -> list[Output]:
        """Do what the time asks for. Call it at `due_s`, and as often as you like."""
        if not self._is_open:
            return []
        if self._pulse.is_dead(now_s):
            return [Dead(f"{self._rules.pings_unanswered} PINGs went unanswered")]
        verdicts = self._roster.overdue(now_s, alive_s=self._pulse.answered_s)
        if self._roster.is_puzzled:
            self._pulse.hurry(now_s)
        return [*verdicts, *self._flush(now_s)]

    def received(self, payload: bytes | str, now_s: float) -> list[Output]:
        """Take one frame. Whatever it holds, this does not raise."""
        findings = self.findings
        findings.frames += 1
        frame = take_frame(payload, self.lanes, self._live)
        if frame is None:
            findings.pushes += 1
            return TAKEN
        if not isinstance(frame, Push):
            return self._control(frame, now_s)
        if frame.topic in self._live or self._roster.hears(frame.topic):
            findings.pushes += 1
            return [frame]
        findings.unasked += 1
        return []

    def _control(self, frame: Ack | Refusal | Pong | ServerPing | Unknown | Unreadable, now_s: float) -> list[Output]:
        match frame:
            case Pong():
                self._pulse.answered(now_s)
                return []
            case ServerPing(ts):
                # An answer keeps the server's pace, not ours, so it is not counted as a command.
                self.findings.server_pings += 1
                return [Send(encode_pong(ts))]
            case Ack(request_id, _, topics):
                verdicts = self._roster.acknowledged(request_id, topics)
                return self._stray(frame) if verdicts is None else [*verdicts, *self._flush(now_s)]
            case Refusal(request_id, _, text):
                self.findings.refusals += 1
                verdicts = self._roster.refused(request_id, text)
                return self._stray(frame) if verdicts is None else [*verdicts, *self._flush(now_s)]
            case Unknown(topic):
                self.findings.unknown_topics += 1
                return self._keep(frame, f"frames of the topic word {topic.partition('@')[0][:40]!r}")
            case Unreadable(_, reason, topic):
                self.findings.unreadable += 1
                strange = self._keep(frame, "a frame that cannot be read")
                return [Lost(topic, reason[:KEPT_BYTES])] if self._roster.hears(topic) else strange

    def _stray(self, frame: Ack | Refusal) -> list[Output]:
        # "ERROR frames with empty id" (websocket-v3 §15.1): if it was meant for a command of ours, that command's
        # own wait ends it.
        self.findings.stray_answers += 1
        return self._keep(frame, f"an answer to nothing that was asked ({frame.command[:20]!r})")

    def _keep(self, frame: Oddity, what: str) -> list[Output]:
        return [Strange(what)] if self.findings.keep(frame, what) else []

    @property
    def _free_s(self) -> float:
        """When the pace allows the next command."""
        if len(self._sent_s) < self._rules.commands:
            return float("-inf")
        return self._sent_s[0] + self._rules.commands_per_s

    def _flush(self, now_s: float) -> list[Output]:
        outputs: list[Output] = []
        while self._is_open and now_s >= self._free_s and (text := self._next_text(now_s)) is not None:
            self._sent_s.append(now_s)
            outputs.append(Send(text))
        return outputs

    def _next_text(self, now_s: float) -> str | None:
        if self._pulse.wants_ping(now_s):
            self._pulse.asked(now_s)
            # The exchange does not read the value; a monotonic time serves and gives nothing away.
            return encode_ping(int(now_s * 1000))
        command = self._roster.next_command(now_s)
        return None if command is None else _spelled(command)


def _spelled(command: Command) -> str:
    return (encode_subscribe if command.subscribes else encode_unsubscribe)(command.id, command.topics)
