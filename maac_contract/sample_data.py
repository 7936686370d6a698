"""Data for samples: fictitious brands with their products and surveys, and names of contacts in their language."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Language:
    """Names of contacts, and the texts of surveys, in one language."""

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
    """A brand's shops, products, campaigns, surveys, notification templates and rewards, in one language."""

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
