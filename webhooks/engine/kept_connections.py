"""Detects requests that were written to a reused connection after the receiver had closed it, so never reached it.

libcurl reports the same error as for a request that was received but not answered. The kernel knows which bytes were
acknowledged, so a duplicate of each socket that libcurl may reuse is kept and read by Linux' `TCP_INFO`. After a reset
without a FIN the answer is unknown, since an acknowledgement may have been lost; so it is on other systems.
"""

import socket
import struct
from contextlib import suppress
from typing import NamedTuple

import pycurl

_ACKED_AT, _SENT_AT = 120, 200
"""Offsets in struct tcp_info of bytes_acked and bytes_received, and of bytes_sent and bytes_retrans."""
_LENGTH = 216
_HAS_TCP_INFO = hasattr(socket, "TCP_INFO")
_CLOSED_BY_PEER = (7, 8)
"""The states CLOSE, here after a reset, and CLOSE_WAIT, after a FIN."""

Key = tuple[int, str, int]


class _Bytes(NamedTuple):
    """Byte counts of a connection; a received FIN counts as one byte."""

    acked: int
    received: int
    sent: int


class _Kept(NamedTuple):
    """A socket, its tcp_info when its last request ended, and the time of that."""

    socket: socket.socket
    info: bytes
    at: float


class KeptConnections:
    """`seconds` is how long libcurl may reuse an idle connection; after that a duplicate is closed."""

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds
        self._kept: dict[Key, _Kept] = {}
        self._swept_at = 0.0

    def __len__(self) -> int:
        return len(self._kept)

    def note(self, handle: pycurl.Curl, opened: socket.socket | None, now: float) -> None:
        """After a request, keep its socket for as long as libcurl may reuse the connection."""
        key = _key(handle)
        before = self._kept.pop(key, None)
        used = opened or (before.socket if before else None)
        if used and handle.getinfo(pycurl.LASTSOCKET) != -1 and (info := _tcp_info(used)):
            self._kept[key] = _Kept(used, info, now)
            if info[0] in _CLOSED_BY_PEER:
                # Many receivers close right after an answer. Nothing more can be sent once our side is closed, too.
                with suppress(OSError):
                    used.shutdown(socket.SHUT_RDWR)
        if now - self._swept_at > self._seconds:
            self._swept_at = now
            self._kept = {key: kept for key, kept in self._kept.items() if now - kept.at <= self._seconds}

    def has_received_nothing(self, handle: pycurl.Curl) -> bool:
        """Whether the request used a kept connection that was closed, and no byte of it was acknowledged."""
        kept = self._kept.get(_key(handle))
        if handle.getinfo(pycurl.NUM_CONNECTS) or kept is None:
            return False
        if kept.info[0] in _CLOSED_BY_PEER:
            return True
        before, now = _bytes(kept.info), _bytes(_tcp_info(kept.socket))
        return now.acked <= before.sent and now.received > before.received

    def clear(self) -> None:
        self._kept.clear()


def _key(handle: pycurl.Curl) -> Key:
    info = handle.getinfo
    return info(pycurl.LOCAL_PORT), info(pycurl.PRIMARY_IP), info(pycurl.PRIMARY_PORT)


def _tcp_info(used: socket.socket) -> bytes:
    """Linux' struct tcp_info, whose first byte is the connection's state; empty on other systems."""
    info = used.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, _LENGTH) if _HAS_TCP_INFO else b""
    return info if len(info) == _LENGTH else b""


def _bytes(info: bytes) -> _Bytes:
    acked, received = struct.unpack_from("=QQ", info, _ACKED_AT)
    sent, repeated = struct.unpack_from("=QQ", info, _SENT_AT)
    # The SYN counts as one acknowledged byte.
    return _Bytes(acked - 1, received, sent - repeated)
