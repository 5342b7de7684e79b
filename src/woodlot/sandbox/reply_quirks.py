"""This file is how REST replies are spelled under quirks, and which calls they refuse: one line for each switch."""

from collections.abc import Callable
from typing import Any, Final, TypeAlias, cast

import msgspec

from woodlot.sandbox.quirks import Quirks
from woodlot.sandbox.refusal import Refusal
from woodlot.wire.request import Request

Tree: TypeAlias = dict[str, Any]

# A number keeps its digits on the way through.
_decoder = msgspec.json.Decoder(float_hook=lambda digits: msgspec.Raw(digits.encode()))
_encoder = msgspec.json.Encoder()

_SETTINGS: Final = ("/v3/account/tradingMode", "/v3/futures/", "/v3/spotMargin/", "/v3/account/default")


class ReplyQuirks:
    """Check calls and respell replies as `quirks` have it. With the default ones everything passes untouched."""

    def __init__(self, quirks: Quirks) -> None:
        self._quirks = quirks
        self._changes: list[Callable[[str, str, Tree], None]] = [
            change
            for is_on, change in (
                (quirks.past_times == "seconds", _times_in_seconds),
                (quirks.asset_list_keys == "snake", _snake_case_tokens),
                (not quirks.settings_replies_have_data, _without_data),
                (quirks.lists_are_oldest_first, _oldest_first),
                (not quirks.short_holding_is_negative, _short_holding_as_positive),
                (quirks.expired_time_is_text, _expired_time_as_text),
                (quirks.mark_price_word != "MARK_PRICE", _mark_price_as(quirks.mark_price_word)),
                (quirks.error_code_is_text, _code_as_text),
                (quirks.meta_is_snake_case, _snake_case_meta),
                (quirks.null_is_text, _null_as_text),
                (quirks.asks_descend, _descending_asks),
            )
            if is_on
        ]

    def respelled(self, body: bytes, *, method: str, path: str) -> bytes:
        """Return a reply's body as the quirks spell it."""
        if not self._changes:
            return body
        tree = _decoder.decode(body)
        for change in self._changes:
            change(method, path, tree)
        return _encoder.encode(tree)

    def status(self, refusal: Refusal) -> int:
        """Return the HTTP status of a refusal: that of six-digit codes is not known (rest-v3 §14 no 3)."""
        is_long = refusal.code is not None and abs(refusal.code) >= 100_000
        return self._quirks.six_digit_status if is_long else refusal.http_status

    def bounded(self, parameters: Tree) -> Tree:
        """Return the parameters with time bounds moved inwards, where they are exclusive (rest-v3 §14 no 14)."""
        if self._quirks.time_bounds == "inclusive":
            return parameters
        moved = {"startTime": 1, "endTime": -1}
        return {
            name: int(value) + moved[name] if name in moved and str(value).isdecimal() else value
            for name, value in parameters.items()
        }

    def check(self, request: type[Request[Any]], parameters: Tree, *, body: bytes) -> None:
        """Refuse what only some exchanges would. Raises Refusal."""
        quirks, endpoint = self._quirks, request.endpoint
        if quirks.empty_body_is_refused and endpoint.method == "POST" and not body:
            raise Refusal(-1005, "The request body is missing.")
        if quirks.cancel_needs_symbol and str(endpoint) == "DELETE /v3/trade/order" and not parameters.get("symbol"):
            raise Refusal(-1005, "symbol must not be blank")
        if quirks.unusual_order_mode_is_refused and parameters.get("orderMode", "NORMAL") != "NORMAL":
            raise Refusal(-1005, "orderMode: expected NORMAL")
        if quirks.unknown_parameters_are_refused:
            known = {field.encode_name for field in msgspec.structs.fields(request)}
            unknown = sorted(set(parameters) - known)
            if unknown:
                raise Refusal(-1004, f"An unknown parameter was sent: {unknown[0][:40]}")


def _times_in_seconds(method: str, path: str, tree: Tree) -> None:  # noqa: ARG001
    if "algo" not in path and "transaction" not in path:
        return
    for row in _rows(tree):
        for name in ("createdTime", "updatedTime", "executedTimestamp"):
            if isinstance(row.get(name), int):
                row[name] = f"{row[name] // 1000}.{row[name] % 1000:03}"


def _snake_case_tokens(method: str, path: str, tree: Tree) -> None:  # noqa: ARG001
    if path in {"/v3/public/token", "/v3/public/tokenNetwork", "/v3/public/tokenInfo", "/v3/public/insuranceFund"}:
        tree["data"]["rows"] = [{_snake(name): value for name, value in row.items()} for row in _rows(tree)]


def _without_data(method: str, path: str, tree: Tree) -> None:
    if method in {"PUT", "POST"} and path.startswith(_SETTINGS) and tree.get("success"):
        tree.pop("data", None)


def _oldest_first(method: str, path: str, tree: Tree) -> None:  # noqa: ARG001
    if "meta" in _data(tree):
        _rows(tree).reverse()


def _short_holding_as_positive(method: str, path: str, tree: Tree) -> None:  # noqa: ARG001
    for row in _data(tree).get("positions", ()):
        if row.get("positionSide") == "SHORT":
            row["holding"] = row["holding"].removeprefix("-")


def _expired_time_as_text(method: str, path: str, tree: Tree) -> None:  # noqa: ARG001
    if "expiredTime" in _data(tree):
        tree["data"]["expiredTime"] = str(tree["data"]["expiredTime"])


def _mark_price_as(word: str) -> Callable[[str, str, Tree], None]:
    def change(method: str, path: str, tree: Tree) -> None:  # noqa: ARG001
        if "algo" in path:
            _replace(tree, "triggerPriceType", {"MARK_PRICE": word})

    return change


def _code_as_text(method: str, path: str, tree: Tree) -> None:  # noqa: ARG001
    if "code" in tree:
        tree["code"] = str(tree["code"])


def _snake_case_meta(method: str, path: str, tree: Tree) -> None:  # noqa: ARG001
    meta = _data(tree).get("meta")
    if meta:
        tree["data"]["meta"] = {_snake(name): value for name, value in meta.items()}


def _null_as_text(method: str, path: str, tree: Tree) -> None:  # noqa: ARG001
    if path.startswith("/v3/trade/"):
        for row in _rows(tree) or [_data(tree)]:
            row.update({name: "null" for name, value in row.items() if value is None})


def _descending_asks(method: str, path: str, tree: Tree) -> None:  # noqa: ARG001
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


def _snake(name: str) -> str:
    """
    >>> _snake("recordsPerPage")
    'records_per_page'
    """
    return "".join(f"_{letter.lower()}" if letter.isupper() else letter for letter in name)
