"""This file is one call to a running sandbox's side door, from the command line."""

import urllib.error
import urllib.request
from http import HTTPStatus

from woodlot.errors import ConfigurationError

_TIMEOUT_S = 30.0


def fetch(url: str, path: str, *, token: str | None = None) -> bytes:
    """Return what stands at `path`. Raises ConfigurationError where no sandbox does, or will."""
    if not url.startswith(("http://", "https://")):
        raise ConfigurationError(f"{url!r}: expected the address of a sandbox, such as http://127.0.0.1:8300")
    request = urllib.request.Request(url.rstrip("/") + path)  # noqa: S310 - its scheme is checked above
    if token is not None:
        request.add_header("Authorization", f"Bearer {token}")
    try:
        with urllib.request.urlopen(request, timeout=_TIMEOUT_S) as reply:  # noqa: S310
            return reply.read()
    except urllib.error.HTTPError as error:
        wants = "give the token it was started with" if error.code == HTTPStatus.FORBIDDEN else "is it a sandbox?"
        raise ConfigurationError(f"{url} answers with HTTP {error.code}; {wants}") from error
    except (urllib.error.URLError, OSError) as error:
        raise ConfigurationError(f"no sandbox answers at {url}: {error}") from error
