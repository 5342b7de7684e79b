"""This file is how a request is spelled as bytes: RFC 9112, as given, and what a proxy is asked for."""

from woodlot.rest.address import Address
from woodlot.rest.route import Proxy
from woodlot.rest.steps import HttpRequest


def spelled(request: HttpRequest, address: Address) -> bytes:
    """Return head and body in one piece: a request is one write."""
    lines = [
        f"{request.method} {address.prefix}{request.target} HTTP/1.1",
        f"host: {address.host_header}",
        *[f"{name}: {value}" for name, value in request.headers.items()],
    ]
    if request.body:
        lines.append(f"content-length: {len(request.body)}")
    return "\r\n".join([*lines, "", ""]).encode("latin-1") + request.body


def tunnel(address: Address, proxy: Proxy) -> bytes:
    """Return what asks a proxy for a way to `address`."""
    target = address.authority
    lines = [f"CONNECT {target} HTTP/1.1", f"host: {target}", *(f"{k}: {v}" for k, v in proxy.headers.items()), "", ""]
    return "\r\n".join(lines).encode("latin-1")


def check_tunnel(head: bytes) -> None:
    """Raise OSError unless a proxy's answer says that the way is open."""
    status = head.partition(b" ")[2][:3].decode("latin-1")
    if not status.startswith("2"):
        raise OSError(0, f"the proxy refused the tunnel: {status or 'no reply'}")
