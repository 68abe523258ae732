"""A sentence that the project adds reaches a city by a version that the city drafts."""

import pytest
from django.urls import reverse

from apps.consent.models import ConsentDocument
from apps.consent.seed_documents import KEPT_TO_PROTECT, STUDENT_KEPT_TO_PROTECT
from apps.consent.services import documents, project_texts
from tests import factories

TILE = "説明文書に、案の新しい文がある項目"


@pytest.fixture
def old_city(cast):
    """A city whose texts were published before the sentence."""
    documents.install_seed_documents(cast.city)
    for row in ConsentDocument.objects.filter(kept__contains=KEPT_TO_PROTECT):
        words = row.student_words.replace(STUDENT_KEPT_TO_PROTECT, "")
        new = documents.draft_next_version(row, by=cast.officer.user)
        ConsentDocument.objects.filter(pk=new.pk).update(
            kept=row.kept.replace(KEPT_TO_PROTECT, ""), student_words=words
        )
        new.refresh_from_db()
        factories.published_document(new, by=cast.officer.user)
    return cast


def test_the_officer_is_told_and_a_draft_begins_with_the_sentence(old_city, sign_in):
    officer = old_city.officer.user
    behind = project_texts.documents_behind(officer)
    assert {row.purpose for row in behind} == {
        "checkin_review", "attendance", "nurse_room", "grades", "mood_weather", "study_log",
    }  # fmt: skip
    client = sign_in(officer)
    assert TILE in client.get("/admin/").text
    assert TILE not in sign_in(old_city.principal.user).get("/admin/").text
    client = sign_in(officer)
    row = next(each for each in behind if each.purpose == "attendance")
    page = client.get(reverse("admin:consent_consentdocument_change", args=[row.pk])).text
    assert "この文を足した下書きができます" in page
    answer = client.post(reverse("admin:consent_consentdocument_next", args=[row.pk]))
    draft = ConsentDocument.objects.get(published_at=None)
    assert str(draft.pk) in answer.url
    assert draft.kept == row.kept + KEPT_TO_PROTECT
    assert draft.student_words.endswith(STUDENT_KEPT_TO_PROTECT)
    assert len(project_texts.documents_behind(officer)) == len(behind) - 1
    page = client.get(reverse("admin:consent_consentdocument_change", args=[draft.pk])).text
    assert "案の文に、新しい文があります" not in page


def test_a_city_with_the_sentence_in_any_wording_is_left_alone(cast, sign_in):
    documents.install_seed_documents(cast.city)
    assert project_texts.documents_behind(cast.officer.user) == []
    row = ConsentDocument.objects.get(purpose="attendance")
    draft = documents.draft_next_version(row, by=cast.officer.user)
    assert (draft.kept, draft.student_words) == (row.kept, row.student_words)
    assert TILE not in sign_in(cast.officer.user).get("/admin/").text
