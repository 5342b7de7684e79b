"""This file is the watchdog: a process of its own that cancels every order over REST when heartbeats stop.

    python -m woodlot.desk.watchdog < instructions and heartbeats > what it did

The first line it reads is JSON: the addresses, the key, the secret and `after_s`. So the secret comes by a pipe, and
stands in no argument, no variable and no file. Each further line is a heartbeat; "bye" ends the watch and cancels
nothing. A pipe that breaks is no goodbye: the trader may be dead, and the time it has left runs on.

What may be relied on: the first cancel leaves when the last heartbeat is `after_s` old, and leaves again on a fresh
connection at 0.25, 0.5, 0.75, 1.25, 2.25 and 4.25 s after that for as long as no answer has come, and so on for an
hour. So nothing is open a second later if one of four connections works and the exchange needs no more than a quarter
of a second. Where the network, or this machine, is gone, only the exchange's own switch helps (rest-v3 §9.1.8).
"""

import json
import os
import select
import signal
import sys
import time

from woodlot.config import Credentials, Environment
from woodlot.desk.hedge import Hedge
from woodlot.errors import ExchangeError
from woodlot.rest.client import Client
from woodlot.rest.patience import Patience
from woodlot.rest.socket_client import SocketTransport
from woodlot.wire.algo import GetAlgoOrders
from woodlot.wire.enums import StatusFilter
from woodlot.wire.trade import CancelAllOrders, GetOrders

READY, FIRED, EMPTY = "ready", "fired", "empty"
"""What it writes: that it watches, that it cancels, that nothing is open any more."""

BYE = "bye"
# An order that was under way when the trader died may arrive behind the cancel. A program that starts again within
# this time may have its first orders cancelled too, so it is not longer than such an arrival takes.
AFTERMATH_S = 3.0
_LOOK_EVERY_S = 0.25
# An exchange that was not reached for so long has other ways to protect itself; a process that never ends has none.
GIVES_UP_AFTER_S = 3600.0
# How long a slow exchange is listened to; meanwhile the hedge asks again.
_CALL_TIMEOUT_S = 5.0
# How often a trader that was cancelled is looked after, in case it is dead and its pipe held open by a child.
_PARENT_EVERY_S = 1.0
# Ctrl-C, a closed terminal and a service manager's stop reach every process of the trader; this one outlives them on
# purpose. It ends by itself once there is nothing left to watch.
_IGNORED = ("SIGINT", "SIGTERM", "SIGHUP")


def main() -> None:
    """Watch until told goodbye, or until the trader is gone and nothing is open."""
    for name in _IGNORED:
        if hasattr(signal, name):
            signal.signal(getattr(signal, name), signal.SIG_IGN)
    pipe = Pipe(sys.stdin.fileno(), parent=os.getppid())
    instructions = json.loads(pipe.line_within(10.0) or "{}")
    environment = Environment.at(instructions["rest_url"], instructions["ws_url"])
    credentials = Credentials(instructions["key"], instructions["secret"])
    hedge = Hedge(lambda: SocketTransport(environment, connect_timeout_s=_CALL_TIMEOUT_S))
    with Client(
        environment, credentials, patience=Patience(attempts=1), timeout_s=_CALL_TIMEOUT_S, transport=hedge
    ) as client:
        _say(READY)
        # The terminal may be gone by the time there is something to say, or nobody may read what is written to it.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stderr.fileno())
        _watch(pipe, client, after_s=float(instructions["after_s"]))


def _watch(pipe: "Pipe", client: Client, *, after_s: float) -> None:
    until_s = time.monotonic() + after_s
    while True:
        line = pipe.line_within(until_s - time.monotonic())
        if line is None:
            # A broken pipe answers at once; the time is not over before it is over.
            time.sleep(max(0.0, until_s - time.monotonic()))
            _say(FIRED)
            # A trader that lives but cannot vouch for itself starts the time again with its next heartbeat.
            line = _cancel_until_empty(client, pipe) or pipe.line_of_the_living()
            if line is None:
                return
        if line == BYE:
            return
        until_s = time.monotonic() + after_s


def _cancel_until_empty(client: Client, pipe: "Pipe") -> str | None:
    """Cancel everything until nothing is open, an hour long if need be, then look on for a while.

    A sign of life ends the looking on, and is returned.
    """
    began_s = time.monotonic()
    quiet_since_s: float | None = None
    while quiet_since_s is None or time.monotonic() - quiet_since_s < AFTERMATH_S:
        try:
            if quiet_since_s is None or _is_any_open(client):
                quiet_since_s = None
                client.send(CancelAllOrders())
                if not _is_any_open(client):
                    quiet_since_s = time.monotonic()
                    _say(EMPTY)
        except Exception:  # noqa: BLE001 - whatever went wrong, orders may be open and nobody else cancels them
            # Nothing is said of why: the text would go to a terminal that may be gone. While orders may be open it
            # is tried again; once they were seen to be gone, an exchange that is gone too ends the looking on.
            if quiet_since_s is None and time.monotonic() - began_s > GIVES_UP_AFTER_S:
                return None
        if pipe.is_broken or quiet_since_s is None:
            time.sleep(_LOOK_EVERY_S)
        elif (line := pipe.line_within(_LOOK_EVERY_S)) is not None:
            return line
    return None


def _is_any_open(client: Client) -> bool:
    if client.send(GetOrders(status=StatusFilter.INCOMPLETE, size=1)).rows:
        return True
    try:
        return bool(client.send(GetAlgoOrders(status=StatusFilter.INCOMPLETE, size=1)).rows)
    except ExchangeError:
        # It has been told to cancel algo orders with the rest (rest-v3 §9.1.5); it will not say whether it did.
        return False


def _say(word: str) -> None:
    try:
        print(word, flush=True)
    except OSError:
        # Nobody listens any more; what has to be done is done all the same.
        sys.stdout = open(os.devnull, "w", encoding="utf-8")  # noqa: PTH123, SIM115 - stays open until the end


class Pipe:
    """Lines from a process that started this one, with a time limit."""

    def __init__(self, descriptor: int, *, parent: int) -> None:
        self._descriptor = descriptor
        self._parent = parent
        self._buffer = b""
        self.is_broken = False

    def line_within(self, timeout_s: float) -> str | None:
        """Return the next line, None if none comes in time or the other end is gone."""
        until_s = time.monotonic() + timeout_s
        while b"\n" not in self._buffer and not self.is_broken:
            remaining_s = until_s - time.monotonic()
            if remaining_s <= 0:
                return None
            if select.select([self._descriptor], [], [], remaining_s)[0]:
                self._read()
        line, newline, rest = self._buffer.partition(b"\n")
        if not newline:
            return None
        self._buffer = rest
        return line.decode()

    def line_of_the_living(self) -> str | None:
        """Return the next line, however long it takes; None once nobody is left to write one."""
        while not self.is_broken:
            if (line := self.line_within(_PARENT_EVERY_S)) is not None:
                return line
            # A child of the trader may hold the pipe open behind its back.
            if os.getppid() != self._parent:
                return None
        return None

    def _read(self) -> None:
        data = os.read(self._descriptor, 65_536)
        self.is_broken = not data
        self._buffer += data


if __name__ == "__main__":
    main()
