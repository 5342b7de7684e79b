"""Where recorded messages are found, and what it means to decode one without losing a field."""

import json
from collections.abc import Iterator
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Any

HERE = Path(__file__).resolve()
PAYLOADS = HERE.parents[1] / "payloads"
# The recordings themselves lie beside the checkout where they are at hand, as in CI.
SHARED = HERE.parents[3] / "shared" / "fixtures"


def files(kind: str) -> list[Path]:
    """Our own payloads of one kind, `rest` or `ws`, then the recordings where they are present."""
    return [*sorted((PAYLOADS / kind).glob("*.json")), *sorted((SHARED / kind).glob("*.json"))]


def rest_replies(path: Path) -> Iterator[dict[str, Any]]:
    content = json.loads(path.read_text())
    if content.get("kind") == "schema-placeholder":
        return
    for reply in content.get("replies") or content["examples"]:
        yield {"http_status": reply.get("http_status") or reply.get("httpStatus") or 400} | {
            "body": reply.get("body") or reply["response"]
        }


def frames(path: Path) -> Iterator[dict[str, Any]]:
    """What the V3 server sends, one frame after another."""
    content = json.loads(path.read_text())
    if "frames" in content:
        yield from content["frames"]
    elif content["api"] == "v3" and not content["topic"].startswith("(REST"):
        for message in content["messages"]:
            if message["direction"] == "server" and message.get("api", "v3") == "v3":
                yield message["message"]


# What the recordings spell in two ways; the first is kept under the second.
SPELLED_TWICE = {
    "records_per_page": "recordsPerPage",
    "current_page": "currentPage",
    "orderId": "algoOrderId",
    "clientOrderId": "clientAlgoOrderId",
}


def respelled(told: Any) -> Any:
    """Return what was told under the keys that our types keep it under."""
    if isinstance(told, list):
        return [respelled(part) for part in told]
    if not isinstance(told, dict):
        return told
    renamed = {k: v for k, v in SPELLED_TWICE.items() if k.startswith(("records", "current")) or "algoType" in told}
    return {renamed.get(key, key): respelled(value) for key, value in told.items()}


def lost(recorded: Any, kept: Any, where: str = "$") -> list[str]:
    """Name every place of `recorded` whose value is not in `kept`, spelling aside."""
    if isinstance(recorded, dict):
        return [
            name
            for key, value in recorded.items()
            for name in (
                lost(value, kept[key], f"{where}.{key}")
                if isinstance(kept, dict) and key in kept
                else [f"{where}.{key}"]
            )
        ]
    if isinstance(recorded, list):
        if not isinstance(kept, list) or len(kept) != len(recorded):
            return [f"{where}: another length"]
        return [name for i, value in enumerate(recorded) for name in lost(value, kept[i], f"{where}[{i}]")]
    return [] if _plain(recorded) == _plain(kept) else [f"{where}: {recorded!r} became {kept!r}"]


def _plain(value: Any) -> Any:
    if value is None or value == "null":
        return None
    if isinstance(value, bool):
        return value
    try:
        number = Decimal(str(value))
    except InvalidOperation:
        return value
    # A time in seconds with a fraction is the same time in milliseconds.
    return number * 1000 if isinstance(value, float | str) and "." in str(value) and number > 100_000 else number
