"""The only code that opens sockets: sends Jobs concurrently with libcurl and turns every result into an Outcome."""

import socket
import threading
import time
from collections.abc import Callable
from functools import lru_cache, partial
from pathlib import Path

import pycurl

from maac_contract.fault_kinds import FaultKind
from webhooks.engine.addresses import AddressPolicy, BadUrl, RefusedUrl
from webhooks.engine.exchange import IDLE_CONNECTION_SECONDS, Exchange, Limits, unsent
from webhooks.engine.fault_injection import merged_copies
from webhooks.engine.internal_error import internal_error
from webhooks.engine.job import Job, Outcome, Reason
from webhooks.engine.kept_connections import KeptConnections

LONGEST_WAIT = 0.02
"""Seconds of one wait inside libcurl, which `wake` cannot interrupt."""

_UNREADABLE = (
    Reason.UNCLASSIFIED,
    "The endpoint's share secret cannot be decrypted, so nothing was sent. MAAC_SIM_ENCRYPTION_KEYS must list the key "
    "that it was stored with; if that key is lost, change the share secret.",
)
_PRESETS_UNREADABLE = (
    Reason.UNCLASSIFIED,
    "The preset headers cannot be decrypted, so nothing was sent. MAAC_SIM_ENCRYPTION_KEYS must list the key that they "
    "were stored with; if that key is lost, enter them again.",
)


class _SelfClosingSocket(socket.socket):
    """Closes itself when pycurl drops its reference: libcurl works on a duplicate of the socket it is given."""

    def __del__(self) -> None:
        self.close()


class Network:
    """Sends jobs: `start` them, `poll` for outcomes, `wake` a poll from another thread, `close` at the end.

    `clock` returns seconds since 1970. `ca_file` replaces the CA certificates that libcurl trusts. The `policy` never
    changes, so a connection that is reused leads to an allowed address.
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
        self._url_error = lru_cache(maxsize=4096)(self._judge_url)
        self._ca_file = ca_file
        self._clock = clock
        self._idle: list[Exchange] = []
        self._busy: dict[pycurl.Curl, Exchange] = {}
        self._not_sent: list[tuple[Job, Outcome]] = []
        self._throttled: list[Exchange] = []
        self._first_copies: dict[tuple[int, str], list[Outcome]] = {}
        self._kept = KeptConnections(IDLE_CONNECTION_SECONDS)
        self._woken = threading.Event()
        self._multi = pycurl.CurlMulti()
        self._multi.setopt(pycurl.M_MAXCONNECTS, 512)

    def start(self, job: Job) -> None:
        """Begin sending; a later `poll` returns the outcome."""
        if job.fault is not None and job.fault.kind is FaultKind.SEND_TWICE:
            self._first_copies[job.claim] = []
            self._start(job)
        self._start(job)

    def _start(self, job: Job) -> None:
        try:
            if refusal := self._refusal(job):
                self._not_sent.append((job, unsent(*refusal, self._clock())))
            else:
                self._begin(job)
        except Exception as error:
            self._not_sent.append((job, internal_error(job, error, self._clock())))

    def _refusal(self, job: Job) -> tuple[Reason, str] | None:
        """Reason and detail if the job must not be sent."""
        if job.error:
            return Reason.INTERNAL_ERROR, job.error
        if job.secret is None:
            return _PRESETS_UNREADABLE if job.is_callback else _UNREADABLE
        return self._url_error(job.url)

    def _begin(self, job: Job) -> None:
        exchange = self._idle.pop() if self._idle else self._new_exchange()
        try:
            exchange.begin(job, self._clock())
        except (ValueError, pycurl.error) as error:
            self._idle.append(exchange)
            fault = Reason.INVALID_URL, f"The request cannot be made: {error}."
            self._not_sent.append((job, unsent(*fault, self._clock())))
            return
        self._send(exchange)

    def _send(self, exchange: Exchange) -> None:
        self._multi.add_handle(exchange.handle)
        self._busy[exchange.handle] = exchange
        if exchange.throttled:
            self._throttled.append(exchange)

    def poll(self, timeout: float) -> list[tuple[Job, Outcome]]:
        """Serve network traffic, waiting up to `timeout` seconds for it; return finished jobs with their outcomes."""
        if self._throttled:
            self._resume_throttled()
        self._multi.perform()
        finished = self._finished()
        if finished or timeout <= 0:
            return finished
        self._wait(timeout)
        self._multi.perform()
        return self._finished()

    def wake(self) -> None:
        """End a `poll` that waits while nothing is in flight; thread-safe."""
        self._woken.set()

    def _wait(self, timeout: float) -> None:
        # Waiting in libcurl costs half as much as a Python callback for every socket event.
        if not self._busy:
            self._woken.wait(timeout)
            self._woken.clear()
            return
        next_timer = self._multi.timeout()
        self._multi.select(min(timeout, LONGEST_WAIT, next_timer / 1000 if next_timer >= 0 else LONGEST_WAIT))

    def _resume_throttled(self) -> None:
        """Resume transfers that paused in the middle of their body and whose next piece is due."""
        for exchange in self._throttled:
            if exchange.throttled and exchange.throttled.is_ready:
                exchange.handle.pause(pycurl.PAUSE_CONT)

    def close(self) -> None:
        """Abort the requests in flight and close every socket."""
        for handle in self._busy:
            self._multi.remove_handle(handle)
        for exchange in [*self._busy.values(), *self._idle]:
            exchange.handle.close()
        self._busy.clear()
        self._idle.clear()
        self._multi.close()
        self._kept.clear()

    def _finished(self) -> list[tuple[Job, Outcome]]:
        finished, self._not_sent = self._not_sent, []
        remaining = 1
        while remaining:
            remaining, succeeded, failed = self._multi.info_read()
            for handle in succeeded:
                finished += self._release(handle, 0, "")
            for handle, code, message in failed:
                finished += self._release(handle, code, message)
        return self._merged_copies(finished) if self._first_copies else finished

    def _merged_copies(self, finished: list[tuple[Job, Outcome]]) -> list[tuple[Job, Outcome]]:
        """Replace the two outcomes of an attempt that is sent twice by one, when both have finished."""
        merged = []
        for job, outcome in finished:
            others = self._first_copies.get(job.claim)
            if others is None or job.fault is None:
                merged.append((job, outcome))
            elif others:
                del self._first_copies[job.claim]
                try:
                    merged.append(merged_copies(job, job.fault, others[0], outcome))
                except Exception as error:
                    merged.append((job, internal_error(job, error, outcome.started_at)))
            else:
                others.append(outcome)
        return merged

    def _release(self, handle: pycurl.Curl, code: int, message: str) -> list[tuple[Job, Outcome]]:
        """The finished job of this handle with its outcome; empty if the request is sent again."""
        exchange = self._busy.pop(handle)
        if exchange.throttled:
            self._throttled.remove(exchange)
        try:
            is_repeated = exchange.may_repeat(code) and self._kept.has_received_nothing(handle)
            # libcurl reports the connection only while the handle belongs to the multi handle.
            self._kept.note(handle, exchange.opened, self._clock())
            self._multi.remove_handle(handle)
            if is_repeated:
                exchange.repeat(self._clock())
                self._send(exchange)
                return []
            exchange.opened = None
            outcome = exchange.outcome(code, message)
        except Exception as error:
            # The handle is not reused, since its state is unknown.
            return [(exchange.job, internal_error(exchange.job, error, self._clock()))]
        self._idle.append(exchange)
        return [(exchange.job, outcome)]

    def _judge_url(self, url: str) -> tuple[Reason, str] | None:
        """Reason and detail if the URL is invalid or refused: the settings may have changed since it was stored."""
        try:
            self._policy.check_url(url)
        except RefusedUrl as error:
            return Reason.REFUSED_ADDRESS, str(error)
        except BadUrl as error:
            return Reason.INVALID_URL, str(error)
        return None

    def _new_exchange(self) -> Exchange:
        exchange = Exchange(self._limits, self._user_agent, self._ca_file)
        open_socket = exchange.guarded(partial(self._open_socket, exchange), pycurl.SOCKET_BAD)
        exchange.handle.setopt(pycurl.OPENSOCKETFUNCTION, open_socket)
        return exchange

    def _open_socket(self, exchange: Exchange, _purpose: int, address: pycurl.CurlSockAddr) -> socket.socket | int:
        """Open the socket for an address that libcurl has resolved, unless the policy refuses the address."""
        refusal = self._policy.refusal(str(address.addr[0]))
        if refusal:
            exchange.refuse(refusal)
            return pycurl.SOCKET_BAD
        opened = _SelfClosingSocket(address.family, address.socktype, address.protocol)
        exchange.allow(opened)
        return opened
