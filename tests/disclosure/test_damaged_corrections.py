"""A correction request that cannot be read is shown as such; the others can still be read."""

import uuid

import pytest
from django.urls import reverse

from apps.disclosure.services.corrections import answer_correction, request_correction
from apps.vault.models import DamageReport
from tests.vault.damage_helpers import DAMAGE_WORDS, DAMAGE_WORDS_FOR_STUDENTS, damage

FIRST, OTHER, ANSWER = "11月4日は公欠です", "べつの ことば", "公欠に直しました。"


def ask(cast, actor, words):
    return request_correction(
        cast.sakura, actor=actor, about="attendance", words=words, form_key=uuid.uuid4()
    )


def family_page(sign_in, cast, user):
    answer = sign_in(user).get(reverse("disclosure:corrections", args=[cast.sakura.pk]))
    assert answer.status_code == 200
    return answer.content.decode()


@pytest.mark.parametrize(
    ("who", "said"), [("midori", DAMAGE_WORDS), ("sakura", DAMAGE_WORDS_FOR_STUDENTS)]
)
def test_the_asker_reads_which_cannot_be_read_and_the_others(cast, sign_in, who, said):
    user = getattr(cast, who).user
    row = ask(cast, user, FIRST)
    answer_correction(row, actor=cast.homeroom.user, words=ANSWER)
    ask(cast, user, OTHER)
    damage(row)
    page = family_page(sign_in, cast, user)
    assert (page.count(said), FIRST in page) == (1, False)
    assert OTHER in page
    assert ANSWER in page
    assert DamageReport.objects.get().row_id == row.pk


def test_an_answer_that_cannot_be_read_leaves_what_was_asked(cast, sign_in):
    row = ask(cast, cast.midori.user, FIRST)
    damage(answer_correction(row, actor=cast.homeroom.user, words=ANSWER))
    page = family_page(sign_in, cast, cast.midori.user)
    assert (page.count(DAMAGE_WORDS), FIRST in page, ANSWER in page) == (1, True, False)
    assert DamageReport.objects.get().table == "disclosure_correctionanswer"


def test_staff_read_that_it_cannot_be_read_and_may_still_answer(cast, sign_in):
    row, other = ask(cast, cast.sakura.user, FIRST), ask(cast, cast.sakura.user, OTHER)
    damage(row)
    staff = sign_in(cast.homeroom.user)
    pages = {}
    for one in (row, other):
        open_page = reverse("admin:disclosure_correctionrequest_open", args=[one.pk])
        opened = staff.post(open_page, {"open": "1"}, follow=True)
        assert opened.status_code == 200
        pages[one] = opened.content.decode()
    assert (DAMAGE_WORDS in pages[row], FIRST in pages[row]) == (True, False)
    assert (DAMAGE_WORDS in pages[other], OTHER in pages[other]) == (False, True)
    open_page = reverse("admin:disclosure_correctionrequest_open", args=[row.pk])
    assert "答えました" in staff.post(open_page, {"answer": ANSWER}, follow=True).content.decode()
    assert DamageReport.objects.get().row_id == row.pk
