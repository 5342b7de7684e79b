"""A small market with one person in it, told step by step."""

from woodlot.clock import ManualClock
from woodlot.sandbox.instruments import LISTING, PERPETUALS
from woodlot.sandbox.simulation import EventHash, Simulation
from woodlot.wire.enums import OrderType, Side
from woodlot.wire.trade import PlaceOrder

BTC = "SPOT_BTC_USDT"
PERP = "PERP_BTC_USDT"


def market(*, seed: int = 7) -> tuple[Simulation, str]:
    """A small market with one person in it who has traded."""
    made = Simulation(clock=ManualClock(), seed=seed, listing=(LISTING[0], PERPETUALS[0]))
    ann = made.open_account("ann", {"USDT": "100000", "BTC": "2"})
    for symbol in (BTC, PERP):
        order = PlaceOrder(symbol=symbol, side=Side.SELL, type=OrderType.MARKET, quantity="0.01")
        made.exchange.place(ann, order)
    bid = PlaceOrder(symbol=BTC, side=Side.BUY, type=OrderType.LIMIT, price="30000", quantity="0.01")
    made.exchange.place(ann, bid)
    return made, ann


def tell(told: Simulation, *, steps: int = 100) -> str:
    """Let time pass and return the hash of everything that was said."""
    fingerprint = EventHash()
    for _ in range(steps):
        assert isinstance(told.clock, ManualClock)
        told.clock.advance(0.05)
        told.step()
        wanted = frozenset({f"ticker@{BTC}", f"markprice@{PERP}", f"kline@{BTC}@1m"})
        fingerprint.add([*told.tell(), *told.publish(wanted=wanted)], ts=told.clock.now_ms())
    return fingerprint.hexdigest()
