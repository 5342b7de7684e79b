"""This file is how often something happens, from a counter that is looked at now and then."""

from collections import deque


class Rate:
    """Events per second over the last `over_s` seconds."""

    def __init__(self, *, over_s: float = 5.0) -> None:
        self._over_s = over_s
        self._seen: deque[tuple[float, int]] = deque()

    def saw(self, count: int, *, now_s: float) -> None:
        """Take in where the counter stands."""
        self._seen.append((now_s, count))
        while self._seen[0][0] < now_s - self._over_s:
            self._seen.popleft()

    @property
    def per_second(self) -> float:
        """Zero until it was looked at twice."""
        if len(self._seen) < 2:
            return 0.0
        (first_s, first), (last_s, last) = self._seen[0], self._seen[-1]
        return (last - first) / max(last_s - first_s, 0.001)
