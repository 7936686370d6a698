"""The picture of a message's way over the channels: what was tried, and why the others were not."""

import pytest

from modules.notifications.models import Message, Step
from modules.notifications.walk import LATER, NOT_ENABLED, NOT_NEEDED, NOT_REACHED, walk
from tests.brands import NOW

ALL = {"line_push": "delivered", "pnp": "delivered", "sms": "delivered"}


@pytest.mark.parametrize(
    ("statuses", "plan", "is_over", "shown"),
    [
        (["line_push_preparing", "line_push_delivered"], ALL, True, ["good", NOT_NEEDED, NOT_NEEDED]),
        (["line_push_preparing", "line_push_failed", "pnp_preparing"], ALL, False, ["bad", "idle", LATER]),
        (["pnp_preparing", "pnp_undeliverable"], {"pnp": "no_line_user"}, True, [NOT_ENABLED, "bad", NOT_ENABLED]),
        (["line_push_preparing", "line_push_failed"], ALL, True, ["bad", NOT_REACHED, NOT_REACHED]),
    ],
)
def test_each_channel_shows_its_end_or_the_reason_why_it_was_not_tried(
    statuses: list[str], plan: dict[str, str], is_over: bool, shown: list[str]
) -> None:
    message = Message(plan=plan, due_at=None if is_over else NOW)
    stops = walk(message, [Step(message=message, status=status, at=NOW) for status in statuses])
    assert [stop.text if stop.css == "none" else stop.css for stop in stops] == shown
    assert [stop.at is None for stop in stops] == [stop.css == "none" for stop in stops]
