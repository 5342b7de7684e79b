"""This file is the private stream of a busy account, from a seed: orders that appear, fill in parts and are done."""

import json
import random
from typing import Any

START_MS = 1_790_000_000_000
_AT_ONCE = 40


class Reports:
    """Make reports of executions, each order's in its order, many orders at once; `trade_ids` are what must come out.

    Every order is first told as NEW, then filled in one to six parts, so that a fifth of the frames is no execution.
    """

    def __init__(self, *, seed: int = 1, now_ms: int = START_MS) -> None:
        self._chance = random.Random(seed)
        self._orders: list[dict[str, Any]] = []
        self._number = 1_000
        self._ts = now_ms
        self.trade_ids: list[int] = []

    def next(self, executions: int) -> list[bytes]:
        """Return the payloads that hold so many executions."""
        wanted = len(self.trade_ids) + executions
        payloads: list[bytes] = []
        while len(self.trade_ids) < wanted:
            self._ts += 1
            if len(self._orders) < _AT_ONCE:
                payloads.append(self._report(self._new(), status="NEW", lots=0, trade_id=0))
                continue
            order = self._chance.choice(self._orders)
            lots = order["parts"].pop()
            order["done"] += lots
            if not order["parts"]:
                self._orders.remove(order)
            self._number += 1
            self.trade_ids.append(self._number)
            status = "PARTIAL_FILLED" if order["parts"] else "FILLED"
            payloads.append(self._report(order, status=status, lots=lots, trade_id=self._number))
        return payloads

    def _new(self) -> dict[str, Any]:
        self._number += 1
        parts = [self._chance.randint(1, 500) for _ in range(self._chance.randint(1, 6))]
        side = self._chance.choice(("BUY", "SELL"))
        order = {"id": self._number, "parts": parts, "lots": sum(parts), "done": 0, "side": side}
        self._orders.append(order)
        return order

    def _report(self, order: dict[str, Any], *, status: str, lots: int, trade_id: int) -> bytes:
        """Spell a report in the recorded shape (websocket-v3 §9.1)."""
        done = _spelled(order["done"])
        data = {
            "mt": 0, "s": "SPOT_BTC_USDT", "cid": 0, "oid": order["id"], "t": "LIMIT", "sd": order["side"],
            "ps": "BOTH", "sx": _spelled(order["lots"]), "px": "86000.5", "tid": trade_id, "esx": _spelled(lots),
            "epx": "86000.5" if lots else "0", "f": "0.00001" if lots else "0", "fa": "USDT", "tesx": done,
            "aepx": "86000.5" if order["done"] else "0", "ss": status, "rs": "", "tg": "default", "tf": "0",
            "tfc": "USDT", "tr": "0", "trc": "USDT", "vsx": _spelled(order["lots"]), "ts": self._ts, "ro": False,
            "mk": True, "lv": 10, "m": "CROSS",
        }  # fmt: skip
        return json.dumps({"topic": "executionreport", "ts": self._ts, "data": data}, separators=(",", ":")).encode()


def _spelled(lots: int) -> str:
    return f"{lots / 10_000:.4f}".rstrip("0").rstrip(".")
