"""The command line as people use it: against a running simulator, with a receiver of its own."""

import json
import time
from pathlib import Path

import pytest
from typer.testing import CliRunner

from maac_contract.contract import TOPICS
from maac_sim.cli import app
from tests.command_line import CommandLine
from tests.conftest import VECTORS
from tests.processes import Embedded
from tests.receiver import Receiver
from tests.servers import free_port

SAMPLE = "message.first_open"
EXPLAINED = (
    "trigger", "send", "resend", "init", "proxy", "deliveries", "delivery", "redeliver", "outage", "doctor", "run",
    "listen", "record", "replay", "diff", "sign", "verify",
)  # fmt: skip


@pytest.fixture
def maac_sim(simulator: Embedded, tmp_path: Path) -> CommandLine:
    return CommandLine(tmp_path, simulator)


def test_an_endpoints_whole_life(maac_sim: CommandLine, receiver: Receiver) -> None:
    made = maac_sim.json("endpoint", "create", "CRM", receiver.url(), "-e", SAMPLE, "-H", "X-Shop: tokyo")
    assert made["event_types"] == [SAMPLE]
    assert made["extra_headers"] == {"X-Shop": "tokyo"}
    assert maac_sim("endpoint", "secret", "CRM").strip() == made["share_secret"]
    assert "CRM is paused" in maac_sim("endpoint", "pause", "CRM")
    assert maac_sim.json("endpoint", "show", "CRM")["status"] == "paused"
    assert "CRM is running" in maac_sim("endpoint", "resume", made["id"])
    rotated = maac_sim("endpoint", "rotate", "CRM").strip()
    assert rotated != made["share_secret"]
    assert maac_sim("endpoint", "secret", "CRM").strip() == rotated
    assert "Deleted CRM" in maac_sim("endpoint", "delete", "CRM")
    assert maac_sim.json("endpoint", "list") == []


def test_without_event_types_an_endpoint_gets_all_that_are_licensed(maac_sim: CommandLine) -> None:
    secret = maac_sim("endpoint", "create", "All", "http://127.0.0.1:9/", "--print-secret").strip()
    assert len(secret.split()) == 1
    assert maac_sim.json("endpoint", "show", "All")["event_types"] == list(TOPICS)


def test_an_event_with_changed_fields_arrives_and_is_waited_for(maac_sim: CommandLine, receiver: Receiver) -> None:
    maac_sim("endpoint", "create", "CRM", receiver.url())
    printed = maac_sim(
        "trigger", "receipt.receipt_validated", "--seed", "7", "--wait",
        "--set", "data.items.0.amount=5.5", "--set", "customer_id=null", "--set", "channel=新宿店",
    )  # fmt: skip
    assert "delivered" in printed
    data = json.loads(receiver.requests[0].body)["data"]
    assert (data["items"][0]["amount"], data["customer_id"], data["channel"]) == (5.5, None, "新宿店")


@pytest.mark.slow
def test_the_same_seed_makes_the_same_people(maac_sim: CommandLine, receiver: Receiver) -> None:
    maac_sim("endpoint", "create", "CRM", receiver.url())
    for _ in range(2):
        maac_sim("trigger", SAMPLE, "--seed", "spring", "--wait")
    first, second = (json.loads(request.body)["data"]["line_uid"] for request in receiver.requests)
    assert first == second


@pytest.mark.slow
def test_many_events_go_in_batches_and_with_a_rate_in_time(maac_sim: CommandLine, receiver: Receiver) -> None:
    maac_sim("endpoint", "create", "CRM", receiver.url())
    reported = maac_sim.json("trigger", SAMPLE, "--count", "250")
    assert (reported["events"], reported["deliveries"]) == (250, 250)
    began = time.monotonic()
    maac_sim("trigger", SAMPLE, "--count", "6", "--rate", "5")
    assert time.monotonic() - began >= 1.0


@pytest.mark.slow
def test_data_comes_from_a_file_or_from_standard_input(maac_sim: CommandLine, receiver: Receiver) -> None:
    maac_sim("endpoint", "create", "CRM", receiver.url())
    body = json.loads((VECTORS / f"{SAMPLE}.body").read_bytes())
    (maac_sim.folder / "data.json").write_text(json.dumps(body["data"]))
    maac_sim("trigger", SAMPLE, "--data", "@data.json", "--wait")
    maac_sim("trigger", SAMPLE, "--data", "@-", "--wait", stdin=json.dumps(body["data"]).encode())
    assert [json.loads(request.body)["data"] for request in receiver.requests] == [body["data"], body["data"]]


@pytest.mark.slow
@pytest.mark.parametrize(
    ("arguments", "reported"),
    [
        (("nothing.at_all",), "is not an event type"),
        ((SAMPLE, "--set", "nothing.here=1"), "Available: message_type"),
        ((SAMPLE, "--set", "without_equals"), "PATH=VALUE"),
        ((SAMPLE, "--data", "{"), "not valid JSON"),
        ((SAMPLE, "--data", "[]"), "a JSON object"),
        ((SAMPLE, "--data", "@missing.json"), "cannot be read"),
    ],
)
def test_what_cannot_be_triggered_is_reported_with_exit_code_2(
    maac_sim: CommandLine, arguments: tuple[str, ...], reported: str
) -> None:
    assert reported in " ".join(maac_sim("trigger", *arguments, code=2).replace("│", " ").split())


def test_what_the_simulator_refuses_is_reported_with_exit_code_1(maac_sim: CommandLine) -> None:
    printed = maac_sim("trigger", SAMPLE, "--set", "message_id=text", code=1)
    assert "data.message_id" in printed
    assert "no endpoint is named nobody" in maac_sim("endpoint", "show", "nobody", code=2).lower()


def test_a_failed_delivery_has_exit_code_1_and_its_story_and_can_be_sent_again(
    maac_sim: CommandLine, receiver: Receiver
) -> None:
    receiver.always("/", 500)
    maac_sim("endpoint", "create", "CRM", receiver.url())
    assert "failed" in maac_sim("trigger", SAMPLE, "--wait", code=1)
    row = maac_sim.json("deliveries", "--status", "failed", "--limit", "1")[0]
    story = maac_sim("delivery", row["id"])
    assert "Attempt 4" in story
    assert "500" in story
    assert str(row["id"]) in maac_sim("redeliver", row["id"])


def test_an_event_that_reaches_nobody_has_exit_code_1_and_its_reasons(
    maac_sim: CommandLine, receiver: Receiver
) -> None:
    assert "There was no endpoint" in maac_sim("trigger", SAMPLE, "--wait", code=1)
    maac_sim("endpoint", "create", "CRM", receiver.url(), "-e", SAMPLE)
    maac_sim("endpoint", "pause", "CRM")
    assert "not sent to CRM: The endpoint is paused" in maac_sim("trigger", SAMPLE, "--wait", code=1)
    assert "CRM" in maac_sim("event", "list", "--topic", SAMPLE)
    first = maac_sim.json("event", "list", "--since", "1h")[-1]
    shown = maac_sim("event", "show", first["id"])
    assert '"message_type"' in shown
    assert "There was no endpoint" in shown


@pytest.mark.slow
def test_without_a_simulator_every_command_says_so_with_exit_code_3(tmp_path: Path) -> None:
    command = CommandLine(tmp_path)
    port = free_port()
    for arguments in (("endpoint", "list"), ("deliveries",), ("trigger", SAMPLE), ("redeliver", "1")):
        assert "Nothing answers" in command(*arguments, "--url", f"http://127.0.0.1:{port}", code=3)


def test_the_token_of_the_data_folder_is_found(simulator: Embedded, tmp_path: Path) -> None:
    command = CommandLine(tmp_path)
    command.env["MAAC_SIM_DATA"] = str(simulator.folder)
    secrets = (simulator.folder / "secrets.env").read_text()
    assert "MAAC_SIM_API_TOKEN" in secrets
    assert isinstance(command.json("endpoint", "list", "--url", simulator.url), list)


@pytest.mark.slow
def test_sign_and_verify_agree_with_a_vector(tmp_path: Path) -> None:
    command = CommandLine(tmp_path)
    secret, right = ((VECTORS / f"{SAMPLE}.{part}").read_text().strip() for part in ("secret", "signature"))
    body = VECTORS / f"{SAMPLE}.body"
    assert command("sign", body, "--secret", secret).strip() == right
    assert "Valid" in command("verify", right, "--secret", secret, stdin=body.read_bytes())
    assert "Invalid" in command("verify", right[::-1], body, "--secret", secret, code=1)


@pytest.mark.slow
def test_a_filter_that_does_not_exist_is_refused_once_and_before_anything_is_asked(tmp_path: Path) -> None:
    command = CommandLine(tmp_path)
    printed = command("deliveries", "--status", "broken", code=2)
    assert printed.count("broken") == 1
    assert "pending" in printed
    assert "is not an event type" in command("event", "list", "--topic", "broken", code=2)


@pytest.mark.slow
def test_an_error_of_one_field_is_printed_once(maac_sim: CommandLine) -> None:
    assert maac_sim("event", "list", "--since", "yesterday", code=1).count("since") == 1


@pytest.mark.slow
def test_what_deletes_prints_json_too(maac_sim: CommandLine) -> None:
    number = maac_sim.json("endpoint", "create", "CRM", "http://127.0.0.1:9/")["id"]
    fault = maac_sim.json("faults", "add", "CRM", "send_twice")["id"]
    assert maac_sim.json("faults", "remove", fault) == {"removed": fault}
    assert maac_sim.json("faults", "clear", "CRM") == {"endpoint": number, "faults": []}
    assert maac_sim.json("endpoint", "delete", "CRM") == {"deleted": number}


@pytest.mark.parametrize("name", EXPLAINED)
def test_every_command_has_an_example(name: str) -> None:
    assert "Example" in CliRunner().invoke(app, [name, "--help"]).output
