"""This file is rest-v3 §5.1 and §5.3: every code of the exchange, the error it stands for, and what it proves.

What a code proves decides what an order's caller may do next, so it is set per code, from what the sheet says:

- A code that names a reason to refuse proves that nothing happened.
- A code that says "internal", "timed out", "being processed" or "unknown" proves neither: the order may be there.
  So do texts that speak of a transaction of the order, for by then it was taken.
- Only a rate limit proves that nothing happened *and* that the same call will be taken later (§4.1).
"""

from dataclasses import dataclass
from enum import Enum

from woodlot.errors import (
    DuplicateClientOrderId,
    ExchangeError,
    FilterRefused,
    InsufficientFunds,
    NotFound,
    RateLimited,
    Rejected,
    Unauthorized,
    Unavailable,
)


class Effect(Enum):
    """What is known of a call that was not answered with success."""

    NOTHING = "nothing happened"
    UNKNOWN = "it may have happened"


class Again(Enum):
    """Whether the same call may be answered differently."""

    WAIT = "when the limit's window has passed: any call"
    SOON = "soon: calls that are safe to repeat"
    NEVER = "the same call gets the same answer"


@dataclass(frozen=True, slots=True)
class Code:
    """One line of the exchange's tables."""

    number: int
    meaning: str
    error: type[ExchangeError]
    effect: Effect
    again: Again


def _refusals(error: type[ExchangeError], meanings: dict[int, str]) -> dict[int, Code]:
    return _rows(error, Effect.NOTHING, Again.NEVER, meanings)


def _rows(error: type[ExchangeError], effect: Effect, again: Again, meanings: dict[int, str]) -> dict[int, Code]:
    return {number: Code(number, meaning, error, effect, again) for number, meaning in meanings.items()}


_LIMITS = _rows(RateLimited, Effect.NOTHING, Again.WAIT, {-1003: "rate limit exceeded"})

# rest-v3 §13.1 rule 5: "5xx and -1000, -1011, 302159, 302311 to 302313: retry idempotent calls only".
_PASSING_TROUBLE = _rows(
    Unavailable,
    Effect.UNKNOWN,
    Again.SOON,
    {
        # §5.2 records it for an unknown path; a gateway in trouble may say it after having passed the call on.
        503: "no upstream server behind the gateway",
        -1000: "unknown error while processing",
        -1011: "internal network problem, or maintenance",
        302005: "error because of other pending requests",
        302109: "create-order engine error",
        302159: "request timed out",
        302311: "request is being processed",
        302312: "request is being processed",
        302313: "request is being processed",
        302999: "unknown error",
        311999: "system error",
        317154: "internal call failed",
        317168: "internal service error",
        317174: "order is processing",
    },
)

# These speak of an order that already trades, or of another copy of the same call: no proof that it did nothing.
_PERHAPS_DONE = _rows(
    Rejected,
    Effect.UNKNOWN,
    Again.NEVER,
    {
        -1007: "already exists, or a duplicated request",
        302112: "remaining quantity smaller than transaction quantity",
        302113: "order side differs from transaction side",
        302122: "remaining amount smaller than transaction quantity",
    },
)

_KEYS = _refusals(
    Unauthorized,
    {
        -1001: "invalid signature, or key or secret in a wrong format",
        -1002: "key invalid, expired, revoked or without this permission",
        317178: "receive window invalid",
        317179: "receive window exceeded: this machine's clock, or a slow way there",
    },
)

_NOT_FOUND = _refusals(
    NotFound,
    {
        -1006: "not found; also cancelling a finished order",
        302002: "data does not exist",
        302127: "order is terminated",
        302129: "order does not exist",
        311002: "data does not exist",
        317149: "trade not found",
        317152: "order not found",
        317153: "child order not found",
        317161: "order is completed",
        317177: "order has terminated",
        317184: "order not found or already completed",
    },
)

_DUPLICATES = _refusals(
    DuplicateClientOrderId,
    {
        302117: "client_order_id repeated",
    },
)

_FILTERS = _refusals(
    FilterRefused,
    {
        -1102: "price times size below the minimum",
        -1103: "price breaks a price filter",
        -1104: "quantity breaks a size filter",
        -1105: "price too far from the reference price",
        302114: "order price too small",
        302115: "order quantity too small",
        302140: "order price too small",
        302141: "order quantity too small",
        302164: "order value below minNotional",
        317145: "price below quoteMin",
        317146: "price above quoteMax",
        317147: "price off tick",
    },
)

_FUNDS = _refusals(
    InsufficientFunds,
    {
        302102: "margin insufficient, liquidate assets",
        302103: "margin would be insufficient after withdrawal",
        302104: "margin would be insufficient after this action",
        302118: "not enough balance to close",
        302119: "insufficient funds, enable margin trading",
        302128: "insufficient token; base not allowed for margin",
        302137: "not enough position for market close",
        302138: "insufficient position for reduce-only",
        302154: "insufficient stable token",
        302155: "insufficient token, enable margin",
        302157: "insufficient token, enable margin in settings",
        302166: "token balance cannot be negative under Spot Only",
        302167: "token balance cannot be negative under Spot & Futures",
        302169: "collateral below initial margin, Spot & Margin",
        302170: "collateral below initial margin, Spot & Futures",
        302192: "amount above withdrawable margin",
        302193: "amount above available USDT",
        302301: "balance is not enough",
    },
)

_OTHER_REFUSALS = _refusals(
    Rejected,
    {
        -1004: "an unknown parameter was sent",
        -1005: "a parameter has a wrong format, or a required one is missing",
        -1008: "settlement quantity above what may be requested",
        -1009: "withdrawal refused, arrears must be paid first",
        -1012: "rejected by an internal module; the message carries the reason",
        -1101: "risk exposure too high",
        302001: "data status not expected",
        302003: "number of parameters invalid",
        302004: "invalid parameters",
        302101: "symbol does not exist",
        302110: "application locked",
        302111: "position is being liquidated, trading suspended",
        302120: "leverage ratio must go below 1.0 and shorts be closed",
        302121: "repay interest first",
        302123: "user group data not found",
        302125: "quantity must be less than the position",
        302126: "close futures positions and cancel open orders first",
        302130: "order did not update",
        302131: "enable futures trading first",
        302132: "close negative positions first",
        302133: "repay interest first",
        302134: "details are empty",
        302135: "amount must be positive",
        302136: "balance must be positive",
        302142: "order quantity must exceed executed quantity",
        302143: "application not found",
        302144: "no positive amount to repay interest",
        302145: "margin insufficient after disabling collateral",
        302147: "amount required for market buy with margin off",
        302148: "amount required for ASK buy with margin off",
        302149: "amount required for BID buy with margin off",
        302150: "quantity required for market sell with margin off",
        302151: "quantity required for ASK sell with margin off",
        302152: "quantity required for BID sell with margin off",
        302156: "short selling the token is not available",
        302160: "reduce-only only on pairs quoted in account currency",
        302162: "order not allowed in reduce-only trading mode",
        302163: "reduce-only orders not allowed",
        302165: "token has no price",
        302168: "token not enabled for margin",
        302171: "buy or sell by amount not supported in reduce-only mode",
        302172: "max position of the token exceeded",
        302177: "pending new orders cannot be edited",
        302178: "a market close order exists",
        302185: "position mode is being switched",
        302186: "positionSide not compatible with position mode",
        302188: "max open notional exceeded",
        302189: "isolated leverage change not allowed with pending orders",
        302190: "isolated margin change not allowed with pending orders",
        302191: "only futures isolated margin may be adjusted",
        302194: "max isolated pending orders for the symbol reached",
        302195: "invalid positionSide",
        302196: "use up futures credits before adding",
        302197: "futures credits cannot shrink with open positions",
        302198: "futures credits cannot shrink with pending orders",
        302199: "switch to futures mode for futures credits",
        302303: "too many pending orders on reduce-only",
        302305: "cross leverage update failed, margin insufficient",
        302306: "leverage must be a positive integer",
        302307: "account suspended",
        302308: "close positions and cancel orders first",
        302309: "spot disabled while futures credits are active",
        302310: "USDT must cover futures credits",
        302314: "quantity must be less than the position",
        311001: "data status invalid",
        311004: "parameters invalid",
        317136: "TP/SL quantity edit not allowed for quantity bracket",
        317137: "quantity edit must touch both legs",
        317138: "both legs need the same quantity",
        317139: "trigger price of the first leg empty for STOP_BRACKET",
        317140: "TP/SL quantity empty",
        317141: "TP/SL limit order needs price",
        317142: "trigger type of quantity TP/SL must not be CLOSE_POSITION",
        317143: "legs must have the same side",
        317144: "index price not supported for a symbol that is not spot",
        317148: "symbol empty",
        317150: "trigger price too low",
        317151: "trigger price too high",
        317155: "unsupported symbol",
        317156: "unsupported symbol",
        317157: "trading in the pair suspended",
        317158: "trading in the perpetual suspended",
        317159: "pair not supported",
        317160: "order id and symbol do not match",
        317162: "parameters must not be null or 0",
        317163: "TP/SL quantity under bracket cannot be edited",
        317164: "invalid client order id",
        317165: "invalid order id list",
        317166: "invalid client order id list",
        317167: "unsupported algo type",
        317169: "trading in the pair suspended",
        317170: "order quantity must exceed executed quantity",
        317171: "path format error",
        317172: "userId null or 0",
        317173: "orderId null or 0",
        317176: "triggerAfter out of range",
        317206: "spot disabled while futures credits are active",
        317207: "USDT must cover futures credits",
    },
)

CODES: dict[int, Code] = (
    _LIMITS | _PASSING_TROUBLE | _PERHAPS_DONE | _KEYS | _NOT_FOUND | _DUPLICATES | _FILTERS | _FUNDS | _OTHER_REFUSALS
)
