"""Translated labels of a campaign's conditions."""

from dataclasses import dataclass

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from modules.receipts.conditions import (
    ITEM,
    MINIMUM_AMOUNT,
    NUMBER_ONCE,
    PURCHASE_PERIOD,
    SENTENCES,
    SHOP,
    UPLOAD_LIMIT,
    UPLOAD_PERIOD,
)

WORDS = {
    PURCHASE_PERIOD: gettext_lazy("Purchase period"),
    UPLOAD_PERIOD: gettext_lazy("Upload period"),
    SHOP: gettext_lazy("Shop"),
    ITEM: gettext_lazy("Keyword of an item"),
    MINIMUM_AMOUNT: gettext_lazy("Minimum amount"),
    NUMBER_ONCE: gettext_lazy("Number matches once"),
    UPLOAD_LIMIT: gettext_lazy("Matching receipts of a contact"),
}


@dataclass(frozen=True, slots=True)
class FailedCondition:
    """A condition that a receipt failed, with its label and explanation."""

    code: str
    word: str
    sentence: str


def condition_word(code: str) -> str:
    return str(WORDS[code])


def failed_conditions(codes: list[str]) -> list[FailedCondition]:
    return [FailedCondition(code, condition_word(code), _(SENTENCES[code])) for code in codes]
