"""The small school that every test knows, and outsiders who must see nothing."""

from types import SimpleNamespace

from apps.people.models import Role
from tests import factories


def make_cast():
    """さくら and her guardian みどり; れん of another class and his guardian; staff here and elsewhere."""
    c = SimpleNamespace()
    c.city = factories.municipality()
    c.programme = factories.programme(c.city)
    c.school = factories.school(c.city)
    c.class_1 = factories.school_class(c.school, "1年1組", "J1")
    c.class_2 = factories.school_class(c.school, "2年1組", "J2")
    c.sakura = factories.student(c.class_1, "さくら", number=1, local_code="1001")
    c.midori = factories.guardian(c.sakura, "みどり", "midori@example.com")
    c.ren = factories.student(c.class_2, "れん", number=1, local_code="2001")
    c.other_guardian = factories.guardian(c.ren, "あおい", "aoi@example.com")
    c.away = factories.municipality("132012", "となり市(架空)")
    c.away_school = factories.school(c.away, "C113220600012", "となり中学校(架空)")
    posts = {
        "homeroom": factories.new_post(
            Role.HOMEROOM, c.school, in_class=c.class_1, name="担任の先生"
        ),
        "nurse": factories.new_post(Role.NURSE, c.school, name="保健室の先生"),
        "counsellor": factories.new_post(Role.COUNSELLOR, c.school, name="カウンセラー"),
        "principal": factories.new_post(Role.PRINCIPAL, c.school, name="校長先生"),
        "office": factories.new_post(Role.OFFICE, c.school, name="事務の人"),
        "officer": factories.new_post(Role.CITY, of=c.city, name="市の担当"),
        "helpdesk": factories.new_post(Role.HELPDESK, of=c.city, name="ヘルプデスク"),
        "away_nurse": factories.new_post(Role.NURSE, c.away_school, name="となりの保健室の先生"),
    }
    factories.save_posts(posts.values())
    vars(c).update(posts)
    factories.protection_check(c.school, by=c.officer.user)
    return c
