"""Place more orders than the exchange takes at once. In the exchange's guide: strategy 5."""

import asyncio

import woodlot


async def main() -> None:
    async with woodlot.Desk.open() as desk:
        placing = [desk.buy("SPOT_BTC_USDT", "0.001", price="30000") for _ in range(12)]
        # A 429 proves that nothing happened, so each order is sent again under its own clientOrderId. An order whose
        # reply was lost is another matter: it raises OutcomeUnknown and stays unsent.
        orders = await asyncio.gather(*placing)
        print(f"{len(orders)} orders accepted, {len({order.client_order_id for order in orders})} different ids")


asyncio.run(main())
