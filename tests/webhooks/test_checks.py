"""Checks of receivers in the background: what they find, who makes them, and what stays of them."""

import json
import socket
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.db import connection, connections
from pytest_django import Settings

from accounts.models import Account, AuditEntry
from receiver_check.probes import PROBES
from receiver_check.run import Options
from receiver_check.verdicts import Report, Verdict
from tests.brands import NOW, race
from tests.receiver import Action, Answer, Delay, Line, Receiver
from webhooks.check_report import report_of, results_of
from webhooks.errors import CheckNotOver, InvalidInput, InvalidUrl, TooManyChecks
from webhooks.models import Check, Endpoint
from webhooks.services import checks, deliver
from webhooks.services.checks import run_waiting, start, start_for_endpoint
from webhooks.services.retention import prune

pytestmark = pytest.mark.django_db
MakeEndpoint = Callable[..., Endpoint]
SECRET = "a secret that is looked for"
FEW = Options(seed="tests", only=("reachable", "topic-*", "signature-missing"))
"""What a receiver that takes everything passes, and one probe that it fails."""


def begin(account: Account, url: str, options: Options = FEW, now: datetime = NOW, **changes: Any) -> Check:
    return start(account=account, url=url, secret=SECRET, options=options, now=now, **changes)


def ended(check: Check) -> Check:
    run_waiting()
    check.refresh_from_db()
    return check


def failed(report: Report) -> list[str]:
    return [result.id for result in report.results if result.verdict is Verdict.FAILED]


# What is found


def test_a_receiver_that_takes_everything_is_reported_what_is_wrong(alice: Account, receiver: Receiver) -> None:
    check = ended(begin(alice, receiver.url("/hook")))
    report = report_of(check)
    assert (check.status, check.passed, check.done, check.total) == ("done", False, len(PROBES), len(PROBES))
    assert failed(report) == ["signature-missing"]
    assert (
        check.counts
        == report.counts
        == {"passed": 7, "failed": 1, "warning": 0, "remark": 0, "skipped": len(PROBES) - 8}
    )
    assert [result.id for result in report.results] == list(PROBES)
    assert check.requests == report.requests == len(receiver.requests) == 7
    assert [got.verifies(SECRET) for got in receiver.requests] == [True] * 6 + [False]
    (exchange,) = report.results[1].exchanges
    assert (exchange.message.body, exchange.answer.status) == (receiver.requests[0].body, 200)


def test_what_is_allowed_to_fail_fails_no_check(alice: Account, receiver: Receiver) -> None:
    options = Options(only=FEW.only, allow=("signature-missing",))
    assert ended(begin(alice, receiver.url("/"), options)).passed is True


def test_a_receiver_that_is_not_there_is_no_broken_check(alice: Account) -> None:
    check = ended(begin(alice, "http://127.0.0.1:9/"))
    assert (check.status, check.passed, check.counts["failed"]) == ("done", False, 1)
    assert str(report_of(check).results[0].seen) == "No connection: the connection was refused."


def test_an_endpoint_is_checked_as_its_events_are_sent(make_endpoint: MakeEndpoint, receiver: Receiver) -> None:
    endpoint = make_endpoint(
        url=receiver.url("/hook?shop=1"), host_override="crm.example.com", extra_headers={"X-Shop": "tokyo"}
    )
    Endpoint.objects.update(previous_secret="the secret before")
    endpoint.refresh_from_db()
    options = Options(only=("topic-prize.points_added", "signature-previous-secret"), headers=(("X-Run", "1"),))
    check = ended(start_for_endpoint(endpoint=endpoint, options=options, now=NOW))
    good, *_, old = receiver.requests
    assert check.endpoint == endpoint
    assert good.verifies(endpoint.share_secret)
    assert old.verifies("the secret before")
    assert [good.path, good.header("Host"), good.header("X-Shop"), good.header("X-Run")] == [
        "/hook?shop=1", "crm.example.com", "tokyo", "1",
    ]  # fmt: skip


def test_the_same_seed_sends_the_same_data_under_new_keys(alice: Account, receiver: Receiver) -> None:
    def sent(seed: str) -> tuple[list[str | None], list[str]]:
        count = len(receiver.requests)
        ended(begin(alice, receiver.url("/"), Options(seed=seed, only=("topic-*",))))
        requests = receiver.requests[count:]
        return [got.key for got in requests], [json.loads(got.body)["data"]["line_uid"] for got in requests[1:2]]

    spring, again, autumn, default, default_again = map(sent, ("spring", "spring", "autumn", "", ""))
    assert spring[1] == again[1] != autumn[1]
    assert default[1] == default_again[1]
    assert not set(spring[0]) & set(again[0])


def test_an_answer_of_any_bytes_is_kept_and_read(alice: Account, receiver: Receiver) -> None:
    receiver.always("/", Answer(400, b"\x00\xff\xed\xa0\x80<b>", (("X-Odd", "\xe9"),)))
    check = ended(begin(alice, receiver.url("/")))
    (exchange,) = report_of(check).results[1].exchanges
    assert exchange.answer.body == b"\x00\xff\xed\xa0\x80<b>"


def test_the_work_is_counted_at_a_url_of_the_receiver(alice: Account, receiver: Receiver) -> None:
    receiver.always("/effects", Answer(200, b'{"count": 1}'))
    options = Options(only=("topic-prize.points_added", "effects-once"))
    check = ended(begin(alice, receiver.url("/"), options, effects_url=receiver.url("/effects?key={key}")))
    report = report_of(check)
    found = next(result for result in report.results if result.id == "effects-once")
    assert (found.verdict, str(found.seen)) == (Verdict.PASSED, "Done once each time.")
    asked = [got.path for got in receiver.requests if got.path.startswith("/effects")]
    keys = {got.key for got in receiver.requests if got.path == "/"}
    assert {path.removeprefix("/effects?key=") for path in asked} <= keys
    assert report.sees_effects


@pytest.mark.parametrize("url", ["effects.log", "cat {key}", "/etc/passwd", "file:///etc/passwd"])
def test_no_command_and_no_file_of_the_simulator_counts_the_work(alice: Account, url: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        begin(alice, "http://127.0.0.1:9/", effects_url=url)
    assert "effects_url" in refused.value.fields
    assert not Check.objects.exists()


def test_an_effects_url_of_a_private_network_is_not_asked_where_those_are_forbidden(
    alice: Account, receiver: Receiver, settings: Settings
) -> None:
    settings.WEBHOOK_ALLOW_PRIVATE_NETWORKS = False
    with pytest.raises(InvalidInput) as refused:
        begin(alice, "http://93.184.215.14/", effects_url=receiver.url("/{key}"))
    assert "effects_url" in refused.value.fields


@pytest.mark.parametrize(("any_2xx", "verdict"), [(True, Verdict.WARNING), (False, Verdict.FAILED)])
def test_an_answer_is_judged_as_the_delivery_engine_judges_it(
    alice: Account, receiver: Receiver, settings: Settings, any_2xx: bool, verdict: Verdict
) -> None:
    settings.WEBHOOK_ACCEPT_ANY_2XX = any_2xx
    receiver.always("/", Answer(204))
    report = report_of(ended(begin(alice, receiver.url("/"), Options(only=("topic-receipt.*",)))))
    assert [result.verdict for result in report.results if result.id == "topic-receipt.receipt_validated"] == [verdict]


# Secrets and traces


def test_the_secrets_rest_encrypted_and_are_forgotten_at_the_end(alice: Account, receiver: Receiver) -> None:
    check = begin(alice, receiver.url("/"), Options(only=FEW.only, previous_secret="the one before"))
    assert (check.secret, check.previous_secret) == (SECRET, "the one before")
    assert SECRET not in stored()
    assert "the one before" not in stored()
    ended(check)
    assert (check.secret, check.previous_secret) == (None, None)
    assert SECRET not in stored()


def stored() -> str:
    with connection.cursor() as cursor:
        cursor.execute("SELECT * FROM webhooks_check")
        return repr(cursor.fetchall())


def test_the_audit_log_tells_who_started_it(alice: Account) -> None:
    check = begin(alice, "http://127.0.0.1:9/", actor="user alice")
    entry = AuditEntry.objects.get(action="check.started")
    assert (entry.account, entry.actor) == (alice, "user alice")
    assert entry.target == f"check {check.pk} (http://127.0.0.1:9/)"


# What is refused


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"url": "ftp://127.0.0.1/"}, "url"),
        ({"url": "http://user:password@127.0.0.1/"}, "url"),
        ({"secret": ""}, "secret"),
        ({"secret": "two\nlines"}, "secret"),
        ({"secret": "x" * 1001}, "secret"),
        ({"options": Options(previous_secret="two\nlines")}, "previous_secret"),
        ({"options": Options(only=("signatur-*",))}, "only"),
        ({"options": Options(skip=("*",))}, "only"),
        ({"options": Options(allow=("nonsense",))}, "allow"),
        ({"options": Options(timeout=0)}, "timeout"),
        ({"options": Options(timeout=float("nan"))}, "timeout"),
        ({"options": Options(time_limit=301)}, "time_limit"),
        ({"options": Options(headers=(("Content-Length", "5"),))}, "headers"),
        ({"options": Options(headers=(("X-A", "a\r\nX-B: 1"),))}, "headers"),
    ],
)
def test_what_cannot_be_is_refused_by_its_name_and_nothing_is_queued(
    alice: Account, changes: dict[str, Any], field: str
) -> None:
    given = {"account": alice, "url": "http://127.0.0.1:9/", "secret": SECRET, "options": FEW, "now": NOW, **changes}
    with pytest.raises(InvalidInput) as refused:
        start(**given)
    assert list(refused.value.fields) == [field]
    assert not Check.objects.exists()


def test_five_checks_may_wait_and_no_sixth(alice: Account, bob: Account) -> None:
    for _ in range(5):
        begin(alice, "http://127.0.0.1:9/")
    with pytest.raises(TooManyChecks):
        begin(alice, "http://127.0.0.1:9/")
    begin(bob, "http://127.0.0.1:9/")


def test_there_is_no_report_before_the_end(alice: Account) -> None:
    with pytest.raises(CheckNotOver):
        report_of(begin(alice, "http://127.0.0.1:9/"))


# Which addresses may be reached


def test_a_private_address_is_refused_before_anything_is_queued(alice: Account, settings: Settings) -> None:
    settings.WEBHOOK_ALLOW_PRIVATE_NETWORKS = False
    for host in ("127.0.0.1", "localhost", "2130706433", "10.0.0.1", "169.254.169.254", "[::1]"):
        with pytest.raises(InvalidUrl):
            begin(alice, f"http://{host}/")


def test_a_name_with_a_private_address_is_refused_where_the_socket_opens(
    alice: Account, receiver: Receiver, settings: Settings
) -> None:
    name = private_name()
    settings.WEBHOOK_ALLOW_PRIVATE_NETWORKS = False
    check = ended(begin(alice, f"http://{name}:{receiver.port}/"))
    assert "may not be reached from here" in str(report_of(check).results[0].seen)
    assert receiver.connections == 0


def private_name() -> str:
    """A name that says nothing of its address: this machine's own."""
    name = socket.gethostname()
    try:
        socket.getaddrinfo(name, 80)
    except OSError:
        pytest.skip(f"The machine's own name {name} has no address here")
    return name


def test_a_policy_that_was_made_stricter_meanwhile_holds(
    alice: Account, receiver: Receiver, settings: Settings
) -> None:
    check = begin(alice, receiver.url("/"))
    settings.WEBHOOK_ALLOW_PRIVATE_NETWORKS = False
    ended(check)
    assert (check.status, receiver.connections) == ("broken", 0)
    assert "not a public address" in check.fault


# Who makes them


def running_since(check: Check, moment: datetime) -> None:
    """As another worker has it."""
    Check.objects.filter(pk=check.pk).update(status="running", started_at=moment)


def states() -> list[str]:
    return list(Check.objects.order_by("id").values_list("status", flat=True))


def test_they_are_made_in_order_one_of_an_account_at_a_time(alice: Account, bob: Account, receiver: Receiver) -> None:
    running_since(begin(alice, receiver.url("/a")), datetime.now(UTC))
    begin(alice, receiver.url("/b"))
    begin(bob, receiver.url("/c"))
    assert run_waiting() == 1
    assert states() == ["running", "queued", "done"]
    assert {got.path for got in receiver.requests} == {"/c"}


def test_two_are_made_at_once_and_no_third(alice: Account, bob: Account, carol: Account, receiver: Receiver) -> None:
    for account in (alice, bob):
        running_since(begin(account, receiver.url("/")), datetime.now(UTC))
    begin(carol, receiver.url("/"))
    assert run_waiting() == 0
    assert states() == ["running", "running", "queued"]


def test_one_whose_worker_went_away_is_broken_off_after_its_time(alice: Account, receiver: Receiver) -> None:
    lost, waiting = begin(alice, receiver.url("/lost")), begin(alice, receiver.url("/next"))
    running_since(lost, datetime.now(UTC) - timedelta(seconds=331))
    assert run_waiting() == 1
    lost.refresh_from_db()
    assert (lost.status, lost.fault, lost.secret) == ("broken", checks.LOST, None)
    assert ended(waiting).status == "done"


def test_a_new_start_gives_back_what_was_under_way(alice: Account, receiver: Receiver) -> None:
    check = begin(alice, receiver.url("/"))
    running_since(check, datetime.now(UTC))
    Check.objects.update(done=3, counts={"passed": 3})
    checks.give_back_all()
    check.refresh_from_db()
    assert (check.status, check.done, check.counts) == ("queued", 0, {})
    assert ended(check).status == "done"


@dataclass(frozen=True)
class Act:
    """Does something while the check waits, and answers 200."""

    act: Callable[[], object]

    def perform(self, line: Line) -> None:
        acting = threading.Thread(target=self.act)
        acting.start()
        acting.join()
        Answer(200).perform(line)


def test_a_worker_that_is_reported_to_stop_gives_its_check_back(alice: Account, receiver: Receiver) -> None:
    check = begin(alice, receiver.url("/"))
    stop: Action = Act(lambda: deliver.stop_delivering(grace=0))
    receiver.script("/", 200, stop)
    try:
        assert run_waiting() == 1
        assert run_waiting() == 0
    finally:
        deliver.allow_delivering()
    check.refresh_from_db()
    assert (check.status, check.done, check.secret, check.results) == ("queued", 0, SECRET, "[]")
    assert len(receiver.requests) == 2
    assert ended(check).status == "done"


@pytest.mark.django_db(transaction=True)
def test_one_that_another_worker_has_by_now_is_let_go(alice: Account, receiver: Receiver) -> None:
    check = begin(alice, receiver.url("/"))
    in_another = threading.Event()

    def take() -> None:
        running_since(check, datetime.now(UTC) + timedelta(seconds=1))
        connections.close_all()
        in_another.set()

    receiver.script("/", 200, Act(take))
    run_waiting()
    assert in_another.is_set()
    check.refresh_from_db()
    assert (check.status, check.secret) == ("running", SECRET)
    assert len(receiver.requests) == 2


@pytest.mark.django_db(transaction=True)
def test_of_many_workers_one_makes_it(alice: Account, receiver: Receiver) -> None:
    receiver.always("/", Delay(0.02))
    begin(alice, receiver.url("/"))
    assert sorted(race(6, run_waiting)) == [0, 0, 0, 0, 0, 1]
    assert len(receiver.requests) == 7


@pytest.mark.django_db(transaction=True)
def test_what_is_found_can_be_read_while_it_is_under_way(alice: Account, receiver: Receiver) -> None:
    receiver.always("/", Delay(0.15))
    check = begin(alice, receiver.url("/"))
    worker = threading.Thread(target=run_in_a_thread)
    worker.start()
    seen = set()
    while worker.is_alive():
        check.refresh_from_db()
        if check.status == "running":
            seen.add((check.done, len(results_of(check))))
        time.sleep(0.02)
    worker.join()
    assert len(seen) > 3
    assert all(done == count for done, count in seen)
    check.refresh_from_db()
    assert check.status == "done"


def run_in_a_thread() -> None:
    try:
        run_waiting()
    finally:
        connections.close_all()


# What stays


def test_the_newest_hundred_of_an_account_are_kept(alice: Account, bob: Account) -> None:
    def over(account: Account, count: int) -> None:
        given = {"url": "http://127.0.0.1:9/", "options": {}, "total": 1, "status": "done", "finished_at": NOW}
        Check.objects.bulk_create(Check(account=account, created_at=NOW, **given) for _ in range(count))

    over(alice, 105)
    over(bob, 3)
    begin(alice, "http://127.0.0.1:9/")
    assert (Check.objects.filter(account=alice).count(), Check.objects.filter(account=bob).count()) == (101, 3)


def test_old_ones_go_with_the_retention_time(alice: Account, receiver: Receiver, settings: Settings) -> None:
    settings.WEBHOOK_RETENTION_DAYS = 30.0
    ended(begin(alice, receiver.url("/")))
    begin(alice, receiver.url("/"), now=NOW + timedelta(days=2))
    prune(now=NOW + timedelta(days=31))
    assert states() == ["queued"]
