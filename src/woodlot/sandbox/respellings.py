"""This file is what single quirks make of a reply: each changes the tree in its place, whoever asked for what.

Every one takes method, path and tree, and leaves alone what is not its affair.
"""

from collections.abc import Callable
from typing import Any, Final, TypeAlias, cast

Tree: TypeAlias = dict[str, Any]

_ORDERS: Final = ("/v3/trade/order", "/v3/trade/orders")


def times_in_seconds(method: str, path: str, tree: Tree) -> None:  # noqa: ARG001
    if "algo" not in path and "transaction" not in path:
        return
    for row in _rows(tree) or [_data(tree)]:
        _in_seconds(row, "createdTime", "updatedTime", "executedTimestamp")


def _in_seconds(row: Tree, *names: str) -> None:
    for name in names:
        if isinstance(row.get(name), int):
            row[name] = f"{row[name] // 1000}.{row[name] % 1000:03}"
    for child in row.get("childOrders", ()):
        _in_seconds(child, *names)


def snake_case_tokens(method: str, path: str, tree: Tree) -> None:  # noqa: ARG001
    if path in {"/v3/public/token", "/v3/public/tokenNetwork", "/v3/public/tokenInfo", "/v3/public/insuranceFund"}:
        tree["data"]["rows"] = [{_snake(name): value for name, value in row.items()} for row in _rows(tree)]


def order_times_in_seconds(method: str, path: str, tree: Tree) -> None:
    if method == "GET" and path in _ORDERS:
        for row in _rows(tree) or [_data(tree)]:
            _in_seconds(row, "createdTime")


def with_data(method: str, path: str, tree: Tree) -> None:
    """Give a success that says no more than that a second one inside, as the first V3 replies had (rest-v3 §10)."""
    if method != "GET" and tree.get("success") and path.startswith("/v3/"):
        tree.setdefault("data", {"success": True})


def order_mode_as(word: str) -> Callable[[str, str, Tree], None]:
    def change(method: str, path: str, tree: Tree) -> None:  # noqa: ARG001
        for row in _rows(tree) if path == "/v3/public/instruments" else ():
            if row["symbol"].startswith("PERP_"):
                row |= {"orderMode": word, "tickGranularity": row["quoteTick"]}

    return change


def without_unlisted_fields(method: str, path: str, tree: Tree) -> None:
    """Leave out what is recorded and not on the page (rest-v3 §9.1.6, §9.5.1)."""
    if method != "GET":
        return
    for row in (_rows(tree) or [_data(tree)]) if path in _ORDERS else ():
        for name in ("bidAskLevel", "marginMode", "leverage"):
            row.pop(name, None)
        if row.get("realizedPnl", "") is None:
            del row["realizedPnl"]
    for row in _data(tree).get("positions", ()):
        for name in [name for name in row if name in {"marginMode", "leverage"} or name.startswith("isolated")]:
            del row[name]


def keys_of_the_page(method: str, path: str, tree: Tree) -> None:  # noqa: ARG001
    if path.startswith("/v3/trade/"):
        _rename(tree, {"rebateAsset": "rebateCurrency", "algoOrderTag": "orderTag"})


def ack_by_order_id(method: str, path: str, tree: Tree) -> None:
    if method == "POST" and path == "/v3/trade/algoOrder":
        _rename(tree, {"algoOrderId": "orderId", "clientAlgoOrderId": "clientOrderId"})


def two_leverage_rows(method: str, path: str, tree: Tree) -> None:  # noqa: ARG001
    rows = _data(tree).get("details", ())
    if path == "/v3/futures/leverage" and len(rows) == 1:
        tree["data"]["details"] = [{**rows[0], "positionSide": side} for side in ("LONG", "SHORT")]


def plain_sides(method: str, path: str, tree: Tree) -> None:  # noqa: ARG001
    plain = {"OPEN LONG": "BUY", "CLOSE SHORT": "BUY", "OPEN SHORT": "SELL", "CLOSE LONG": "SELL"}
    if path.startswith("/v3/trade/transaction"):
        _replace(tree, "side", plain)


def with_rpi(method: str, path: str, tree: Tree) -> None:  # noqa: ARG001
    if path.startswith("/v3/trade/transaction"):
        for row in _rows(tree) or [_data(tree)]:
            if "id" in row:
                row.setdefault("isMatchRpi", False)


def oldest_first(method: str, path: str, tree: Tree) -> None:  # noqa: ARG001
    if "meta" in _data(tree):
        _rows(tree).reverse()


def short_holding_as_positive(method: str, path: str, tree: Tree) -> None:  # noqa: ARG001
    for row in _data(tree).get("positions", ()):
        if row.get("positionSide") == "SHORT":
            row["holding"] = row["holding"].removeprefix("-")


def expired_time_as_text(method: str, path: str, tree: Tree) -> None:  # noqa: ARG001
    if "expiredTime" in _data(tree):
        tree["data"]["expiredTime"] = str(tree["data"]["expiredTime"])


def mark_price_as(word: str) -> Callable[[str, str, Tree], None]:
    def change(method: str, path: str, tree: Tree) -> None:  # noqa: ARG001
        if "algo" in path:
            _replace(tree, "triggerPriceType", {"MARK_PRICE": word})

    return change


def code_as_text(method: str, path: str, tree: Tree) -> None:  # noqa: ARG001
    if "code" in tree:
        tree["code"] = str(tree["code"])


def snake_case_meta(method: str, path: str, tree: Tree) -> None:  # noqa: ARG001
    meta = _data(tree).get("meta")
    if meta:
        tree["data"]["meta"] = {_snake(name): value for name, value in meta.items()}


def null_as_text(method: str, path: str, tree: Tree) -> None:  # noqa: ARG001
    if path.startswith("/v3/trade/"):
        for row in _rows(tree) or [_data(tree)]:
            row.update({name: "null" for name, value in row.items() if value is None})


def descending_asks(method: str, path: str, tree: Tree) -> None:  # noqa: ARG001
    if "asks" in _data(tree):
        tree["data"]["asks"].reverse()


def _data(tree: Tree) -> Tree:
    data = tree.get("data")
    return cast("Tree", data) if isinstance(data, dict) else {}


def _rows(tree: Tree) -> list[Tree]:
    return _data(tree).get("rows", [])


def _replace(value: Any, name: str, words: dict[str, str]) -> None:
    """Replace one field's words, however deep it is."""
    if isinstance(value, list):
        for part in cast("list[Any]", value):
            _replace(part, name, words)
    elif isinstance(value, dict):
        fields = cast("Tree", value)
        if fields.get(name) in words:
            fields[name] = words[fields[name]]
        for part in fields.values():
            _replace(part, name, words)


def _rename(value: Any, names: dict[str, str]) -> None:
    """Rename fields, however deep they are."""
    if isinstance(value, list):
        for part in cast("list[Any]", value):
            _rename(part, names)
    elif isinstance(value, dict):
        fields = cast("Tree", value)
        renamed = {names.get(name, name): part for name, part in fields.items()}
        fields.clear()
        fields.update(renamed)
        for part in fields.values():
            _rename(part, names)


def _snake(name: str) -> str:
    """
    >>> _snake("recordsPerPage")
    'records_per_page'
    """
    return "".join(f"_{letter.lower()}" if letter.isupper() else letter for letter in name)
