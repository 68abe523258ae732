"""The seed documents are complete, name the people who really read, and can be read by a student."""

import datetime
import re

import pytest
from django.utils import translation

from apps.audit.models import AuditEvent
from apps.consent.models import ConsentDocument, Purpose, PurposePolicy
from apps.consent.seed_documents import SEED_DOCUMENTS
from apps.consent.services.documents import install_seed_documents
from apps.consent.services.purpose_status import current_documents
from apps.core.templatetags.japanese import RUBY, day, reading
from apps.people.models import Role
from apps.people.permission_tables import ROLES_BY_PURPOSE

KANJI = re.compile(r"[一-龯々〆]")
HOUSE_FIELDS = {field.name: field for field in ConsentDocument._meta.get_fields()}


@pytest.mark.parametrize("purpose", Purpose.values)
def test_the_recipients_named_are_exactly_those_who_may_open(purpose):
    named = {role for role in Role if str(role.label) in SEED_DOCUMENTS[purpose].recipients}
    assert named == set(ROLES_BY_PURPOSE.get(purpose, set()))


@pytest.mark.parametrize("purpose", Purpose.values)
def test_every_kanji_for_the_student_carries_its_reading(purpose):
    text = SEED_DOCUMENTS[purpose]
    for words in (text.student_question, text.student_words):
        assert not KANJI.findall(RUBY.sub("", words))
        assert all(not KANJI.search(reading) for _, reading in RUBY.findall(words))


@pytest.mark.parametrize("purpose", Purpose.values)
def test_the_words_fit_and_leave_nothing_out(purpose):
    text = SEED_DOCUMENTS[purpose]
    for name in ("question", "what", "what_not", "source", "recipients", "kept", "aim"):
        assert getattr(text, name).strip()
        assert len(getattr(text, name)) <= (HOUSE_FIELDS[name].max_length or 10_000)
    assert len(text.student_question) <= HOUSE_FIELDS["student_question"].max_length


def test_only_the_guardians_own_data_is_decided_by_the_guardian():
    theirs = {purpose for purpose, text in SEED_DOCUMENTS.items() if text.decider == "guardian"}
    assert theirs == {Purpose.HOUSEHOLD, Purpose.INCOME, Purpose.ALLOWANCES}


def test_installing_twice_changes_nothing(cast):
    install_seed_documents(cast.city)
    PurposePolicy.objects.filter(purpose=Purpose.INCOME).update(is_offered=False)
    before = set(ConsentDocument.objects.values_list("pk", "version"))
    install_seed_documents(cast.city)
    assert set(ConsentDocument.objects.values_list("pk", "version")) == before
    assert set(current_documents(cast.city.pk)) == set(Purpose.values) == set(SEED_DOCUMENTS)
    assert not PurposePolicy.objects.get(purpose=Purpose.INCOME).is_offered
    assert not AuditEvent.objects.exists()


@pytest.mark.parametrize("date", [datetime.date(2026, 10, n) for n in range(1, 32)])
def test_every_date_can_be_read_by_a_student(date):
    with translation.override("ja-easy"):
        assert not KANJI.findall(RUBY.sub("", reading(day(date))))


def test_days_with_names_of_their_own_are_read_by_them():
    with translation.override("ja-easy"):
        assert reading("4月20日(月)") == "｜4月《しがつ》｜20日《はつか》(｜月《げつ》)"
        assert reading("きょう 08:00") == "きょう 08:00"
