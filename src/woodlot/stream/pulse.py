"""This file is the sign of life of one link: when to ask for it, and when its absence means death."""

from woodlot.stream.rules import Rules


class Pulse:
    """Count our PINGs and their answers.

    Only the answer to our own PING proves the link in both directions: data may be silent for minutes on a good
    link (websocket-v3 §0.3 fact 6), and may trickle on over one that no longer hears us.
    """

    def __init__(self, rules: Rules) -> None:
        self._rules = rules
        self._unanswered = 0
        self._asked_s = 0.0
        self._ask_at_s = 0.0
        self.answered_s: float | None = None
        self.round_trip_s: float | None = None

    @property
    def ping_due_s(self) -> float:
        """When the next PING is due."""
        return self._ask_at_s if self._unanswered < self._rules.pings_unanswered else float("inf")

    @property
    def death_s(self) -> float:
        """When the link is to be called dead, unless something is heard before."""
        if self._unanswered < self._rules.pings_unanswered:
            return float("inf")
        return self._asked_s + self._rules.pong_wait_s

    def opened(self, now_s: float) -> None:
        self._unanswered = 0
        self._ask_at_s = now_s + self._rules.ping_every_s
        self.answered_s = self.round_trip_s = None

    def is_dead(self, now_s: float) -> bool:
        return now_s >= self.death_s

    def wants_ping(self, now_s: float) -> bool:
        return now_s >= self.ping_due_s

    def hurry(self, now_s: float) -> None:
        """Let the next PING be due now: somebody doubts the link."""
        self._ask_at_s = min(self._ask_at_s, now_s)

    def asked(self, now_s: float) -> None:
        self._unanswered += 1
        self._asked_s = now_s
        self._ask_at_s = now_s + self._rules.ping_every_s

    def answered(self, now_s: float) -> None:
        self._unanswered = 0
        self.answered_s = now_s
        self.round_trip_s = now_s - self._asked_s
