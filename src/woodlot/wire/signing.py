"""This file is how a request is signed, and how a signature is checked (rest-v3 §2.2, for V1 §11)."""

import functools
import hashlib
import hmac
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from _hashlib import HASH


def sign(secret: str, timestamp: str, method: str, target: str, body: str) -> str:
    """Return the lower-case hex digest that goes into `x-api-signature`.

    `timestamp` is the text of `x-api-timestamp`, `target` the path with its query exactly as sent, `body` the
    exact text sent, or "" when there is none. The parts are joined without a separator.

    >>> sign("QHKRXHPAW1MC9YGZMAT8YDJG2HPR", "1578565539808", "GET", "/v3/asset/balances", "")
    '8b639ec9b3ca452e72839a770658af86b271c5f3d0117182f12facb383429ed2'
    """
    return _digest(secret, f"{timestamp}{method}{target}{body}")


def sign_v1(secret: str, timestamp: str, parameters: str) -> str:
    """Return the digest of a V1 request: the sorted parameters, a bar, the timestamp (rest-v3 §11)."""
    return _digest(secret, f"{parameters}|{timestamp}")


def verify(signature: str, secret: str, timestamp: str, method: str, target: str, body: str) -> bool:
    """Tell whether `signature` is the right one, in a time that does not depend on where it differs."""
    return _is_same(signature, sign(secret, timestamp, method, target, body))


def verify_v1(signature: str, secret: str, timestamp: str, parameters: str) -> bool:
    """Tell the same of a V1 request."""
    return _is_same(signature, sign_v1(secret, timestamp, parameters))


def _is_same(signature: str, expected: str) -> bool:
    return hmac.compare_digest(expected.encode(), signature.encode("utf-8", "surrogateescape"))


def _digest(secret: str, text: str) -> str:
    inner, outer = (begun.copy() for begun in _keyed(secret))
    # A body that is not UTF-8 reaches the sandbox with surrogate escapes; it must be refused, not crash.
    inner.update(text.encode("utf-8", "surrogateescape"))
    outer.update(inner.digest())
    return outer.hexdigest()


@functools.lru_cache(maxsize=256)
def _keyed(secret: str) -> "tuple[HASH, HASH]":
    """Return both hashes of HMAC (RFC 2104 §2) as far as the secret goes, which is half of the work."""
    key = secret.encode()
    block = (hashlib.sha256(key).digest() if len(key) > 64 else key).ljust(64, b"\0")
    return hashlib.sha256(block.translate(_INNER)), hashlib.sha256(block.translate(_OUTER))


_INNER, _OUTER = (bytes(byte ^ pad for byte in range(256)) for pad in (0x36, 0x5C))
