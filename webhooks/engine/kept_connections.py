"""Tells a request that went into a connection which the receiver had closed before from one that reached it.

libcurl says the same of both: no answer came. The kernel knows the difference, since what arrives is acknowledged, so
this keeps a duplicate of each socket that libcurl may use again and asks it. A connection that was reset without being
closed tells nothing: the acknowledgement may have been on its way. Nor does a system without Linux' `TCP_INFO`.
"""

import socket
import struct
from contextlib import suppress
from typing import NamedTuple

import pycurl

_ACKED_AT, _SENT_AT = 120, 200
"""Places in struct tcp_info of bytes_acked with bytes_received behind it, and of bytes_sent with bytes_retrans."""
_LENGTH = 216
_CLOSED_BY_PEER = 8
"""The state CLOSE_WAIT: a FIN has arrived."""

Key = tuple[int, str, int]


class _Bytes(NamedTuple):
    """How many went through a connection; a FIN that was received counts as one."""

    acked: int
    received: int
    sent: int


class _Kept(NamedTuple):
    """A socket, the bytes that had gone through it when its last request was over, and when that was."""

    socket: socket.socket
    bytes: _Bytes
    is_closed: bool
    """The receiver had closed it by then, and so did we: nothing can be sent through it."""
    at: float


class KeptConnections:
    """`seconds` is how long libcurl may use an idle connection again; a duplicate is let go of then."""

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds
        self._kept: dict[Key, _Kept] = {}
        self._swept_at = 0.0

    def __len__(self) -> int:
        return len(self._kept)

    def note(self, handle: pycurl.Curl, opened: socket.socket | None, now: float) -> None:
        """After a request: keep the socket that it was sent through for as long as libcurl keeps the connection."""
        key = _key(handle)
        before = self._kept.pop(key, None)
        used = opened or (before.socket if before else None)
        if used and handle.getinfo(pycurl.LASTSOCKET) != -1 and (counted := _bytes(used)):
            self._kept[key] = _Kept(used, counted, _close_with_peer(used), now)
        if now - self._swept_at > self._seconds:
            self._swept_at = now
            self._kept = {key: kept for key, kept in self._kept.items() if now - kept.at <= self._seconds}

    def has_received_nothing(self, handle: pycurl.Curl) -> bool:
        """Whether the handle's request used a kept connection that was closed, and no byte of it was acknowledged."""
        kept = self._kept.get(_key(handle))
        if handle.getinfo(pycurl.NUM_CONNECTS) or kept is None:
            return False
        counted = _bytes(kept.socket)
        if kept.is_closed or counted is None:
            return kept.is_closed
        return counted.acked <= kept.bytes.sent and counted.received > kept.bytes.received

    def clear(self) -> None:
        self._kept.clear()


def _key(handle: pycurl.Curl) -> Key:
    info = handle.getinfo
    return info(pycurl.LOCAL_PORT), info(pycurl.PRIMARY_IP), info(pycurl.PRIMARY_PORT)


def _bytes(used: socket.socket) -> _Bytes | None:
    """None where the system does not tell."""
    if not hasattr(socket, "TCP_INFO"):
        return None
    info = used.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, _LENGTH)
    if len(info) < _LENGTH:
        return None
    acked, received = struct.unpack_from("=QQ", info, _ACKED_AT)
    sent, repeated = struct.unpack_from("=QQ", info, _SENT_AT)
    # The SYN is acknowledged like a byte.
    return _Bytes(acked - 1, received, sent - repeated)


def _close_with_peer(used: socket.socket) -> bool:
    """Close our side if the receiver closed its own, as many do right after an answer; whether it did."""
    is_closed = used.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, 1)[0] == _CLOSED_BY_PEER
    if is_closed:
        with suppress(OSError):
            used.shutdown(socket.SHUT_RDWR)
    return is_closed
