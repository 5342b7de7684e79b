"""This file is what nobody knows about the exchange: one named switch for each open point, with its source.

The default is the recording where there is one, else the proposal of the reference sheets. A client has to survive
every setting.
"""

from dataclasses import dataclass
from decimal import Decimal
from typing import Literal

from woodlot.wire.enums import OrderStatus


@dataclass(frozen=True, slots=True, kw_only=True)
class Quirks:
    """How this exchange behaves where the documentation is silent. Each field says what it decides."""

    market_by_amount_with_dust_ends_filled: bool = True
    """A MARKET order by `amount` ends FILLED when what is left of it buys less than one lot, else CANCELLED.
    Not written down anywhere; websocket-v3 §9.1.4 shows a single FILLED."""

    partial_market_ends: Literal[OrderStatus.CANCELLED, OrderStatus.FILLED] = OrderStatus.CANCELLED
    """How a MARKET order by `quantity` ends that the book could not fill completely: rest-v3 §7.5 rule 4."""

    crossing_post_only_ends: Literal[OrderStatus.CANCELLED, OrderStatus.REJECTED] = OrderStatus.CANCELLED
    """How a POST_ONLY order ends that would match: rest-v3 §14 no 12. CANCELLED follows a NEW, REJECTED is alone."""

    new_before_immediate_fill: bool = True
    """Whether an order that trades or ends at once is reported as NEW first: websocket-v3 §9.1.4."""

    decrease_keeps_priority: bool = True
    """Whether an edit that only makes an order smaller keeps its place in the queue: rest-v3 §14 no 13."""

    trade_id_per_side: bool = True
    """Whether taker and maker of one match have trade ids of their own. (symbol, trade id) is said to identify a
    fill of an account (websocket-v3 §10), which one shared id would break for somebody who trades with himself."""

    from_id_is_inclusive: bool = True
    """Whether `fromId` of the transaction history returns that trade too: websocket-v3 §16 no 20."""

    fee_step: Decimal = Decimal("1E-12")
    """Fees are rounded up to this. One recording of 2023 suggests 1E-8 (0.00040791 BTC paid 2.1E-7, presumably at
    5 bp: websocket-v3 §9.1.1); the default keeps every fee exact."""

    ratio_reference: Literal["mid", "last"] = "mid"
    """Which price the cap and floor ratios are taken of, where there are both: rest-v3 §14 no 4."""

    ask_bid_levels: Literal[5, 1, 10] = 5
    """The highest `bidAskLevel`; AC orders are refused: rest-v3 §14 no 11."""

    notional_must_exceed: bool = False
    """Whether an order of exactly the smallest notional is refused: the V1 text; message 302164 says greater or equal
    (rest-v3 §12)."""

    order_lists_filter_by: Literal["creation", "change"] = "creation"
    """Which moment of an order `startTime` and `endTime` of the order list are about: websocket-v3 §16 no 20."""

    # From here on the streams.

    topics_per_request: Literal[10, 20] = 10
    """How many topics one SUBSCRIBE may name: 10 is the recording, 20 the page (websocket-v3 §13.1)."""

    bad_topic_is_refused: bool = False
    """Whether a topic that is not to be had makes `success` false: the page says rejected, the recording leaves it
    out of the acknowledgement (websocket-v3 §13.1)."""

    foreign_topic_is_refused: bool = False
    """Whether a private topic on the public socket, or the reverse, makes `success` false: websocket-v3 §16 no 12."""

    numeric_id_is_echoed_as: Literal["text", "number"] = "text"
    """How the `id` of a command comes back that was a number: websocket-v3 §16 no 11."""

    list_subscription: Literal["error", "topics"] = "error"
    """What LIST_SUBSCRIPTION is answered: websocket-v3 §16 no 9."""

    unsubscribing_nothing: Literal["empty", "named", "refused"] = "empty"
    """What UN_SUBSCRIBE answers for a topic that is not subscribed: websocket-v3 §16 no 10."""

    malformed_command_text: Literal["Invalid request.", "Command type invalid!"] = "Invalid request."
    """What is said to empty `params`, to wrong types and to a binary frame: websocket-v3 §16 no 21."""

    replaced_key: Literal["closed", "silent", "unaffected"] = "closed"
    """What happens to a private connection whose listen key is replaced or over: websocket-v3 §16 no 1."""

    refusal_text_key: Literal["data", "message"] = "data"
    """Where a refused command's text stands: the recording, or what one client reads (websocket-v3 §13.1)."""

    bad_key: Literal["upgrade", "accept", "subscribe"] = "upgrade"
    """Where a bad listen key is refused: at the upgrade with 401, after it with a close frame, or topic by topic:
    websocket-v3 §16 no 2."""

    bad_key_status: Literal[401, 403, 400] = 401
    """The HTTP status of an upgrade that is refused for its listen key: websocket-v3 §16 no 2."""

    key_close_code: Literal[1008, 1000, 1006] = 1008
    """How a connection is closed whose listen key is bad, replaced or over; 1006 is without a close frame:
    websocket-v3 §16 no 2."""

    connection_limit_status: Literal[429, 403] = 429
    """The HTTP status of one connection too many: websocket-v3 §16 no 2."""

    listen_key_scope: Literal["account", "each"] = "account"
    """Whether a new listen key ends the account's old one, or every key lives on: websocket-v3 §16 no 3."""

    one_connection_per_key: bool = False
    """Whether a second connection with a listen key closes the first; the sheet's table of what nobody has
    documented: websocket-v3 §4.2."""

    idle_cut: bool = True
    """Whether a connection is cut whose client says nothing for 60 s: the recording; the page says that
    pinging is not needed (websocket-v3 §13.1)."""

    data_keeps_open: bool = False
    """Whether what the server sends keeps a connection open without a word of the client: websocket-v3 §16 no 8."""

    spot_book_deltas: bool = True
    """Whether a spot symbol has book deltas; without, the topic is accepted and silent: websocket-v3 §16 no 5."""

    book_deltas: Literal["window", "whole"] = "window"
    """Whether deltas are differences of windows of the depth, or of the whole book: websocket-v3 §16 no 6."""

    rest_book_follows: Literal["its depth", "depth 50"] = "its depth"
    """Whose chain the REST book's timestamp is a point of: websocket-v3 §16 no 7."""

    bbo_empty_side: Literal["missing", "null", "empty", "zero"] = "missing"
    """How an empty side of the touch is spelled: websocket-v3 §16 no 17."""

    book_top_has_rpi: bool = True
    """Whether `orderbook10` shows RPI orders: the recording; the page says "orderbook" (websocket-v3 §13.1)."""

    documented_cadence: bool = False
    """Whether book topics push at each interval of the page, changed or not: websocket-v3 §13.1. For load tests."""

    last_candle_is_stamped: Literal["after", "before"] = "after"
    """Whether the last frame of a candle is made at its end or just before: websocket-v3 §16 no 18."""

    initial_private_state: bool = False
    """Whether balances and positions are pushed upon subscribing: websocket-v3 §16 no 13."""

    refusal_report: Literal["short", "full"] = "short"
    """Whether a report of `mt` 1 to 3 has a few keys or all of a report: websocket-v3 §16 no 4."""

    client_order_id_is_text: bool = False
    """Whether `cid` of a report is a string: websocket-v3 §16 no 22."""

    algo_legs_name_orders: bool = False
    """Whether a leg of an algo order that went live names its ordinary order, as `oid`: websocket-v3 §16 no 19."""

    frozen_is_pending: bool = False
    """Whether a balance shows what open orders hold as pending quantities, as recorded on V1, in place of
    `frozen`: websocket-v3 §16 no 15."""

    version_counts: Literal["changes", "everything"] = "changes"
    """Whether `ver` grows by one per record and change, or is one counter for all of them: websocket-v3 §16 no 16."""

    private_lists_are_full: bool = False
    """Whether a push of `balance` or `position` lists every record of the account, changed or not:
    websocket-v3 §15.2."""

    balances_before_reports: bool = False
    """Whether a balance is pushed before the report that caused it: no order is promised (websocket-v3 §10)."""

    trades_have_rpi: bool = False
    """Whether a public trade always has `rpi`: newer pages show it, recordings do not (websocket-v3 §13.1)."""

    stream_trims_zeros: bool = False
    """Whether the stream drops trailing zeros as REST does; the recording keeps them: websocket-v3 §13.1."""

    futures_mode_is_plural: bool = False
    """Whether the stream, too, spells the mode FUTURES; its page says FUTURE, REST recordings FUTURES
    (websocket-v3 §9.5)."""

    # From here on REST.

    cancel_needs_symbol: bool = False
    """Whether cancelling one order without `symbol` is refused: rest-v3 §14 no 2."""

    several_orders_by: Literal["both", "lists", "symbol"] = "both"
    """What `DELETE /v3/trade/orders` takes: lists of ids, the older form by symbol, or either: rest-v3 §14 no 1."""

    refusal_codes: Literal["first", "second", "general"] = "first"
    """Which code a refused order gets: the first choice of the table in rest-v3 §5.3, the second one, or the general
    code that V1 had: rest-v3 §14 no 3."""

    six_digit_status: Literal[400, 200] = 400
    """The HTTP status of a refusal with a six-digit code: rest-v3 §14 no 3."""

    past_times: Literal["milliseconds", "seconds"] = "milliseconds"
    """How algo orders and transactions spell times: as the pages say, or as recorded in 2025: rest-v3 §14 no 5."""

    order_times: Literal["milliseconds", "seconds"] = "milliseconds"
    """How ordinary orders spell `createdTime`: today, or as recorded in 2025-07 (rest-v3 §12)."""

    asset_list_keys: Literal["camel", "snake"] = "camel"
    """How the public token lists spell their keys: rest-v3 §14 no 6."""

    settings_replies_have_data: bool = False
    """Whether changes of settings are answered with a `data` of their own, or with `success` and `timestamp` alone:
    rest-v3 §14 no 7."""

    rate_windows: Literal["fixed", "sliding"] = "fixed"
    """How calls are counted: rest-v3 §14 no 8."""

    limits_are_counted_by: Literal["application", "key"] = "application"
    """Whose private calls are counted together: all keys' of an application id, or each key's (rest-v3 §12)."""

    stale_timestamp_code: Literal[-1001, -1002] = -1001
    """The code of a timestamp too far from the server's clock: rest-v3 §14 no 9."""

    receive_window_ms: Literal[0, 5_000] = 0
    """How old a signed change may be before it is refused with 317179, 0 for as old as a timestamp may be. How a caller
    would set it is not known: rest-v3 §14 no 10."""

    time_bounds: Literal["inclusive", "exclusive"] = "inclusive"
    """Whether what happened exactly at `startTime` or `endTime` is in the list: rest-v3 §14 no 14."""

    lists_are_oldest_first: bool = False
    """Whether the rows of a page come oldest first: rest-v3 §14 no 14."""

    short_holding_is_negative: bool = True
    """Whether the holding of a hedge-mode SHORT is below zero: rest-v3 §14 no 15."""

    perpetual_order_mode: Literal["NORMAL", "REDUCE_ONLY"] = "NORMAL"
    """What `orderMode` of perpetuals says, and what `tickGranularity` holds then; orders are taken as ever:
    rest-v3 §14 no 16."""

    expired_time_is_text: bool = False
    """Whether `expiredTime` of a listen key is a string: rest-v3 §14 no 17."""

    empty_body_is_refused: bool = False
    """Whether a POST without parameters must send `{}`: rest-v3 §14 no 18."""

    unknown_parameters_are_refused: bool = False
    """Whether a parameter that nobody knows is refused with -1004: rest-v3 §14 no 19."""

    mark_price_word: Literal["MARK_PRICE", "MARK"] = "MARK_PRICE"
    """How answers spell a trigger by mark price: rest-v3 §14 no 20."""

    numbers_are_text: bool = False
    """Whether replies about orders and trades have strings: the page; the recording has numbers (rest-v3 §3.3)."""

    error_code_is_text: bool = False
    """Whether `code` of a refusal is a string; both are recorded: rest-v3 §3.2."""

    meta_is_snake_case: bool = False
    """Whether `meta` of a page is spelled records_per_page; recorded once against its page: rest-v3 §3.4."""

    null_is_text: bool = False
    """Whether an amount that is not set is "null": the page; the recording has null (rest-v3 §3.3)."""

    order_keys: Literal["recorded", "page"] = "recorded"
    """Whether replies have `rebateAsset` and `algoOrderTag`, or the page's `rebateCurrency` and `orderTag`
    (rest-v3 §12)."""

    algo_ack_keys: Literal["page", "recorded"] = "page"
    """Whether a new algo order is acknowledged by `algoOrderId` and `clientAlgoOrderId`, or as older replies by
    `orderId` and `clientOrderId` (rest-v3 §12)."""

    unlisted_fields: bool = True
    """Whether orders and positions have the fields that were recorded and are not on their pages: `bidAskLevel`,
    `marginMode`, `leverage` and others (rest-v3 §9.1.6, rest-v3 §9.5.1)."""

    leverage_rows: Literal["one", "two"] = "one"
    """How many rows the leverage of one-way mode has: the page's BOTH, or LONG and SHORT as recorded (rest-v3 §12)."""

    hedge_fill_sides: Literal["words", "plain"] = "words"
    """Whether fills of hedge mode say OPEN LONG and CLOSE LONG, as the page, or BUY and SELL (rest-v3 §9.1.10)."""

    fills_have_rpi: bool = False
    """Whether a fill always has `isMatchRpi`: newer pages show it, recordings do not (rest-v3 §9.1.10)."""

    asks_descend: bool = False
    """Whether the REST book lists asks from the highest: one sentence of the page; recordings ascend
    (websocket-v3 §13.1)."""
