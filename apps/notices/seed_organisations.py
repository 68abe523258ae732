"""The organisations a new municipality starts with. Pure.

Numbers and hours are confirmed by public sources; an organisation known only by name has no other
data and stays a draft until the city has verified it.
"""

from dataclasses import dataclass
from datetime import date, time

VERIFIED_ON = date(2026, 11, 1)
SEED_SOURCE = "公開情報"
EVERY_DAY, WORKDAYS = range(7), range(5)
NEW_YEAR_CLOSURE = (date(2026, 12, 29), date(2027, 1, 3))


@dataclass(frozen=True)
class SeedOrganisation:
    name: str
    summary: str = ""
    helps_with: str = ""
    for_whom: str = ""
    phone: str = ""
    hours_note: str = ""
    always: bool = False
    days: range | None = None
    opens: time | None = None
    closes: time | None = None
    closed: tuple[date, date] | None = None  # every year, both days included
    needs: tuple[str, ...] = ()
    mark: str = "phone"
    emergency: bool = False
    order: int = 100


CONFIRMED_ORGANISATIONS = [
    SeedOrganisation(
        "24｜時間《じかん》｜子供《こども》SOSダイヤル", "｜電話《でんわ》・いつでも",
        "｜困《こま》った こと、つらい こと、いじめの こと。｜何《なん》でも ｜話《はな》せます。",
        phone="0120-0-78310", hours_note="24｜時間《じかん》", always=True, order=10,
        needs=("bullying", "any"),
    ),
    SeedOrganisation(
        "チャイルドライン", "｜電話《でんわ》・18｜歳《さい》まで",
        "うれしい ことも、いやな ことも、｜話《はな》したい ことを ｜話《はな》せます。",
        for_whom="18｜歳《さい》まで", phone="0120-99-7777",
        hours_note="｜毎日《まいにち》 16｜時《じ》から 21｜時《じ》", days=EVERY_DAY, opens=time(16),
        closes=time(21), closed=NEW_YEAR_CLOSURE, order=20, needs=("any",),
    ),
    SeedOrganisation(
        "こどもの｜人権《じんけん》110｜番《ばん》", "｜電話《でんわ》・｜平日《へいじつ》",
        "いじめ、いやがらせ、｜家《いえ》での つらい こと。",
        phone="0120-007-110",
        hours_note="｜平日《へいじつ》 8｜時《じ》30｜分《ぷん》から ｜17時《じゅうしちじ》15｜分《ふん》",
        days=WORKDAYS, opens=time(8, 30), closes=time(17, 15), order=30,
        needs=("bullying", "family"),
    ),
    SeedOrganisation(
        "｜児童《じどう》｜相談所《そうだんじょ》｜虐待《ぎゃくたい》｜対応《たいおう》ダイヤル",
        "｜電話《でんわ》・いつでも",
        "たたかれる、ごはんが ない など、あなたや ｜友《とも》だちが あぶない とき。",
        phone="189", hours_note="24｜時間《じかん》", always=True, order=40,
        needs=("fear", "family", "meals"),
    ),
    SeedOrganisation(
        "｜児童《じどう》｜相談所《そうだんじょ》｜相談《そうだん》｜専用《せんよう》ダイヤル", "｜電話《でんわ》",
        "｜家《いえ》や ｜学校《がっこう》の ことで ｜相談《そうだん》したい とき。",
        phone="0120-189-783", order=50, needs=("family", "school"),
    ),
    SeedOrganisation(
        "あなたのいばしょ", "チャット・いつでも", "さびしい、つらい、｜話《はな》したい とき。",
        hours_note="24｜時間《じかん》", always=True, order=60,
        needs=("any",), mark="chat",
    ),
    SeedOrganisation(
        "110｜番《ばん》(けいさつ)", "｜電話《でんわ》・いつでも", "いま あぶない とき。",
        phone="110", hours_note="24｜時間《じかん》", always=True, emergency=True, order=1,
    ),
    SeedOrganisation(
        "119｜番《ばん》(きゅうきゅう)", "｜電話《でんわ》・いつでも",
        "けがや ｜病気《びょうき》で いますぐ ｜助《たす》けが いる とき。",
        phone="119", hours_note="24｜時間《じかん》", always=True, emergency=True, order=2,
    ),
]  # fmt: skip
NAME_ONLY_ORGANISATIONS = [
    "｜加賀《かが》｜市《し》｜教育《きょういく》｜総合《そうごう》｜支援《しえん》センター",
    "スクールサポートルーム",
    "ここらぼ(｜中高生《ちゅうこうせい》フリースペース)",
    "チャット｜相談《そうだん》 ブリッジ",
    "｜加賀《かが》｜市《し》こども｜家庭《かてい》センター",
    "｜加賀《かが》｜市《し》｜社会《しゃかい》｜福祉《ふくし》｜協議会《きょうぎかい》",
    "こども｜食堂《しょくどう》",
]
