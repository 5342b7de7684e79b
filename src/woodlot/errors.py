"""This file is everything that can go wrong, split by what the caller does next.

    WoodlotError
    ├── ConfigurationError             fix the set-up
    │   ├── InUse                      ... or end the other process that holds the journal or the account
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
    ├── GateRefused                    fix the order, or the limits that you set yourself; nothing was sent
    │   └── TradingStopped             ... or resume, once you know why it was stopped
    ├── ConnectionFailed               try again; it is safe to
    ├── OutcomeUnknown                 reconcile; it may have happened
    ├── DeskClosed                     open the desk again; it then finds out what happened meanwhile
    │   └── JournalFailed              ... once the journal can be used again; new orders are refused until then
    ├── NotFilled                      decide what to do about an order that ended otherwise
    ├── ExecutionsForgotten            read the executions that are missing over REST
    └── StreamError                    wait or ask again
        ├── BookNotInSync              the book is being rebuilt
        └── SubscriptionRefused        fix the topic

No sentence made here holds a key, a secret, a signature or a listen key.
"""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable


class WoodlotError(Exception):
    """Anything woodlot raises on purpose. Facts are fields; the sentence is made from them."""


class ConfigurationError(WoodlotError):
    """The set-up is wrong: an address, a missing key, a missing permission."""


class InUse(ConfigurationError):
    """Something that only one may use at a time is used by another: `what` by `holder`."""

    def __init__(self, what: str, holder: str) -> None:
        super().__init__(what, holder)
        self.what = what
        self.holder = holder

    def __str__(self) -> str:
        return f"{self.what} is in use by {self.holder or 'another process'}; only one may have it at a time"


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
    """The exchange answered, and the answer is not a success. `wire.codes` says which class a code stands for.

    `code` is the exchange's own number, or None where it sent none; `message` its text; `http_status` the
    status line's number, which the exchange does not use consistently (rest-v3 §3.2); `endpoint` the call.
    """

    client_order_id: int | None = None
    """The handle of the order that the call was about, where it had one."""

    def __init__(self, message: str, *, code: int | None = None, http_status: int = 0, endpoint: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.code = code
        self.http_status = http_status
        self.endpoint = endpoint

    def __str__(self) -> str:
        code = "no code" if self.code is None else f"code {self.code}"
        return f"{self.endpoint or 'the exchange'} answered: {self.message} ({code}, HTTP {self.http_status})"


class Unauthorized(ExchangeError, ConfigurationError):
    """The key, its secret, its permissions or this machine's clock are not accepted (rest-v3 §2.4)."""


class RateLimited(ExchangeError):
    """Too many requests; nothing happened (rest-v3 §4.1). `attempts` tells how often it was sent.

    Without an HTTP status it is our own pace that said so, before anything was sent.
    """

    attempts: int = 1

    def __str__(self) -> str:
        if not self.http_status:
            return f"{self.endpoint}: {self.message}; nothing happened"
        return f"{super().__str__()}; gave up after {self.attempts} attempts, nothing happened"


class Unavailable(ExchangeError):
    """The exchange cannot answer now: maintenance, an internal error, a request still in progress."""


class Rejected(ExchangeError):
    """The exchange refused the request; nothing happened."""


class FilterRefused(Rejected):
    """Price, quantity or notional breaks the instrument's rules (rest-v3 §6.3)."""


class InsufficientFunds(Rejected):
    """There is not enough of the asset."""


class DuplicateClientOrderId(Rejected):
    """An open order already has this `clientOrderId` (rest-v3 §7.3)."""


class NotFound(Rejected):
    """There is no such order, or it is finished."""


class UnexpectedReply(ExchangeError):
    """The reply is not what the contract says. `body` holds its first 2,000 characters."""

    def __init__(self, message: str, *, body: str = "", http_status: int = 0, endpoint: str = "") -> None:
        super().__init__(message, http_status=http_status, endpoint=endpoint)
        self.body = body[:2000]


class GateRefused(WoodlotError):
    """An order broke a limit of our own and was not sent. `control` names the limit, `count` how often it did so."""

    def __init__(self, control: str, problem: str, *, symbol: str = "", count: int = 1) -> None:
        super().__init__(control, problem)
        self.control = control
        self.problem = problem
        self.symbol = symbol
        self.count = count

    def __str__(self) -> str:
        return f"the gate refused an order on {self.symbol}: {self.problem} ({self.control}, refusal no {self.count})"


class TradingStopped(GateRefused):
    """The kill switch is on: nothing is sent but cancels, until `desk.resume()`."""


class ConnectionFailed(WoodlotError):
    """The exchange could not be reached or did not answer, and the call can be made again without harm."""

    client_order_id: int | None = None

    def __init__(self, endpoint: str, reason: str) -> None:
        super().__init__(endpoint, reason)
        self.endpoint = endpoint
        self.reason = reason

    def __str__(self) -> str:
        return f"{self.endpoint}: {self.reason}; it is safe to try again"


class OutcomeUnknown(WoodlotError):
    """The request left and its answer never came: it may have happened, and it was not sent again.

    `client_order_id` and `order_id` are the handles to ask with, where the call had them; `request` is the call as it
    was sent, and `signed_ms` the timestamp it was signed with, by the exchange's clock.
    """

    def __init__(
        self,
        endpoint: str,
        reason: str,
        *,
        client_order_id: int | None = None,
        order_id: int | None = None,
        request: object = None,
        signed_ms: int | None = None,
    ) -> None:
        super().__init__(endpoint, reason)
        self.endpoint = endpoint
        self.reason = reason
        self.client_order_id = client_order_id
        self.order_id = order_id
        self.request = request
        self.signed_ms = signed_ms
        self.resolver: Callable[[OutcomeUnknown, float], Any] | None = None

    def __str__(self) -> str:
        handle = ""
        if self.client_order_id is not None:
            handle = f" with client_order_id={self.client_order_id}"
        elif self.order_id is not None:
            handle = f" with order_id={self.order_id}"
        return f"{self.endpoint}: {self.reason}; it may have happened: ask{handle} before anything is sent again"

    def resolve(self, *, timeout_s: float = 330.0) -> Any:
        """Ask the exchange what became of the call; never send it again.

        Return a `woodlot.rest.resolution.Resolution`, or an awaitable of one where an AsyncClient raised this.
        `Any`, because one sentence serves both; `client.resolve(error)` is the same with exact types.
        """
        if self.resolver is None:
            raise ConfigurationError("this OutcomeUnknown was not raised by a client: there is nobody to ask with")
        return self.resolver(self, timeout_s)


class DeskClosed(WoodlotError):
    """The desk was left, or had to stop, and hears nothing more: what is waited for here cannot come any more."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason

    def __str__(self) -> str:
        return f"{self.reason}; open the desk again, and it finds out what became of its orders"


class JournalFailed(DeskClosed):
    """The journal could not be written or read: the desk stops, and only cancels are still sent."""

    def __init__(self, path: str, problem: str) -> None:
        super().__init__(f"the journal {path} cannot be used ({problem}): mend that")
        self.path = path
        self.problem = problem


class NotFilled(WoodlotError):
    """An order that was waited for to fill ended in another state; `state` and `reason` say how."""

    def __init__(self, symbol: str, client_order_id: int | None, state: str, reason: str) -> None:
        super().__init__(symbol, client_order_id, state, reason)
        self.symbol = symbol
        self.client_order_id = client_order_id
        self.state = state
        self.reason = reason

    def __str__(self) -> str:
        why = f" ({self.reason})" if self.reason else ""
        return f"the order {self.client_order_id} on {self.symbol} ended {self.state}{why} instead of filled"


class ExecutionsForgotten(WoodlotError):
    """A reader of executions fell so far behind that `count` of them are no longer kept here."""

    def __init__(self, count: int) -> None:
        super().__init__(count)
        self.count = count

    def __str__(self) -> str:
        return f"{self.count} executions were not read in time; they are in the transaction history"


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
