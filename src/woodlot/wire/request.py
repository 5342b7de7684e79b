"""This file is a call as a value: the class says method and path, the fields are the payload."""

import functools
import re
from dataclasses import dataclass, field
from enum import IntEnum, StrEnum
from typing import Any, ClassVar, Generic, Self, TypeVar, cast, get_args
from urllib.parse import quote, urlencode

import msgspec

from woodlot.wire.answer import Answer
from woodlot.wire.payload import Payload

AnswerT = TypeVar("AnswerT", bound=Answer)
AnswerT_co = TypeVar("AnswerT_co", bound=Answer, covariant=True)


class Method(StrEnum):
    GET = "GET"
    POST = "POST"
    PUT = "PUT"
    DELETE = "DELETE"


class Generation(IntEnum):
    """How a call is spelled and signed: V1's parameters are sorted and signed without method or path (rest-v3 §11)."""

    V1 = 1
    V3 = 3


@dataclass(frozen=True, slots=True)
class Endpoint:
    """One line of the exchange's endpoint list.

    `repeatable` says that sending the call twice does no more than sending it once, so that a lost reply may be
    answered by asking again.
    """

    method: Method
    path: str
    signed: bool
    repeatable: bool
    # Worked out once: every call asks for them, at both ends.
    generation: Generation = field(init=False, repr=False, compare=False)
    has_body: bool = field(init=False, repr=False, compare=False)
    in_path: tuple[str, ...] = field(init=False, repr=False, compare=False)
    """The parameters that stand in the path, as in `/v3/asset/wallet/withdraw/{withdrawId}`."""
    _name: str = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        generation = Generation.V1 if self.path.startswith("/v1/") else Generation.V3
        object.__setattr__(self, "generation", generation)
        object.__setattr__(self, "has_body", self.method in {Method.POST, Method.PUT})
        object.__setattr__(self, "in_path", tuple(re.findall(r"{(\w+)}", self.path)))
        object.__setattr__(self, "_name", f"{self.method} {self.path}")

    def __str__(self) -> str:
        return self._name

    def __hash__(self) -> int:
        return hash(self._name)


def get(path: str, *, signed: bool = False) -> Endpoint:
    return Endpoint(Method.GET, path, signed, repeatable=True)


def post(path: str, *, signed: bool = True, repeatable: bool = False) -> Endpoint:
    return Endpoint(Method.POST, path, signed, repeatable)


def put(path: str, *, signed: bool = True, repeatable: bool = False) -> Endpoint:
    return Endpoint(Method.PUT, path, signed, repeatable)


def delete(path: str, *, signed: bool = True) -> Endpoint:
    return Endpoint(Method.DELETE, path, signed, repeatable=False)


class Request(Payload, Generic[AnswerT_co]):
    """One call. Build it, send it: `client.send(GetOrderBook(symbol="SPOT_BTC_USDT"))`.

    Raises FloatRefused or ArgumentError when built from what the exchange would refuse to read.
    """

    endpoint: ClassVar[Endpoint]

    @property
    def parameters(self) -> dict[str, Any]:
        """The fields that are set and do not stand in the path, by the exchange's names."""
        in_path, spelled = self.endpoint.in_path, self.spelled()
        return {name: value for name, value in spelled.items() if name not in in_path} if in_path else spelled

    @property
    def path(self) -> str:
        """The path, with the fields that belong into it put in their places."""
        if not self.endpoint.in_path:
            return self.endpoint.path
        names = zip(self.__struct_encode_fields__, self.__struct_fields__, strict=True)
        fields = {wire_name: getattr(self, name) for wire_name, name in names}
        return self.endpoint.path.format_map({key: quote(str(value), safe="") for key, value in fields.items()})

    @property
    def target(self) -> str:
        """The path with its query, exactly as it is signed and sent (rest-v3 §2.2)."""
        return f"{self.path}?{query}" if (query := self.query) else self.path

    @property
    def query(self) -> str:
        """The parameters as a query, encoded; "" for POST and PUT. V1 wants them sorted (rest-v3 §11)."""
        if self.endpoint.has_body:
            return ""
        spelled = [(key, _in_a_query(value)) for key, value in self.parameters.items()]
        return urlencode(sorted(spelled) if self.endpoint.generation is Generation.V1 else spelled)

    @property
    def body(self) -> str:
        """The JSON text, exactly as it is signed and sent; "" for GET and DELETE."""
        return msgspec.json.encode(self.parameters).decode() if self.endpoint.has_body else ""

    @classmethod
    def from_parameters(cls, parameters: dict[str, Any]) -> Self:
        """Build a request from what arrived: the other end's way in.

        Raises msgspec.ValidationError naming the field that is missing, has the wrong type or is no number.
        """
        return msgspec.convert(parameters, cls, strict=False)


@functools.cache
def answer_type(request: type[Request[AnswerT]]) -> type[AnswerT]:
    """Return the answer class that a request class was declared with.

    >>> from woodlot.wire.public import GetOrderBook
    >>> answer_type(GetOrderBook).__name__
    'OrderBook'
    """
    bases: tuple[Any, ...] = getattr(request, "__orig_bases__", ())
    for base in bases:
        for argument in get_args(base):
            return cast("type[AnswerT]", argument)
    raise TypeError(f"{request.__name__} does not say what it is answered with")


def _in_a_query(value: object) -> object:
    return str(value).lower() if isinstance(value, bool) else value
