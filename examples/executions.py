"""Follow executions, each once, whatever happens to the stream. In the exchange's guide: strategy 6."""

import asyncio
from decimal import Decimal

import woodlot


async def main() -> None:
    async with woodlot.Desk.open() as desk:
        placing = asyncio.gather(*(desk.buy("SPOT_WOO_USDT", "200") for _ in range(3)))
        bought = Decimal(0)
        async for execution in desk.executions():
            bought += execution.quantity
            print(f"trade {execution.trade_id}: {execution.quantity} at {execution.price}, {bought} of 600 so far")
            if bought == 600:
                break
        await placing


asyncio.run(main())
