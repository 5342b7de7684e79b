"""This file is what came in over a stream: counted, and the last strange frames of it kept for inspection."""

from collections import deque
from dataclasses import dataclass, field
from typing import TypeAlias

from woodlot.wire.frames import Ack, Refusal, Unknown, Unreadable

KEPT_FRAMES = 20
KEPT_BYTES = 2_000

Oddity: TypeAlias = Ack | Refusal | Unknown | Unreadable


@dataclass(slots=True)
class Findings:
    """Counters over all connections of a stream, and `kept`: what nobody asked for or could read, oldest first."""

    frames: int = 0
    pushes: int = 0
    unasked: int = 0
    unreadable: int = 0
    unknown_topics: int = 0
    refusals: int = 0
    stray_answers: int = 0
    server_pings: int = 0
    connects: int = 0
    interruptions: int = 0
    rotations: int = 0
    kept: deque[Oddity] = field(default_factory=lambda: deque[Oddity](maxlen=KEPT_FRAMES))
    _told: set[str] = field(default_factory=set[str], repr=False)

    def keep(self, frame: Oddity, kind: str) -> bool:
        """Keep a frame, at most its beginning; says whether it is the first of its kind."""
        self.kept.append(_shortened(frame))
        # The kinds are named after what the other end sent, so they are bounded too.
        if kind in self._told or len(self._told) >= KEPT_FRAMES:
            return False
        self._told.add(kind)
        return True


def _shortened(frame: Oddity) -> Oddity:
    match frame:
        case Unreadable(payload, reason, topic):
            return Unreadable(payload[:KEPT_BYTES], reason[:KEPT_BYTES], topic[:KEPT_BYTES])
        case Unknown(topic):
            return Unknown(topic[:KEPT_BYTES])
        case Refusal(request_id, command, text):
            return Refusal(request_id[:KEPT_BYTES], command[:KEPT_BYTES], text[:KEPT_BYTES])
        case Ack(request_id, command, topics):
            return Ack(
                request_id[:KEPT_BYTES], command[:KEPT_BYTES], tuple(topic[:100] for topic in topics[:KEPT_FRAMES])
            )
