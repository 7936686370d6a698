"""The scene of a sample: whose event it is, at which business and when, drawn from the seed."""

from dataclasses import dataclass
from datetime import datetime, timedelta, timezone

from maac_contract.sample_data import BRANDS, Brand, Language
from maac_contract.seeded_random import SeededRandom

TAIPEI = timezone(timedelta(hours=8))


@dataclass(frozen=True)
class Contact:
    """A made-up person. `bound` says whether the business's own id is tied to the LINE user."""

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
class Scene:
    """To whom, where and when the event happens."""

    contact: Contact
    brand: Brand
    moment: datetime

    def before(self, **ago: float) -> datetime:
        return self.moment - timedelta(**ago)


def set_scene(seed: int | str, moment: datetime) -> Scene:
    """The seed's contact at the seed's business, at the (aware) moment with its offset made fixed."""
    offset = moment.utcoffset()
    if offset is None:
        raise ValueError("A sample needs a moment with a time zone")
    place = brand(seed)
    return Scene(person(seed, place.language), place, moment.replace(tzinfo=timezone(offset)))


def brand(seed: int | str) -> Brand:
    """The seed's business; its language is the language of the whole sample."""
    return SeededRandom("brand", seed).pick(BRANDS)


def contact(seed: int | str) -> Contact:
    """The seed's contact, the same one in every topic."""
    return person(seed, brand(seed).language)


def person(seed: int | str, language: Language) -> Contact:
    """The seed's contact among those who speak the language."""
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
    """When the seed's event happens unless told otherwise: business hours in early 2026, Taipei time."""
    rng = SeededRandom("moment", seed)
    day = datetime(2026, 1, 5, 9, tzinfo=TAIPEI) + timedelta(days=rng.below(85))
    return day + timedelta(seconds=rng.below(9 * 3600), microseconds=rng.below(1_000_000))
