"""Tells a request that went into a connection which the receiver had closed before from one that reached it.

libcurl says the same of both: no answer came. The kernel knows the difference, since what arrives is acknowledged, so
this keeps a duplicate of each socket that libcurl may use again and asks it. Without `TCP_INFO` nothing is known.
"""

import socket
import struct

import pycurl

_ACKED_AT, _SENT_AT = 120, 200
"""Places in Linux' struct tcp_info of bytes_acked, and of bytes_sent and bytes_retrans behind it."""
_LENGTH = 216

Key = tuple[int, str, int]


class KeptConnections:
    """`seconds` is how long libcurl may use an idle connection again; a duplicate is let go of then."""

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds
        self._sockets: dict[Key, tuple[socket.socket, float]] = {}
        self._swept_at = 0.0

    def note(self, handle: pycurl.Curl, opened: socket.socket | None, now: float) -> None:
        """After a request: keep the socket that it was sent through for as long as libcurl keeps the connection."""
        key = _key(handle)
        found = self._sockets.pop(key, None)
        kept = opened or (found[0] if found else None)
        if kept and handle.getinfo(pycurl.LASTSOCKET) != -1:
            self._sockets[key] = kept, now
        if now - self._swept_at > self._seconds:
            self._swept_at = now
            self._sockets = {key: each for key, each in self._sockets.items() if now - each[1] <= self._seconds}

    def has_received_nothing(self, handle: pycurl.Curl) -> bool:
        """Whether no byte of the handle's request reached the receiver's host through a connection that was kept."""
        found = self._sockets.get(_key(handle))
        if handle.getinfo(pycurl.NUM_CONNECTS) or found is None or not hasattr(socket, "TCP_INFO"):
            return False
        info = found[0].getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, _LENGTH)
        if len(info) < _LENGTH:
            return False
        (acked,) = struct.unpack_from("=Q", info, _ACKED_AT)
        sent, repeated = struct.unpack_from("=QQ", info, _SENT_AT)
        # The SYN is acknowledged like a byte.
        outstanding = sent - repeated - (acked - 1)
        request: float = handle.getinfo(pycurl.REQUEST_SIZE) + handle.getinfo(pycurl.SIZE_UPLOAD)
        return bool(outstanding >= request)

    def clear(self) -> None:
        self._sockets.clear()


def _key(handle: pycurl.Curl) -> Key:
    info = handle.getinfo
    return info(pycurl.LOCAL_PORT), info(pycurl.PRIMARY_IP), info(pycurl.PRIMARY_PORT)
