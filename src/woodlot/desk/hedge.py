"""This file is a wire that does not wait for one connection: it asks again on a fresh one, and the first answer counts.

A connection may hang without a sign, half open or behind a dead router; another one made now may not. Whatever goes
through here may happen several times, so it is for cancels and questions only.
"""

import threading
import time
from collections.abc import Callable, Sequence
from queue import Empty, SimpleQueue

from woodlot.rest.steps import BlockingTransport, HttpReply, HttpRequest, Lost

AGAIN_AFTER_S = (0.25, 0.25, 0.25, 0.5, 1.0, 2.0)
"""The pauses between one attempt at a request and the next; none follows the last."""

# Each attempt has a thread until its time is over; a name that does not resolve may keep one for longer than that.
_MOST_THREADS = 32


class Hedge:
    """Carry a request, over several connections at once if need be. One thread at a time may call it.

    The connection that answered last is tried first. An error page of the exchange is an answer too.
    """

    def __init__(
        self, connect: Callable[[], BlockingTransport], *, again_after_s: Sequence[float] = AGAIN_AFTER_S
    ) -> None:
        self._connect = connect
        self._again_after_s = again_after_s
        self._proven: BlockingTransport | None = None
        self._threads: list[threading.Thread] = []

    def exchange(self, request: HttpRequest, *, timeout_s: float) -> HttpReply | Lost:
        until_s = time.monotonic() + timeout_s
        race = _Race(request, until_s)
        lost = Lost("no reply in time", may_have_arrived=True)
        for pause_s in (*self._again_after_s, timeout_s):
            self._ask(race)
            again_s = min(until_s, time.monotonic() + pause_s)
            while race.under_way and (left_s := again_s - time.monotonic()) > 0:
                match race.answer_within(left_s):
                    case (transport, HttpReply() as reply):
                        race.is_over = True
                        self._prove(transport)
                        return reply
                    case (_, Lost() as lost):
                        pass
                    case None:
                        break
            if not race.under_way or time.monotonic() >= until_s:
                break
        race.is_over = True
        return lost

    def close(self) -> None:
        if self._proven is not None:
            self._proven.close()

    def _ask(self, race: "_Race") -> None:
        self._threads = [thread for thread in self._threads if thread.is_alive()]
        if len(self._threads) >= _MOST_THREADS:
            return
        # One that is under way belongs to its attempt alone, until it has answered.
        transport, self._proven = self._proven or self._connect(), None
        race.under_way += 1
        # Nobody waits for it at the end of the process: what hangs must not keep that from ending.
        thread = threading.Thread(target=race.run, args=[transport], name="woodlot hedge", daemon=True)
        self._threads.append(thread)
        thread.start()

    def _prove(self, transport: BlockingTransport) -> None:
        if self._proven is not None:
            self._proven.close()
        self._proven = transport


class _Race:
    """The attempts at one request."""

    def __init__(self, request: HttpRequest, until_s: float) -> None:
        self._request = request
        self._until_s = until_s
        self._answers: SimpleQueue[tuple[BlockingTransport, HttpReply | Lost]] = SimpleQueue()
        self.under_way = 0
        self.is_over = False

    def run(self, transport: BlockingTransport) -> None:
        """Attempt it once; whatever goes wrong is an answer too."""
        try:
            left_s = max(0.001, self._until_s - time.monotonic())
            answer = transport.exchange(self._request, timeout_s=left_s)
        except Exception as error:  # noqa: BLE001 - in a thread of its own, where nobody else would hear of it
            answer = Lost(f"the attempt failed ({type(error).__name__})", may_have_arrived=True)
        if self.is_over:
            transport.close()
        else:
            self._answers.put((transport, answer))

    def answer_within(self, seconds: float) -> tuple[BlockingTransport, HttpReply | Lost] | None:
        try:
            answer = self._answers.get(timeout=seconds)
        except Empty:
            return None
        self.under_way -= 1
        if isinstance(answer[1], Lost):
            answer[0].close()
        return answer
