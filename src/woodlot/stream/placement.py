"""This file is which topic goes on which socket."""

import math
from collections.abc import Iterable, Sequence

# 100 are accepted (websocket-v3 §2); the rest is room for a wish and a farewell that cross each other.
MOST_TOPICS_PER_SOCKET = 90
# "more than 200 per second on one connection is advised against" (websocket-v3 §2)
MOST_FRAMES_PER_S = 200.0

# Frames per second on the busiest symbol (websocket-v3 §7.1); what was not probed is placed by its likeness.
FRAMES_PER_S: dict[str, float] = {
    "orderbookupdate": 0.5,
    "orderbookupdaterpi": 5.0,
    "orderbook10": 1.7,
    "bbo": 7.0,
    "bborpi": 7.0,
    "trade": 2.0,
    "kline": 1.0,
    "ticker": 0.8,
    "markprice": 1.0,
    "indexprice": 1.0,
    "openinterest": 1.0,
    "estfundingrate": 0.02,
}


def weight(topic: str) -> float:
    """Return how many frames per second to expect of a topic at most."""
    return FRAMES_PER_S.get(topic.partition("@")[0], 1.0)


class Placement:
    """Spread topics over as few sockets as the limits allow, the busy ones evenly among the quiet ones."""

    def __init__(self, *, most_topics: int = MOST_TOPICS_PER_SOCKET, most_weight: float = MOST_FRAMES_PER_S) -> None:
        self._most_topics = most_topics
        self._most_weight = most_weight
        self._sockets: list[dict[str, float]] = []
        self._place_of: dict[str, int] = {}

    @property
    def sockets(self) -> int:
        return len(self._sockets)

    def topics(self, socket: int) -> Sequence[str]:
        return tuple(self._sockets[socket])

    def place(self, topics: Iterable[str]) -> dict[int, list[str]]:
        """Find a socket for each topic that has none; returns what is new on each."""
        new = [topic for topic in dict.fromkeys(topics) if topic not in self._place_of]
        self._open_enough_for(new)
        placed: dict[int, list[str]] = {}
        for topic in sorted(new, key=weight, reverse=True):
            socket = self._quietest_with_room()
            self._sockets[socket][topic] = weight(topic)
            self._place_of[topic] = socket
        for topic in new:
            placed.setdefault(self._place_of[topic], []).append(topic)
        return placed

    def remove(self, topic: str) -> int | None:
        """Forget a topic; returns the socket it was on."""
        socket = self._place_of.pop(topic, None)
        if socket is not None:
            del self._sockets[socket][topic]
        return socket

    def _open_enough_for(self, new: Sequence[str]) -> None:
        topics = len(self._place_of) + len(new)
        load = sum(map(weight, (*self._place_of, *new)))
        needed = max(math.ceil(topics / self._most_topics), math.ceil(load / self._most_weight))
        while len(self._sockets) < needed:
            self._sockets.append({})

    def _quietest_with_room(self) -> int:
        with_room = (n for n, topics in enumerate(self._sockets) if len(topics) < self._most_topics)
        return min(with_room, key=lambda n: (sum(self._sockets[n].values()), len(self._sockets[n])))
