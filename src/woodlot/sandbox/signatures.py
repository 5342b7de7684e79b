"""This file is who may come in: the three headers of a private call, checked (rest-v3 §2, for V1 §11)."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from woodlot.sandbox.refusal import Refusal
from woodlot.wire.signing import verify, verify_v1

WINDOW_MS = 300_000
"""How far `x-api-timestamp` may be from our clock, either way (rest-v3 §2.4)."""

_MOST_DIGITS = 15


@dataclass(frozen=True, slots=True)
class ApiKey:
    """What belongs to one key: its secret, which is never shown, and the account it opens."""

    secret: str = field(repr=False)
    account_id: str


# Whoever names an unknown key is made to wait for the same arithmetic as whoever names a known one.
_NOBODY = ApiKey(secret="", account_id="")


def authenticate(
    headers: Mapping[str, str],
    *,
    method: str,
    target: str,
    body: str,
    keys: Mapping[str, ApiKey],
    now_ms: int,
) -> str:
    """Return the account that the request was signed for.

    `target` is the raw path with its query and `body` the raw text: what was signed is what was sent.
    Raises Refusal: -1002 for missing headers and unknown keys, -1001 for a stale or wrong signature, all HTTP 401.
    """
    key = headers.get("x-api-key", "")
    timestamp = headers.get("x-api-timestamp", "")
    signature = headers.get("x-api-signature", "")
    known = keys.get(key)
    secret = (known or _NOBODY).secret
    if target.startswith("/v1/"):
        genuine = verify_v1(signature, secret, timestamp, _sorted_parameters(target, body))
    else:
        genuine = verify(signature, secret, timestamp, method, target, body)
    if not (key and timestamp and signature) or known is None:
        raise unauthorized(-1002, "The request is unauthorized.")
    # Which of the two codes a stale request gets is not known (rest-v3 §14 no 9).
    if not _is_fresh(timestamp, now_ms):
        raise unauthorized(-1001, "The timestamp is more than 300 seconds from the server's clock.")
    if not genuine:
        raise unauthorized(-1001, "The signature is invalid.")
    return known.account_id


def unauthorized(code: int, message: str) -> Refusal:
    return Refusal(code, message, http_status=401)


def _sorted_parameters(target: str, body: str) -> str:
    """Obey "parameters sorted by name as `a=1&b=2` …; body or query in that form" (rest-v3 §11)."""
    texts = (target.partition("?")[2], body)
    pairs = [pair for text in texts for pair in text.split("&") if pair]
    return "&".join(sorted(pairs, key=lambda pair: pair.partition("=")[0]))


def _is_fresh(timestamp: str, now_ms: int) -> bool:
    is_whole = len(timestamp) <= _MOST_DIGITS and timestamp.isascii() and timestamp.isdigit()
    return is_whole and abs(int(timestamp) - now_ms) <= WINDOW_MS
