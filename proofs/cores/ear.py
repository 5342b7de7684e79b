"""This file is the near end of a socket: a session core, dialled again whenever its line is gone."""

from collections.abc import Callable
from functools import partial
from typing import Any, Protocol

from proofs.cores.network import Line, Network
from woodlot.backoff import Backoff
from woodlot.stream.roster import Accepted
from woodlot.stream.session import Dead, Lost, Output, Send, Session
from woodlot.wire.frames import Push

_TICK_MS = 1_000
_BACKOFF = Backoff(first_s=0.5, ceiling_s=10.0)


class Listener(Protocol):
    """Whoever is told what comes of a socket."""

    def connected(self) -> None: ...
    def accepted(self, topic: str) -> None: ...
    def pushed(self, push: Push[Any]) -> None: ...
    def missed(self, topic: str) -> None: ...
    def disconnected(self) -> None: ...


class Ear:
    """Listen to some topics until told to stop."""

    def __init__(self, network: Network, listener: Listener, topics: list[str], *, is_private: bool) -> None:
        self.session = Session()
        self._network = network
        self._clock = network.schedule.clock
        self._listener = listener
        self._is_private = is_private
        self._line: Line | None = None
        self._failures = 0
        self._is_stopped = False
        self.session.subscribe(topics, now_s=0.0)
        self._later(network.luck.latency_ms(), self._dial)
        self._later(_TICK_MS, self._tick)

    def stop(self) -> None:
        """Be gone, as a killed process is."""
        self._is_stopped = True
        if self._line is not None and self._line.is_open:
            self._line.close()

    def _dial(self) -> None:
        line = self._network.dial(is_private=self._is_private, heard=self._hear, ended=self._ended)
        if line is None:
            self._dial_again()
            return
        self._line, self._failures = line, 0
        self._network.counts["sockets opened"] += 1
        self._listener.connected()
        self._do(self.session.opened(self._now_s()))

    def _dial_again(self) -> None:
        pause_s = _BACKOFF.pause_s(self._failures, self._network.luck.chance)
        self._failures += 1
        self._later(round(pause_s * 1_000) + self._network.luck.latency_ms(), self._dial)

    def _ended(self, line: Line) -> None:
        # A line may have been given up before word of its end arrives.
        if line is self._line and not self._is_stopped:
            self._disconnected()

    def _disconnected(self) -> None:
        self._network.counts["sockets lost"] += 1
        self._line = None
        self.session.closed()
        self._listener.disconnected()
        self._dial_again()

    def _tick(self) -> None:
        if self._line is not None:
            self._do(self.session.tick(self._now_s()))
        self._later(_TICK_MS, self._tick)

    def _hear(self, payload: bytes) -> None:
        if self._is_stopped:
            return
        outputs = self.session.received(payload, now_s=self._clock.monotonic_s())
        if len(outputs) == 1 and isinstance(outputs[0], Push):
            self._listener.pushed(outputs[0])
        else:
            self._do(outputs)

    def _do(self, outputs: list[Output]) -> None:
        for output in outputs:
            match output:
                case Push():
                    self._listener.pushed(output)
                case Send(text):
                    if self._line is not None:
                        self._line.say(text)
                case Accepted(topic):
                    self._listener.accepted(topic)
                case Lost(topic):
                    self._listener.missed(topic)
                case Dead():
                    if self._line is not None and self._line.is_open:
                        self._line.close()
                    self._disconnected()
                case _:
                    # Something strange is counted by the session; a topic refused is asked for with the next line.
                    pass

    def _now_s(self) -> float:
        return self._clock.monotonic_s()

    def _later(self, delay_ms: int, action: Callable[[], None]) -> None:
        self._network.schedule.after(delay_ms, partial(self._if_alive, action))

    def _if_alive(self, action: Callable[[], None]) -> None:
        if not self._is_stopped:
            self._network.counts["timers fired"] += 1
            action()
