"""This file is the sandbox that outlives a command: started when an order has to stay somewhere, found by the next.

It ends by itself when no command has used it for half an hour, or by `woodlot sandbox stop`.
"""

import contextlib
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from urllib.parse import urlsplit

import msgspec

from woodlot.cli import places
from woodlot.cli.private_file import read_private, write_private
from woodlot.cli.refusals import KeysMissing
from woodlot.config import Credentials, Environment
from woodlot.errors import ConfigurationError

_START_WITHIN_S = 60.0
_LOOK_EVERY_S = 0.02


class Running(msgspec.Struct, frozen=True, kw_only=True):
    """A sandbox that runs on this machine, as it noted itself down."""

    pid: int
    rest_url: str
    ws_url: str
    api_key: str
    api_secret: str
    seed: int

    @property
    def environment(self) -> Environment:
        return Environment.at(self.rest_url, self.ws_url, name="sandbox")

    @property
    def credentials(self) -> Credentials:
        return Credentials(self.api_key, self.api_secret)

    def __repr__(self) -> str:
        return f"Running(pid={self.pid}, rest_url={self.rest_url!r})"


def note() -> Path:
    """Return the file in which a running sandbox notes itself down."""
    return places.state() / "sandbox.json"


def running() -> Running | None:
    """Return the sandbox that runs in the background, and count this as a use of it."""
    path = note()
    if not path.exists():
        return None
    try:
        found = msgspec.json.decode(read_private(path), type=Running)
    except (KeysMissing, msgspec.DecodeError):
        return None
    if not _answers(found):
        return None
    with contextlib.suppress(OSError):
        os.utime(path)
    return found


def start(say: Callable[[str], None]) -> Running:
    """Start one and wait until it serves. Raises ConfigurationError if it does not."""
    places.state().mkdir(parents=True, exist_ok=True, mode=0o700)
    log = places.state() / "sandbox.log"
    # A Ctrl-C waits until there is somebody to end.
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        with log.open("wb") as errors:
            process = subprocess.Popen(
                [sys.executable, "-m", "woodlot.cli.keeper"],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=errors,
                start_new_session=True,
            )
    except BaseException:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)
        raise
    try:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)
        found = _awaited(process, log)
    except BaseException:
        # Whoever gives up, or is interrupted, leaves none behind that nobody was told of.
        process.terminate()
        raise
    # It is no child that anybody waits for: it is meant to outlive us.
    process.returncode = 0
    say("a sandbox exchange runs in the background now, for your orders to stay in; woodlot sandbox stop ends it")
    return found


def _awaited(process: "subprocess.Popen[bytes]", log: Path) -> Running:
    deadline_s = time.monotonic() + _START_WITHIN_S
    while (found := running()) is None:
        if process.poll() is not None or time.monotonic() > deadline_s:
            raise ConfigurationError(f"the sandbox did not start; {log} says why")
        time.sleep(_LOOK_EVERY_S)
    return found


def stop() -> bool:
    """End it; tell whether there was one."""
    found = running()
    note().unlink(missing_ok=True)
    if found is None:
        return False
    with contextlib.suppress(ProcessLookupError):
        os.kill(found.pid, signal.SIGTERM)
    return True


def write_note(found: Running) -> None:
    write_private(note(), msgspec.json.encode(found).decode())


def _answers(found: Running) -> bool:
    parts = urlsplit(found.rest_url)
    try:
        os.kill(found.pid, 0)
        with socket.create_connection((parts.hostname or "", parts.port or 0), timeout=1):
            return True
    except OSError:
        return False
