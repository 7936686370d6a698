"""A realistic demo survey: questions of every type, with the aliases that a receiver would need."""

from datetime import datetime
from typing import Any

from accounts.models import Account
from maac_contract.samples import JAPANESE, Language
from modules.regions import language_of
from modules.surveys import services
from modules.surveys.models import Survey


def seed_demo(*, account: Account, now: datetime) -> Survey:
    """In the language of the account's region."""
    language = language_of(account)
    title = "ご来店アンケート" if language is JAPANESE else "門市服務滿意度調查"
    return services.create(account=account, title=title, questions=questions(language), now=now)


def questions(language: Language) -> list[dict[str, Any]]:
    subjects, headings = language.subjects, HEADINGS[language is JAPANESE]
    return [
        {"type": "STATEMENT", "subject": headings["welcome"]},
        _asked("TXTSHORT", subjects["name"], alias="maac_member_name", is_required=True),
        _asked("TXTSHORT", subjects["mobile"], alias="maac_member_mobile"),
        _asked("TXTSHORT", subjects["email"], alias="maac_member_email"),
        _asked("DATEPICKER", subjects["birthday"], alias="maac_member_birthday"),
        _asked(
            "CHOICEONE",
            subjects["gender"],
            alias="maac_member_gender",
            choices=[{"text": text, "alias": alias} for alias, text in language.genders.items()],
        ),
        {"type": "DIVIDER", "subject": "—"},
        _asked(
            "PICKFROM",
            subjects["store"],
            alias="preferred_store",
            label="store,visit",
            choices=[{"text": text, "alias": alias} for text, alias in language.stores],
        ),
        _asked(
            "CHOICEMULTI",
            subjects["interests"],
            alias="interests",
            has_other=True,
            choices=[{"text": text, "label": label} for text, label in language.interests],
        ),
        {"type": "NEST", "subject": headings["service"]},
        *(
            _asked("NESTCHILD", line, alias=alias, choices=[{"text": text} for text in headings["grades"]])
            for line, alias in headings["lines"]
        ),
        _asked("RATINGBAR", subjects["rating"], alias="rating", label="service", is_required=True),
        _asked("DIGITINPUT", subjects["visits"], label="visit", minimum=0, maximum=31),
        _asked("DIGITSLIDE", subjects["recommend"], alias="nps"),
        _asked("ITEMSORT", subjects["ranking"], choices=[{"text": text} for text in language.ranking]),
        _asked("TXTLONG", subjects["remark"], alias="remark"),
        {"type": "QUOTE", "subject": subjects["quote"]},
        _asked("TXTSHORT", "LINE UID", alias="maac_member_line_uid", is_hidden=True),
    ]


def _asked(kind: str, subject: str, **more: Any) -> dict[str, Any]:
    return {"type": kind, "subject": subject, **more}


HEADINGS: dict[bool, dict[str, Any]] = {
    True: {
        "welcome": "いつもご利用ありがとうございます。2分ほどで終わります。",
        "service": "次の項目はいかがでしたか",
        "lines": (("商品の品ぞろえ", "grade_range"), ("店内の清潔さ", "grade_clean")),
        "grades": ("よい", "ふつう", "よくない"),
    },
    False: {
        "welcome": "感謝您一直以來的支持，填寫約需兩分鐘。",
        "service": "請評價以下項目",
        "lines": (("商品種類", "grade_range"), ("環境整潔", "grade_clean")),
        "grades": ("滿意", "普通", "不滿意"),
    },
}
"""Texts of the Japanese and the Chinese survey that the shared word lists do not contain."""
