"""The answers of the stand-in, by the variant the guardian chose. Every code and value is invented."""

HELD, NOTHING, NOT_ANSWERED, PENDING = "02", "04", "90", "01"
VARIANTS = {  # name -> what the page calls it
    "single": "おとな1人と 子ども2人・非課税・手当あり",
    "couple": "おとな2人と 子ども1人・所得割あり・手当は一部",
    "none": "のっている記録がない",
    "unsupported": "自治体が答えない",
    "partly": "世帯だけ答える",
    "slow": "答えがおそい",
    "hanging": "1回めは返事をしない",
    "never": "いつまでも用意できない",
    "failing": "こわれている(502)",
    "blocked": "こみあっている",
    "refused": "ポータルの登録がまちがっている",
    "gone": "とちゅうで期限が切れる",
    "broken": "読めない答え",
    "number": "12けたの番号がまぎれている",
}

HOUSEHOLD, TAX = "TM00000000000991", "TM00000000000992"
ALLOWANCES = {"TM00000000000993": "児童手当", "TM00000000000994": "児童扶養手当",
              "TM00000000000995": "就学援助"}  # fmt: skip
NAMES = {HOUSEHOLD: "世帯(架空のコード)", TAX: "住民税(架空のコード)"} | {
    code: f"{name}(架空のコード)" for code, name in ALLOWANCES.items()
}
# Values that must never be found anywhere in the portal: names, addresses, amounts.
RAW_VALUES = ("ミホン ハナコ", "架空町一丁目", "1234567", "架空銀行", "7654321")
_SINGLE, _COUPLE = ("19880102", "20120405", "20150607"), ("19800102", "19820304", "20120405")


def result_body(variant, names, *, is_ready):
    """The body of /result for the requested ``names`` (特定個人情報名コード)."""
    listed = [_one(variant, name) if is_ready else _named(name, PENDING) for name in names]
    return {"resultCode": "0000", "selfPersonalData": listed}


def _named(name, status, items=()):
    return {
        "personInfoNameCd": name,
        "personInfoName": NAMES.get(name, name),
        "notifiernmWithOutsourcernm": "体験用の代役",
        "tranStatusCd": status,
        "personInfoNameDetailList": [
            {"hierarchy": depth, "personInitemCd": code, "personInitemName": "架空の項目",
             "personInitemContent": text}
            for depth, code, text in items
        ],
    }  # fmt: skip


def _one(variant, name):
    if variant == "none":
        return _named(name, NOTHING)
    if variant == "unsupported" or (variant == "partly" and name != HOUSEHOLD):
        return _named(name, NOT_ANSWERED)
    is_couple = variant == "couple"
    if name == HOUSEHOLD:
        return _named(name, HELD, _members(variant, _COUPLE if is_couple else _SINGLE))
    if name == TAX:
        return _named(name, HELD, _tax(variant, is_couple))
    if name in ALLOWANCES:
        return _named(name, HELD, _allowance(name, receiving=not is_couple or "993" in name))
    return _named(name, NOTHING)


def _members(variant, births):
    """The members, with names and addresses as the real service sends them: the portal must drop
    them.
    """
    for born in births:
        yield 1, "9910000000", ""
        yield 2, "9910000011", RAW_VALUES[0]
        yield 2, "9910000012", RAW_VALUES[1]
        yield 2, "9910000010", "1234-5678-9018" if variant == "number" else born


def _tax(variant, is_couple):
    yield 1, "9920000010", "2026"
    yield 1, "9920000020", RAW_VALUES[2] if is_couple else "0"
    yield 1, "9920000030", RAW_VALUES[4] if is_couple else "0"
    yield 1, "9920000040", "123456789018" if variant == "number" else RAW_VALUES[2]


def _allowance(name, *, receiving):
    first = f"9{name[-2:]}000"
    yield 1, f"{first}0010", "1" if receiving else "0"
    yield 1, f"{first}0040", RAW_VALUES[3]
    if receiving:
        yield 1, f"{first}0020", "202604"
        yield 1, f"{first}0030", "202703"
