"""From points that a brand gives to the bytes at a receiver: by REST, and by the console as a person uses it."""

from collections.abc import Callable

from tests.browsing import Brand
from tests.receiver import Receiver

TOPIC = "prize.points_added"
PRIZE = {
    "name": "星ポイント",
    "memo": '会員登録 "ようこそ"',
    "count": 10,
    "category": "購入",
    "expires_on": "2099-12-31",
}


def test_points_reach_the_receiver_and_the_same_grant_keeps_its_id(
    make_brand: Callable[..., Brand], receiver: Receiver
) -> None:
    brand = make_brand("Points", time_zone="Asia/Taipei")
    api = brand.api
    endpoint = {"name": "CRM", "url": receiver.url("/hook"), "event_types": [TOPIC]}
    secret = api.post("/endpoints/", endpoint).json()["share_secret"]
    bound = api.post("/modules/contacts/", {"customer_id": "M-1"}).json()
    unbound = api.post("/modules/contacts/", {}).json()
    prize = api.post("/modules/points/prizes/", PRIZE).json()

    grant = {"prize": prize["id"], "line_uid": bound["line_uid"], "grant_key": "ORDER-1"}
    answer = api.post("/modules/points/grants/", grant)
    assert answer.status_code == 201, answer.text
    (row,) = answer.json()["results"]
    (first,) = receiver.wait_for(1, timeout=10)
    assert first.verifies(secret)
    assert (
        f'"data": {{"prize_name": "\\u661f\\u30dd\\u30a4\\u30f3\\u30c8", "points_id": "{row["points_id"]}", '
        f'"line_uid": "{bound["line_uid"]}", "customer_id": "M-1", '
        f'"points_memo": "\\u4f1a\\u54e1\\u767b\\u9332 \\"\\u3088\\u3046\\u3053\\u305d\\"", "points_count": 10, '
        f'"points_expire_date": "2099-12-31T23:59:59+08:00", "points_category": "\\u8cfc\\u5165"}}}}'
    ).encode() in first.body

    assert api.post("/modules/points/grants/", grant).status_code == 200
    refused = api.post("/modules/points/grants/", {"prize": prize["id"], "line_uid": unbound["line_uid"]})
    assert (refused.status_code, refused.json()["error"]["code"]) == (409, "contact_not_bound")
    assert api.post("/modules/points/grants/", {**grant, "resend": True}).status_code == 200
    second = receiver.wait_for(2, timeout=10)[1]
    assert second.body == first.body
    assert second.key != first.key

    page = brand.user.post(f"/console/modules/points/{prize['id']}/", others="M-1", count="7", memo="お誕生日特典 🎂")
    assert "1 contact got points." in page.text
    third = receiver.wait_for(3, timeout=10)[2]
    assert third.verifies(secret)
    data = third.json()["data"]
    assert (data["points_count"], data["points_memo"]) == (7, "お誕生日特典 🎂")
    assert data["points_id"] != row["points_id"]
    assert len(api.get("/deliveries/").json()["results"]) == len(receiver.requests) == 3
