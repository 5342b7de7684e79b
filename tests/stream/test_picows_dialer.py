import asyncio
import ssl
import subprocess
import sys
from pathlib import Path

import pytest
from tests.certificate import own_certificate
from tests.stream.exchange import Exchange
from tests.stream.raw_exchange import RawExchange, framed, running

from woodlot.errors import ConfigurationError, ConnectionFailed
from woodlot.stream.link import Address, UpgradeRefused
from woodlot.stream.picows_dialer import PicowsDialer
from woodlot.stream.public import PublicStream
from woodlot.wire.frames import Push
from woodlot.wire.topics import Trades

# What it shares with the other dialer is in test_link.py.
KEY = "SECRETKEY"
TRADES = Trades("SPOT_BTC_USDT")
TRADE = {"s": "SPOT_BTC_USDT", "px": "1", "sx": "2", "sd": "BUY", "src": 1, "ts": 5}


def test_without_picows_the_dialer_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "picows", None)
    with pytest.raises(ConfigurationError, match=r"pip install 'woodlot\[speed\]'"):
        PicowsDialer()


def test_woodlot_does_without_picows_until_it_is_asked_for() -> None:
    program = "import sys, woodlot, woodlot.desk.desk, woodlot.stream.picows_dialer; assert 'picows' not in sys.modules"
    subprocess.run([sys.executable, "-c", program], check=True)


@pytest.fixture
def dialer() -> PicowsDialer:
    pytest.importorskip("picows")
    return PicowsDialer(connect_timeout_s=5)


async def test_a_redirect_is_a_refusal_so_that_the_key_goes_nowhere_else(dialer: PicowsDialer) -> None:
    moved = b"HTTP/1.1 302 Found\r\nLocation: ws://127.0.0.1:1/elsewhere\r\nContent-Length: 0\r\n\r\n"
    async with running(RawExchange(answer=moved)) as exchange:
        with pytest.raises(UpgradeRefused) as caught:
            await dialer.dial(Address.private(exchange.environment, KEY))

    assert caught.value.status == 302
    assert not caught.value.is_about_the_key


async def test_an_answer_that_is_no_http_is_a_failed_connection(dialer: PicowsDialer) -> None:
    async with running(RawExchange(answer=b"SECRETKEY, I hear?\r\n\r\n")) as exchange:
        with pytest.raises(ConnectionFailed) as caught:
            await dialer.dial(Address.private(exchange.environment, KEY))

    assert "SECRETKEY" not in str(caught.value)


@pytest.mark.parametrize(
    ("name", "is_known", "is_linked"),
    [("IP:127.0.0.1", True, True), ("IP:127.0.0.1", False, False), ("DNS:elsewhere.invalid", True, False)],
    ids=["known", "unknown", "of another host"],
)
async def test_a_certificate_has_to_be_known_and_of_the_host(
    dialer: PicowsDialer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, is_known: bool, is_linked: bool
) -> None:
    certificate = own_certificate(tmp_path, name=name)
    if is_known:
        monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
    server_side = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    server_side.load_cert_chain(certificate)
    async with running(RawExchange(along=framed(b"hello")), context=server_side) as exchange:
        address = Address.private(exchange.environment, KEY)
        if is_linked:
            link = await dialer.dial(address)
            assert await link.receive() == "hello"
            await link.close()
        else:
            with pytest.raises(ConnectionFailed, match="SSLCertVerificationError") as caught:
                await dialer.dial(address)
            assert "SECRETKEY" not in str(caught.value)
            assert not exchange.heads


async def test_a_stream_over_it_hears_what_is_pushed_and_heals(dialer: PicowsDialer, exchange: Exchange) -> None:
    async with PublicStream(exchange.environment, dialer=dialer) as public:
        reader = public.subscribe(TRADES)
        await reader.ready()
        await exchange.sockets[0].push(TRADES.name, TRADE)
        assert isinstance(await anext(reader), Push)
        exchange.sockets[0].cut()
        async with asyncio.timeout(10):
            while len(exchange.sockets) < 2 or TRADES.name not in exchange.sockets[1].topics:
                await anext(reader)
            await exchange.sockets[1].push(TRADES.name, TRADE)
            while not isinstance(await anext(reader), Push):
                pass
