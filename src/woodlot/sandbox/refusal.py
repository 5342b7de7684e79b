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
    -1103: "The order does not meet the price filter requirement: {problem}.",
    -1104: "The order does not meet the size filter requirement: {problem}.",
    -1105: "The order does not meet the percentage filter requirement: {problem}.",
    302114: "The order price is too small.",
    302115: "The order quantity is too small.",
    302117: "The client_order_id is repeated.",
    302135: "The amount must be positive.",
    302143: "The application is not found.",
    302147: "Amount is required for buy market orders when margin disabled.",
    302150: "Quantity is required for sell market orders when margin disabled.",
    302163: "Reduce-only orders are not allowed.",
    302164: "The order value must be greater than or equal to {min_notional}.",
    302186: "positionSide is not compatible with the position mode.",
    302301: "The balance is not enough.",
    317155: "Unsupported symbol {symbol}.",
    317157: "Trading in {base}/{quote} is suspended.",
    317160: "The order id and the symbol do not match.",
    317161: "The order is completed.",
    317164: "Invalid client order id.",
    317167: "Unsupported order type {type}: not supported by the sandbox yet.",
    317170: "The order quantity must exceed the executed quantity.",
    317184: "The order is not found or already completed.",
}
