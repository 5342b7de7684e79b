"""Keep a local order book that is right or says that it is not. In the exchange's guide: strategy 4."""

import asyncio

import woodlot


async def main() -> None:
    async with woodlot.Desk.open() as desk:
        book = await desk.book("SPOT_WOO_USDT")
        updates = 0
        async for _ in book.changes():
            bids, asks = book.levels(1)
            print(f"{book.state}  bid {bids[0][0]} x {bids[0][1]}  ask {asks[0][0]} x {asks[0][1]}")
            updates += 1
            if updates == 10:
                break


asyncio.run(main())
