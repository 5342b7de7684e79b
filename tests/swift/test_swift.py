"""This file is the proof that the hot path in C says what plain Python says, or nothing."""

import json
import os
import subprocess
import sys
from itertools import permutations
from pathlib import Path
from random import Random
from typing import Any

import pytest
from proofs.ear import SYMBOL, TOPIC, delta_data, frame

from proofs import frames as bad_frames
from woodlot import swift
from woodlot.book.numbers import read
from woodlot.wire import frames
from woodlot.wire.events import BookDelta
from woodlot.wire.frames import Push, decode_frame

ROOT = Path(__file__).resolve().parents[2]
compiled = pytest.mark.skipif(swift.compiled is None, reason="the hot path is not compiled here")


def in_c(payload: bytes | str) -> Push[BookDelta] | None:
    assert swift.compiled is not None
    return swift.compiled.read(payload, Push)


def in_python(payload: bytes | str) -> Any:
    raw = payload.encode("utf-8", "surrogatepass") if isinstance(payload, str) else payload
    return frames._decode(raw)


def agrees(payload: bytes | str) -> bool:
    """Hold what C reads against what Python reads; say whether C read anything."""
    push = in_c(payload)
    if push is None:
        return False
    event = push.event
    assert push == in_python(payload)
    assert push.delta is not None
    reading = read([*event.bids, *event.asks])
    assert not reading.needs_decimal, "a price that no double holds"
    return True


@compiled
@pytest.mark.parametrize("kind", [str, bytes])
def test_a_plain_update_is_read_in_c(kind: type[Any]) -> None:
    text = frame(delta_data(bids=[["99.50", "0.00020"], ["98", "0"]], asks=[["101", "0.000"]]))
    push = in_c(text if kind is str else text.encode())

    assert push is not None
    assert (push.topic, push.ts) == (TOPIC, 251)
    assert push.event == BookDelta(
        symbol=SYMBOL, prev_ts=200, ts=250, bids=[("99.50", "0.00020"), ("98", "0")], asks=[("101", "0.000")]
    )
    assert push.event is push.event, "an event is made once"


@compiled
def test_the_keys_of_an_update_come_in_any_order() -> None:
    levels: dict[str, Any] = {"bids": [["99", "1"], ["98", "2"]], "asks": [["101", "3"]]}
    for order in permutations(delta_data(**levels).items()):
        push = in_c(frame(dict(order)))
        assert push is not None
        assert (push.event.bids, push.event.asks) == ([("99", "1"), ("98", "2")], [("101", "3")])


@compiled
@pytest.mark.parametrize("name", ["orderbookupdate.json", "orderbookupdaterpi.json"])
def test_recorded_updates_are_read_in_c(name: str) -> None:
    path = ROOT.parent / "shared" / "fixtures" / "ws" / name
    if not path.exists():
        pytest.skip("the recordings are not here")
    found = [one for one in _objects(json.loads(path.read_text())) if "prevTs" in str(one["data"])]
    assert found
    for one in found:
        keys = {key: one[key] for key in ("topic", "ts", "data")}
        assert agrees(json.dumps(keys, separators=(",", ":"))), one


def _objects(tree: Any) -> list[dict[str, Any]]:
    if isinstance(tree, list):
        return [one for part in tree for one in _objects(part)]
    if not isinstance(tree, dict):
        return []
    mine = [tree] if str(tree.get("topic", "")).startswith("orderbookupdate") and "data" in tree else []
    return mine + [one for part in tree.values() for one in _objects(part)]


def levels(*bids: Any) -> str:
    return frame(delta_data(bids=list(bids)))


GOOD = frame(delta_data())
DECLINED: dict[str, str | bytes] = {
    "an exponent": levels(["9.9E+1", "1"]),
    "a size with an exponent": levels(["99", "1e-7"]),
    "a price of 16 digits": levels(["0.1234567890123456", "1"]),
    "a price of 16 digits with its point in the middle": levels(["12345678.12345678", "1"]),
    "a price longer than a cell": levels(["0.00000000000000000001", "1"]),
    "a size longer than a cell": levels(["1", "0.000000000000000000"]),
    "a price of zero": levels(["0.0", "1"]),
    "a price below zero": levels(["-1", "1"]),
    "a number that starts with zero": levels(["01", "1"]),
    "a number that starts with its point": levels([".5", "1"]),
    "a number that ends with its point": levels(["5.", "1"]),
    "two points": levels(["5.0.0", "1"]),
    "an empty number": levels(["", "1"]),
    "a blank before a number": levels([" 1", "1"]),
    "another alphabet's digit": levels(["\u0663", "1"]),
    "an escape": GOOD.replace('"99"', '"\\u0039"'),
    "levels as numbers": levels([99, 1]),
    "a level of three": levels(["99", "1", "2"]),
    "a level of one": levels(["99"]),
    "an empty level": levels([]),
    "no levels": frame(delta_data(bids=...)),
    "a key that nobody knows": frame(delta_data(new=1)),
    "a key named twice": GOOD.replace('"prevTs"', '"ts":250,"prevTs"'),
    "bids named twice": GOOD.replace('"asks":[]', '"bids":[],"asks":[]'),
    "a time as a text": frame(delta_data(ts="250")),
    "a time below zero": frame(delta_data(ts=-250)),
    "a time that starts with zero": GOOD.replace(":250,", ":0250,"),
    "a time of nineteen digits": GOOD.replace(":250,", ":9223372036854775808,"),
    "a fraction of a millisecond": frame(delta_data(ts=250.5)),
    "a blank": GOOD.replace(",", ", ", 1),
    "a blank at the end": GOOD + " ",
    "a second frame behind": GOOD + GOOD,
    "another order of keys": json.dumps(dict(reversed(json.loads(GOOD).items())), separators=(",", ":")),
    "a topic that begins like one of ours": frame(delta_data(), topic="orderbookupdates@X"),
    "another topic": frame(delta_data(), topic="trade@X"),
    "a symbol that is no ASCII": frame(delta_data(s="PERP_\u00c4_USDT")),
    "a topic that is no ASCII": json.dumps({"topic": "orderbookupdate@\u00c4", "ts": 1}, ensure_ascii=False),
    "a zero byte": GOOD.replace("PERP", "PE\0RP").encode(),
    "more levels than any window": levels(*[[str(n), "1"] for n in range(1, 4098)]),
    "nothing": b"",
}


@compiled
@pytest.mark.parametrize("name", DECLINED)
def test_what_is_unusual_is_left_to_python(name: str) -> None:
    assert in_c(DECLINED[name]) is None


@compiled
def test_a_frame_that_ends_anywhere_is_left_to_python() -> None:
    payload = levels(["99.5", "1"], ["98", "0"]).encode()
    assert in_c(payload) is not None
    assert [end for end in range(len(payload)) if in_c(payload[:end]) is not None] == []


@compiled
def test_no_spoilt_frame_is_read_otherwise() -> None:
    read_in_c = sum(agrees(bad_frames.spoilt(Random(seed))) for seed in range(4_000))
    assert read_in_c > 50, "the test proves little"


@compiled
def test_a_frame_is_read_as_python_reads_it_or_not_at_all() -> None:
    read_in_c = 0
    for seed in range(8_000):
        chance = Random(seed)
        text = frame(
            delta_data(bids=_levels(chance), asks=_levels(chance), ts=_time(chance), prevTs=_time(chance)),
            ts=_time(chance),
        )
        read_in_c += agrees(text) + agrees(_changed(chance, text.encode()))
    assert read_in_c > 300, "the test proves little"


def _levels(chance: Random) -> list[list[str]]:
    return [[_number(chance), _number(chance)] for _ in range(chance.randrange(3))]


def _number(chance: Random) -> str:
    digits = "0123456789"
    match chance.randrange(5):
        case 0 | 1:
            places = "".join(chance.choices(digits, k=chance.randrange(9)))
            return f"{chance.randrange(10 ** chance.randrange(1, 17))}{'.' if places else ''}{places}"
        case 2:
            return f"0.{'0' * chance.randrange(19)}{chance.randrange(10 ** chance.randrange(1, 12))}"
        case 3:
            return "".join(chance.choices(f"{digits}.eE+-", k=chance.randrange(22)))
        case _:
            return chance.choice(("0", "0.000", "123456789012345", "1234567890123456", "0.000000000000001"))


def _time(chance: Random) -> int:
    return chance.choice((chance.randrange(10**13), chance.randrange(10**13), chance.randrange(2**63 + 5), 0, -3))


def _changed(chance: Random, payload: bytes) -> bytes:
    changed = bytearray(payload)
    for _ in range(chance.randrange(3)):
        changed[chance.randrange(len(changed))] = chance.choice(b'0123456789.,"[]{}:eE- x@' + chance.randbytes(1))
    return bytes(changed)


def test_the_pure_way_can_be_asked_for() -> None:
    code = "from woodlot import swift; print(swift.IS_COMPILED)"
    output = subprocess.run(
        [sys.executable, "-c", code], env=os.environ | {swift.PURE: "1"}, capture_output=True, text=True, check=True
    )
    assert output.stdout.strip() == "False"


@compiled
@pytest.mark.slow
@pytest.mark.timeout(400)
@pytest.mark.parametrize(
    "proof", [("proofs.books", "--seeds", "20", "--deltas", "200"), ("proofs.frames", "--frames", "3000")]
)
def test_a_proof_comes_to_the_same_both_ways(proof: tuple[str, ...]) -> None:
    outcomes: list[list[str]] = []
    for pure in ("0", "1"):
        run = subprocess.run(
            [sys.executable, "-m", *proof],
            env=os.environ | {swift.PURE: pure},
            cwd=ROOT,
            capture_output=True,
            text=True,
            check=False,
        )
        assert run.returncode == 0, run.stdout
        outcomes.append([line for line in run.stdout.splitlines() if " s" not in line])
    assert outcomes[0] == outcomes[1]
    assert len(outcomes[0]) > 3


def test_a_push_can_be_copied_and_pickled() -> None:
    import copy
    import pickle

    push = decode_frame(GOOD)
    assert copy.deepcopy(push) == pickle.loads(pickle.dumps(push)) == push


def test_an_attribute_that_a_push_does_not_have_is_missing() -> None:
    push = decode_frame(GOOD)
    assert not hasattr(push, "price")
    assert not hasattr(Push.__new__(Push), "event")
