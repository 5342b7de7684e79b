from pathlib import Path

import pytest
from tests.sandbox.caller import running

from woodlot.clock import ManualClock
from woodlot.errors import ConfigurationError
from woodlot.sandbox.instruments import LISTING, PERPETUALS
from woodlot.sandbox.scenarios import Scenario, names, text_of
from woodlot.sandbox.simulation import Simulation
from woodlot.wire.enums import OrderType, Side
from woodlot.wire.public import InstrumentStatus
from woodlot.wire.trade import GetOrders, PlaceOrder

BTC, WOO, PERP = "SPOT_BTC_USDT", "SPOT_WOO_USDT", "PERP_BTC_USDT"


class Stage:
    """A market on which a scenario is played."""

    def __init__(self, text: str) -> None:
        self.clock = ManualClock()
        self.market = Simulation(clock=self.clock, listing=(LISTING[0], LISTING[2], PERPETUALS[0]))
        self.scenario = Scenario.parse(text)
        self.scenario.play(self.market)

    def play(self, seconds: float) -> None:
        for _ in range(round(seconds * 20)):
            self.clock.advance(0.05)
            self.market.step()
            self.scenario.play(self.market)

    def levels(self, symbol: str) -> tuple[int, int]:
        bids, asks = self.market.exchange.window(symbol, 1000)
        return len(bids), len(asks)


def test_the_price_crashes_and_comes_back():
    stage = Stage(f"at 1s {BTC} shift -10% over 2s\nat 4s {BTC} shift 11% over 2s")
    before = stage.market.fair[BTC].price

    stage.play(3.5)
    low = stage.market.exchange.mid(BTC)
    stage.play(4)

    assert low is not None
    assert float(low) == pytest.approx(before * 0.9, rel=0.01)
    assert stage.market.fair[BTC].price == pytest.approx(before, rel=0.01)
    assert stage.scenario.is_over
    assert stage.market.exchange.audit() == []


def test_a_book_becomes_one_sided_and_whole_again():
    stage = Stage(f"at 0s {WOO} quiet\nat 1s {WOO} one-sided bids\nat 2s {WOO} one-sided both")

    stage.play(1.5)
    assert stage.levels(WOO)[1] == 0 < stage.levels(WOO)[0]
    stage.play(5)
    assert min(stage.levels(WOO)) > 50


def test_a_halted_symbol_is_empty_and_suspended_until_it_resumes():
    stage = Stage(f"at 1s {WOO} halt\nat 3s {WOO} resume")

    stage.play(2)
    assert stage.levels(WOO) == (0, 0)
    assert stage.market.status.statuses == {WOO: InstrumentStatus.SUSPENDED}
    assert min(stage.levels(BTC)) > 50
    stage.play(5)
    assert min(stage.levels(WOO)) > 50
    assert stage.market.status.statuses == {}


def test_a_delisting_cancels_what_users_have_open():
    stage = Stage(f"at 1s {WOO} delist")
    ann = stage.market.open_account("ann", {"USDT": "1000"})
    order = PlaceOrder(symbol=WOO, side=Side.BUY, type=OrderType.LIMIT, price="0.03", quantity="100")
    stage.market.exchange.place(ann, order)

    stage.play(1.1)

    assert [row.status for row in stage.market.exchange.orders(ann, GetOrders()).rows] == ["CANCELLED"]
    assert stage.market.status.hidden == {WOO}


def test_a_perpetual_that_runs_away_from_its_index_raises_the_funding_rate():
    stage = Stage(f"at 0s {PERP} shift 2% over 1s")
    rates = stage.market.exchange.perpetuals
    before = rates.funding_rate(PERP).rows[0].est_funding_rate

    stage.play(20)

    assert rates.funding_rate(PERP).rows[0].est_funding_rate > before


async def test_maintenance_and_listing_are_seen_on_the_wire():
    async with running(limits=None) as caller:
        status = caller.sandbox.simulation.status
        status.in_maintenance = True
        _, info = await caller.public("/v3/public/systemInfo")
        code, refused = await caller.signed("GET", "/v3/account/info")
        status.in_maintenance = False
        assert info["data"]["status"] == 2
        assert (code, refused["code"]) == (400, -1011)

        status.hidden.add(WOO)
        _, instruments = await caller.public("/v3/public/instruments")
        _, book = await caller.public(f"/v3/public/orderbook?symbol={WOO}")
        socket = await caller.stream()
        await socket.send_json({"cmd": "SUBSCRIBE", "params": [f"bbo@{WOO}"]})
        assert WOO not in {row["symbol"] for row in instruments["data"]["rows"]}
        assert book == {"success": False, "message": f"invalid symbol {WOO}"}
        assert (await socket.receive_json(timeout=5))["data"] == []

        status.hidden.clear()
        status.statuses[WOO] = InstrumentStatus.SUSPENDED
        order = {"symbol": WOO, "side": "BUY", "type": "LIMIT", "price": "0.03", "quantity": "100"}
        assert (await caller.signed("POST", "/v3/trade/order", order))[1]["code"] == 317157


def test_every_scenario_that_comes_along_can_be_read_and_says_what_it_is():
    assert {"flash-crash", "one-sided", "halt", "delisting", "maintenance", "funding-spike", "listing"} == set(names())
    for name in names():
        assert Scenario.read(name).events
        assert text_of(name).startswith("# ")


@pytest.mark.parametrize(
    "line",
    ["nonsense", f"at 5 {BTC} halt", f"at 5s {BTC} explode", f"at 5s {BTC} shift 5", f"at 5s {BTC} one-sided left"],
)
def test_a_line_that_is_not_understood_says_so(line: str):
    with pytest.raises(ConfigurationError):
        Scenario.parse(line)


def test_a_scenario_that_is_not_there_says_which_are(tmp_path: Path):
    with pytest.raises(ConfigurationError, match="flash-crash"):
        Scenario.read(str(tmp_path / "nope"))
    with pytest.raises(ConfigurationError, match="not listed"):
        Stage("at 0s SPOT_NOPE_USDT halt")
