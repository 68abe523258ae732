"""Readers of the old text see the correction, or that it was withdrawn."""

from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from apps.audit.models import Action, AuditEvent
from apps.core.templatetags.japanese import ruby
from apps.notices.models import Notice, NoticeState
from apps.notices.services import drafts, inbox, publication, publication_rules
from apps.push.models import Broadcast, BroadcastState
from tests.people.act_scenarios import propose
from tests.records import actors_of


def page(notice):
    return reverse("notices:notice", args=[notice.pk])


@pytest.fixture
def corrected(cast, notice, publish, sign_in):
    """A published notice that sakura read, and its published correction."""
    publish(notice)
    sign_in(cast.sakura.user).get(page(notice))
    correction = publication.start_correction(notice, by=cast.officer.user)
    correction.body, correction.change_note = (
        "｜正《ただ》しい ｜文《ぶん》",
        "｜時間《じかん》を なおしました",
    )
    drafts.save_draft(correction, by=cast.officer.user, fields=["body"])
    publish(correction)
    return correction


def test_the_correction_takes_the_place_of_the_old_text(cast, notice, corrected, sign_in):
    assert actors_of(Action.NOTICE_CORRECTED) == [cast.principal.user]  # who published it
    for student in (cast.sakura, cast.ren):
        (item,) = inbox.inbox_for(student.user)
        assert item.notice == corrected
        assert item.is_new
    text = sign_in(cast.sakura.user).get(reverse("notices:inbox")).content.decode()
    assert "｜" not in text
    assert ruby("まえの お｜知《し》らせを ｜直《なお》しました") in text


def test_the_old_address_leads_to_the_correction(cast, notice, corrected, sign_in):
    answer = sign_in(cast.sakura.user).get(page(notice))
    assert answer.status_code == 302
    assert answer.url == page(corrected)
    assert "なおしました" in sign_in(cast.sakura.user).get(answer.url).content.decode()


def test_it_leads_on_through_a_correction_of_the_correction(
    cast, notice, corrected, publish, sign_in
):
    again = publication.start_correction(corrected, by=cast.officer.user)
    again.change_note = "もう｜一度《いちど》"
    drafts.save_draft(again, by=cast.officer.user, fields=["change_note"])
    publish(again)
    assert sign_in(cast.sakura.user).get(page(notice)).url == page(again)


def test_a_correction_goes_to_whom_the_old_text_went(cast, notice, publish):
    notice.grades = ["J1"]
    notice.save()
    notice.schools.add(cast.school)
    publish(notice)
    correction = publication.start_correction(notice, by=cast.officer.user)
    assert (correction.grades, list(correction.schools.all())) == (["J1"], [cast.school])


def test_the_audience_of_a_correction_is_not_in_its_form(cast, notice, publish, sign_in):
    publish(notice)
    correction = publication.start_correction(notice, by=cast.officer.user)
    url = reverse("admin:notices_notice_change", args=[correction.pk])
    desk = sign_in(cast.officer.user)
    text = desk.get(url).content.decode()
    assert 'name="grades"' not in text
    assert 'name="change_note"' in text
    desk.post(url, {"title": "題", "body": "本文", "change_note": "x", "grades": ["J2"]})
    correction.refresh_from_db()
    assert (correction.title, correction.grades, correction.for_guardians) == ("題", [], True)


def test_there_is_one_correction_at_a_time(cast, notice, publish):
    publish(notice)
    first = publication.start_correction(notice, by=cast.officer.user)
    assert publication.start_correction(notice, by=cast.officer.user) == first


def test_a_correction_says_what_it_puts_right(cast, notice, publish):
    publish(notice)
    correction = publication.start_correction(notice, by=cast.officer.user)
    with pytest.raises(publication_rules.PublicationRefused, match="なおした ところ"):
        drafts.submit_draft(correction, by=cast.officer.user)


def test_a_correction_is_checked_by_a_second_person_too(cast, notice, publish):
    publish(notice)
    correction = publication.start_correction(notice, by=cast.officer.user)
    Notice.objects.filter(pk=correction.pk).update(change_note="x")
    drafts.submit_draft(correction, by=cast.officer.user)
    with pytest.raises(publication_rules.PublicationRefused, match="べつの 人"):
        publication.publish_notice(correction, by=cast.officer.user)


def test_the_old_broadcast_is_stopped(notice, corrected):
    assert Broadcast.objects.get(topic=notice.pk.hex).state == BroadcastState.CANCELLED
    assert Broadcast.objects.get(topic=corrected.pk.hex).state == BroadcastState.PLANNING


def test_a_correction_of_what_is_still_to_come_waits_as_long(cast, notice, publish):
    later = timezone.now() + timedelta(days=1)
    Notice.objects.update(publish_at=later)
    publish(notice)
    correction = publication.start_correction(notice, by=cast.officer.user)
    Notice.objects.filter(pk=correction.pk).update(change_note="x")
    correction = publish(correction)
    assert correction.publish_at == later
    assert inbox.inbox_for(cast.sakura.user) == []


# -- withdrawing ----------------------------------------------------------------------------------


def test_who_saw_it_reads_that_and_why_it_was_withdrawn(cast, notice, publish, sign_in):
    publish(notice)
    reader = sign_in(cast.sakura.user)
    reader.get(reverse("notices:inbox"))
    publication.withdraw_notice(notice, by=cast.officer.user, words="｜日《ひ》にちが ちがいました")
    text = reader.get(reverse("notices:inbox")).content.decode()
    assert "にちが ちがいました" in text
    answer = reader.get(page(notice))
    assert answer.status_code == 410
    assert "にちが ちがいました" in answer.content.decode()


def test_who_never_saw_it_is_not_bothered(cast, notice, publish, sign_in):
    publish(notice)
    publication.withdraw_notice(notice, by=cast.officer.user, words="ちがいました")
    assert "ちがいました" not in sign_in(cast.ren.user).get("/notices/").content.decode()


def test_an_ended_notice_says_so(cast, notice, publish, sign_in):
    publish(notice)
    now = timezone.now()
    Notice.objects.update(publish_at=now - timedelta(days=2), expires_at=now - timedelta(days=1))
    answer = sign_in(cast.sakura.user).get(page(notice))
    assert answer.status_code == 410
    assert "おわりました" in answer.content.decode()


def test_old_addresses_tell_outsiders_nothing(cast, notice, publish, sign_in):
    notice.grades = ["J2"]
    notice.save()
    publish(notice)
    publication.withdraw_notice(notice, by=cast.officer.user)
    assert sign_in(cast.sakura.user).get(page(notice)).status_code == 404


def test_a_draft_thrown_away_was_never_anybodys(cast, notice, sign_in):
    publication.withdraw_notice(notice, by=cast.officer.user)
    assert sign_in(cast.sakura.user).get(page(notice)).status_code == 404


def test_withdrawing_and_correcting_on_the_page(cast, notice, publish, sign_in):
    publish(notice)
    desk = sign_in(cast.officer.user)
    review_page = reverse("admin:notices_notice_review", args=[notice.pk])
    answer = desk.post(review_page, {"verb": "correct"})
    correction = Notice.objects.get(corrects=notice)
    assert answer.url == reverse("admin:notices_notice_change", args=[correction.pk])
    propose(desk, desk.post(review_page, {"verb": "withdraw", "words": "ちがいました"}))
    notice.refresh_from_db()
    assert (notice.state, notice.withdrawn_words) == (NoticeState.WITHDRAWN, "ちがいました")
    assert AuditEvent.objects.filter(action=Action.NOTICE_WITHDRAWN).count() == 1


def test_words_too_long_withdraw_nothing(cast, notice, publish, sign_in):
    publish(notice)
    review_page = reverse("admin:notices_notice_review", args=[notice.pk])
    answer = sign_in(cast.officer.user).post(
        review_page, {"verb": "withdraw", "words": "あ" * 201}, follow=True
    )
    assert "200字" in answer.content.decode()
    notice.refresh_from_db()
    assert notice.state == NoticeState.PUBLISHED
