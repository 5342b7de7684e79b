"""This file is the process of the sandbox in the background: it serves until nobody uses it any more."""

import asyncio
import os
import signal
import time

from woodlot.cli import background
from woodlot.sandbox.server import Sandbox, SandboxOptions

_IDLE_S = 1800.0
_LOOK_EVERY_S = 2.0


async def keep(*, idle_s: float = _IDLE_S, look_every_s: float = _LOOK_EVERY_S) -> None:
    """Serve until a signal comes, the note is gone or another's, or nobody has touched it for `idle_s`."""
    stopped = asyncio.Event()
    # It was started with Ctrl-C held back, see `background.start`.
    signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGINT})
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, stopped.set)
    async with await Sandbox.start(SandboxOptions()) as sandbox:
        mine = background.Running(
            pid=os.getpid(),
            rest_url=sandbox.rest_url,
            ws_url=sandbox.ws_url,
            api_key=sandbox.api_key,
            api_secret=sandbox.api_secret,
            seed=sandbox.seed,
        )
        background.write_note(mine)
        while not stopped.is_set() and _is_used(idle_s):
            try:
                await asyncio.wait_for(stopped.wait(), look_every_s)
            except TimeoutError:
                continue
        if _is_mine():
            background.note().unlink(missing_ok=True)


def _is_used(idle_s: float) -> bool:
    try:
        return _is_mine() and time.time() - background.note().stat().st_mtime < idle_s
    except OSError:
        return False


def _is_mine() -> bool:
    try:
        return f'"pid":{os.getpid()},' in background.note().read_text(encoding="utf-8")
    except OSError:
        return False


if __name__ == "__main__":
    asyncio.run(keep())
