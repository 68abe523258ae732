"""A family reads that a key is damaged, and that agreeing once more makes another."""

from uuid import uuid4

import pytest
from django.db import transaction
from django.urls import reverse

from apps.consent.models import Purpose
from apps.consent.services.decisions import decide
from apps.vault.models import SubjectKey
from apps.vault.services.keys import DamagedKey, key_for_writing
from tests import factories
from tests.vault.damage_helpers import lose_share

SAYS = {"midori": "鍵がこわれて", "sakura": "かぎが こわれて"}
PAGES = {"overview": [], "ask": [Purpose.ATTENDANCE]}


@pytest.fixture
def damaged(cast):
    for purpose in (Purpose.ATTENDANCE, Purpose.GRADES):
        factories.make_effective(cast.sakura, purpose)
    key = SubjectKey.objects.get(student=cast.sakura, purpose=Purpose.ATTENDANCE)
    lose_share(key.pk)
    with transaction.atomic(), pytest.raises(DamagedKey):
        key_for_writing(cast.sakura.pk, Purpose.ATTENDANCE)
    return cast


def page(sign_in, cast, who, name):
    address = reverse(f"consent:{name}", args=[cast.sakura.pk, *PAGES[name]])
    return sign_in(getattr(cast, who).user).get(address).content.decode()


@pytest.mark.parametrize("name", ["overview", "ask"])
def test_the_student_is_asked_to_agree_once_more(damaged, sign_in, name):
    assert page(sign_in, damaged, "sakura", name).count(SAYS["sakura"]) == 1
    assert SAYS["midori"] not in page(sign_in, damaged, "midori", name)


@pytest.mark.parametrize("who", ["midori", "sakura"])
def test_who_has_agreed_once_more_reads_it_no_longer(damaged, sign_in, who):
    given = {Purpose.ATTENDANCE: "given"}
    actor = getattr(damaged, who).user
    decide(student=damaged.sakura, actor=actor, answers=given, form_key=uuid4())
    assert SAYS[who] not in page(sign_in, damaged, who, "overview")


@pytest.mark.parametrize("who", ["midori", "sakura"])
def test_where_no_key_is_damaged_nobody_reads_of_one(cast, sign_in, who):
    factories.make_effective(cast.sakura, Purpose.ATTENDANCE)
    assert SAYS[who] not in page(sign_in, cast, who, "overview")
