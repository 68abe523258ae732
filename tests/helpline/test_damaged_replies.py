"""A damaged reply is shown as such, beside the others, to the student and to staff."""

import uuid

import pytest
from django.urls import reverse

from apps.helpline.services import help_requests, replies
from apps.vault.models import DamageReport
from tests.vault.damage_helpers import DAMAGE_WORDS, DAMAGE_WORDS_FOR_STUDENTS, damage


@pytest.fixture
def answered(on_duty):
    """sakura has asked and been answered twice; the first reply is damaged."""
    on_duty.help_request = help_requests.send_help_request(
        student=on_duty.sakura, wanted="nurse", words="はなしたい こと", form_key=uuid.uuid4()
    )
    on_duty.replies = [
        replies.send_reply(
            on_duty.help_request, actor=on_duty.nurse.user, words=words, form_key=uuid.uuid4()
        )
        for words in ("さいしょの返事", "つぎの返事")
    ]
    damage(on_duty.replies[0])
    return on_duty


def test_the_student_reads_that_one_reply_cannot_be_read_and_the_other(answered, sign_in):
    page = sign_in(answered.sakura.user).get(reverse("helpline:status"))
    text = page.content.decode()
    assert (page.status_code, text.count(DAMAGE_WORDS_FOR_STUDENTS)) == (200, 1)
    assert "つぎの返事" in text
    assert "さいしょの返事" not in text
    assert DamageReport.objects.get().table == "helpline_helpreply"


def test_staff_read_the_request_and_the_other_reply(answered, sign_in):
    staff = sign_in(answered.nurse.user)
    address = reverse("admin:helpline_open", args=[answered.help_request.pk])
    page = staff.post(address, {"reason": "student_asked"}, follow=True)
    text = page.content.decode()
    assert (page.status_code, text.count(DAMAGE_WORDS)) == (200, 1)
    assert "はなしたい こと" in text
    assert "つぎの返事" in text
    assert DamageReport.objects.get().row_id == answered.replies[0].pk


def test_a_request_that_cannot_be_read_is_answered_all_the_same(answered, sign_in):
    damage(answered.help_request)
    staff = sign_in(answered.nurse.user)
    address = reverse("admin:helpline_open", args=[answered.help_request.pk])
    page = staff.post(address, {"reason": "student_asked"}, follow=True)
    assert (page.status_code, DAMAGE_WORDS in page.content.decode()) == (200, True)
    replies.send_reply(
        answered.help_request, actor=answered.nurse.user, words="みっつめ", form_key=uuid.uuid4()
    )
    own = sign_in(answered.sakura.user).get(reverse("helpline:status"))
    assert (own.status_code, "みっつめ" in own.content.decode()) == (200, True)
