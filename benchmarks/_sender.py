"""This file is the exchange as far as a feed needs one: snapshots over HTTP, updates over WebSocket, at any pace.

It lives in the process that measures; who is measured lives in another. It writes with blocking sockets and frames made
beforehand, so that it never is what a receiver waits for.
"""

import base64
import contextlib
import hashlib
import json
import socket
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs, urlsplit

from benchmarks._exchange import ANSWERS, NOT_FOUND
from benchmarks._market import Market, Update

_GUID = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11"
_TEXT, _CLOSE, _PING, _PONG = 0x1, 0x8, 0x9, 0xA
_ALIVE = b'{"topic":"account","ts":%d,"data":{"m":"PURE_SPOT","v":"30000"}}'


@dataclass
class _Socket:
    """One upgraded connection and the topics that are sent on it."""

    sock: socket.socket
    topics: set[str] = field(default_factory=set[str])
    lock: threading.Lock = field(default_factory=threading.Lock)

    def send(self, data: bytes) -> None:
        with self.lock:
            self.sock.sendall(data)


class Sender:
    """Serve the snapshots of some markets, and push their updates to whoever subscribed to them."""

    def __init__(self, markets: Sequence[Market]) -> None:
        self._by_symbol = {market.symbol: market for market in markets}
        self._sockets: list[_Socket] = []
        self._listener = socket.create_server(("127.0.0.1", 0), backlog=256)
        self.address = f"127.0.0.1:{self._listener.getsockname()[1]}"
        threading.Thread(target=self._accept, daemon=True).start()

    def close(self) -> None:
        self._listener.close()
        for one in self._sockets:
            one.sock.close()

    def forget(self) -> None:
        """Close what is connected: the next receiver begins anew."""
        for one in self._sockets:
            with contextlib.suppress(OSError):
                one.sock.shutdown(socket.SHUT_RDWR)
        self._sockets = []

    def burst(self, updates: Sequence[tuple[Market, Update]]) -> None:
        """Send updates as fast as they are read; return when the kernel has taken them all."""
        pieces: dict[int, list[bytes]] = {}
        for place, frame in self._routed(updates):
            pieces.setdefault(place, []).append(frame)
        sockets = list(self._sockets)
        threads = [
            threading.Thread(target=sockets[place].send, args=(b"".join(frames),)) for place, frames in pieces.items()
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

    def push(self, topic: str, frames: bytes) -> None:
        """Send frames made beforehand to whoever subscribed to a topic."""
        for one in self._sockets:
            if topic in one.topics:
                one.send(frames)

    def pace(self, updates: Sequence[tuple[Market, Update]], per_second: int) -> list[int]:
        """Send updates one by one at a steady pace; return when each was sent, in nanoseconds."""
        sent_ns: list[int] = []
        sockets = list(self._sockets)
        routed = self._routed(updates)
        began = time.perf_counter()
        for number, (place, frame) in enumerate(routed):
            early_s = began + number / per_second - time.perf_counter()
            if early_s > 0:
                time.sleep(early_s)
            sent_ns.append(time.perf_counter_ns())
            sockets[place].send(frame)
        return sent_ns

    def _routed(self, updates: Sequence[tuple[Market, Update]]) -> list[tuple[int, bytes]]:
        place_of = {topic: place for place, one in enumerate(self._sockets) for topic in one.topics}
        routed: list[tuple[int, bytes]] = []
        for market, update in updates:
            if (place := place_of.get(market.topic)) is not None:
                payload = market.frame(update)
            else:
                place, payload = place_of[f"{market.symbol}@orderbookupdate"], market.first_generation_frame(update)
            routed.append((place, framed(payload)))
        return routed

    # One connection.

    def _accept(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                sock, _ = self._listener.accept()
                sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                threading.Thread(target=self._serve, args=(sock,), daemon=True).start()

    def _serve(self, sock: socket.socket) -> None:
        with contextlib.suppress(OSError, ValueError), sock, sock.makefile("rb") as stream:
            while line := stream.readline():
                headers: dict[str, str] = {}
                while (header := stream.readline().strip()) != b"":
                    name, _, value = header.decode("latin-1").partition(":")
                    headers[name.strip().lower()] = value.strip()
                stream.read(int(headers.get("content-length", 0)))
                target = line.split(b" ")[1].decode()
                if headers.get("upgrade", "").lower() == "websocket":
                    self._talk(sock, stream, headers["sec-websocket-key"])
                    return
                body = self._reply(target)
                sock.sendall(
                    b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%s"
                    % (len(body), body)
                )

    def _reply(self, target: str) -> bytes:
        parts = urlsplit(target)
        if parts.path == "/v3/public/orderbook":
            return self._by_symbol[parse_qs(parts.query)["symbol"][0]].snapshot()
        now_ms = int(time.time() * 1000)
        if parts.path == "/v3/trade/order":
            return NOT_FOUND
        return json.dumps({"success": True, "timestamp": now_ms, "data": ANSWERS[parts.path]}).encode()

    def _talk(self, sock: socket.socket, stream: Any, key: str) -> None:
        accept = base64.b64encode(hashlib.sha1(key.encode() + _GUID).digest())
        sock.sendall(
            b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
            b"Sec-WebSocket-Accept: %s\r\n\r\n" % accept
        )
        me = _Socket(sock)
        self._sockets.append(me)
        while (frame := _read_frame(stream)) is not None:
            kind, payload = frame
            if kind == _PING:
                me.send(framed(payload, _PONG))
            elif kind == _TEXT:
                self._answer(me, json.loads(payload))

    def _answer(self, me: _Socket, said: dict[str, Any]) -> None:
        now_ms = int(time.time() * 1000)
        if said.get("cmd") == "SUBSCRIBE":
            ack = {"id": said["id"], "cmd": "SUBSCRIBE", "success": True, "time": now_ms, "data": said["params"]}
            self._begin(me, said["params"], ack)
        elif said.get("event") == "subscribe":
            ack = {"id": str(said["id"]), "event": "subscribe", "success": True, "ts": now_ms, "data": said["topic"]}
            self._begin(me, [said["topic"]], ack)
        elif said.get("cmd") == "PING":
            me.send(framed(json.dumps({"cmd": "PONG", "success": True, "time": now_ms}).encode()))
        elif said.get("event") == "ping":
            me.send(framed(json.dumps({"event": "pong", "ts": now_ms}).encode()))

    def _begin(self, me: _Socket, topics: list[str], ack: dict[str, Any]) -> None:
        """Acknowledge, and send the update that ends at the snapshot, so that every chain has a beginning."""
        opening = b""
        for market in self._by_symbol.values():
            if market.topic in topics:
                opening += framed(market.frame(market.opening))
            elif f"{market.symbol}@orderbookupdate" in topics:
                opening += framed(market.first_generation_frame(market.opening))
        me.topics.update(topics)
        me.send(framed(json.dumps(ack).encode()) + opening)
        if "account" in topics:
            threading.Thread(target=self._stay_alive, args=(me,), daemon=True).start()

    def _stay_alive(self, me: _Socket) -> None:
        """Push `account` every second: the only sign that a listen key is alive (websocket-v3 §9)."""
        with contextlib.suppress(OSError):
            while True:
                me.send(framed(_ALIVE % int(time.time() * 1000)))
                time.sleep(1.0)


def framed(payload: bytes, kind: int = _TEXT) -> bytes:
    """Put a WebSocket frame around a payload, as a server sends it."""
    length = len(payload)
    if length < 126:
        return bytes((0x80 | kind, length)) + payload
    return bytes((0x80 | kind, 126)) + length.to_bytes(2, "big") + payload


def _read_frame(stream: Any) -> tuple[int, bytes] | None:
    """Read one of a client's frames, which are masked; None at the end."""
    head = stream.read(2)
    if len(head) < 2 or head[0] & 0xF == _CLOSE:
        return None
    length = head[1] & 0x7F
    if length == 126:
        length = int.from_bytes(stream.read(2), "big")
    mask = stream.read(4)
    return head[0] & 0xF, bytes(byte ^ mask[place % 4] for place, byte in enumerate(stream.read(length)))
