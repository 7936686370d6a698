"""MAAC's other outgoing POST, the binding callback: a contact completed the binding that a bind link began.

It is no webhook: no envelope, no signature, no idempotency key, no zone licence. Documented: method, content type,
the preset header, the fields and their order, the expected answer. Chosen, since MAAC documents neither: retries and
time limit are those of webhooks; `email` and `mobile` without a value are empty texts.
"""

from typing import Any

from maac_contract import contract
from maac_contract.payloads import ANY_TEXT, CUSTOMER_ID, LINE_UID
from maac_contract.sample_context import contact
from maac_contract.schema import Field, Record, Word
from maac_contract.sentences import gettext_noop as _

CALLBACK = "binding.callback"
"""The name under which the log lists callbacks, in the place of a topic. Chosen; MAAC sends no name."""
CALLBACK_CONTENT_TYPE = "application/json"
CALLBACK_ANSWER = b"{}"
"""The body that MAAC documents for the answer, with the status 200 and `application/json`."""
CONTACT_STATUSES = ("follow", "auth", "unfollow")

CALLBACK_FIELDS = Record(
    (
        LINE_UID,
        CUSTOMER_ID,
        Field("email", ANY_TEXT, description=_("The contact's e-mail address; empty if there is none.")),
        Field(
            "mobile",
            ANY_TEXT,
            description=_("The contact's mobile number in national form, such as 0900111222; empty if there is none."),
        ),
        Field(
            "status",
            Word(CONTACT_STATUSES),
            description=_("follow: a friend; auth: has let the account read its data; unfollow: has blocked it."),
        ),
    )
)


def callback_headers(*, user_agent: str) -> tuple[tuple[str, str], ...]:
    """The headers before the preset ones, in the order in which they are sent."""
    return ("User-Agent", user_agent), ("Content-Type", CALLBACK_CONTENT_TYPE)


def callback_body(data: dict[str, Any]) -> str:
    """The JSON text of the body, in ASCII, its keys in MAAC's order. Chosen: spaces as in webhooks."""
    return contract.ENCODER.encode({name: data[name] for name in CALLBACK_FIELDS.names})


def callback_sample(seed: int | str) -> dict[str, Any]:
    """A realistic body; equal seeds give equal ones."""
    who = contact(seed)
    mobile = national(who.mobile)
    texts = {"line_uid": who.line_uid, "customer_id": who.customer_id, "email": who.email, "mobile": mobile}
    return {**texts, "status": CONTACT_STATUSES[0]}


def national(mobile: str) -> str:
    """An E.164 number of Taiwan, Japan or Thailand as MAAC samples it, `0900111222`; any other unchanged (chosen)."""
    code = next((code for code in ("+886", "+81", "+66") if mobile.startswith(code)), "")
    return f"0{mobile.removeprefix(code)}" if code else mobile
