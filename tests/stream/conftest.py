"""This file is what the stream tests share."""

from collections.abc import AsyncIterator

import pytest
from tests.stream.exchange import Exchange, running


@pytest.fixture
async def exchange() -> AsyncIterator[Exchange]:
    async with running(Exchange()) as exchange:
        yield exchange
