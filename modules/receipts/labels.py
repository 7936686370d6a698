"""The conditions of a campaign in words, in the viewer's language."""

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
class Told:
    """A condition that a receipt failed, as a page shows it."""

    code: str
    word: str
    sentence: str


def condition_word(code: str) -> str:
    return str(WORDS[code])


def told(codes: list[str]) -> list[Told]:
    return [Told(code, condition_word(code), _(SENTENCES[code])) for code in codes]
