"""The page shows who confirms whose newcomers beside who confirms whose acts."""

from django.urls import reverse

from apps.core import clock
from apps.people.models import Role
from apps.registration.models import EvidenceKind
from apps.registration.services import confirmation_pairs, evidence
from tests import factories
from tests.registration.confirmation_helpers import come, confirm, letter_of

PAGE = reverse("admin:staffing_confirmers")


def pairs(user):
    found = confirmation_pairs.pairs_in(clock.today().replace(day=1), user)
    return {(row["first"], row["second"], row["what"]): row["n"] for row in found}


def test_the_privacy_officer_sees_who_confirms_whose_newcomers(cast, sign_in):
    for n, student in enumerate((cast.ren, cast.sakura)):
        letter = letter_of(student, by=cast.office.user, slip=f"2345678{n}", code=f"C{n}")
        registration = come(letter, f"n{n}@mail.example", given=f"にん{n}", tells_others=False)
        evidence.record_evidence([registration.pk], EvidenceKind.SLIP, by=cast.nurse.user)
        confirm(registration, cast.nurse.user, kind="")
        confirm(registration, cast.counsellor.user, kind="")
    privacy = factories.staff_post(Role.PRIVACY, of=cast.city, name="個人情報の担当").user
    found = pairs(privacy)
    nurse, counsellor = (f"{p.name}({p.get_role_display()})" for p in (cast.nurse, cast.counsellor))
    office = f"{cast.office.name}({cast.office.get_role_display()})"
    assert found[nurse, counsellor, confirmation_pairs.BY_WORD] == 2
    assert (counsellor, nurse, confirmation_pairs.BY_WORD) not in found
    assert found[nurse, nurse, confirmation_pairs.BY_RECORD] == 2
    assert found[office, nurse, confirmation_pairs.BY_PRINTER] == 2
    page = sign_in(privacy).get(PAGE).content.decode()
    assert "先に確かめた人と" in page
    assert sign_in(cast.nurse.user).get(PAGE).status_code == 403


def test_another_city_sees_none_of_it(cast):
    registration = come(letter_of(cast.ren, by=cast.office.user), "n@mail.example")
    confirm(registration, cast.nurse.user)
    away = factories.staff_post(Role.PRIVACY, of=cast.away, name="となり").user
    assert pairs(away) == {}
