import asyncio
import threading
from typing import Any, assert_type

import pytest
from tests.rest.raw_server import RawServer, http
from tests.rest.scripted import (
    ACK,
    CREDENTIALS,
    RESET,
    TIME,
    TOO_MANY,
    AsyncScriptedTransport,
    ScriptedTransport,
    refusal,
    success,
)

from woodlot.backoff import Backoff
from woodlot.config import Credentials, Environment
from woodlot.errors import ConfigurationError, OutcomeUnknown, Rejected
from woodlot.rest.async_client import AsyncClient
from woodlot.rest.client import Client
from woodlot.rest.pacing import Pacer
from woodlot.rest.patience import Patience
from woodlot.rest.steps import HttpReply, HttpRequest, Lost
from woodlot.wire.enums import OrderType, Side
from woodlot.wire.public import GetSystemInfo, SystemInfo
from woodlot.wire.trade import OrderAck, PlaceOrder

ANYWHERE = Environment.at("http://127.0.0.1:1", "ws://127.0.0.1:1")
AT_ONCE = Patience(backoff=Backoff(0.001, 0.001), rate_limit_backoff=Backoff(0.001, 0.001))
ORDER = PlaceOrder(symbol="S", side=Side.BUY, type=OrderType.MARKET, quantity="1", client_order_id=5)


def sync(*replies: HttpReply | Lost) -> tuple[Client, ScriptedTransport]:
    transport = ScriptedTransport(TIME, *replies)
    return Client(ANYWHERE, CREDENTIALS, patience=AT_ONCE, pacer=Pacer.unlimited(), transport=transport), transport


def asynchronous(*replies: HttpReply | Lost) -> tuple[AsyncClient, AsyncScriptedTransport]:
    transport = AsyncScriptedTransport(TIME, *replies)
    return AsyncClient(ANYWHERE, CREDENTIALS, patience=AT_ONCE, pacer=Pacer.unlimited(), transport=transport), transport  # type: ignore[arg-type]


def test_answers_have_exact_types() -> None:
    client, transport = sync(success(ACK), success({"status": 0}))
    with client:
        assert_type(client.send(ORDER), OrderAck)
        assert_type(client.send(GetSystemInfo()), SystemInfo)
    assert transport.closed == 1


async def test_answers_have_exact_types_in_the_twin() -> None:
    client, transport = asynchronous(success(ACK), success({"status": 0}))
    async with client:
        assert_type(await client.send(ORDER), OrderAck)
        assert_type(await client.send(GetSystemInfo()), SystemInfo)
    assert transport.closed == 1


async def test_both_carry_out_the_same_steps() -> None:
    script = (TOO_MANY, TOO_MANY, success(ACK))
    client, transport = sync(*script)
    twin, twin_transport = asynchronous(*script)
    assert client.send(ORDER) == await twin.send(ORDER)
    assert len(transport.requests) == len(twin_transport.requests) == 4


@pytest.mark.parametrize(("reply", "kind"), [(RESET, OutcomeUnknown), (refusal(-1005), Rejected)])
async def test_both_raise_the_same_errors(reply: HttpReply | Lost, kind: type[Exception]) -> None:
    with pytest.raises(kind):
        sync(reply)[0].send(ORDER)
    with pytest.raises(kind):
        await asynchronous(reply)[0].send(ORDER)


async def test_a_signed_call_without_credentials_does_no_io() -> None:
    transport, twin_transport = ScriptedTransport(), AsyncScriptedTransport()
    with pytest.raises(ConfigurationError):
        Client(ANYWHERE, transport=transport).send(ORDER)
    with pytest.raises(ConfigurationError):
        await AsyncClient(ANYWHERE, transport=twin_transport).send(ORDER)  # type: ignore[arg-type]
    assert not transport.requests
    assert not twin_transport.requests


@pytest.mark.parametrize("key", ["key\n", "key\r\nx-admin: 1", "ключ"])
def test_a_key_that_cannot_stand_in_a_header_is_refused_and_not_shown(key: str) -> None:
    with pytest.raises(ConfigurationError) as caught:
        Client(ANYWHERE, Credentials(key, "secret"), transport=ScriptedTransport())
    assert key not in str(caught.value)


@pytest.mark.parametrize("kind", [Client, AsyncClient])
def test_the_embedded_sandbox_has_no_address_of_its_own(kind: Any) -> None:
    with pytest.raises(ConfigurationError, match="sandbox"):
        kind(Environment.sandbox())


def test_an_interrupt_while_an_order_is_out_is_logged(caplog: pytest.LogCaptureFixture) -> None:
    class Interrupted(ScriptedTransport):
        def exchange(self, request: HttpRequest, *, timeout_s: float) -> HttpReply | Lost:
            if self.replies:
                return super().exchange(request, timeout_s=timeout_s)
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        Client(ANYWHERE, CREDENTIALS, transport=Interrupted(TIME)).send(ORDER)
    assert "client_order_id=5: abandoned" in caplog.text


async def test_a_task_cancelled_while_an_order_is_out_is_logged(caplog: pytest.LogCaptureFixture) -> None:
    class Silent(AsyncScriptedTransport):
        async def exchange(self, request: HttpRequest, *, timeout_s: float) -> HttpReply | Lost:  # type: ignore[override]
            if self.replies:
                return await super().exchange(request, timeout_s=timeout_s)
            await asyncio.sleep(60)
            raise AssertionError("cancelled before")

    task = asyncio.create_task(AsyncClient(ANYWHERE, CREDENTIALS, transport=Silent(TIME)).send(ORDER))  # type: ignore[arg-type]
    await asyncio.sleep(0)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert "client_order_id=5: abandoned" in caplog.text


def test_threads_share_one_client() -> None:
    with (
        RawServer(http(b'{"success": true, "data": {"status": 0}}')) as server,
        Client(server.environment, pacer=Pacer.unlimited()) as client,
    ):
        threads = [threading.Thread(target=ask, args=(client, 20)) for _ in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert server.requests == 160
        assert server.connections <= 8


def ask(client: Client, times: int) -> None:
    for _ in range(times):
        client.send(GetSystemInfo())


async def test_tasks_share_one_client() -> None:
    body = b'{"success": true, "data": {"status": 0}}'
    with RawServer(http(body)) as server:
        async with AsyncClient(server.environment, pacer=Pacer.unlimited()) as client:
            answers = await asyncio.gather(*(client.send(GetSystemInfo()) for _ in range(40)))
        assert len(answers) == server.requests == 40


def test_a_closed_client_connects_anew() -> None:
    with RawServer(http(b'{"success": true, "data": {"status": 0}}')) as server:
        client = Client(server.environment, pacer=Pacer.unlimited())
        client.send(GetSystemInfo())
        client.close()
        client.send(GetSystemInfo())
        client.close()
        assert server.connections == 2
