"""A waiting newcomer finds, at every URL of the portal, nothing of the child but the letter's
content.
"""

import uuid

import pytest

from apps.consent.models import ConsentReceipt, Purpose, Response
from apps.consent.services.decisions import decide
from tests import factories
from tests.architecture.addresses import addresses_of_people
from tests.registration.letter_helpers import child_letter, come_in

OWN = ("/consent/{pk}/", "/consent/{pk}/ask/", "/consent/{pk}/check/", "/consent/{pk}/withdraw/",
       "/guardianships/{pk}/")  # fmt: skip


@pytest.fixture
def town(cast, sign_in):
    """A family with a unique name; an outsider and a waiting newcomer, both with letters."""
    for student, given, family in ((cast.sakura, "すず", "珠洲"), (cast.ren, "ななお", "七尾")):
        student.given_name, student.family_name, student.family_kana = given, family, "スズ"
        student.save()
    cast.class_1.title = "9年8組"
    cast.class_1.save()
    cast.midori.family_name, cast.midori.given_name = "珠洲", "わじま"
    cast.midori.save()
    factories.guardianship(cast.midori, cast.ren)
    factories.make_effective(cast.sakura, Purpose.ATTENDANCE)
    cast.waits, cast.outsider = factories.user("w@example.com"), factories.user("s@example.com")
    come_in(sign_in(cast.waits), child_letter(cast.sakura, None)[1])
    other = factories.student(cast.class_2, "べつ", "別姓", number=9)
    come_in(sign_in(cast.outsider), child_letter(other, None)[1])
    decide(
        student=cast.sakura, actor=cast.waits, form_key=uuid.uuid4(),
        answers={Purpose.ATTENDANCE: Response.GIVEN},
    )  # fmt: skip
    return cast


def test_at_every_address_who_waits_finds_no_more_than_an_outsider(town, sign_in):
    of_others = ConsentReceipt.objects.exclude(decided_by=town.waits).values_list("pk", flat=True)
    ids = [town.sakura.pk, town.midori.pk, town.midori.guardianships.first().pk, *of_others]
    own_page, other_page = sign_in(town.waits), sign_in(town.outsider)
    planted = [town.sakura.full_name, "珠洲", "ななお", "わじま", "9年8組", "つないでいます"]
    own = tuple(prefix.format(pk=town.sakura.pk) for prefix in OWN)
    addresses = [a for a in addresses_of_people(ids, ["attendance"]) if "leave" not in a]
    assert len(addresses) > 60
    for address in addresses:
        for method in ("get", "post"):
            answer = getattr(own_page, method)(address)
            text = b"".join(answer) if answer.streaming else answer.content
            shown = text.decode(errors="replace")
            assert not any(word in shown for word in planted), (method, address)
            if not address.startswith(own):
                assert answer.status_code == getattr(other_page, method)(address).status_code, (
                    address
                )


def test_the_given_name_of_the_letter_stands_on_the_own_pages_alone(town, sign_in):
    home = sign_in(town.waits).get("/").content.decode()
    assert "すず さん" in home
    assert "待っています" in home
    for hidden in ("お知らせはありません", "だれが見たか", "お子さんの答えは、ここには出ません"):
        assert hidden not in home
