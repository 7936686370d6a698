"""Surveys from the contact's answers to the receiver: by REST, and by the console's form in a signed-in session."""

import re
from pathlib import Path

import pytest
import requests

from tests.processes import Embedded, embedded
from tests.receiver import Receiver

pytestmark = pytest.mark.slow

PASSWORD = "correct horse battery"
STORES = [{"text": "新宿店", "alias": "shinjuku"}, {"text": "渋谷店", "alias": "shibuya"}]
QUESTIONS = [
    {"type": "TXTSHORT", "subject": "お名前", "alias": "maac_member_name", "is_required": True},
    {"type": "CHOICEONE", "subject": "ご希望の店舗", "alias": "preferred_store", "choices": STORES},
]


def signed_in(simulator: Embedded) -> requests.Session:
    session = requests.Session()
    session.trust_env = False
    login = f"{simulator.url}/console/login/"
    form = {"username": "admin", "password": PASSWORD, "csrfmiddlewaretoken": csrf(session, login)}
    assert session.post(login, form, timeout=20, allow_redirects=False).status_code == 302
    return session


def csrf(session: requests.Session, page: str) -> str:
    found = re.search(r'name="csrfmiddlewaretoken" value="(\w+)"', session.get(page, timeout=20).text)
    assert found
    return found[1]


def test_answers_reach_the_receiver_and_the_contact_is_who_they_say(tmp_path: Path, receiver: Receiver) -> None:
    with embedded(tmp_path / "simulator", MAAC_SIM_ADMIN_PASSWORD=PASSWORD) as simulator:
        api = simulator.api
        endpoint = {"name": "CRM", "url": receiver.url("/hook"), "event_types": ["form.surveycake_submitted"]}
        secret = api.post("/endpoints/", endpoint).json()["share_secret"]
        contact = api.post("/modules/contacts/", {}).json()
        survey = api.post("/modules/surveys/", {"title": "試乗予約アンケート", "questions": QUESTIONS}).json()
        answers = {"maac_member_name": "山田 花子", "preferred_store": "shinjuku"}
        submission = {"line_uid": contact["line_uid"], "answers": answers}
        assert api.post(f"/modules/surveys/{survey['id']}/submissions/", submission).status_code == 201
        (first,) = receiver.wait_for(1, timeout=15)

        with signed_in(simulator) as session:
            page = f"{simulator.url}/console/modules/surveys/{survey['id']}/answer/"
            form = {"line_uid": contact["line_uid"], "0": "花子", "1": "渋谷店"}
            form["csrfmiddlewaretoken"] = csrf(session, page)
            assert session.post(page, form, timeout=20).url.endswith("/submissions/2/")
        second = receiver.wait_for(2, timeout=15)[-1]

        assert first.json()["data"]["answer"]["alias"] == {
            "maac_member_name": ["山田 花子"],
            "preferred_store": ["shinjuku"],
        }
        assert second.json()["data"]["answer"]["alias"] == {
            "maac_member_name": ["花子"],
            "preferred_store": ["shibuya"],
        }
        assert b"\\u8a66\\u4e57" in first.body
        assert first.verifies(secret)
        assert second.verifies(secret)
        assert api.get(f"/modules/contacts/{contact['id']}/").json()["display_name"] == "花子"
