"""The people of the invented school. Pure and deterministic: the same seed, the same people."""

import random
import uuid
from dataclasses import dataclass, field

GRADES = ("J1", "J2", "J3")
CLASSES_A_GRADE = 3
STUDENTS_A_CLASS = 28
SCHOOL_NAME = "加賀市立みほん中学校(架空)"
SCHOOL_CODE = "C117299990017"
MUNICIPALITY_NAME = "加賀市(体験用)"
MUNICIPALITY_CODE = "172065"
GRANDMOTHER = "sobo@mihon.example"  # registered with a child letter, confirmed as informed
NEWCOMER = "shinki@mihon.example"  # registered with a child letter, waits for the school

FAMILY_NAMES = [
    ("山代", "ヤマシロ"), ("片山", "カタヤマ"), ("大聖", "ダイショウ"), ("橋立", "ハシタテ"),
    ("動橋", "イブリハシ"), ("作見", "サクミ"), ("分校", "ブンギョウ"), ("勅使", "チョクシ"),
    ("東谷", "ヒガシタニ"), ("湖城", "コジョウ"), ("柴山", "シバヤマ"), ("塩屋", "シオヤ"),
    ("月津", "ツキヅ"), ("三木", "ミキ"), ("黒崎", "クロサキ"), ("美岬", "ミサキ"),
    ("庄町", "ショウマチ"), ("河南", "カナン"), ("山中", "ヤマナカ"), ("西島", "ニシジマ"),
    ("髙﨑", "タカサキ"), ("齋邉", "サイベ"), ("長谷部", "ハセベ"), ("勅使河原", "テシガワラ"),
    ("中谷", "ナカタニ"), ("北出", "キタデ"), ("宮本", "ミヤモト"), ("小塩", "オシオ"),
]  # fmt: skip
GIVEN_NAMES = [
    ("さくら", "サクラ"), ("れん", "レン"), ("陽菜", "ヒナ"), ("湊", "ミナト"), ("結衣", "ユイ"),
    ("蒼", "アオイ"), ("凛", "リン"), ("大翔", "ヒロト"), ("葵", "アオイ"), ("樹", "イツキ"),
    ("美月", "ミヅキ"), ("悠真", "ユウマ"), ("紬", "ツムギ"), ("朝陽", "アサヒ"), ("芽依", "メイ"),
    ("颯太", "ソウタ"), ("咲良", "サラ"), ("律", "リツ"), ("澪", "ミオ"), ("陸", "リク"),
    ("琴音", "コトネ"), ("奏", "カナデ"), ("莉子", "リコ"), ("健", "ケン"), ("マリア", "マリア"),
    ("ルーカス", "ルーカス"), ("千尋", "チヒロ"), ("さくらこ", "サクラコ"),
]  # fmt: skip
ADULT_NAMES = [
    ("みどり", "ミドリ"), ("一郎", "イチロウ"), ("恵", "メグミ"), ("誠", "マコト"), ("香織", "カオリ"),
    ("剛", "ツヨシ"), ("由美", "ユミ"), ("健一", "ケンイチ"), ("真理", "マリ"), ("修", "オサム"),
]  # fmt: skip


@dataclass(frozen=True)
class InventedPerson:
    source_id: uuid.UUID
    master_id: uuid.UUID
    family: tuple[str, str]
    given: tuple[str, str]


@dataclass(frozen=True)
class InventedStudent(InventedPerson):
    grade: str
    class_title: str
    number: int
    local_code: str
    guardians: tuple[InventedPerson, ...] = ()


@dataclass(frozen=True)
class InventedClass:
    source_id: uuid.UUID
    grade: str
    title: str
    teacher: InventedPerson


@dataclass(frozen=True)
class InventedSchool:
    district_id: uuid.UUID
    school_id: uuid.UUID
    session_id: uuid.UUID
    course_ids: dict[str, uuid.UUID]
    school_year: int
    classes: list[InventedClass] = field(default_factory=list)
    pupils: list[InventedStudent] = field(default_factory=list)


def invent_school(seed, school_year):
    """The whole school: 3 grades × 3 classes × 28 students, 1–2 guardians each, 9 teachers."""
    rng = random.Random(f"{seed}-{school_year}")  # noqa: S311 - invention, not secrecy
    school = InventedSchool(
        _uuid(rng), _uuid(rng), _uuid(rng), {grade: _uuid(rng) for grade in GRADES}, school_year
    )
    for g, grade in enumerate(GRADES, start=1):
        for c in range(1, CLASSES_A_GRADE + 1):
            title = f"{g}年{c}組"
            teacher = _person(rng, rng.choice(FAMILY_NAMES), rng.choice(ADULT_NAMES))
            school.classes.append(InventedClass(_uuid(rng), grade, title, teacher))
            for number in range(1, STUDENTS_A_CLASS + 1):
                school.pupils.append(_pupil(rng, g, c, grade, title, number))
    return school


def _pupil(rng, g, c, grade, title, number):
    family = rng.choice(FAMILY_NAMES)
    # The first of all is さくら, whom the start-up text signs in.
    given = GIVEN_NAMES[0] if (g, c, number) == (1, 1, 1) else rng.choice(GIVEN_NAMES)
    adults = rng.sample(ADULT_NAMES, 1 if rng.random() < 0.75 else 2)
    return InventedStudent(
        _uuid(rng), _uuid(rng), family, given, grade, title, number, f"{g}{c}{number:02d}",
        tuple(_person(rng, family, adult) for adult in adults),
    )  # fmt: skip


def _person(rng, family, given):
    return InventedPerson(_uuid(rng), _uuid(rng), family, given)


def _uuid(rng):
    return uuid.UUID(int=rng.getrandbits(128), version=4)
