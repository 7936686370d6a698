"""Generates realistic answers to any survey. Pure: the same survey, person and seed give the same answers."""

from collections.abc import Iterable, Mapping

from maac_contract.samples import Brand
from maac_contract.seeded_random import SeededRandom
from modules.surveys.rules import ONE_OF, SILENT, Given, Question

ODDS_OF_AN_ANSWER = 0.85
ODDS_OF_OTHER = 0.25
WIDEST = 100
"""Distance from the other bound, or from zero, within which a number with an open range is drawn."""


def answers(
    questions: Iterable[Question], *, person: Mapping[str, str], brand: Brand, seed: int | str
) -> dict[str, Given]:
    """Answers by number of the question; none to hidden ones. `person` holds the answers under MAAC's own aliases."""
    rng, shown = SeededRandom("answers", seed), [each for each in questions if not each.is_hidden]
    given = {str(each.sn): _answer(rng, each, person, brand) for each in shown if each.type not in SILENT}
    return {sn: answer for sn, answer in given.items() if answer}


def _answer(rng: SeededRandom, question: Question, person: Mapping[str, str], brand: Brand) -> Given | None:
    if not question.is_required and not rng.chance(ODDS_OF_AN_ANSWER):
        return None
    texts = [choice.text for choice in question.choices]
    known = person.get(question.alias, "")
    if question.type in ONE_OF:
        by_alias = next((choice.text for choice in question.choices if choice.alias and choice.alias == known), None)
        return Given([by_alias or rng.pick(texts)])
    if question.type == "CHOICEMULTI":
        other = brand.language.other if question.has_other and rng.chance(ODDS_OF_OTHER) else ""
        return Given(rng.some(texts, rng.between(1, min(3, len(texts)))), other)
    if question.type == "ITEMSORT":
        return Given(rng.some(texts, len(texts)))
    return Given([known or _written(rng, question, brand)])


def _written(rng: SeededRandom, question: Question, brand: Brand) -> str:
    if question.type == "DATEPICKER":
        return f"{rng.between(1960, 2006)}-{rng.between(1, 12):02}-{rng.between(1, 28):02}"
    if question.type in ("TXTSHORT", "TXTLONG"):
        return rng.pick(brand.language.remarks)
    smallest, largest = question.range
    low = smallest if smallest is not None else min(0, (largest or 0) - WIDEST)
    high = largest if largest is not None else max(low, 0) + WIDEST
    return str(rng.between(low, min(high, low + WIDEST)))
