"""This file is everything that can go wrong, split by what the caller does next.

    WoodlotError
    ├── ConfigurationError             fix the set-up
    │   └── Unauthorized               ... of the key: refused by the exchange
    ├── ArgumentError                  fix the arguments
    │   └── FloatRefused               ... by passing a Decimal, a str or an int
    ├── ExchangeError                  the exchange answered, and said no
    │   ├── Unauthorized               fix the key, its permissions or the clock
    │   ├── RateLimited                wait; nothing happened
    │   ├── Unavailable                try again later
    │   ├── Rejected                   fix the order or the funds; nothing happened
    │   │   ├── FilterRefused          ... price, quantity or notional breaks the instrument's rules
    │   │   ├── InsufficientFunds
    │   │   ├── DuplicateClientOrderId
    │   │   └── NotFound               ... no such order, or it is finished
    │   └── UnexpectedReply            the answer makes no sense; keep it and report it
    ├── ConnectionFailed               try again; nothing was changed
    ├── OutcomeUnknown                 reconcile; it may have happened
    └── StreamError                    wait or ask again
        ├── BookNotInSync              the book is being rebuilt
        └── SubscriptionRefused        fix the topic

No sentence made here holds a key, a secret, a signature or a listen key.
"""

from typing import Any, ClassVar


class WoodlotError(Exception):
    """Anything woodlot raises on purpose. Facts are fields; the sentence is made from them."""


class ConfigurationError(WoodlotError):
    """The set-up is wrong: an address, a missing key, a missing permission."""


class ArgumentError(WoodlotError, ValueError):
    """A value was refused before anything was sent. `field` names it."""

    def __init__(self, field: str, problem: str) -> None:
        super().__init__(field, problem)
        self.field = field
        self.problem = problem

    def __str__(self) -> str:
        return f"{self.field}: {self.problem}"


class FloatRefused(ArgumentError, TypeError):
    """A float was given where money counts; binary fractions are not what was typed."""

    def __init__(self, field: str, value: float) -> None:
        super().__init__(field, f"got the float {value!r}; pass Decimal({str(value)!r}), {str(value)!r} or an int")
        self.value = value


class ExchangeError(WoodlotError):
    """The exchange answered, and the answer is not a success.

    `code` is the exchange's own number, or None where it sent none; `message` its text; `http_status` the
    status line's number, which the exchange does not use consistently (rest-v3 §3.2); `endpoint` the call.
    """

    by_code: ClassVar[dict[int, "type[ExchangeError]"]] = {}

    def __init_subclass__(cls, codes: tuple[int, ...] = (), **rest: Any) -> None:
        super().__init_subclass__(**rest)
        for code in codes:
            ExchangeError.by_code[code] = cls

    def __init__(self, message: str, *, code: int | None = None, http_status: int = 0, endpoint: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.code = code
        self.http_status = http_status
        self.endpoint = endpoint

    def __str__(self) -> str:
        code = "no code" if self.code is None else f"code {self.code}"
        return f"{self.endpoint or 'the exchange'} answered: {self.message} ({code}, HTTP {self.http_status})"


class Unauthorized(ExchangeError, ConfigurationError, codes=(-1001, -1002)):
    """The key, its secret, its permissions or this machine's clock are not accepted (rest-v3 §2.4)."""


class RateLimited(ExchangeError, codes=(-1003,)):
    """Too many requests; nothing happened (rest-v3 §4.1). `attempts` tells how often it was tried."""

    attempts: int = 1

    def __str__(self) -> str:
        return f"{super().__str__()}; gave up after {self.attempts} attempts, nothing happened"


class Unavailable(ExchangeError, codes=(503, -1000, -1011, 302005, 302159, 302311, 302312, 302313, 311999, 317168)):
    """The exchange cannot answer now: maintenance, an internal error, a request still in progress."""


class Rejected(ExchangeError):
    """The exchange refused the request; nothing happened."""


class FilterRefused(
    Rejected,
    codes=(-1102, -1103, -1104, -1105, 302114, 302115, 302140, 302141, 302164, 317145, 317146, 317147),
):
    """Price, quantity or notional breaks the instrument's rules (rest-v3 §6.3)."""


class InsufficientFunds(Rejected, codes=(302118, 302119, 302128, 302154, 302155, 302157, 302301)):
    """There is not enough of the asset."""


class DuplicateClientOrderId(Rejected, codes=(302117,)):
    """An open order already has this `clientOrderId` (rest-v3 §7.3)."""


class NotFound(Rejected, codes=(-1006, 302002, 302127, 302129, 311002, 317149, 317152, 317161, 317177, 317184)):
    """There is no such order, or it is finished."""


class UnexpectedReply(ExchangeError):
    """The reply is not what the contract says. `body` holds its first 2,000 characters."""

    def __init__(self, message: str, *, body: str = "", http_status: int = 0, endpoint: str = "") -> None:
        super().__init__(message, http_status=http_status, endpoint=endpoint)
        self.body = body[:2000]


class ConnectionFailed(WoodlotError):
    """The exchange could not be reached or did not answer; nothing was changed by this call."""

    def __init__(self, endpoint: str, reason: str) -> None:
        super().__init__(endpoint, reason)
        self.endpoint = endpoint
        self.reason = reason

    def __str__(self) -> str:
        return f"{self.endpoint}: {self.reason}; nothing was changed, it is safe to try again"


class OutcomeUnknown(WoodlotError):
    """The request left and its answer never came: it may have happened, and it was not sent again.

    `client_order_id` and `order_id` are the handles to ask with, where the call had them.
    """

    def __init__(
        self, endpoint: str, reason: str, *, client_order_id: int | None = None, order_id: int | None = None
    ) -> None:
        super().__init__(endpoint, reason)
        self.endpoint = endpoint
        self.reason = reason
        self.client_order_id = client_order_id
        self.order_id = order_id

    def __str__(self) -> str:
        handle = ""
        if self.client_order_id is not None:
            handle = f" with client_order_id={self.client_order_id}"
        elif self.order_id is not None:
            handle = f" with order_id={self.order_id}"
        return f"{self.endpoint}: {self.reason}; it may have happened: ask{handle} before anything is sent again"


class StreamError(WoodlotError):
    """Something about a stream or what is built on it."""


class BookNotInSync(StreamError):
    """The book may be wrong now and is not shown. `state` and `reason` say why; it rebuilds itself."""

    def __init__(self, symbol: str, state: str, reason: str) -> None:
        super().__init__(symbol, state, reason)
        self.symbol = symbol
        self.state = state
        self.reason = reason

    def __str__(self) -> str:
        return f"the book of {self.symbol} is {self.state} ({self.reason}); wait for it, it rebuilds itself"


class SubscriptionRefused(StreamError):
    """The exchange did not accept a topic: it left it out of the acknowledgement (websocket-v3 §5.2)."""

    def __init__(self, topic: str, reason: str) -> None:
        super().__init__(topic, reason)
        self.topic = topic
        self.reason = reason

    def __str__(self) -> str:
        return f"the exchange refused the topic {self.topic}: {self.reason}"
