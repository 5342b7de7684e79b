"""This file is the feed as the exchange's guide does it: websocket-client, json, a dict of floats, sorted and printed.

A snapshot first, then the stream, and after every message the whole book goes to stdout, here to /dev/null. The guide
knows one symbol; for many there is one such book each.
"""

import json
import os
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any, TextIO

from benchmarks._market import digest

Sides = dict[str, dict[float, float]]


def receive(address: str, depth: int, symbols: Sequence[str]) -> None:
    """Keep the books, for one round after the other."""
    import requests
    import websocket

    control = os.fdopen(os.dup(1), "w", buffering=1)
    sys.stdout = Path(os.devnull).open("w", encoding="utf-8")  # noqa: SIM115 - until the process ends
    books: dict[str, Sides] = {}
    for symbol in symbols:
        url = f"http://{address}/v3/public/orderbook?symbol={symbol}&maxLevel={depth}"
        data = requests.get(url, timeout=10).json()["data"]
        books[symbol] = {
            side: {float(level["price"]): float(level["quantity"]) for level in data[side]} for side in ("bids", "asks")
        }
    rounds = _Rounds(books, control)

    def on_message(_: object, message: str) -> None:
        frame = json.loads(message)
        if frame.get("topic", "").startswith("orderbookupdate"):
            _apply(books[frame["data"]["s"]], frame["data"])
            rounds.count()

    def on_open(app: Any) -> None:
        topics = [f"orderbookupdate@{symbol}@{depth}" for symbol in symbols]
        app.send(json.dumps({"id": "1", "cmd": "SUBSCRIBE", "params": topics}))

    websocket.WebSocketApp(f"ws://{address}/v3/public", on_open=on_open, on_message=on_message).run_forever()


def _apply(book: Sides, data: dict[str, Any]) -> None:
    for name in ("bids", "asks"):
        side = book[name]
        for price, size in data[name]:
            price = float(price)
            size = float(size)
            if size == 0:
                if price in side:
                    del side[price]
            else:
                side[price] = size
    print(f"Update {data.get('ts')} processed, local order book updated.")
    _print_side("bids", book["bids"])
    _print_side("asks", book["asks"])


def _print_side(name: str, side: dict[float, float]) -> None:
    print(f"\n--- Local Order Book Changes ({name.upper()}) ---")
    for price, size in sorted(side.items(), reverse=name == "bids"):
        print(f"Price: {price}, Size: {size}")
    print("-----------------------------------")


class _Rounds:
    """Count messages; at the end of a round say what it took, and wait for the next in the thread that reads."""

    def __init__(self, books: dict[str, Sides], control: TextIO) -> None:
        self._books = books
        self._control = control
        self._left = len(books)  # the openings
        self._began_ns: int | None = None
        self._is_timed = False
        self._reached_ns: list[int] = []

    def count(self) -> None:
        if self._is_timed:
            self._reached_ns.append(time.perf_counter_ns())
        self._left -= 1
        if not self._left:
            self._say(time.process_time_ns())
            self._wait()

    def _say(self, ended_ns: int) -> None:
        said: dict[str, Any] = {"ready": True}
        if self._began_ns is not None:
            digests = [
                digest(sorted(book["bids"].items(), reverse=True), sorted(book["asks"].items()))
                for book in self._books.values()
            ]
            taken_us = (ended_ns - self._began_ns) / 1000
            said = {"cpu_us": taken_us, "digests": digests, "reached_ns": self._reached_ns}
        self._control.write(json.dumps(said) + "\n")

    def _wait(self) -> None:
        line = sys.stdin.readline()
        if not line:
            os._exit(0)
        command = json.loads(line)
        self._left, self._is_timed, self._reached_ns = command["messages"], command["timed"], []
        self._began_ns = time.process_time_ns()
        self._control.write('{"go": true}\n')
