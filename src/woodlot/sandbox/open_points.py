"""This file is the open points of the two reference sheets, each with the switches that play it out.

`docs/design/open-points.md` is made from it; a test holds the two together.
"""

from dataclasses import dataclass
from typing import Final

from woodlot.sandbox.quirk_list import quirk_list


@dataclass(frozen=True, slots=True)
class OpenPoint:
    """One question that nobody has answered, and the switches that play it out."""

    sheet: str
    number: int
    question: str
    quirks: tuple[str, ...]


_REST: Final = (
    ("parameters of `DELETE /v3/trade/orders`", ("several_orders_by",)),
    ("whether `symbol` is required on `DELETE /v3/trade/order`", ("cancel_needs_symbol",)),
    (
        "which code for each validation failure, HTTP status of six-digit codes",
        ("refusal_codes", "six_digit_status"),
    ),
    ("reference price for cap and floor ratios", ("ratio_reference",)),
    ("time format of algo orders and transactions today", ("past_times",)),
    ("field names of token, tokenNetwork, tokenInfo, insuranceFund", ("asset_list_keys",)),
    ("replies of the calls that change settings", ("settings_replies_have_data",)),
    ("fixed or sliding rate windows", ("rate_windows",)),
    ("error code of a timestamp that is off", ("stale_timestamp_code",)),
    ("receive-window parameter", ("receive_window_ms",)),
    ("level range of ASK and BID, what AC is", ("ask_bid_levels",)),
    ("final status of a crossing POST_ONLY", ("crossing_post_only_ends",)),
    ("time priority after an edit", ("decrease_keeps_priority",)),
    ("inclusive time bounds, sort order of lists", ("time_bounds", "lists_are_oldest_first")),
    ("sign of a hedge-mode SHORT holding", ("short_holding_is_negative",)),
    ("`orderMode` values other than NORMAL", ("perpetual_order_mode",)),
    ("type of `expiredTime`", ("expired_time_is_text",)),
    ("empty body against `{}` on POST without parameters", ("empty_body_is_refused",)),
    ("whether unknown body fields are refused", ("unknown_parameters_are_refused",)),
    ("mark value of `triggerPriceType`", ("mark_price_word",)),
)

_WEBSOCKET: Final = (
    ("fate of an open private socket when its key is replaced or expires", ("replaced_key",)),
    (
        "where bad keys and connection limits are refused, and how",
        ("bad_key", "bad_key_status", "key_close_code", "connection_limit_status"),
    ),
    ("scope of the single valid key", ("listen_key_scope",)),
    ("payload of `mt` 1, 2, 3", ("refusal_report",)),
    ("deltas on spot symbols", ("spot_book_deltas",)),
    ("depth-window semantics", ("book_deltas",)),
    ("chain and REST alignment on depth 200 and 500 and on the RPI flavour", ("rest_book_follows",)),
    ("does inbound data keep a socket open without client frames", ("data_keeps_open",)),
    ("reply to LIST_SUBSCRIPTION", ("list_subscription",)),
    ("UN_SUBSCRIBE reply for unknown topics", ("unsubscribing_nothing",)),
    ("numeric `id` echo", ("numeric_id_is_echoed_as",)),
    ("private topic on the public socket and the reverse", ("foreign_topic_is_refused",)),
    ("initial state push after a private subscription", ("initial_private_state",)),
    ("NEW before an immediately filled order", ("new_before_immediate_fill",)),
    ("`frozen` and pending quantities on pure spot accounts", ("frozen_is_pending",)),
    ("semantics of `ver`", ("version_counts",)),
    ("bbo with an empty side", ("bbo_empty_side",)),
    ("final kline frame's stamps", ("last_candle_is_stamped",)),
    ("link from algo legs to ordinary orders", ("algo_legs_name_orders",)),
    (
        "inclusive `fromId`; meaning of `startTime` on order lists",
        ("from_id_is_inclusive", "order_lists_filter_by"),
    ),
    ("empty `params`, wrong types, binary frames", ("malformed_command_text",)),
    ("type of `cid` on the V3 wire", ("client_order_id_is_text",)),
)

OPEN_POINTS: Final = tuple(
    OpenPoint(sheet, number, *point)
    for sheet, points in (("rest-v3 §14", _REST), ("websocket-v3 §16", _WEBSOCKET))
    for number, point in enumerate(points, 1)
)


def document() -> str:
    """Return the page."""
    lines = [
        "# Open points",
        "",
        "What nobody knows about the exchange, and where a page and a recording differ. Each is a named switch of",
        "the sandbox: `woodlot sandbox run --quirk name=value`; `woodlot sandbox quirks` lists them. The default is",
        "the recording where there is one, else the proposal of the sheet. A client has to survive every setting.",
        "",
        "This page is made from the code: `python -m woodlot.sandbox.open_points`.",
    ]
    for sheet in dict.fromkeys(point.sheet for point in OPEN_POINTS):
        lines += ["", f"## {sheet}", "", "| no | question | switch |", "|---|---|---|"]
        lines += [
            f"| {point.number} | {point.question} | {_switches(point)} |"
            for point in OPEN_POINTS
            if point.sheet == sheet
        ]
    lines += ["", "## The switches", "", "| switch | default | may be | source | decides |", "|---|---|---|---|---|"]
    lines += [
        f"| `{quirk.name}` | {quirk.default} | {', '.join(quirk.choices) or 'any'} | {quirk.source} | {quirk.decides} |"
        for quirk in quirk_list()
    ]
    return "\n".join(lines) + "\n"


def _switches(point: OpenPoint) -> str:
    return ", ".join(f"`{name}`" for name in point.quirks)


if __name__ == "__main__":
    print(document(), end="")
