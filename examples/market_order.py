"""Sell at the market and see what it brought. In the exchange's guide: strategy 2."""

import asyncio

import woodlot


async def main() -> None:
    async with woodlot.Desk.open() as desk:
        order = await desk.sell("SPOT_ETH_USDT", "0.05")
        await order.settled()
        print(f"sold {order.filled_quantity} ETH at {order.average_price} on average")
        for asset, fee in order.fees.items():
            print(f"fee {fee} {asset}")


asyncio.run(main())
