"""Whatever a receiver answers, its attempt ends with a reason and no other account's delivery waits for it."""

import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime

import pytest
from pytest_django import Settings

from accounts.models import Account
from tests.receiver import Receiver
from webhooks.engine.job import Reason
from webhooks.models import Attempt, Delivery, Endpoint, QueueEntry
from webhooks.services import deliver, delivery_run
from webhooks.services.publish import EventRequest, publish

pytestmark = [pytest.mark.django_db, pytest.mark.both_databases]
MakeEndpoint = Callable[..., Endpoint]

TOPIC = "prize.points_added"
OK = b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n"
CHUNKED = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
SHORT = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"


def statuses(hundred: int) -> dict[str, bytes]:
    """Answers with a hundred statuses. What a valid one means is tested elsewhere; here each must be stored."""
    return {
        f"status {code:03d}": b"HTTP/1.1 %03d X\r\nContent-Length: 0\r\nConnection: close\r\n\r\n" % code
        for code in range(100 * hundred, 100 * hundred + 100)
    }


WEIRD = {
    "a superscript for a status in a header": OK + b"HTTP/1.1 \xb2 : x\r\n\r\n",
    "the same in a trailer": CHUNKED + b"0\r\nHTTP/1.1 \xb2 : x\r\n\r\n",
    "a huge number in a header": OK + b"HTTP/a 99999999999999999999999 : x\r\n\r\n",
    "a huge number in a trailer": CHUNKED + b"0\r\nHTTP/a 99999999999999999999999 : x\r\n\r\n",
    "more digits than int() takes": OK + b"HTTP/a " + b"9" * 5000 + b" : x\r\n\r\n",
    "200 in a header after 500": b"HTTP/1.1 500 X\r\nContent-Length: 0\r\nHTTP/a 200 : x\r\n\r\n",
    "200 in a trailer after 500": CHUNKED.replace(b"200 OK", b"500 X") + b"0\r\nHTTP/1.1 200 OK\r\n\r\n",
    "40000": b"HTTP/1.1 40000 OK\r\n\r\n",
    "1000": b"HTTP/1.1 1000 OK\r\n\r\n",
    "99999999999999999999": b"HTTP/1.1 99999999999999999999 OK\r\n\r\n",
    "-200": b"HTTP/1.1 -200 OK\r\n\r\n",
    "2": b"HTTP/1.1 2 OK\r\n\r\n",
    "20": b"HTTP/1.1 20 OK\r\n\r\n",
    "superscripts": b"HTTP/1.1 \xb2\xb9\xb3 OK\r\n\r\n",
    "letters": b"HTTP/1.1 OK\r\n\r\n",
    "no status": b"HTTP/1.1\r\n\r\n",
    "spaces": b"HTTP/1.1          200          OK\r\nContent-Length: 0\r\n\r\n",
    "a tab": b"HTTP/1.1\t200\tOK\r\nContent-Length: 0\r\n\r\n",
    "HTTP/0.9": b"hello",
    "HTTP/2": b"HTTP/2 200\r\nContent-Length: 0\r\n\r\n",
    "HTTP/3": b"HTTP/3 200\r\nContent-Length: 0\r\n\r\n",
    "HTTP/9.9": b"HTTP/9.9 200 OK\r\nContent-Length: 0\r\n\r\n",
    "HTTP2 frames": b"\x00\x00\x12\x04\x00\x00\x00\x00\x00" + b"\x00" * 18,
    "TLS": b"\x16\x03\x01\x00\xa5\x01\x00\x00\xa1\x03\x03" + b"\x00" * 64,
    "SSH": b"SSH-2.0-OpenSSH_9.6\r\n",
    "ICY": b"ICY 200 OK\r\n\r\n",
    "blank lines": b"\r\n\r\n\r\n\r\n",
    "NULs": b"\x00" * 1000,
    "all bytes": bytes(range(256)) * 4,
    "a NUL in the status line": b"HTTP/1.1 200 O\x00K\r\nContent-Length: 0\r\n\r\n",
    "a NUL in a header": OK + b"X-A: a\x00b\r\n\r\n",
    "a NUL in a header's name": OK + b"X-\x00A: ab\r\n\r\n",
    "NULs in the body": b"HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\n\x00\x00\x00\x00",
    "no UTF-8 in a header": OK + b"X-A: \xff\xfe\xed\xa0\x80\r\n\r\n",
    "a header without a colon": OK + b"X-A\r\n\r\n",
    "a header without a name": OK + b": x\r\n\r\n",
    "a folded header": OK + b"X-A: a\r\n  b\r\n\tc\r\n\r\n",
    "bare line feeds": OK.replace(b"\r", b"") + b"X-A: 1\n\n",
    "bare carriage returns": OK.replace(b"\n", b"") + b"\r",
    "100,000 headers": OK + b"".join(b"X-%d: 1\r\n" % number for number in range(100_000)) + b"\r\n",
    "a header of a megabyte": OK + b"X-A: " + b"a" * 1_000_000 + b"\r\n\r\n",
    "a status line of a megabyte": b"HTTP/1.1 200 " + b"a" * 1_000_000 + b"\r\n\r\n",
    "100,000 trailers": CHUNKED + b"0\r\n" + b"X-A: 1\r\n" * 100_000 + b"\r\n",
    "1xx before": b"HTTP/1.1 103 Early\r\nLink: a\r\n\r\n" + OK + b"\r\n",
    "1,000 times 1xx before": b"HTTP/1.1 102 Processing\r\n\r\n" * 1000 + OK + b"\r\n",
    "100,000 times 1xx": b"HTTP/1.1 100 Continue\r\n\r\n" * 100_000,
    "only 1xx": b"HTTP/1.1 100 Continue\r\n\r\n",
    "1xx with a status line inside": b"HTTP/1.1 103 X\r\nHTTP/1.1 500 X\r\n\r\n" + OK + b"\r\n",
    "101": b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\nConnection: Upgrade\r\n\r\n\x00\x01\x02",
    "two answers": (OK + b"\r\n") * 2,
    "500 and then 200": b"HTTP/1.1 500 X\r\nContent-Length: 0\r\n\r\n" + OK + b"\r\n",
    "a second status line": OK + b"HTTP/1.1 500 X\r\nHTTP/1.1 404 X\r\n\r\n",
    "a length that is no number": b"HTTP/1.1 200 OK\r\nContent-Length: two\r\n\r\nok",
    "a negative length": b"HTTP/1.1 200 OK\r\nContent-Length: -2\r\n\r\nok",
    "a length too long": b"HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\nok",
    "a length too short": b"HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\nokokok",
    "a huge length": b"HTTP/1.1 200 OK\r\nContent-Length: 99999999999999999999999999\r\n\r\nok",
    "two lengths": b"HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nok",
    "length and chunks": CHUNKED.replace(b"\r\n\r\n", b"\r\nContent-Length: 3\r\n\r\n") + b"2\r\nok\r\n0\r\n\r\n",
    "no length": b"HTTP/1.1 200 OK\r\n\r\nok",
    "204 with a body": b"HTTP/1.1 204 X\r\nContent-Length: 2\r\n\r\nok",
    "304 with a body": b"HTTP/1.1 304 X\r\nContent-Length: 2\r\n\r\nok",
    "a chunk of no number": CHUNKED + b"zz\r\nok\r\n0\r\n\r\n",
    "a chunk of a huge number": CHUNKED + b"fffffffffffffffffffff\r\nok\r\n0\r\n\r\n",
    "a negative chunk": CHUNKED + b"-2\r\nok\r\n0\r\n\r\n",
    "a chunk too short": CHUNKED + b"1\r\nok\r\n0\r\n\r\n",
    "a chunk that does not end": CHUNKED + b"ff\r\nok",
    "no last chunk": CHUNKED + b"2\r\nok\r\n",
    "a chunk extension of a megabyte": CHUNKED + b"2;" + b"a" * 1_000_000 + b"\r\nok\r\n0\r\n\r\n",
    "chunked twice": CHUNKED.replace(b"chunked", b"chunked, chunked") + b"2\r\nok\r\n0\r\n\r\n",
    "an unknown transfer coding": CHUNKED.replace(b"chunked", b"pigeon") + b"ok",
    "gzip that is none": OK.replace(b"0\r", b"2\r") + b"Content-Encoding: gzip\r\n\r\nok",
    "an unknown coding": OK.replace(b"0\r", b"2\r") + b"Content-Encoding: pigeon\r\n\r\nok",
    "a redirect to nowhere": b"HTTP/1.1 302 X\r\nLocation: gopher://\xff\r\nContent-Length: 0\r\n\r\n",
    "401 with every challenge": b"HTTP/1.1 401 X\r\nWWW-Authenticate: NTLM, Digest\r\nContent-Length: 0\r\n\r\n",
    "a cookie of a megabyte": OK + b"Set-Cookie: a=" + b"b" * 1_000_000 + b"\r\n\r\n",
    **{f"closed after {count} bytes": SHORT[:count] for count in range(len(SHORT))},
}  # fmt: skip


@contextmanager
def raw_receiver(answers: dict[str, bytes]) -> Iterator[str]:
    """Answers `/3` with the fourth of these, byte for byte, and closes the connection."""
    by_path = {f"/{place}": answer for place, answer in enumerate(answers.values())}
    with socket.create_server(("127.0.0.1", 0), backlog=1024) as server:
        threading.Thread(target=_serve, args=(server, by_path), daemon=True).start()
        yield f"http://127.0.0.1:{server.getsockname()[1]}"


def _serve(server: socket.socket, by_path: dict[str, bytes]) -> None:
    while True:
        try:
            connection, _ = server.accept()
        except OSError:
            return
        threading.Thread(target=_answer, args=(connection, by_path), daemon=True).start()


def _answer(connection: socket.socket, by_path: dict[str, bytes]) -> None:
    with connection:
        connection.settimeout(5)
        request = b""
        try:
            while b"\r\n\r\n" not in request or not request.endswith(b"}"):
                request += connection.recv(65536)
            connection.sendall(by_path[request.split(b" ", 2)[1].decode()])
        except OSError:
            return


def happen(account: Account) -> None:
    publish(account=account, event_requests=[EventRequest(TOPIC)], now=datetime.now(UTC))


@pytest.mark.parametrize(
    "answers",
    [*map(statuses, range(10)), WEIRD],
    ids=[*(f"statuses from {hundred}00" for hundred in range(10)), "malformed"],
)
def test_every_answer_ends_its_attempt_with_a_reason_and_delays_no_other_account(
    alice: Account, bob: Account, make_endpoint: MakeEndpoint, receiver: Receiver, settings: Settings,
    answers: dict[str, bytes],
) -> None:  # fmt: skip
    settings.WEBHOOK_RETRY_WAITS = ()
    settings.WEBHOOK_ATTEMPT_TIMEOUT = 5.0
    alice.endpoint_limit = len(answers)
    alice.save()
    with raw_receiver(answers) as address:
        names = {}
        for place, name in enumerate(answers):
            names[make_endpoint(name=name[:100], url=f"{address}/{place}").pk] = name
        happen(alice)
        make_endpoint(account=bob, url=receiver.url("/hook"), event_types=[TOPIC])
        happen(bob)
        started = time.monotonic()
        run_until_quiet()
    assert [got.at - started < 1 for got in receiver.requests] == [True]
    attempts = {names[each.delivery.endpoint_id]: each for each in Attempt.objects.select_related("delivery")
                if each.delivery.endpoint_id in names}  # fmt: skip
    assert set(attempts) == set(answers)
    assert not Delivery.objects.filter(status="pending").exists()
    assert not QueueEntry.objects.exists()
    assert {name for name, each in attempts.items() if each.reason in ("", Reason.INTERNAL_ERROR)} == set()
    if answers is not WEIRD:
        for name, each in attempts.items():
            assert (each.reason, each.status_code) in _expected(int(name.removeprefix("status "))), name
    else:
        assert attempts["200 in a header after 500"].status_code == 500
        assert attempts["200 in a trailer after 500"].reason == Reason.INVALID_ANSWER
        assert attempts["40000"].reason == Reason.INVALID_ANSWER
        assert attempts["a superscript for a status in a header"].status_code == 200
        for count in range(len(SHORT)):
            assert attempts[f"closed after {count} bytes"].reason == Reason.CONNECTION_LOST, count


def _expected(code: int) -> list[tuple[str, int | None]]:
    if code in range(200, 300):
        return [("OK", code)]
    if code in range(300, 600):
        return [("ERROR_STATUS_CODE", code)]
    if code in range(100, 200):
        # An interim answer after which nothing comes.
        return [("CONNECTION_LOST", None), ("INVALID_ANSWER", None)]
    return [("INVALID_ANSWER", None)]


def run_until_quiet() -> None:
    network = deliver.new_network()
    try:
        delivery_run.Run(
            network, wake_event=threading.Event(), stopping=delivery_run.Stopping(), idle_after=0.02
        ).until_quiet()
    finally:
        network.close()
