"""This file is the roster of topics on one connection: which are wanted, asked for, live, or on their way out.

The exchange accepts a command and leaves out the topics it does not like (websocket-v3 §0.3 fact 1), refuses a
whole request for one thing it does not understand (§5.2), and may lose an answer. So every topic is followed
until it is live or refused by name.
"""

import itertools
from collections.abc import Iterable, Sequence, Set
from dataclasses import dataclass, field
from typing import TypeAlias

from woodlot.stream.rules import Rules


@dataclass(frozen=True, slots=True)
class Accepted:
    """The exchange acknowledged the topic; what it pushes from here on will be heard."""

    topic: str


@dataclass(frozen=True, slots=True)
class Refused:
    """The exchange will not push this topic; the others go on."""

    topic: str
    reason: str


Verdict: TypeAlias = Accepted | Refused


@dataclass(frozen=True, slots=True)
class Command:
    """One request that is on its way. `attempts` tells for each topic how often it was asked for before."""

    id: str
    subscribes: bool
    attempts: dict[str, int] = field(default_factory=dict[str, int])
    sent_s: float = 0.0

    @property
    def topics(self) -> Sequence[str]:
        return tuple(self.attempts)


class Roster:
    """Follow each topic from the wish to the acknowledgement."""

    def __init__(self, rules: Rules) -> None:
        self._rules = rules
        self._ids = itertools.count(1)
        self._wanted: dict[str, None] = {}
        # One set for good, so that it can be asked without a call for every frame.
        self._live: set[str] = set()
        self._forget_connection()

    def _forget_connection(self) -> None:
        self._live.clear()
        self._pushed_early: set[str] = set()
        self._to_ask: dict[str, int] = {}
        self._alone: set[str] = set()
        self._to_leave: dict[str, bool] = {}  # whether the topic was live when it was left
        self._open: dict[str, Command] = {}

    @property
    def live(self) -> Set[str]:
        """The topics that the exchange has acknowledged; always the same set."""
        return self._live

    @property
    def wanted(self) -> Sequence[str]:
        return tuple(self._wanted)

    @property
    def is_settled(self) -> bool:
        """Whether every wanted topic is live: nothing is queued, nothing unanswered."""
        return len(self._live) == len(self._wanted)

    @property
    def has_more(self) -> bool:
        return bool(self._to_ask or self._to_leave)

    @property
    def is_puzzled(self) -> bool:
        """Whether a topic is about to be asked for the last time, and a sign of life would make silence a refusal."""
        return any(attempts >= self._rules.most_asks - 1 for attempts in self._to_ask.values())

    @property
    def overdue_s(self) -> float:
        """When the oldest unanswered command has waited long enough."""
        return min((command.sent_s for command in self._open.values()), default=float("inf")) + self._rules.ack_wait_s

    def renewed(self) -> None:
        """Start over for a new connection: everything that is wanted is to be asked for again, in the same order."""
        self._forget_connection()
        self._to_ask = dict.fromkeys(self._wanted, 0)

    def want(self, topics: Iterable[str]) -> list[Verdict]:
        """Add topics; those that were about to be left are still live and said so at once."""
        return [verdict for topic in topics if (verdict := self._want(topic)) is not None]

    def _want(self, topic: str) -> Verdict | None:
        if topic in self._wanted:
            return None
        self._wanted[topic] = None
        if self._is_asked(topic):
            self._to_leave.pop(topic, None)
        elif self._to_leave.get(topic):
            del self._to_leave[topic]
            self._live.add(topic)
            return Accepted(topic)
        else:
            self._to_ask[topic] = 0
        return None

    def leave(self, topics: Iterable[str]) -> None:
        for topic in topics:
            if topic not in self._wanted:
                continue
            del self._wanted[topic]
            self._alone.discard(topic)
            self._pushed_early.discard(topic)
            if topic in self._live:
                self._live.remove(topic)
                self._to_leave[topic] = True
            elif self._to_ask.pop(topic, None) is None:
                self._to_leave[topic] = False

    def next_command(self, now_s: float) -> Command | None:
        """Take the next request to send. Leaving goes first: it makes room under the exchange's limit."""
        if self._to_leave:
            topics = list(self._to_leave)[: self._rules.topics_per_request]
            attempts = dict.fromkeys(topics, 0)
            for topic in topics:
                del self._to_leave[topic]
            return self._opened_command(attempts, now_s, subscribes=False)
        if self._to_ask:
            return self._opened_command(self._next_batch(), now_s, subscribes=True)
        return None

    def hears(self, topic: str) -> bool:
        """Say whether a push of this topic is for anybody; it may come before its acknowledgement."""
        if topic in self._live:
            return True
        if topic not in self._wanted:
            return False
        if self._is_asked(topic):
            self._pushed_early.add(topic)
        return True

    def acknowledged(self, request_id: str, topics: Sequence[str]) -> list[Verdict] | None:
        """Compare an acknowledgement with what was asked; None if nothing was asked under this id."""
        command = self._open.pop(request_id, None)
        if command is None or not command.subscribes:
            return None if command is None else []
        return [self._judge(topic, is_named=topic in topics) for topic in self._still_wanted(command)]

    def refused(self, request_id: str, reason: str) -> list[Verdict] | None:
        """Take a refusal of a whole request; None if nothing was asked under this id.

        One topic can spoil a request for all of them, so each of several is asked for again by itself.
        """
        command = self._open.pop(request_id, None)
        if command is None or not command.subscribes:
            return None if command is None else []
        wanted = self._still_wanted(command)
        if len(command.topics) == 1:
            return [self._refuse(topic, reason) for topic in wanted]
        self._alone.update(wanted)
        self._to_ask.update({topic: command.attempts[topic] for topic in wanted})
        return []

    def overdue(self, now_s: float, *, alive_s: float | None) -> list[Verdict]:
        """Give up waiting for answers that are overdue; ask again, or call the topic refused.

        `alive_s` is when a PING was answered last. Silence alone is no refusal: where the link has given no sign of
        life since a topic was asked for, it is asked for again. A link that never does is dead before long.
        """
        late = [command for command in self._open.values() if now_s >= command.sent_s + self._rules.ack_wait_s]
        for command in late:
            del self._open[command.id]
        asked = [(topic, command) for command in late if command.subscribes for topic in self._still_wanted(command)]
        verdicts = [
            self._unanswered(
                topic, command.attempts[topic] + 1, is_alive=alive_s is not None and alive_s > command.sent_s
            )
            for topic, command in asked
        ]
        return [verdict for verdict in verdicts if verdict is not None]

    def _unanswered(self, topic: str, attempts: int, *, is_alive: bool) -> Verdict | None:
        if topic in self._pushed_early:
            return self._judge(topic, is_named=True)
        # Asked twice for a topic that is live after all, the exchange would leave it out of the second answer,
        # exactly as if it refused it (websocket-v3 §5.1). So it is left first and asked for after that.
        self._to_leave[topic] = False
        if attempts >= self._rules.most_asks and is_alive:
            return self._refuse(topic, f"asked {attempts} times, never acknowledged")
        self._to_ask[topic] = attempts
        return None

    def _judge(self, topic: str, *, is_named: bool) -> Verdict:
        # Left out and yet pushing: the exchange counts it as a repeated wish, and the first one lives.
        if not is_named and topic not in self._pushed_early:
            return self._refuse(topic, "left out of the acknowledgement")
        self._pushed_early.discard(topic)
        self._alone.discard(topic)
        self._live.add(topic)
        return Accepted(topic)

    def _refuse(self, topic: str, reason: str) -> Refused:
        del self._wanted[topic]
        self._alone.discard(topic)
        self._pushed_early.discard(topic)
        return Refused(topic, reason)

    def _next_batch(self) -> dict[str, int]:
        first = next(iter(self._to_ask))
        together = (topic for topic in self._to_ask if topic not in self._alone)
        topics = [first] if first in self._alone else list(itertools.islice(together, self._rules.topics_per_request))
        return {topic: self._to_ask.pop(topic) for topic in topics}

    def _opened_command(self, attempts: dict[str, int], now_s: float, *, subscribes: bool) -> Command:
        command = Command(str(next(self._ids)), subscribes, attempts, now_s)
        self._open[command.id] = command
        return command

    def _is_asked(self, topic: str) -> bool:
        """Whether the last thing that was said of the topic, and is not answered yet, is the wish for it."""
        said = (command.subscribes for command in reversed(self._open.values()) if topic in command.attempts)
        return next(said, False)

    def _still_wanted(self, command: Command) -> list[str]:
        """Return the topics for which the answer to this command is the last word: none that were left since."""
        later = {topic for other in self._open.values() if int(other.id) > int(command.id) for topic in other.attempts}
        return [t for t in command.topics if t in self._wanted and t not in later and t not in self._to_ask]
