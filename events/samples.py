"""Believable payloads for every topic, drawn from a seed: the same arguments give the same bytes on every machine."""

import hashlib
import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from typing import Any, TypeVar

from events.contract import LINE_PUSH_ERROR_CATEGORIES, MESSAGE_TYPES, PNP_SOURCES, PNP_STATUSES

T = TypeVar("T")
Data = dict[str, Any]
TAIPEI = timezone(timedelta(hours=8))
CHANNELS = ("line_push", "pnp", "sms")
FAILED_STATES = ("failed", "undeliverable")
SMS_FAILURES = {
    "sms_failed": ("target_reception_issue", "invalid_phone_number", "others"),
    "sms_undeliverable": ("target_reception_issue", "invalid_phone_number"),
    "sms_blocked": ("sensitive_words",),
}


class Dice:
    """Draws built on `Random.random` alone, the only method Python promises to keep the same across versions."""

    def __init__(self, name: str, seed: int | str) -> None:
        self._random = random.Random(f"{name}:{seed}").random  # noqa: S311 - samples hold no secrets

    def below(self, end: int) -> int:
        return int(self._random() * end)

    def between(self, first: int, last: int) -> int:
        return first + self.below(last - first + 1)

    def chance(self, odds: float) -> bool:
        return self._random() < odds

    def pick(self, things: Sequence[T]) -> T:
        return things[self.below(len(things))]

    def some(self, things: Sequence[T], count: int) -> list[T]:
        left = list(things)
        return [left.pop(self.below(len(left))) for _ in range(count)]

    def text(self, letters: str, length: int) -> str:
        return "".join(self.pick(letters) for _ in range(length))

    def digits(self, length: int) -> str:
        return f"{self.below(10**length):0{length}}"

    def hex(self, length: int) -> str:
        # By the byte: one draw has 53 random bits, too few for a whole id.
        return "".join(f"{self.below(256):02x}" for _ in range(0, length, 2))[:length]


# --- The cast ------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Language:
    """The people who speak it, and the words a survey in it asks with."""

    people: tuple[tuple[str, str, str], ...]  # name, e-mail name, gender
    subjects: dict[str, str]
    genders: dict[str, str]
    stores: tuple[tuple[str, str], ...]  # as shown, alias
    interests: tuple[tuple[str, str], ...]  # as shown, labels
    other: str
    ranking: tuple[str, ...]
    remarks: tuple[str, ...]


@dataclass(frozen=True)
class Brand:
    """One business: what it sells, asks, promises and tells, in one language."""

    language: Language
    shops: tuple[str, ...]
    products: tuple[tuple[str, float], ...]
    campaigns: tuple[str, ...]
    surveys: tuple[str, ...]
    notices: tuple[str, ...]
    prizes: tuple[str, ...]
    memos: tuple[str, ...]
    categories: tuple[str, ...]


JAPANESE = Language(
    people=(
        ("山田 花子", "hanako.yamada", "female"),
        ("山田 太郎", "taro.yamada", "male"),
        ("佐藤 さくら", "sakura.sato", "female"),
        ("田中 次郎", "jiro.tanaka", "male"),
        ("鈴木 みどり", "midori.suzuki", "female"),
    ),
    subjects={
        "line_uid": "LINE UID",
        "name": "お名前",
        "mobile": "携帯電話番号",
        "birthday": "生年月日",
        "customer_id": "会員番号",
        "email": "メールアドレス",
        "gender": "性別",
        "store": "よく行く店舗",
        "interests": "興味のあるもの（複数可）",
        "rating": "接客の満足度",
        "visits": "月に何回ご来店ですか",
        "recommend": "お友だちに勧めたい度合い (0/10)",
        "ranking": "大切だと思う順に並べてください",
        "remark": "ご意見・ご感想",
        "quote": "ご協力ありがとうございます。",
    },
    genders={"male": "男性", "female": "女性", "unknown": "回答しない"},
    stores=(("信義店", "xinyi"), ("中山店", "zhongshan"), ("台中駅前店", "taichung")),
    interests=(("新商品", "new"), ("イベント", "event,visit"), ("ポイント2倍デー", ""), ("ギフト", "gift,season")),
    other="オンライン限定品",
    ranking=("品質", "価格", "接客", "立地"),
    remarks=(
        "また行きます！😊",
        '店員さんが「"親切"」でした',
        "A/B 2種類とも美味しかった",
        "駐車場が\t少し狭い",
        "特になし",
    ),
)

CHINESE = Language(
    people=(
        ("王小明", "xiaoming.wang", "male"),
        ("陳小美", "xiaomei.chen", "female"),
        ("李大華", "dahua.li", "male"),
        ("林小華", "xiaohua.lin", "female"),
        ("張大同", "datong.chang", "male"),
    ),
    subjects={
        "line_uid": "LINE UID",
        "name": "姓名",
        "mobile": "手機號碼",
        "birthday": "生日",
        "customer_id": "會員編號",
        "email": "電子信箱",
        "gender": "性別",
        "store": "最常去的門市",
        "interests": "感興趣的主題（可複選）",
        "rating": "服務滿意度",
        "visits": "每月來店次數",
        "recommend": "推薦給朋友的意願 (0/10)",
        "ranking": "請依重要程度排序",
        "remark": "其他建議",
        "quote": "感謝您撥冗填寫。",
    },
    genders={"male": "男性", "female": "女性", "unknown": "不願透露"},
    stores=(("信義門市", "xinyi"), ("中山門市", "zhongshan"), ("台中站前門市", "taichung")),
    interests=(("新品上市", "new"), ("會員活動", "event,visit"), ("點數加倍日", ""), ("節慶禮盒", "gift,season")),
    other="線上限定商品",
    ranking=("品質", "價格", "服務", "交通"),
    remarks=("下次還會再來 🎉", '店員說"慢慢看"，很貼心', "內用/外帶都很方便", "座位\t有點少", "無"),
)

BRANDS = (
    Brand(
        JAPANESE,
        shops=("こはる堂 信義店", "こはる堂 中山店/地下1階", "こはる堂 台中駅前店"),
        products=(
            ("塩バターパン", 45.0),
            ('あんバターサンド "小倉"', 78.5),
            ("抹茶クロワッサン 🍵", 85.0),
            ("食パン\t(6枚切)", 92.5),
            ("カフェラテ HOT/ICE", 110.0),
        ),
        campaigns=("春のレシート祭り 🌸", "パンの日キャンペーン", "レシートで当たる! 2026"),
        surveys=("ご来店アンケート", "新作パン「春いちご」アンケート 🍓"),
        notices=("ご予約確認", "商品お受け取りのご案内"),
        prizes=("来店ポイント", "こはるポイント"),
        memos=("初回来店 <ありがとう>", "パン購入 3/3 回達成", "お誕生日特典 🎂"),
        categories=("来店", "購入", "キャンペーン"),
    ),
    Brand(
        JAPANESE,
        shops=("ほしの道具店 中山店", "ほしの道具店 信義店", "ほしの道具店 台中駅前店"),
        products=(
            ("檜のまな板 (小)", 680.0),
            ("ホーロー鍋 18cm/白", 1280.0),
            ('竹のはし "夫婦" 2膳', 199.5),
            ("ふきん\t3枚組", 150.0),
            ("豆皿 ⭐ 星", 120.5),
        ),
        campaigns=("台所応援フェア", "秋のレシートくじ ⭐", "会員限定/レシート投稿"),
        surveys=("台所道具アンケート", "配送サービスアンケート"),
        notices=("発送のお知らせ", "お届け予定のお知らせ"),
        prizes=("星ポイント", "レビュー投稿ポイント"),
        memos=("レビュー投稿のお礼", '会員登録 "ようこそ"', "1,000元お買い上げごと/10pt"),
        categories=("購入", "レビュー"),
    ),
    Brand(
        CHINESE,
        shops=("青嵐茶舖 信義門市", "青嵐茶舖 中山門市/地下1樓", "青嵐茶舖 台中站前門市"),
        products=(
            ('黑糖珍珠鮮奶 "大杯"', 65.0),
            ("檸檬塔\t(2入)", 104.5),
            ("四季春茶 🍃", 35.0),
            ("烏龍拿鐵 冰/熱", 60.5),
            ("茶葉蛋", 13.0),
        ),
        campaigns=("春季發票登錄活動 🌸", "買茶抽好禮", "週年慶發票大放送! 2026"),
        surveys=("飲品滿意度調查", "新品試喝問卷 🍋"),
        notices=("訂單完成通知", "取餐通知"),
        prizes=("集點卡", "青嵐點數"),
        memos=("首次來店 <歡迎>", "消費 5/5 杯達成", "生日禮 🎂"),
        categories=("來店", "消費", "活動"),
    ),
    Brand(
        CHINESE,
        shops=("雲杉書房 中山門市", "雲杉書房 信義門市", "雲杉書房 台中站前門市"),
        products=(
            ('手帳 2026 "海洋藍"', 420.0),
            ("鋼筆墨水 30ml/松綠", 260.0),
            ("明信片\t(5張)", 62.5),
            ("貓咪書籤 🐱", 49.5),
            ("原木筆盒", 390.0),
        ),
        campaigns=("閱讀節發票登錄", "開學季 📚 登錄抽獎", "會員日/發票加碼"),
        surveys=("讀者問卷", '講座"慢讀"報名表'),
        notices=("到貨通知", "講座報名成功通知"),
        prizes=("閱讀點數", "會員日點數"),
        memos=("講座簽到", "滿 1,000 元/贈 10 點", '推薦好友 "感謝"'),
        categories=("購書", "講座"),
    ),
)


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


def brand(seed: int | str) -> Brand:
    """The seed's business; its language is the language of the whole sample."""
    return Dice("brand", seed).pick(BRANDS)


def contact(seed: int | str) -> Contact:
    """The seed's contact, the same one in every topic."""
    dice = Dice("contact", seed)
    name, email_name, gender = dice.pick(brand(seed).language.people)
    return Contact(
        line_uid=f"U{dice.hex(32)}",
        customer_id=dice.pick(("M-{}", "C/{}", "{}", "VIP_{}")).format(dice.digits(6)),
        bound=dice.chance(0.7),
        name=name,
        mobile=f"+8869{dice.digits(8)}",
        email=f"{email_name}{dice.between(1, 99)}@example.com",
        birthday=f"{dice.between(1960, 2006)}-{dice.between(1, 12):02}-{dice.between(1, 28):02}",
        gender=gender if dice.chance(0.85) else "unknown",
    )


def default_moment(seed: int | str) -> datetime:
    """When the seed's event happens unless told otherwise: business hours in early 2026, Taipei time."""
    dice = Dice("moment", seed)
    day = datetime(2026, 1, 5, 9, tzinfo=TAIPEI) + timedelta(days=dice.below(85))
    return day + timedelta(seconds=dice.below(9 * 3600), microseconds=dice.below(1_000_000))


def sample(topic: str, *, seed: int | str, moment: datetime | None = None) -> Data:
    """A believable `data` for the topic, in contract order; its times lie just before the (aware) moment."""
    moment = moment or default_moment(seed)
    offset = moment.utcoffset()
    if offset is None:
        raise ValueError("A sample needs a moment with a time zone")
    scene = Scene(contact(seed), brand(seed), moment.replace(tzinfo=timezone(offset)))
    return SAMPLERS[topic](Dice(topic, seed), scene)


# --- Topics --------------------------------------------------------------------------------------------------------


def receipt(dice: Dice, scene: Scene) -> Data:
    uploaded = scene.before(seconds=dice.between(1, 4), microseconds=dice.below(1_000_000))
    bought = uploaded - timedelta(days=dice.below(3), minutes=dice.between(5, 90), seconds=dice.below(60))
    return {
        "line_uid": scene.contact.line_uid,
        "customer_id": scene.contact.customer_id_or_null,
        "campaign_name": dice.pick(scene.brand.campaigns) if dice.chance(0.85) else None,
        "number": dice.text("ABCDEFGHJKLMNPQRSTUVWXYZ", 2) + dice.digits(8),
        "datetime": bought.isoformat(timespec="seconds"),
        "upload_datetime": exact(uploaded),
        "random_number": dice.digits(4),
        "channel": dice.pick(scene.brand.shops),
        "items": [receipt_item(dice, *product) for product in dice.some(scene.brand.products, dice.between(2, 4))],
    }


def receipt_item(dice: Dice, description: str, unit_price: float) -> Data:
    quantity = float(dice.pick((1, 1, 1, 2, 2, 3)))
    return {
        "description": description,
        "unit_price": unit_price,
        "quantity": quantity,
        "amount": unit_price * quantity,
    }


def survey(dice: Dice, scene: Scene) -> Data:
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


def pnp_status(dice: Dice, scene: Scene) -> Data:
    status = dice.pick(PNP_STATUSES)
    states = journey(dice, status)
    without_sms = states["sms"] is None
    return {
        **template(dice, scene),
        "pnp_message_id": dice.between(1_000, 99_999),
        "event_id": dice.between(1, 999) if dice.chance(0.5) else None,
        "customized_id": f"ORDER-{dice.digits(6)}" if dice.chance(0.6) else None,
        "phone_number": phone_number(scene.contact, hashed=without_sms and dice.chance(0.25)),
        "status": status,
        "line_push_template_id": dice.between(1, 500) if states["line_push"] else None,
        "line_push_status": states["line_push"],
        "line_push_delivered_at": delivered_at(dice, scene, states["line_push"]),
        "line_push_error_category": line_push_error(dice, states["line_push"]),
        "pnp_status": states["pnp"],
        "pnp_delivered_at": delivered_at(dice, scene, states["pnp"]),
        "sms_status": states["sms"],
        "sms_delivered_at": delivered_at(dice, scene, states["sms"]),
        "sms_error_category": sms_error(dice, states["sms"]),
    }


def journey(dice: Dice, status: str) -> dict[str, str | None]:
    """Each channel's status when the whole stands at `status`: those before it failed or are off, later ones wait."""
    now = next(channel for channel in CHANNELS if status.startswith(channel))
    states: dict[str, str | None] = dict.fromkeys(CHANNELS)
    for earlier in CHANNELS[: CHANNELS.index(now)]:
        states[earlier] = f"{earlier}_{dice.pick(FAILED_STATES)}" if dice.chance(0.6) else None
    return states | {now: status}


def delivered_at(dice: Dice, scene: Scene, status: str | None) -> str | None:
    if status is None or not status.endswith("_delivered"):
        return None
    return exact(scene.before(milliseconds=dice.between(80, 3_000), microseconds=dice.below(1_000)))


def line_push_error(dice: Dice, status: str | None) -> str | None:
    failed = status is not None and status.endswith(FAILED_STATES)
    return dice.pick(LINE_PUSH_ERROR_CATEGORIES) if failed else None


def sms_error(dice: Dice, status: str | None) -> str | None:
    """A category only where SMS has failed for good; a temporary error may still end well."""
    return dice.pick(SMS_FAILURES[status]) if status in SMS_FAILURES else None


def pnp_profile(dice: Dice, scene: Scene) -> Data:
    source = dice.pick(PNP_SOURCES)
    return {
        **template(dice, scene),
        "source": source,
        "phone_number": phone_number(scene.contact, hashed=source == "pnp" and dice.chance(0.25)),
        "line_uid": scene.contact.line_uid,
        "customer_id": scene.contact.customer_id_or_null,
    }


def template(dice: Dice, scene: Scene) -> Data:
    return {"pnp_setting_id": dice.between(1_000, 9_999), "pnp_setting_name": dice.pick(scene.brand.notices)}


def phone_number(person: Contact, *, hashed: bool) -> str:
    """The number as a request may give it; its SHA-256 is allowed only where SMS is off."""
    return hashlib.sha256(person.mobile.encode()).hexdigest() if hashed else person.mobile


def points(dice: Dice, scene: Scene) -> Data:
    return {
        "prize_name": dice.pick(scene.brand.prizes),
        "points_id": uuid4(dice),
        "line_uid": scene.contact.line_uid,
        "customer_id": scene.contact.customer_id,
        "points_memo": dice.pick(scene.brand.memos),
        "points_count": dice.pick((1, 3, 5, 10, 50, 100, 999)),
        "points_expire_date": end_of_day(scene, dice.pick((30, 90, 180, 365))) if dice.chance(0.7) else None,
        "points_category": dice.pick(scene.brand.categories) if dice.chance(0.7) else None,
    }


def uuid4(dice: Dice) -> str:
    return "-".join((dice.hex(8), dice.hex(4), f"4{dice.hex(3)}", dice.pick("89ab") + dice.hex(3), dice.hex(12)))


def end_of_day(scene: Scene, days: int) -> str:
    last = scene.moment + timedelta(days=days)
    return last.replace(hour=23, minute=59, second=59).isoformat(timespec="seconds")


def first_open(dice: Dice, scene: Scene) -> Data:
    return {
        "message_type": dice.pick(MESSAGE_TYPES),
        "message_id": dice.between(100, 9_999),
        "line_uid": scene.contact.line_uid,
        "customer_id": scene.contact.customer_id,
    }


def exact(moment: datetime) -> str:
    return moment.isoformat(timespec="microseconds")


SAMPLERS: dict[str, Callable[[Dice, Scene], Data]] = {
    "receipt.receipt_validated": receipt,
    "form.surveycake_submitted": survey,
    "pnp.status_updated": pnp_status,
    "pnp.profile_updated": pnp_profile,
    "prize.points_added": points,
    "message.first_open": first_open,
}
