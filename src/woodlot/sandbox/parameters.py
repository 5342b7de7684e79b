"""This file is what arrived with a request, as a dictionary: a query, a JSON body, or the guide's form body."""

import json
import logging
from decimal import Decimal
from typing import Any, cast
from urllib.parse import parse_qsl

from woodlot.sandbox.refusal import Refusal
from woodlot.wire.request import Method

_log = logging.getLogger("woodlot.sandbox")

# "1e999999999" is ten characters in JSON and a gigabyte in plain decimal notation.
_LARGEST_EXPONENT = 60
# "an older page shows `POST /v3/trade/order/cancelAllAfter` with a form body" (rest-v3 §9.1.8)
_FORM_PATH = "/v3/trade/order/cancelAllAfter"
_warned_of_form: list[str] = []


def read_parameters(*, method: str, path: str, query: str, body: str, strict: bool) -> dict[str, Any]:
    """Return what the caller sent, by the exchange's names.

    GET and DELETE speak in the query, POST and PUT in a JSON object (rest-v3 §2.2), V1 in a form where it has a body
    (§11). Raises Refusal (-1005) for anything that is not one name with one value each.
    """
    if path.startswith("/v1/"):
        return _pairs("&".join(text for text in (query, body) if text))
    if method == Method.POST and path == _FORM_PATH and not body.lstrip().startswith("{"):
        return _pairs(body)
    if method in {Method.POST, Method.PUT}:
        return _json_object(body)
    if method == Method.DELETE and path == "/v3/trade/order" and body and not query:
        return _guides_form(body, strict=strict)
    return _pairs(query)


def invalid(message: str) -> Refusal:
    """-1005: "a parameter has a wrong format, or a required one is missing" (rest-v3 §5.1)."""
    return Refusal(-1005, message)


def _json_object(body: str) -> dict[str, Any]:
    if not body:
        return {}  # "empty body against {} on POST without parameters: accept both" (rest-v3 §14 no 18)
    try:
        parsed = _decoder.decode(body)
    except (ValueError, RecursionError):
        raise invalid("The request body is not valid JSON.") from None
    if not isinstance(parsed, dict):
        raise invalid("The request body must be a JSON object.")
    return _encodable(cast("dict[str, Any]", parsed))


def _pairs(text: str) -> dict[str, Any]:
    try:
        pairs = parse_qsl(text, keep_blank_values=True, errors="strict", max_num_fields=100)
    except ValueError:
        raise invalid("The query is malformed.") from None
    return _encodable(_one_value_each(pairs))


def _guides_form(body: str, *, strict: bool) -> dict[str, Any]:
    """Read `symbol=…&order_id=…`, the form of the exchange's own guide, against its reference (rest-v3 §2.5)."""
    if strict:
        raise invalid("Parameters of DELETE belong in the query string.")
    if not _warned_of_form:
        _warned_of_form.append(body)
        _log.warning(
            "a DELETE /v3/trade/order came with a form body, as in the exchange's guide; it is answered here, but "
            "the exchange documents the query form ?orderId=…&symbol=… and may refuse this one"
        )
    parameters = _pairs(body)
    if "order_id" in parameters:
        parameters["orderId"] = parameters.pop("order_id")
    return parameters


def _one_value_each(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    values = dict(pairs)
    if len(values) != len(pairs):
        raise invalid("A parameter was given twice.")
    return values


def _encodable(parameters: dict[str, Any]) -> dict[str, Any]:
    """Refuse text that no reply could repeat: half a surrogate pair, from a body that is not UTF-8 or an escape."""
    try:
        for name, value in parameters.items():
            if not name.isascii():
                name.encode()
            # Most values are plain text, of which nothing has to be made to see it.
            if not (type(value) is str and value.isascii()):
                str(value).encode()
    except (UnicodeEncodeError, ValueError, RecursionError):
        raise invalid("The request is not valid UTF-8.") from None
    return parameters


def _exact(text: str) -> Decimal:
    number = Decimal(text)
    if abs(number.adjusted()) > _LARGEST_EXPONENT:
        raise ValueError(text)
    return number


def _refuse_constant(text: str) -> object:
    """NaN and Infinity are Python's JSON, not the wire's."""
    raise ValueError(text)


# msgspec would let a name be given twice; and `json.loads` with hooks makes a decoder of its own for each body.
_decoder = json.JSONDecoder(parse_float=_exact, parse_constant=_refuse_constant, object_pairs_hook=_one_value_each)
