"""This file is a server that sends exactly the bytes it is told to, and counts what reached it."""

import socket
import ssl
import struct
import threading
import time
from collections.abc import Callable
from types import TracebackType
from typing import Self

from woodlot.config import Environment


def http(body: bytes, *, status: str = "200 OK", length: int | None = None, headers: str = "") -> bytes:
    """Spell a reply; `length` may lie."""
    stated = len(body) if length is None else length
    return f"HTTP/1.1 {status}\r\ncontent-length: {stated}\r\n{headers}\r\n".encode() + body


def reset(sock: socket.socket) -> None:
    """Close with a RST instead of a FIN."""
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    sock.close()


Behaviour = bytes | Callable[[socket.socket], None] | None
"""What is done with a request: bytes are sent, a function has the socket, None closes it."""


class RawServer:
    """Do the behaviours one after another, one per request; the last one stays."""

    def __init__(self, *behaviours: Behaviour, context: ssl.SSLContext | None = None) -> None:
        self._behaviours = list(behaviours)
        self._context = context
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listener.getsockname()[1]
        self.heads: list[bytes] = []
        self.bodies: list[bytes] = []
        self.connections = 0
        self._open: list[socket.socket] = []
        threading.Thread(target=self._accept, daemon=True).start()

    @property
    def environment(self) -> Environment:
        scheme = "http" if self._context is None else "https"
        return Environment.at(f"{scheme}://127.0.0.1:{self.port}", "ws://127.0.0.1:1")

    @property
    def requests(self) -> int:
        return len(self.heads)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        # Closing alone does not wake the thread that waits in accept.
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        for sock in self._open:
            sock.close()

    def cut_idle_connections(self) -> None:
        """Close what is open, as a server does with idle connections."""
        for sock in self._open:
            sock.shutdown(socket.SHUT_RDWR)
            sock.close()
        self._open.clear()
        time.sleep(0.02)

    def _accept(self) -> None:
        while True:
            try:
                sock, _ = self._listener.accept()
            except OSError:
                return
            self.connections += 1
            self._open.append(sock)
            threading.Thread(target=self._serve, args=(sock,), daemon=True).start()

    def _serve(self, sock: socket.socket) -> None:
        try:
            if self._context is not None:
                sock = self._context.wrap_socket(sock, server_side=True)
                self._open.append(sock)
            while self._receive(sock):
                behaviour = self._behaviours.pop(0) if len(self._behaviours) > 1 else self._behaviours[0]
                if behaviour is None:
                    break
                if isinstance(behaviour, bytes):
                    sock.sendall(behaviour)
                else:
                    behaviour(sock)
            sock.close()
        except OSError:
            sock.close()

    def _receive(self, sock: socket.socket) -> bool:
        received = b""
        while b"\r\n\r\n" not in received:
            if not (chunk := sock.recv(65536)):
                return False
            received += chunk
        head, _, body = received.partition(b"\r\n\r\n")
        stated = [line for line in head.lower().split(b"\r\n") if line.startswith(b"content-length:")]
        wanted = int(stated[0].split(b":")[1]) if stated else 0
        while len(body) < wanted:
            body += sock.recv(65536)
        self.heads.append(head)
        self.bodies.append(body)
        return True


def unused_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return listener.getsockname()[1]
