"""What every module of this folder is given: a sandbox of its own, and ccxt's `woo` connected to it."""

from collections.abc import AsyncIterator, Iterator

import pytest
import pytest_asyncio
from tests import sandboxes
from tests.peers.peer import Peer, connect


@pytest.fixture(scope="module")
def address() -> Iterator[sandboxes.Address]:
    with sandboxes.running("--limits", "off") as address:
        yield address


# One connection for a module, because ccxt's async half takes a quarter of a second to close.
@pytest_asyncio.fixture(scope="module", loop_scope="module", params=["sync", "async"])
async def connected(request: pytest.FixtureRequest, address: sandboxes.Address) -> AsyncIterator[Peer]:
    peer = connect(request.param, address)
    await peer.load_markets()
    yield peer
    await peer.close()


@pytest_asyncio.fixture(loop_scope="module")
async def woo(connected: Peer) -> AsyncIterator[Peer]:
    connected.exchange.options["sandboxMode"] = False
    yield connected
    await connected.cancel_all_orders()
    await connected.cancel_all_orders(None, {"trigger": True})
