"""The only code that opens sockets: sends Jobs side by side with libcurl and turns every fault into an Outcome."""

import contextlib
import selectors
import socket
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

import pycurl

from webhooks.engine.addresses import AddressPolicy
from webhooks.engine.exchange import Exchange, Limits
from webhooks.engine.job import Job, Outcome

_CURL_TO_SELECTOR = {
    pycurl.POLL_IN: selectors.EVENT_READ,
    pycurl.POLL_OUT: selectors.EVENT_WRITE,
    pycurl.POLL_INOUT: selectors.EVENT_READ | selectors.EVENT_WRITE,
}
_NEVER = float("inf")


class Network:
    """Sends jobs: `start` them, `poll` for what has come back, `wake` a poll from another thread, `close` at the end.

    `clock` gives seconds since 1970. `ca_file` replaces the authorities that libcurl trusts.
    """

    def __init__(
        self,
        *,
        user_agent: str,
        limits: Limits | None = None,
        policy: AddressPolicy | None = None,
        ca_file: Path | None = None,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._user_agent = user_agent
        self._limits = limits or Limits()
        self._policy = policy or AddressPolicy()
        self._ca_file = ca_file
        self._clock = clock
        self._idle: list[Exchange] = []
        self._busy: dict[pycurl.Curl, Exchange] = {}
        self._early: list[tuple[Job, Outcome]] = []
        self._timer = _NEVER
        self._selector = selectors.DefaultSelector()
        self._doorbell, self._door = socket.socketpair()
        self._doorbell.setblocking(False)
        self._door.setblocking(False)
        self._selector.register(self._door, selectors.EVENT_READ)
        self._multi = pycurl.CurlMulti()
        self._multi.setopt(pycurl.M_SOCKETFUNCTION, self._on_socket)
        self._multi.setopt(pycurl.M_TIMERFUNCTION, self._on_timer)
        self._multi.setopt(pycurl.M_MAXCONNECTS, 512)

    def start(self, job: Job) -> None:
        """Begin sending; the outcome comes out of a later `poll`."""
        exchange = self._idle.pop() if self._idle else self._new_exchange()
        try:
            exchange.begin(job, self._clock())
        except (ValueError, pycurl.error) as error:
            self._early.append((job, exchange.outcome(pycurl.E_URL_MALFORMAT, str(error))))
            return
        self._busy[exchange.handle] = exchange
        self._multi.add_handle(exchange.handle)

    def poll(self, timeout: float) -> list[tuple[Job, Outcome]]:
        """Wait up to `timeout` seconds for network traffic, serve it, and give what has finished."""
        wait = 0.0 if self._early else max(0.0, min(timeout, self._timer - time.monotonic()))
        for key, events in self._selector.select(wait):
            if key.fileobj is self._door:
                self._drain_door()
            else:
                self._multi.socket_action(key.fd, _curl_mask(events))
        if time.monotonic() >= self._timer:
            self._timer = _NEVER
            self._multi.socket_action(pycurl.SOCKET_TIMEOUT, 0)
        return self._finished()

    def wake(self) -> None:
        """End a `poll` that is waiting; safe from every thread."""
        with contextlib.suppress(OSError):
            self._doorbell.send(b"!")

    def close(self) -> None:
        """Drop whatever is still in flight and let go of every socket."""
        for handle in self._busy:
            self._multi.remove_handle(handle)
        for exchange in [*self._busy.values(), *self._idle]:
            exchange.handle.close()
        self._busy.clear()
        self._idle.clear()
        self._multi.close()
        self._selector.close()
        self._doorbell.close()
        self._door.close()

    def _finished(self) -> list[tuple[Job, Outcome]]:
        finished, self._early = self._early, []
        remaining = 1
        while remaining:
            remaining, succeeded, failed = self._multi.info_read()
            for handle in succeeded:
                finished.append(self._release(handle, 0, ""))
            for handle, code, message in failed:
                finished.append(self._release(handle, code, message))
        return finished

    def _release(self, handle: pycurl.Curl, code: int, message: str) -> tuple[Job, Outcome]:
        exchange = self._busy.pop(handle)
        self._multi.remove_handle(handle)
        self._idle.append(exchange)
        return exchange.job, exchange.outcome(code, message)

    def _new_exchange(self) -> Exchange:
        exchange = Exchange(self._limits, self._user_agent, self._ca_file)
        if not self._policy.allow_private_networks:
            exchange.handle.setopt(pycurl.OPENSOCKETFUNCTION, partial(self._open_socket, exchange))
        return exchange

    def _open_socket(self, exchange: Exchange, _purpose: int, address: pycurl.CurlSockAddr) -> socket.socket | int:
        """Open the socket for an address that libcurl has resolved, unless the policy refuses the address."""
        exchange.refusal = self._policy.refusal(str(address.addr[0]))
        if exchange.refusal:
            return pycurl.SOCKET_BAD
        return socket.socket(address.family, address.socktype, address.protocol)

    def _on_socket(self, what: int, fd: int, _multi: object, _data: object) -> None:
        known = fd in self._selector.get_map()
        if what == pycurl.POLL_REMOVE:
            if known:
                self._selector.unregister(fd)
        elif known:
            self._selector.modify(fd, _CURL_TO_SELECTOR[what])
        else:
            self._selector.register(fd, _CURL_TO_SELECTOR[what])

    def _on_timer(self, milliseconds: int) -> None:
        self._timer = _NEVER if milliseconds < 0 else time.monotonic() + milliseconds / 1000

    def _drain_door(self) -> None:
        with contextlib.suppress(BlockingIOError):
            while self._door.recv(4096):
                pass


def _curl_mask(events: int) -> int:
    mask = pycurl.CSELECT_IN if events & selectors.EVENT_READ else 0
    return mask | (pycurl.CSELECT_OUT if events & selectors.EVENT_WRITE else 0)
