"""What is secret stays so: thirty failures, and everywhere that a text of ours can end up."""

import contextlib
import io
import json
import logging
import pickle
import re
import sys
import traceback
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import pytest
from tests.desk.rig import BTC, ETH, Rig, is_order, rigged, until

from woodlot.config import Credentials, Environment
from woodlot.desk.desk import Desk
from woodlot.desk.limits import Limits
from woodlot.desk.opening import account_name
from woodlot.desk.terms import Seams
from woodlot.desk.watchdog_switch import Watchdog
from woodlot.errors import WoodlotError
from woodlot.rest.steps import HttpReply, HttpRequest, Lost
from woodlot.wire.account import CreateListenKey
from woodlot.wire.trade import GetOrder

# Listen keys and signatures have 64 characters without a break.
_SIGNATURE = re.compile(rb"(?<![A-Za-z0-9])[A-Za-z0-9]{64}(?![A-Za-z0-9])")
Answer = HttpReply | Lost


def refused(code: int | None, message: str, status: int = 400) -> HttpReply:
    return HttpReply(status, json.dumps({"success": False, "code": code, "message": message}).encode())


FAILURES: dict[str, Callable[[HttpRequest], Answer]] = {
    **{
        f"code {code}": lambda _, code=code: refused(code, f"the text of {code}")
        for code in (-1000, -1001, -1002, -1003, -1004, -1005, -1006, -1007, -1011, -1012, -1101, -1102, -1103, -1104,
                     302114, 302117, 302138, 317149, 317161, 317178, 317184, 999999)
    },
    "no code": lambda _: refused(None, "no"),
    "html": lambda _: HttpReply(502, b"<html>bad gateway</html>"),
    "cut": lambda _: HttpReply(200, b'{"success": tr'),
    "empty": lambda _: HttpReply(204, b""),
    "moved": lambda _: HttpReply(301, b"elsewhere"),
    "strange answer": lambda _: HttpReply(200, b'{"success": true, "data": 1}'),
    "not json": lambda _: HttpReply(200, b"\xff\xfe"),
    "late": lambda _: Lost("no reply within 1 s", may_have_arrived=True),
    "refused connection": lambda _: Lost("could not connect", may_have_arrived=False),
    "reset": lambda _: Lost("the connection broke", may_have_arrived=True),
}  # fmt: skip


class Channels:
    """Everything that was written or could be, by the name of the channel."""

    def __init__(self) -> None:
        self.texts: dict[str, list[bytes]] = {}

    def add(self, channel: str, text: object) -> None:
        data = text if isinstance(text, bytes) else str(text).encode(errors="replace")
        self.texts.setdefault(channel, []).append(data)

    def add_error(self, error: BaseException) -> None:
        self.add("str of an error", error)
        self.add("repr of an error", repr(error))
        self.add("fields of an error", vars(error))
        self.add("traceback", "".join(traceback.format_exception(error)))
        with_locals = traceback.TracebackException.from_exception(error, capture_locals=True)
        # Frames of ours, as a crash reporter would send them; the libraries' own hold sockets' buffers.
        self.add("traceback with locals", "".join(
            f"{frame.name} {frame.locals}" for frame in with_locals.stack if "woodlot/desk" in frame.filename
        ))  # fmt: skip
        self.add("chain of causes", repr(error.__cause__) + repr(error.__context__))
        with contextlib.suppress(Exception):
            self.add("pickled error", pickle.dumps(error))


@pytest.fixture
async def rig(tmp_path: Path) -> AsyncIterator[Rig]:
    async with rigged(tmp_path) as rig:
        yield rig


class Failing:
    """Answer the next order with a failure; everything else goes through."""

    def __init__(self, transport: Any) -> None:
        self._transport = transport
        self.failure: Callable[[HttpRequest], Answer] | None = None

    async def exchange(self, request: HttpRequest, *, timeout_s: float) -> Answer:
        if self.failure is not None and (is_order(request) or "clientOrderId" in request.target):
            return self.failure(request)
        return await self._transport.exchange(request, timeout_s=timeout_s)

    async def close(self) -> None:
        await self._transport.close()


async def test_no_secret_is_in_any_channel_after_any_failure(
    rig: Rig, caplog: pytest.LogCaptureFixture, capsys: pytest.CaptureFixture[str]
) -> None:
    caplog.set_level(logging.DEBUG)
    channels = Channels()
    stream = io.StringIO()
    logging.getLogger().addHandler(handler := logging.StreamHandler(stream))
    desk = rig.desk(limits=Limits(), timeout_s=0.4)
    failing = Failing(rig.lossy)
    desk._seams = Seams(transport=failing)
    keys: list[str] = []
    async with desk:
        channels.add("repr of a desk", f"{desk!r} {desk.credentials!r} {desk.account.executions!r} {vars(desk)}")
        for failure in FAILURES.values():
            failing.failure = failure
            for call in (
                lambda: desk.buy(BTC, "0.001", price="30000"),
                lambda: desk.client.send(GetOrder(client_order_id=1)),
            ):
                try:
                    channels.add("repr of an order", repr(await call()))
                except WoodlotError as error:
                    channels.add_error(error)
            failing.failure = None
        keys.append((await desk.client.send(CreateListenKey.for_stream())).auth_key)
        await (await desk.sell(ETH, "0.05")).filled()
        rig.sandbox.cut_streams()
        await until(lambda: desk.account.resumptions >= 2)
        channels.add("events", list(desk.account.events._kept))
        watchdog = Watchdog(rig.environment, rig.credentials, after_s=5.0, fired=lambda: None)
        channels.add("repr of a watchdog", f"{watchdog!r}")
    logging.getLogger().removeHandler(handler)
    channels.add("log records", caplog.text)
    channels.add("log fields", [vars(record) for record in caplog.records])
    channels.add("log stream", stream.getvalue())
    captured = capsys.readouterr()
    channels.add("stdout", captured.out)
    channels.add("stderr", captured.err)
    channels.add("arguments", sys.argv)
    for path in rig.directory.iterdir():
        channels.add("journal and lock files", path.name.encode() + path.read_bytes())
    secrets = [rig.credentials.secret, *keys]
    assert len(FAILURES) >= 30
    assert len(channels.texts) >= 12
    for channel, texts in channels.texts.items():
        for text in texts:
            for secret in secrets:
                assert secret.encode() not in text, f"a secret is in: {channel}"
            assert not _SIGNATURE.search(text), f"a signature or listen key is in: {channel}"
    assert all(rig.credentials.key.encode() not in text for text in channels.texts["journal and lock files"])


def test_the_names_of_files_tell_no_key() -> None:
    assert "my-key" not in account_name(Environment.live(), Credentials("my-key", "my-secret"))


def test_a_desk_shows_no_secret() -> None:
    desk = Desk.open(Environment.live(), Credentials("my-key", "my-secret"))
    assert "my-secret" not in f"{desk!r} {desk.credentials!r} {vars(desk)}"
