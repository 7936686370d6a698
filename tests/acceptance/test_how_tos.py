"""What the how-to pages give to type, typed as it stands there. Only ports and folders are this test's own."""

import json
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.command_line import CommandLine
from tests.conftest import ROOT
from tests.processes import Embedded, embedded, environment, start, wait_until_it_listens
from tests.receiver import Receiver
from tests.servers import free_port

pytestmark = pytest.mark.slow

RECEIVER = re.search(
    r'^```python title="receiver.py"\n(.*?)^```$', (ROOT / "docs/tutorial.md").read_text(), re.M | re.S
)


def blocks(page: str, language: str = "bash") -> list[str]:
    text = (ROOT / "docs" / "how-to" / f"{page}.md").read_text()
    return re.findall(rf"^```{language}.*?\n(.*?)^```$", text, re.MULTILINE | re.DOTALL)


def typed(text: str, simulator: Embedded, folder: Path, **changes: object) -> str:
    """What bash printed; the test fails if one of the commands did."""
    assert shutil.which("curl"), "curl is missing: apt-get install curl"
    env = environment(
        MAAC_SIM_URL=simulator.url, MAAC_SIM_API_TOKEN=simulator.token, TOKEN=simulator.token, NO_COLOR=1, **changes
    )
    text = text.replace("127.0.0.1:8622", f"127.0.0.1:{simulator.port}")
    text = text.replace("data/secrets.env", str(simulator.folder / "secrets.env"))
    done = subprocess.run(
        ["bash", "-euo", "pipefail", "-c", text], cwd=folder, env=env, capture_output=True, text=True, timeout=90
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def make_endpoint(simulator: Embedded, receiver: Receiver, name: str = "My receiver") -> None:
    body = {"name": name, "url": receiver.url(), "event_types": ["receipt.receipt_validated"]}
    assert simulator.api.post("/endpoints/", body).status_code == 201


def test_the_story_of_the_modules_makes_events(tmp_path: Path) -> None:
    """On a simulator of its own: the page names rows by the first ids."""
    setup, receipts, points, notification, _ = blocks("modules")
    setup = re.sub(r"^export TOKEN=.*\n", "", setup)
    with embedded(tmp_path / "data") as simulator:
        answers = typed(setup + receipts + points + notification, simulator, tmp_path)
    output = [json.loads(line) for line in answers.splitlines()]
    uploaded, refused = output[2], output[3]
    assert uploaded["matched"]
    assert uploaded["event_id"]
    assert [each["code"] for each in refused["failed_conditions"]] == ["minimum_amount"]
    assert output[5]["results"][0]["count"] == 100
    assert output[7]["answer_hash"]
    assert output[9]["plan"] == {"pnp": "line_error", "sms": "delivered"}


def test_a_scenario_plays(simulator: Embedded, receiver: Receiver, tmp_path: Path) -> None:
    make_endpoint(simulator, receiver)
    assert "campaign-day" in typed(blocks("modules")[-1], simulator, tmp_path)
    assert receiver.requests


def test_lost_events_are_found_and_sent_again(simulator: Embedded, receiver: Receiver, tmp_path: Path) -> None:
    find, one, many, by_rest = blocks("lost-events")
    receiver.always("/", 400)
    make_endpoint(simulator, receiver)
    event = simulator.api.post("/events/", {"topic": "receipt.receipt_validated"}).json()
    simulator.api.get(f"/events/{event['id']}/wait/")
    number = str(event["deliveries"][0]["id"])
    assert f"{number} " in typed(find.replace(" 12\n", f" {number}\n"), simulator, tmp_path)
    assert json.loads(typed(by_rest, simulator, tmp_path))["redelivered"] == 1
    output = typed(many, simulator, tmp_path)
    assert "1 of 1 deliveries would be sent again" in output
    assert "1 of 1 deliveries are sent again" in output
    simulator.api.get(f"/events/{event['id']}/wait/")
    receiver.always("/", 200)
    assert "under way" in typed(one.replace(" 12\n", f" {number}\n"), simulator, tmp_path)


def test_faults_strike_as_the_page_says(simulator: Embedded, receiver: Receiver, tmp_path: Path) -> None:
    lost, scripted, short, quick = blocks("break-things")
    make_endpoint(simulator, receiver)
    assert "1 of 1" in typed(lost, simulator, tmp_path)
    assert len(receiver.requests) == 2
    assert receiver.requests[0].key == receiver.requests[1].key
    assert "No failure is scripted any more." in typed(scripted, simulator, tmp_path)
    assert "after 0.01, 0.02, 0.04 s" in typed(short, simulator, tmp_path)
    assert json.loads(typed(quick, simulator, tmp_path))["retry_waits"] == [0.01, 0.02, 0.04]


def test_a_secret_changes_without_a_gap(simulator: Embedded, receiver: Receiver, tmp_path: Path) -> None:
    rotate, *_ = blocks("change-a-secret")
    make_endpoint(simulator, receiver)
    assert len(typed(rotate, simulator, tmp_path).strip()) == 32
    text = (ROOT / "docs" / "how-to" / "change-a-secret.md").read_text()
    steps = re.findall(r"^    ```bash\n(.*?)^    ```$", text, re.MULTILINE | re.DOTALL)
    typed("".join(steps), simulator, tmp_path)
    rows = simulator.api.get("/endpoints/").json()["results"]
    assert {row["name"]: row["status"] for row in rows} == {"My receiver": "paused", "My receiver, new": "running"}


def test_endpoints_behind_something_can_be_made(simulator: Embedded, tmp_path: Path) -> None:
    for block in blocks("tls-and-tunnels"):
        assert "share secret" in typed(block, simulator, tmp_path)


def test_a_proxy_before_the_receiver_reports_records_and_is_replayed(receiver: Receiver, tmp_path: Path) -> None:
    proxy, replay = blocks("go-live")
    port = free_port()
    places = {"127.0.0.1:3000/webhook": f"127.0.0.1:{receiver.port}/webhook", "9100": str(port)}
    for old, new in places.items():
        proxy, replay = proxy.replace(old, new), replay.replace(old, new)
    with start(["bash", "-c", f"exec {proxy}"], environment(), tmp_path / "proxy.log") as running:
        wait_until_it_listens(running, port)
        command = CommandLine(tmp_path)
        command("send", f"http://127.0.0.1:{port}/", "--topic", "prize.points_added", "--secret", "s3cret")
        assert running.terminate() == 0
        assert "right  prize.points_added" in running.output()
        assert "1 requests, 0 with something wrong. They are in first-day.cassette." in running.output()
    done = subprocess.run(
        ["bash", "-euc", replay], cwd=tmp_path, env=environment(), capture_output=True, text=True, timeout=60
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "1 sent, 1 accepted, 0 not." in done.stdout
    assert "All deliveries have the same responses." in done.stdout
    assert len(receiver.requests) == 2


def test_a_receiver_is_begun_and_sent_an_event(receiver: Receiver, simulator: Embedded, tmp_path: Path) -> None:
    begin, make, trigger, send = blocks("write-a-receiver")
    assert "flask --app receiver run" in typed(begin, simulator, tmp_path)
    assert (tmp_path / "my-receiver" / "receiver.py").exists()
    old, new = "http://127.0.0.1:9000/webhook", receiver.url()
    assert "My receiver" in typed(make.replace(old, new), simulator, tmp_path)
    assert "delivered" in typed(trigger, simulator, tmp_path)
    assert "Accepted." in typed(send.replace(old, new), simulator, tmp_path)


def test_a_licence_is_looked_at_and_what_was_skipped_is_counted(
    simulator: Embedded, receiver: Receiver, tmp_path: Path
) -> None:
    look, again = blocks("renew-a-licence")
    make_endpoint(simulator, receiver)
    assert "licensed until" in typed(look, simulator, tmp_path)
    assert "0 of 0 deliveries would be sent again" in typed(again, simulator, tmp_path)


def test_signatures_are_explained_as_the_page_says(simulator: Embedded, tmp_path: Path) -> None:
    digest, headers, log, _ = blocks("explain-a-signature")
    (tmp_path / "refused.body").write_bytes(b"{}")
    (tmp_path / "headers.txt").write_text("Host: x\n")
    (tmp_path / "refused.jsonl").write_text('{"body": "{}", "digest": "00"}\n')
    for command, code in (
        (digest.replace("6b1f…", "00" * 32), "unknown"),
        (headers, "missing_header"),
        (log, "unknown"),
    ):
        assert code in typed(f"{command.rstrip()} || test $? = 1\n", simulator, tmp_path)


def test_the_script_for_ci_runs_from_nothing(tmp_path: Path) -> None:
    assert RECEIVER
    port, at = free_port(), free_port()
    (tmp_path / "receiver.py").write_text(RECEIVER[1].replace("9000", str(at)))
    _, script, sandbox, _ = blocks("ci")
    script = (script + sandbox).replace("8622", str(port)).replace("9000", str(at))
    env = environment(MAAC_SIM_PORT=port, MAAC_SIM_URL=f"http://127.0.0.1:{port}")
    done = subprocess.run(
        ["bash", "-euo", "pipefail", "-c", script], cwd=tmp_path, env=env, capture_output=True, text=True, timeout=90
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stdout.count("delivered") == 1
    assert '"name":"a test","token":"maac_' in done.stdout
    event = json.loads((tmp_path / "event.json").read_text())
    assert event["deliveries"][0]["status"] == "delivered"
    assert '"points_count": 50' in event["body"]
