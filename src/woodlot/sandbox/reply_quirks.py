"""This file is how REST replies are spelled under quirks, and which calls they refuse: one line for each switch."""

from typing import TYPE_CHECKING, Any, Final

import msgspec

from woodlot.sandbox import respellings
from woodlot.sandbox.quirks import Quirks
from woodlot.sandbox.refusal import Refusal
from woodlot.sandbox.respellings import Tree
from woodlot.wire.request import Request

if TYPE_CHECKING:
    from collections.abc import Callable

# A number keeps its digits on the way through.
_decoder = msgspec.json.Decoder(float_hook=lambda digits: msgspec.Raw(digits.encode()))
_encoder = msgspec.json.Encoder()

# The second choice of each line of the table at the end of rest-v3 §5.3 that has one, and what V1 said.
_SECOND_CODES: Final = {-1103: 317147, 302164: -1102, 302301: 302154, 317184: 302129, 317161: 317177}
_GENERAL_CODES: Final = {302117: -1007, 302164: -1102, 302301: -1012, 317184: -1006, 317161: -1006}
_CODES: Final = {"first": {}, "second": _SECOND_CODES, "general": _GENERAL_CODES}
_DUPLICATE: Final = -1007  # the one of them that is not HTTP 400 (rest-v3 §5.1)


class ReplyQuirks:
    """Check calls and respell replies as `quirks` have it. With the default ones everything passes untouched."""

    def __init__(self, quirks: Quirks) -> None:
        self._quirks = quirks
        self._changes: list[Callable[[str, str, Tree], None]] = [
            change
            for is_on, change in (
                (quirks.past_times == "seconds", respellings.times_in_seconds),
                (quirks.order_times == "seconds", respellings.order_times_in_seconds),
                (quirks.asset_list_keys == "snake", respellings.snake_case_tokens),
                (quirks.settings_replies_have_data, respellings.with_data),
                (quirks.perpetual_order_mode != "NORMAL", respellings.order_mode_as(quirks.perpetual_order_mode)),
                (not quirks.unlisted_fields, respellings.without_unlisted_fields),
                (quirks.order_keys == "page", respellings.keys_of_the_page),
                (quirks.algo_ack_keys == "recorded", respellings.ack_by_order_id),
                (quirks.leverage_rows == "two", respellings.two_leverage_rows),
                (quirks.hedge_fill_sides == "plain", respellings.plain_sides),
                (quirks.fills_have_rpi, respellings.with_rpi),
                (quirks.lists_are_oldest_first, respellings.oldest_first),
                (not quirks.short_holding_is_negative, respellings.short_holding_as_positive),
                (quirks.expired_time_is_text, respellings.expired_time_as_text),
                (quirks.mark_price_word != "MARK_PRICE", respellings.mark_price_as(quirks.mark_price_word)),
                (quirks.error_code_is_text, respellings.code_as_text),
                (quirks.meta_is_snake_case, respellings.snake_case_meta),
                (quirks.null_is_text, respellings.null_as_text),
                (quirks.asks_descend, respellings.descending_asks),
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

    def coded(self, refusal: Refusal) -> Refusal:
        """Return a refusal with the code that it has here (rest-v3 §14 no 3)."""
        code = _CODES[self._quirks.refusal_codes].get(refusal.code or 0)
        if code is None:
            return refusal
        return Refusal(code, refusal.message, http_status=409 if code == _DUPLICATE else refusal.http_status)

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
        if str(endpoint) == "DELETE /v3/trade/orders":
            self._check_several(parameters)
        if quirks.unknown_parameters_are_refused:
            known = {field.encode_name for field in msgspec.structs.fields(request)}
            unknown = sorted(set(parameters) - known)
            if unknown:
                raise Refusal(-1004, f"An unknown parameter was sent: {unknown[0][:40]}")

    def _check_several(self, parameters: Tree) -> None:
        """Take what `DELETE /v3/trade/orders` takes here (rest-v3 §14 no 1)."""
        takes, lists = (
            self._quirks.several_orders_by,
            [name for name in ("orderIds", "clientOrderIds") if name in parameters],
        )
        if takes == "lists" and not lists:
            raise Refusal(-1005, "orderIds or clientOrderIds is required")
        if takes == "symbol" and lists:
            raise Refusal(317165, "Invalid order id list.")
