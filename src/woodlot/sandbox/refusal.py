"""This file is how the exchange says no: one code, one sentence, and nothing has happened.

The codes are the first choice of the table at the end of rest-v3 §5.3, the sentences those of §5.2 and §5.3.
"""


class Refusal(Exception):
    """The command was refused before anything was changed; what a handler answers with.

    `code` is None where the wire shows an error without one (rest-v3 §3.2).
    """

    def __init__(self, code: int | None, message: str, *, http_status: int = 400) -> None:
        super().__init__(code, message)
        self.code = code
        self.message = message
        self.http_status = http_status

    def __str__(self) -> str:
        return f"{self.message} ({self.code})"


def refusal(code: int, **facts: object) -> Refusal:
    """Return the refusal with the sentence that belongs to `code`, its gaps filled in from `facts`."""
    return Refusal(code, _SENTENCES[code].format(**facts))


_SENTENCES = {
    -1005: "{problem}",
    -1006: "The order can not be found.",
    -1012: "The order was rejected: {problem}.",
    -1103: "The order does not meet the price filter requirement: {problem}.",
    -1104: "The order does not meet the size filter requirement: {problem}.",
    -1105: "The order does not meet the percentage filter requirement: {problem}.",
    302114: "The order price is too small.",
    302115: "The order quantity is too small.",
    302117: "The client_order_id is repeated.",
    302121: "Please repay the interest first.",
    302126: "Please close the futures positions and cancel open orders first.",
    302131: "Please enable futures trading first.",
    302132: "Please close the negative positions first.",
    302135: "The amount must be positive.",
    302138: "Insufficient position for the reduce-only order.",
    302143: "The application is not found.",
    302144: "There is no positive amount to repay interest.",
    302147: "Amount is required for buy market orders when margin disabled.",
    302148: "Amount is required for ASK buy orders when margin disabled.",
    302149: "Amount is required for BID buy orders when margin disabled.",
    302150: "Quantity is required for sell market orders when margin disabled.",
    302151: "Quantity is required for ASK sell orders when margin disabled.",
    302152: "Quantity is required for BID sell orders when margin disabled.",
    302156: "Short selling {token} is not available.",
    302163: "Reduce-only orders are not allowed.",
    302164: "The order value must be greater than or equal to {min_notional}.",
    302165: "The token {token} has no price.",
    302169: "Collateral would be below the initial margin, Spot & Margin.",
    302170: "Collateral would be below the initial margin, Spot & Futures.",
    302172: "The max position of {token}, {most}, is exceeded.",
    302186: "positionSide is not compatible with the position mode.",
    302188: "The max open notional is exceeded.",
    302189: "Isolated leverage cannot be changed with pending orders.",
    302190: "Isolated margin cannot be changed with pending orders.",
    302191: "Only futures isolated margin may be adjusted.",
    302192: "The amount is above the withdrawable margin.",
    302193: "The amount is above the available USDT.",
    302301: "The balance is not enough.",
    302303: "Too many pending orders on reduce-only.",
    302305: "The cross leverage update failed: margin insufficient.",
    302306: "The leverage must be a positive integer, at most {most}.",
    302308: "Please close positions and cancel orders first.",
    317136: "The TP/SL quantity cannot be edited for a quantity bracket.",
    317137: "A quantity edit must touch both legs.",
    317138: "Both legs need the same quantity.",
    317139: "The trigger price of the first leg is empty for STOP_BRACKET.",
    317140: "The TP/SL quantity is empty.",
    317141: "A TP/SL limit order needs a price.",
    317142: "The type of a quantity TP/SL must not be CLOSE_POSITION.",
    317143: "The legs must have the same side.",
    317149: "The trade is not found.",
    317150: "The trigger price must be greater than {price}.",
    317151: "The trigger price must be less than {price}.",
    317153: "The child order is not found for id {order_id}.",
    317155: "Unsupported symbol {symbol}.",
    317157: "Trading in {base}/{quote} is suspended.",
    317158: "Trading in {base}-PERP is suspended.",
    317160: "The order id and the symbol do not match.",
    317161: "The order is completed.",
    317163: "The TP/SL quantity under a bracket cannot be edited.",
    317164: "Invalid client order id.",
    317165: "Invalid order id list.",
    317166: "Invalid client order id list.",
    317167: "Unsupported order type {type}.",
    317170: "The order quantity must exceed the executed quantity.",
    317179: "The request failed because the receive window of {window} ms from api timestamp {timestamp} was exceeded.",
    317176: "triggerAfter must be 0 to {most}.",
    317184: "The order is not found or already completed.",
}
