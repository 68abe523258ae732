"""A document is reviewed by a second person, who sees both versions and what changed."""

import pytest
from django.db import DatabaseError, transaction
from django.urls import reverse

from apps.consent.models import (
    ConsentDocument,
)
from apps.consent.services.documents import draft_next_version
from tests.consent.staff_page_helpers import WHY, WORDS, document, page, second_reads, town

__all__ = ["town"]


def test_who_wrote_it_does_not_review_it(town, sign_in):
    draft = draft_next_version(document(), by=town.officer.user)
    city = sign_in(town.officer.user)
    answer = city.post(page(ConsentDocument, "read", draft.pk), follow=True)
    assert "書いた人のほかの人が確かめます" in answer.content.decode()
    answer = city.post(page(ConsentDocument, "publish", draft.pk), WHY, follow=True)
    assert "まだ二人目の人が確かめていません" in answer.content.decode()
    draft.refresh_from_db()
    assert draft.reviewed_at is None and draft.published_at is None


def test_an_edit_after_the_review_must_be_read_again(town, sign_in):
    draft = draft_next_version(document(), by=town.officer.user)
    second_reads(town, sign_in, draft)
    city = sign_in(town.officer.user)
    city.post(page(ConsentDocument, "change", draft.pk), WORDS)
    city.post(page(ConsentDocument, "publish", draft.pk), WHY)
    draft.refresh_from_db()
    assert draft.question == "問い" and draft.reviewed_by is None and draft.published_at is None


def test_the_nurse_may_read_but_not_review(town, sign_in):
    draft = draft_next_version(document(), by=town.officer.user)
    nurse = sign_in(town.nurse.user)
    assert nurse.get(page(ConsentDocument, "read", draft.pk)).status_code == 200
    assert nurse.post(page(ConsentDocument, "read", draft.pk)).status_code == 403
    away = sign_in(town.away_officer.user)
    assert away.get(page(ConsentDocument, "read", draft.pk)).status_code == 404


def test_the_second_person_sees_both_screens_and_what_changed(town, sign_in):
    draft = draft_next_version(document(), by=town.officer.user)
    sign_in(town.officer.user).post(
        page(ConsentDocument, "change", draft.pk), WORDS | {"what": "日付と、**遅刻**だけ。"}
    )
    text = sign_in(town.privacy.user).get(page(ConsentDocument, "read", draft.pk)).content.decode()
    assert "保護者の画面" in text and "生徒の画面" in text
    assert "<del>" in text and "<ins>" in text
    assert "<strong>遅刻</strong>" in text
    assert "<ruby>今日" in text


def test_who_only_looks_reads_the_roles_in_words(town, sign_in):
    document = ConsentDocument.objects.get(municipality=town.city, purpose="household")
    client = sign_in(town.officer.user)
    page = client.get(reverse("admin:consent_consentdocument_change", args=[document.pk]))
    text = page.content.decode()
    assert "スクールカウンセラー、管理職" in text
    assert "counsellor" not in text


def test_published_words_cannot_be_changed_even_in_the_database(town):
    with pytest.raises(DatabaseError), transaction.atomic():
        ConsentDocument.objects.filter(published_at__isnull=False).update(what="すべて")
    with pytest.raises(DatabaseError), transaction.atomic():
        document().delete()


def test_words_that_name_other_readers_than_the_data_are_refused(town, sign_in):
    draft = draft_next_version(document(), by=town.officer.user)
    city = sign_in(town.officer.user)
    more = city.post(page(ConsentDocument, "change", draft.pk), WORDS | {"recipients": "養護教諭"})
    assert "担任がありません" in more.content.decode()
    fewer = city.post(
        page(ConsentDocument, "change", draft.pk), WORDS | {"recipients": "担任、管理職"}
    )
    assert "管理職が、内容を開ける立場に入っていません" in fewer.content.decode()
    draft.refresh_from_db()
    assert draft.recipients != "養護教諭"
