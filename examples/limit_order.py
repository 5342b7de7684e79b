"""Place a limit order and see it rest. In the exchange's guide: strategy 1."""

import asyncio

import woodlot


async def main() -> None:
    async with woodlot.Desk.open() as desk:
        try:
            order = await desk.buy("SPOT_BTC_USDT", "0.001", price="30000")
        except woodlot.Rejected as refusal:
            print(f"refused, and nothing happened: {refusal}")
            return
        await order.acknowledged()
        print(f"order {order.order_id}: buy {order.quantity} at {order.price}, {order.state}")


asyncio.run(main())
