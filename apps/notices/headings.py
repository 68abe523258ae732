"""Headings of the directory's table: its own, and those that other directories use. Pure."""

import unicodedata

# {heading of open data (自治体標準オープンデータセット and others): ours}
OTHER_NAMES = {
    "名前": ("名称", "施設名", "施設名称", "機関名", "団体名", "窓口名", "相談窓口", "相談窓口名", "組織名"),
    "電話": ("電話番号", "TEL", "電話番号1", "連絡先電話番号", "相談電話", "連絡先"),
    "住所": ("所在地_連結表記", "所在地", "住所_連結表記", "所在地住所"),
    "時間": ("受付時間", "開設時間", "相談時間", "利用時間", "開所時間", "対応時間"),
    "ホームページ": ("URL", "HP", "ウェブサイト", "Webサイト", "ホームページURL", "公式サイト"),
    "ひとこと": ("概要", "説明", "内容", "備考"),
    "どんなとき": ("相談内容", "支援内容", "業務内容", "事業内容"),
    "だれの": ("対象", "対象者", "利用対象", "対象年齢"),
    "お金": ("料金", "費用", "利用料金", "利用料"),
    "言語": ("対応言語",),
    "場所": ("場所の名称", "会場", "アクセス"),
}  # fmt: skip


def normalise_heading(heading: str) -> str:
    """A heading normalised: width, case, spaces and underscores make no difference."""
    text = unicodedata.normalize("NFKC", heading).casefold()
    return "".join(text.replace("_", "").split())


_BY_USUAL = {
    normalise_heading(usual): ours for ours, names in OTHER_NAMES.items() for usual in names
}


def canonical_headings(headings: list[str], known: list[str]) -> list[str]:
    """The headings, with ours in one spelling: 「名　前」 becomes 「名前」, but only once a table."""
    spelt = {normalise_heading(name): name for name in known}
    read = [spelt.get(normalise_heading(heading), heading) for heading in headings]
    return read if len(set(read)) == len(read) else headings


def suggestions(headings: list[str], known: list[str]) -> dict[str, str]:
    """{heading of the file: ours} for headings of other directories, where ours is not in the file."""
    free = [name for name in known if name not in headings]
    found = {}
    for heading in headings:
        ours = _BY_USUAL.get(normalise_heading(heading))
        if heading not in known and ours in free:
            found[heading] = ours
            free.remove(ours)
    return found


def headings_problem(headings: list[str], known: list[str], must: str) -> str:
    """Why a table with these headings cannot be read, and what would help; empty if it can."""
    strange = [heading for heading in headings if heading not in known]
    if must in headings and not strange:
        return ""
    lacks = f"「{must}」の列がありません。" if must not in headings else ""
    unknown = f"知らない列があります: {_listed(strange)}。" if strange else ""
    renames = [f"{theirs} → {ours}" for theirs, ours in suggestions(headings, known).items()]
    help_ = f"1行めの見出しをこう書きかえると読めます: {'、'.join(renames)}。" if renames else ""
    rest = "ほかの列は消してください。" if strange and len(renames) < len(strange) else ""
    return f"{lacks}{unknown}{help_}{rest}使える列: {'、'.join(known)}。"


def _listed(names):
    shown = [name[:30] for name in names[:12]]
    return "、".join(shown) + (f" ほか{len(names) - 12}列" if len(names) > 12 else "")
