import os
import pickle
import subprocess
import sys
import time
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from proofs.determinism import told_by
from tests.sandbox.caller import FAR_BID, running
from tests.sandbox.stories import BTC, PERP, market, tell

from woodlot.clock import ManualClock
from woodlot.errors import ConfigurationError
from woodlot.sandbox.back_office import BackOffice
from woodlot.sandbox.options import SandboxOptions
from woodlot.sandbox.quirks import Quirks
from woodlot.sandbox.simulation import Simulation
from woodlot.sandbox.state import State, describe, header, restore, snapshot
from woodlot.wire.algo import AlgoOrderType, AlgoType, GetAlgoOrders, PlaceAlgoOrder
from woodlot.wire.enums import MarginMode, OrderType, Side
from woodlot.wire.futures import SetLeverage
from woodlot.wire.trade import GetOrders, PlaceOrder


def test_a_saved_exchange_goes_on_as_if_nothing_had_been():
    floor, ann = market()
    tell(floor)
    data = State(floor, office=BackOffice(floor.exchange), account_id=ann).save()
    clock = ManualClock(floor.clock.now_ms())

    loaded = State.load(data, clock=clock)

    assert loaded.account_id == ann
    assert loaded.simulation.exchange.audit() == []
    assert len(loaded.simulation.exchange.orders(ann, GetOrders()).rows) == 3
    assert describe(loaded.simulation) == describe(floor)
    assert tell(loaded.simulation) == tell(floor)


def test_a_market_without_a_trade_is_described_as_one():
    floor = Simulation(clock=ManualClock(), quiet=True)

    assert describe(floor)["markets"][BTC] == {"best_bid": None, "best_ask": None, "last": None, "levels": [0, 0]}


def test_liquidations_algo_orders_and_pending_withdrawals_go_on_from_the_file():
    floor, ann = market()
    exchange, office = floor.exchange, BackOffice(floor.exchange)
    poor = floor.open_account("poor", {"USDT": "500"})
    lever = SetLeverage(symbol=PERP, margin_mode=MarginMode.CROSS, leverage=50)
    exchange.futures.set_leverage(poor, lever)
    exchange.place(poor, PlaceOrder(symbol=PERP, side=Side.BUY, type=OrderType.MARKET, quantity="0.2"))
    stop = PlaceAlgoOrder(
        symbol=BTC, algo_type=AlgoType.STOP, side=Side.SELL, type=AlgoOrderType.MARKET, quantity="0.01", trigger_price=1
    )
    exchange.algo.place(ann, stop)
    way = {"token": "USDT", "network": "TRX", "address": "T" + "x" * 33, "extra": ""}
    office.wallet.withdraw(ann, amount=Decimal(100), now_ms=floor.clock.now_ms(), **way)
    floor.fair[BTC].shift(-0.2)
    tell(floor)
    assert not any(position.lots for position in exchange.account(poor).positions.values())

    loaded = State.load(State(floor, office, ann).save(), clock=ManualClock(floor.clock.now_ms()))

    assert tell(loaded.simulation) == tell(floor)
    for market_now, office_now in ((floor, office), (loaded.simulation, loaded.office)):
        office_now.advance(now_ms=floor.clock.now_ms() + 3_600_000)
        (move,) = office_now.wallet.moves(ann)
        assert move.is_over
        (row,) = market_now.exchange.algo.orders(ann, GetAlgoOrders()).rows
        assert row.algo_status == "NEW"
        assert market_now.exchange.audit() == []
    assert loaded.simulation.exchange.balances(ann) == exchange.balances(ann)


def test_a_snapshot_is_cheap_enough_for_each_virtual_minute():
    floor, _ = market()
    tell(floor)

    began = time.process_time()
    packed = snapshot(floor)

    assert time.process_time() - began < 1
    assert restore(packed, clock=floor.clock).exchange.audit() == []


def test_the_first_line_is_for_people_and_holds_no_key():
    floor, ann = market()
    data = State(floor, office=BackOffice(floor.exchange), account_id=ann).save()

    assert data.startswith(b'woodlot-state {"format": 4,')
    assert header(data)["seed"] == 7


class _Attack:
    def __init__(self, call: Any, *arguments: Any) -> None:
        self._call = call, arguments

    def __reduce__(self) -> Any:
        return self._call


@pytest.mark.parametrize(
    "attack",
    [
        _Attack(os.remove, "/tmp/nothing"),
        _Attack(eval, "1"),
        _Attack(getattr, "x", "upper"),
        _Attack(subprocess.Popen, ["true"]),
        _Attack(Path.read_bytes, Path("/etc/hostname")),
    ],
    ids=lambda attack: attack._call[0].__name__,
)
def test_a_file_from_a_stranger_calls_nothing(attack: _Attack):
    with pytest.raises(pickle.UnpicklingError, match="no place in a state file"):
        restore(pickle.dumps(attack), clock=ManualClock())


@pytest.mark.parametrize(
    "spoil",
    [
        lambda data: b"",
        lambda data: b"x" + data,
        lambda data: data[:-5],
        lambda data: data[:200] + b"\0" + data[201:],
        lambda data: data.replace(b"{", b"", 1),
        lambda data: b"woodlot-state []\n",
        lambda data: b"woodlot-state {}\n",
    ],
)
def test_a_spoiled_file_is_refused_in_words(spoil: Any):
    floor, ann = market()
    data = State(floor, office=BackOffice(floor.exchange), account_id=ann).save()

    with pytest.raises(ConfigurationError, match="state file"):
        State.load(spoil(data), clock=ManualClock())


async def test_a_sandbox_goes_on_from_what_another_one_saved(tmp_path: Path):
    file = tmp_path / "case.state"
    async with running(limits=None) as caller:
        await caller.signed("POST", "/v3/trade/order", FAR_BID | {"clientOrderId": 5})
        async with caller.http.get(caller.sandbox.rest_url + "/sandbox/state/file") as reply:
            file.write_bytes(await reply.read())
        secret = caller.sandbox.api_secret

    async with running(limits=None, state=str(file)) as caller:
        status, reply = await caller.signed("GET", "/v3/trade/order?clientOrderId=5")
        await caller.signed("DELETE", "/v3/trade/order?clientOrderId=5")

        assert (status, reply["data"]["status"]) == (200, "NEW")
        assert secret.encode() not in file.read_bytes()
        assert caller.sandbox.exchange.audit() == []


async def test_a_saved_exchange_keeps_its_seed_and_its_quirks_on_the_wire_too(tmp_path: Path):
    file = tmp_path / "case.state"
    async with running(limits=None, seed=11, quirks=Quirks(asks_descend=True)) as caller:
        file.write_bytes(caller.sandbox.save())

    async with running(limits=None, state=str(file)) as caller:
        url = f"{caller.sandbox.rest_url}/v3/public/orderbook?symbol={BTC}"
        async with caller.http.get(url) as reply:
            asks = [Decimal(level["price"]) for level in (await reply.json())["data"]["asks"]]

        assert caller.sandbox.seed == 11
        assert asks == sorted(asks, reverse=True)
    with pytest.raises(ConfigurationError, match="a saved exchange goes on with its own"):
        SandboxOptions(state=str(file), quirks=Quirks(asks_descend=True))


def _others() -> list[str]:
    """Return the interpreters of other versions at hand that have what the wire needs.

    WOODLOT_PYTHONS names more of them, for example of virtual environments.
    """
    root = Path(os.environ.get("PYENV_ROOT", Path.home() / ".pyenv")) / "versions"
    named = [path for path in os.environ.get("WOODLOT_PYTHONS", "").split(os.pathsep) if path]
    found = [str(path) for minor in (11, 12, 13) for path in sorted(root.glob(f"3.{minor}.*/bin/python"))]
    return [
        path
        for path in (*named, *found)
        if subprocess.run([path, "-c", "import msgspec"], check=False, capture_output=True).returncode == 0
    ]


@pytest.mark.slow
def test_the_same_seed_tells_the_same_story_in_every_process_and_python_version_at_hand():
    told = {python: tuple(told_by(python, seeds=range(3), is_saved=False)) for python in (sys.executable, *_others())}

    assert len(set(told.values())) == 1, told
    assert len(set(told[sys.executable])) == 3
