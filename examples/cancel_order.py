"""Cancel an order, and wait until it really is. In the exchange's guide: strategy 3."""

import asyncio

import woodlot


async def main() -> None:
    async with woodlot.Desk.open() as desk:
        order = await desk.buy("SPOT_BTC_USDT", "0.001", price="30000")
        # The reply says that the cancel was sent on; a fill may still come first.
        await order.cancel()
        await order.settled()
        print(f"order {order.order_id}: {order.state}, {order.filled_quantity} filled before that")


asyncio.run(main())
