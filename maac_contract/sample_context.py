"""What a sample is about, derived from its seed: the contact, the brand and the time."""

from dataclasses import dataclass
from datetime import datetime, timedelta, timezone

from maac_contract.sample_data import BRANDS, Brand, Language
from maac_contract.seeded_random import SeededRandom

TAIPEI = timezone(timedelta(hours=8))


@dataclass(frozen=True)
class Contact:
    """A fictitious contact. `bound` says whether the brand's customer id is bound to the LINE user."""

    line_uid: str
    customer_id: str
    bound: bool
    name: str
    mobile: str
    email: str
    birthday: str
    gender: str

    @property
    def customer_id_or_null(self) -> str | None:
        return self.customer_id if self.bound else None


@dataclass(frozen=True)
class SampleContext:
    """The contact, brand and time of a sample event."""

    contact: Contact
    brand: Brand
    moment: datetime

    def before(self, **ago: float) -> datetime:
        return self.moment - timedelta(**ago)


def sample_context(seed: int | str, moment: datetime) -> SampleContext:
    """The seed's contact and brand at the time `moment`, with its offset fixed; ValueError for a naive datetime."""
    offset = moment.utcoffset()
    if offset is None:
        raise ValueError("A sample needs a datetime with a time zone")
    place = brand(seed)
    return SampleContext(person(seed, place.language), place, moment.replace(tzinfo=timezone(offset)))


def brand(seed: int | str) -> Brand:
    """The seed's brand; its language is the language of the whole sample."""
    return SeededRandom("brand", seed).pick(BRANDS)


def contact(seed: int | str) -> Contact:
    """The seed's contact, the same in every topic."""
    return person(seed, brand(seed).language)


def person(seed: int | str, language: Language) -> Contact:
    """The seed's contact, with a name in this language."""
    rng = SeededRandom("contact", seed)
    name, email_name, gender = rng.pick(language.people)
    return Contact(
        line_uid=f"U{rng.hex(32)}",
        customer_id=rng.pick(("M-{}", "C/{}", "{}", "VIP_{}")).format(rng.digits(6)),
        bound=rng.chance(0.7),
        name=name,
        mobile=f"+8869{rng.digits(8)}",
        email=f"{email_name}{rng.between(1, 99)}@example.com",
        birthday=f"{rng.between(1960, 2006)}-{rng.between(1, 12):02}-{rng.between(1, 28):02}",
        gender=gender if rng.chance(0.85) else "unknown",
    )


def default_moment(seed: int | str) -> datetime:
    """The default time of the seed's event: in business hours in early 2026, Taipei time."""
    rng = SeededRandom("moment", seed)
    day = datetime(2026, 1, 5, 9, tzinfo=TAIPEI) + timedelta(days=rng.below(85))
    return day + timedelta(seconds=rng.below(9 * 3600), microseconds=rng.below(1_000_000))
