"""Survey samples: a form that was answered, with who the contact is by MAAC's aliases and what they think."""

from collections.abc import Sequence
from typing import Any

from maac_contract.sample_context import Contact, Scene
from maac_contract.sample_data import Language
from maac_contract.seeded_random import Dice

Data = dict[str, Any]


def survey(dice: Dice, scene: Scene) -> Data:
    """The `data` of a submitted survey."""
    title = dice.pick(scene.brand.surveys)
    questions = number(dice, ask(dice, scene))
    return {
        "line_uid": scene.contact.line_uid,
        "customer_id": scene.contact.customer_id_or_null,
        "survey_name": title,
        "answer_hash": dice.hex(32),
        "answer": {
            "id": dice.between(10_000, 99_999),
            "svid": dice.text("abcdefghijkmnpqrstuvwxyzABCDEFGHJKLMNPQRSTUVWXYZ23456789", 5),
            "title": title,
            "status": "FINISH",
            "submitTime": f"{scene.before(seconds=dice.between(1, 5)):%Y-%m-%d %H:%M:%S}",
            "mbunq": dice.hex(12) if dice.chance(0.15) else None,
            "meta": {"isolated": {"status": dice.chance(0.1), "type": None}},
            "mbrid": dice.digits(8) if dice.chance(0.15) else None,
            "alias": {each["alias"]: aliased(each) for each in questions if each["alias"]},
            "result": questions,
        },
    }


def ask(dice: Dice, scene: Scene) -> list[Data]:
    """The answered questions of a survey: who you are, by MAAC's aliases, then what you think."""
    opinions = [*dice.some(OPINIONS, dice.between(3, 5)), interests]
    return [
        *identity(dice, scene.contact, scene.brand.language),
        *(opinion(dice, scene.brand.language) for opinion in opinions),
    ]


def identity(dice: Dice, person: Contact, language: Language) -> list[Data]:
    texts = {"name": person.name, "mobile": person.mobile, "email": person.email}
    if person.bound:
        texts["customer_id"] = person.customer_id
    asked = dice.some(list(texts), dice.between(1, len(texts)))
    known = [maac("line_uid", "TXTSHORT", person.line_uid, language)]
    known += [maac(name, "TXTSHORT", texts[name], language) for name in asked]
    if dice.chance(0.5):
        known.append(maac("birthday", "DATEPICKER", person.birthday, language))
    if dice.chance(0.7):
        known.append(gender(dice, person, language))
    return known


def maac(name: str, kind: str, answer: str, language: Language) -> Data:
    return question(language.subjects[name], kind, [answer], alias=f"maac_member_{name}")


def gender(dice: Dice, person: Contact, language: Language) -> Data:
    return question(
        language.subjects["gender"],
        "CHOICEONE",
        [language.genders[person.gender]],
        alias="maac_member_gender",
        labels=[dice.pick(("", f"gender,{person.gender}"))],
        aliases=[person.gender],
    )


def store(dice: Dice, language: Language) -> Data:
    shown, alias = dice.pick(language.stores)
    subject = language.subjects["store"]
    return question(
        subject, "CHOICEONE", [shown], alias="preferred_store", label="store,visit", labels=[""], aliases=[alias]
    )


def interests(dice: Dice, language: Language) -> Data:
    chosen = dice.some(language.interests, dice.between(1, 3))
    other = [language.other] if dice.chance(0.4) else []
    answers, labels = [shown for shown, _ in chosen], [labels for _, labels in chosen]
    subject = language.subjects["interests"]
    return question(subject, "CHOICEMULTI", answers, other=other, labels=labels, aliases=[""] * len(answers))


def rating(dice: Dice, language: Language) -> Data:
    return question(
        language.subjects["rating"], "RATINGBAR", [str(dice.between(1, 5))], alias="rating", label="service"
    )


def visits(dice: Dice, language: Language) -> Data:
    return question(language.subjects["visits"], "DIGITINPUT", [str(dice.between(0, 12))], label="visit")


def recommend(dice: Dice, language: Language) -> Data:
    return question(language.subjects["recommend"], "DIGITSLIDE", [str(dice.between(0, 10))], alias="nps")


def ranking(dice: Dice, language: Language) -> Data:
    order = dice.some(language.ranking, len(language.ranking))
    blank = [""] * len(order)
    return question(language.subjects["ranking"], "ITEMSORT", order, labels=blank, aliases=blank)


def remark(dice: Dice, language: Language) -> Data:
    alias = dice.pick(("", "remark"))
    return question(language.subjects["remark"], "TXTLONG", [dice.pick(language.remarks)], alias=alias)


def quote(dice: Dice, language: Language) -> Data:  # noqa: ARG001
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


def number(dice: Dice, questions: list[Data]) -> list[Data]:
    """The questions with numbers that have gaps and, since the order on screen was changed, do not ascend."""
    numbers = [0]
    for _ in questions[1:]:
        numbers.append(numbers[-1] + dice.pick((1, 1, 2, 5)))
    numbers[-1] += 3
    turn = dice.between(2, len(numbers) - 1)
    turned = numbers[:1] + numbers[turn:] + numbers[1:turn]
    return [{**each, "sn": sn} for each, sn in zip(questions, turned, strict=True)]


def aliased(question: Data) -> list[str]:
    """A question's entry under `alias`: the answers' own aliases where they have them, else the answers."""
    return [*(question["answerAlias"] or question["answer"])]
