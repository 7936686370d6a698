"""Sample survey answers: questions with MAAC's member aliases about the contact, then questions about opinions."""

from collections.abc import Sequence
from typing import Any

from maac_contract.sample_context import Contact, SampleContext
from maac_contract.sample_data import Language
from maac_contract.seeded_random import SeededRandom

Data = dict[str, Any]


def survey(rng: SeededRandom, context: SampleContext) -> Data:
    """The `data` of a submitted survey."""
    title = rng.pick(context.brand.surveys)
    questions = number(rng, ask(rng, context))
    return {
        "line_uid": context.contact.line_uid,
        "customer_id": context.contact.customer_id_or_null,
        "survey_name": title,
        "answer_hash": rng.hex(32),
        "answer": {
            "id": rng.between(10_000, 99_999),
            "svid": rng.text("abcdefghijkmnpqrstuvwxyzABCDEFGHJKLMNPQRSTUVWXYZ23456789", 5),
            "title": title,
            "status": "FINISH",
            "submitTime": f"{context.before(seconds=rng.between(1, 5)):%Y-%m-%d %H:%M:%S}",
            "mbunq": rng.hex(12) if rng.chance(0.15) else None,
            "meta": {"isolated": {"status": rng.chance(0.1), "type": None}},
            "mbrid": rng.digits(8) if rng.chance(0.15) else None,
            "alias": {each["alias"]: aliased(each) for each in questions if each["alias"]},
            "result": questions,
        },
    }


def ask(rng: SeededRandom, context: SampleContext) -> list[Data]:
    """The answered questions of a survey: some with MAAC's member aliases, then some about opinions."""
    opinions = [*rng.some(OPINIONS, rng.between(3, 5)), interests]
    return [
        *identity(rng, context.contact, context.brand.language),
        *(opinion(rng, context.brand.language) for opinion in opinions),
    ]


def identity(rng: SeededRandom, person: Contact, language: Language) -> list[Data]:
    texts = {"name": person.name, "mobile": person.mobile, "email": person.email}
    if person.bound:
        texts["customer_id"] = person.customer_id
    asked = rng.some(list(texts), rng.between(1, len(texts)))
    known = [maac("line_uid", "TXTSHORT", person.line_uid, language)]
    known += [maac(name, "TXTSHORT", texts[name], language) for name in asked]
    if rng.chance(0.5):
        known.append(maac("birthday", "DATEPICKER", person.birthday, language))
    if rng.chance(0.7):
        known.append(gender(rng, person, language))
    return known


def maac(name: str, kind: str, answer: str, language: Language) -> Data:
    return question(language.subjects[name], kind, [answer], alias=f"maac_member_{name}")


def gender(rng: SeededRandom, person: Contact, language: Language) -> Data:
    return question(
        language.subjects["gender"],
        "CHOICEONE",
        [language.genders[person.gender]],
        alias="maac_member_gender",
        labels=[rng.pick(("", f"gender,{person.gender}"))],
        aliases=[person.gender],
    )


def store(rng: SeededRandom, language: Language) -> Data:
    shown, alias = rng.pick(language.stores)
    subject = language.subjects["store"]
    return question(
        subject, "CHOICEONE", [shown], alias="preferred_store", label="store,visit", labels=[""], aliases=[alias]
    )


def interests(rng: SeededRandom, language: Language) -> Data:
    chosen = rng.some(language.interests, rng.between(1, 3))
    other = [language.other] if rng.chance(0.4) else []
    answers, labels = [shown for shown, _ in chosen], [labels for _, labels in chosen]
    subject = language.subjects["interests"]
    return question(subject, "CHOICEMULTI", answers, other=other, labels=labels, aliases=[""] * len(answers))


def rating(rng: SeededRandom, language: Language) -> Data:
    return question(language.subjects["rating"], "RATINGBAR", [str(rng.between(1, 5))], alias="rating", label="service")


def visits(rng: SeededRandom, language: Language) -> Data:
    return question(language.subjects["visits"], "DIGITINPUT", [str(rng.between(0, 12))], label="visit")


def recommend(rng: SeededRandom, language: Language) -> Data:
    return question(language.subjects["recommend"], "DIGITSLIDE", [str(rng.between(0, 10))], alias="nps")


def ranking(rng: SeededRandom, language: Language) -> Data:
    order = rng.some(language.ranking, len(language.ranking))
    blank = [""] * len(order)
    return question(language.subjects["ranking"], "ITEMSORT", order, labels=blank, aliases=blank)


def remark(rng: SeededRandom, language: Language) -> Data:
    alias = rng.pick(("", "remark"))
    return question(language.subjects["remark"], "TXTLONG", [rng.pick(language.remarks)], alias=alias)


def quote(rng: SeededRandom, language: Language) -> Data:  # noqa: ARG001
    return question(language.subjects["quote"], "QUOTE", [])


OPINIONS = (store, rating, visits, recommend, ranking, remark, quote)


def question(
    subject: str,
    kind: str,
    answer: list[str],
    *,
    alias: str = "",
    label: str = "",
    other: Sequence[str] = (),
    labels: Sequence[str] = (),
    aliases: Sequence[str] = (),
) -> Data:
    return {
        "subject": subject,
        "type": kind,
        "sn": 0,
        "label": label,
        "alias": alias,
        "answer": answer,
        "otherAnswer": list(other),
        "answerLabel": list(labels),
        "answerAlias": list(aliases),
    }


def number(rng: SeededRandom, questions: list[Data]) -> list[Data]:
    """The questions with numbers that have gaps and do not ascend, as after their order on screen was changed."""
    numbers = [0]
    for _ in questions[1:]:
        numbers.append(numbers[-1] + rng.pick((1, 1, 2, 5)))
    numbers[-1] += 3
    turn = rng.between(2, len(numbers) - 1)
    turned = numbers[:1] + numbers[turn:] + numbers[1:turn]
    return [{**each, "sn": sn} for each, sn in zip(questions, turned, strict=True)]


def aliased(question: Data) -> list[str]:
    """A question's value in the payload's `alias` object: the answers' aliases if they have any, else the answers."""
    return [*(question["answerAlias"] or question["answer"])]
