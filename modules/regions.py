"""The language of an account's demo content, from its time zone: Japanese in Japan, otherwise Traditional Chinese."""

from accounts.models import Account
from maac_contract.samples import BRANDS, CHINESE, JAPANESE, Brand, Language
from maac_contract.seeded_random import SeededRandom

JAPAN = "Asia/Tokyo"


def language_of(account: Account) -> Language:
    return JAPANESE if account.time_zone == JAPAN else CHINESE


def brand_of(account: Account) -> Brand:
    """A fictitious brand, always the same for an account."""
    language = language_of(account)
    return SeededRandom("brand of account", account.pk).pick([each for each in BRANDS if each.language is language])
