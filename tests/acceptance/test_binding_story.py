"""The story of a binding from outside: link, contact, callback, a receiver that fails, a process that is killed."""

import re
import time
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
import requests

from tests.acceptance.test_check_examples import Example, running
from tests.processes import Api, Embedded, embedded
from tests.receiver import Answer, Hang, Receiver

OK = Answer(200, b"{}", (("Content-Type", "application/json"),))
HEADER = {"x-api-key": "the-agreed-value"}
SOMEBODY = f"U{'7' * 32}"
TOKEN = re.compile(r'name="csrfmiddlewaretoken" value="([^"]+)"')


def prepare(api: Api, url: str) -> int:
    """Sets the callback's address; the id of a binding template."""
    answer = api.call("PUT", "/callback/", json={"url": url, "headers": HEADER})
    assert answer.status_code == 200, answer.text
    return int(api.post("/modules/binding/templates/", {"name": "Member card"}).json()["id"])


def link_by_open_api(simulator: Embedded, template: int, customer_id: str) -> str:
    made = requests.post(
        f"{simulator.url}/openapi/v1/binding/bindlink/",
        json={"bind_link_id": template, "customer_id": customer_id, "mobile": "0900111222", "email": "h@shop.example"},
        headers={"Authorization": f"Bearer {simulator.token}"},
        timeout=10,
    )
    assert (made.status_code, list(made.json())) == (201, ["link", "is_login"])
    return str(made.json()["link"])


def press(link: str, line_uid: str, name: str = "Hana") -> None:
    """A person opens the link and presses the button."""
    with requests.Session() as browser:
        form = TOKEN.search(browser.get(link, timeout=10).text)
        assert form is not None
        fields = {"csrfmiddlewaretoken": form[1], "line_uid": line_uid, "name": name}
        assert browser.post(link, data=fields, timeout=10).status_code == 200


def callbacks(api: Api) -> list[dict[str, Any]]:
    return list(api.get("/deliveries/?topic=binding.callback").json()["results"])


def wait_until_done(api: Api, count: int) -> list[dict[str, Any]]:
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline:
        found = callbacks(api)
        if len(found) == count and all(each["status"] != "pending" for each in found):
            return found
        time.sleep(0.1)
    raise AssertionError(callbacks(api))


def test_a_link_is_opened_and_the_callback_comes_again_by_the_webhook_rule(tmp_path: Path, receiver: Receiver) -> None:
    receiver.always("/binding", OK)
    receiver.script("/binding", 500, 500)
    with embedded(tmp_path / "data") as simulator:
        template = prepare(simulator.api, receiver.url("/binding"))
        press(link_by_open_api(simulator, template, "CRM-7001"), SOMEBODY)
        requests_ = receiver.wait_for(3, timeout=20)
        (delivery,) = wait_until_done(simulator.api, 1)
        member = requests.get(
            f"{simulator.url}/openapi/v1/member/?customer_id=CRM-7001",
            headers={"Authorization": f"Bearer {simulator.token}"},
            timeout=10,
        ).json()["results"][0]
    waits = [later.at - earlier.at for earlier, later in pairwise(requests_)]
    assert [round(wait) for wait in waits] == [1, 2]
    assert (delivery["status"], delivery["attempt_count"]) == ("delivered", 3)
    body = {"line_uid": SOMEBODY, "customer_id": "CRM-7001", "email": "h@shop.example", "mobile": "0900111222"}
    for got in requests_:
        assert (got.json(), got.header("x-api-key")) == ({**body, "status": "follow"}, "the-agreed-value")
        assert (got.header("CrescLab-Signature"), got.header("CrescLab-Idempotency-Key")) == (None, None)
    assert (member["line_uid"], member["mobile"], member["status"]) == (SOMEBODY, "+886900111222", "follow")


def test_a_simulator_that_is_killed_while_callbacks_are_on_their_way_loses_none(
    tmp_path: Path, receiver: Receiver
) -> None:
    receiver.always("/binding", Hang())
    customers = [f"CRM-{number}" for number in range(5)]
    with embedded(tmp_path / "data") as simulator:
        template = prepare(simulator.api, receiver.url("/binding"))
        for customer in customers:
            press(link_by_open_api(simulator, template, customer), line_uid="")
        receiver.wait_for(len(customers), timeout=20)
        simulator.kill()
        receiver.clear()
        receiver.always("/binding", OK)
        simulator.start()
        found = wait_until_done(simulator.api, len(customers))
    assert {got.json()["customer_id"] for got in receiver.requests} == set(customers)
    assert {each["status"] for each in found} == {"delivered"}


@pytest.mark.slow
def test_the_example_receiver_stores_the_binding_and_passes_the_check(tmp_path: Path) -> None:
    example = Example("binding_callback", "flask --app {folder}/bindings run --port {port}", "flask")
    with running(example, tmp_path) as url, embedded(tmp_path / "data") as simulator:
        template = prepare(simulator.api, f"{url}/binding")
        press(link_by_open_api(simulator, template, "CRM-7001"), SOMEBODY)
        wait_until_done(simulator.api, 1)
        (row,) = requests.get(f"{url}/bindings", timeout=10).json()
        assert (row["line_uid"], row["customer_id"]) == (SOMEBODY, "CRM-7001")
        begun = simulator.api.post("/callback/check/").json()
        deadline = time.monotonic() + 30
        while time.monotonic() < deadline:
            check = simulator.api.get(f"/checks/{begun['id']}/").json()
            if check["finished_at"]:
                break
            time.sleep(0.1)
    assert {probe["id"]: probe["verdict"] for probe in check["report"]["probes"] if probe["verdict"] != "passed"} == {}
