"""Who confirms whose newcomers stands beside who confirms whose acts."""

from django.urls import reverse

from apps.core import clock
from apps.people.models import Role
from apps.signin.models import Evidence
from apps.signin.services import arrival_evidence, arrival_pairs
from tests import factories
from tests.signin.confirming import come, confirm, letter_of

PAGE = reverse("admin:signin_staff_confirmers")


def pairs(user):
    found = arrival_pairs.pairs_in(clock.today().replace(day=1), user)
    return {(row["first"], row["second"], row["what"]): row["n"] for row in found}


def test_the_privacy_officer_sees_who_confirms_whose_newcomers(cast, sign_in):
    for n, student in enumerate((cast.ren, cast.sakura)):
        letter = letter_of(student, by=cast.office.user, slip=f"2345678{n}", code=f"C{n}")
        arrival = come(letter, f"n{n}@mail.example", given=f"にん{n}", tells_others=False)
        arrival_evidence.record_evidence([arrival.pk], Evidence.SLIP, by=cast.nurse.user)
        confirm(arrival, cast.nurse.user, kind="")
        confirm(arrival, cast.counsellor.user, kind="")
    privacy = factories.post(Role.PRIVACY, of=cast.city, name="個人情報の担当").user
    found = pairs(privacy)
    nurse, counsellor = (f"{p.name}({p.get_role_display()})" for p in (cast.nurse, cast.counsellor))
    office = f"{cast.office.name}({cast.office.get_role_display()})"
    assert found[nurse, counsellor, arrival_pairs.BY_WORD] == 2
    assert (counsellor, nurse, arrival_pairs.BY_WORD) not in found
    assert found[nurse, nurse, arrival_pairs.BY_RECORD] == 2
    assert found[office, nurse, arrival_pairs.BY_PRINTER] == 2
    page = sign_in(privacy).get(PAGE).content.decode()
    assert "先に確かめた人と" in page
    assert sign_in(cast.nurse.user).get(PAGE).status_code == 403


def test_another_city_sees_none_of_it(cast):
    arrival = come(letter_of(cast.ren, by=cast.office.user), "n@mail.example")
    confirm(arrival, cast.nurse.user)
    away = factories.post(Role.PRIVACY, of=cast.away, name="となり").user
    assert pairs(away) == {}
