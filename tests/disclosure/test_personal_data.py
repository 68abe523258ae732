"""Stored data can be read and downloaded: by the student all of it, by a guardian a part."""

import json
import uuid

import pytest
from django.apps import apps
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from apps.audit.models import Action, AuditEvent
from apps.checkins.services.question_sets import current_question_set, seed_questions
from apps.checkins.services.submissions import submit
from apps.consent.models import Purpose
from apps.consent.services.decisions import withdraw
from apps.disclosure import disclosed_tables, part_words
from apps.disclosure.services import data_file
from apps.helpline.services import help_requests
from apps.people.models import GuardianOrigin, GuardianStanding, StaffPost, Student
from tests import factories
from tests.vault.sealing_helpers import write


@pytest.fixture
def full(cast):
    """sakura with attendance, mood weather and a check-in."""
    seed_questions()
    for purpose in (Purpose.ATTENDANCE, Purpose.MOOD_WEATHER, Purpose.CHECKIN_REVIEW):
        factories.make_effective(cast.sakura, purpose)
    write(cast.sakura, Purpose.ATTENDANCE, {"date": "2026-11-20", "mark": "LATE"}, b"a")
    write(cast.sakura, Purpose.MOOD_WEATHER, {"weather": "thunder"}, b"m")
    submit(
        student=cast.sakura, question_set=current_question_set(), answers={"mood": 1, "words": "ひみつです"},
        client_key=uuid.uuid4(),
    )  # fmt: skip
    return cast


def page(student, name="personal_data"):
    return reverse(f"disclosure:{name}", args=[student.pk])


def downloaded(client, student):
    response = client.post(page(student, "personal_data_file"))
    assert response.status_code == 200
    assert "attachment" in response["Content-Disposition"]
    assert "no-store" in response["Cache-Control"]
    return response.json()


def test_who_waits_to_be_confirmed_is_not_counted_as_a_guardian(full, sign_in):
    client = sign_in(full.sakura.user)
    before = downloaded(client, full.sakura)["parts"]["roster"]["rows"][0]["guardians"]
    newcomer = factories.guardian(full.sakura, "しんじん", email="new@example.com")
    newcomer.guardianships.update(standing=GuardianStanding.WAITING, origin=GuardianOrigin.LETTER)
    assert downloaded(client, full.sakura)["parts"]["roster"]["rows"][0]["guardians"] == before


def test_the_student_reads_everything_of_their_own(full, sign_in):
    data = downloaded(sign_in(full.sakura.user), full.sakura)
    assert data["schema"] == data_file.SCHEMA
    text = json.dumps(data, ensure_ascii=False)
    for page_text in ("LATE", "thunder", "ひみつです"):
        assert page_text in text
    assert data["parts"]["roster"]["rows"][0]["name"] == full.sakura.full_name


def test_the_page_says_when_something_was_last_linked_until_it_is_taken_back(full, sign_in):
    client = sign_in(full.sakura.user)
    part = client.get(page(full.sakura)).content.decode().split('id="links"')[1].split("</ul>")[0]
    assert part.count("<li>") == 2
    withdraw(
        student=full.sakura, actor=full.midori.user, purpose=Purpose.ATTENDANCE,
        form_key=full.city.pk,
    )  # fmt: skip
    part = client.get(page(full.sakura)).content.decode().split('id="links"')[1].split("</ul>")[0]
    assert part.count("<li>") == 1


def test_a_guardian_reads_the_schools_records_and_not_the_students_words(full, sign_in):
    data = downloaded(sign_in(full.midori.user), full.sakura)
    text = json.dumps(data, ensure_ascii=False)
    assert "LATE" in text
    for word in ("thunder", "ひみつです"):
        assert word not in text
    assert "checkins" not in data["parts"]
    assert data["parts"]["linked"]["count"] == 1


def test_that_a_student_asked_for_help_is_nowhere_in_the_guardians_copy(full, sign_in):
    StaffPost.objects.update(begins_on=None)
    factories.duty_roster(full)
    help_requests.send_help_request(
        student=full.sakura, wanted="nurse", words="たすけて", form_key=uuid.uuid4()
    )
    guardian = json.dumps(downloaded(sign_in(full.midori.user), full.sakura), ensure_ascii=False)
    assert "help" not in guardian and "たすけて" not in guardian and "nurse" not in guardian
    student = downloaded(sign_in(full.sakura.user), full.sakura)
    assert student["parts"]["helps"]["rows"][0]["said"]["words"] == "たすけて"


def test_taking_it_and_reading_it_leave_a_trace(full, sign_in):
    downloaded(sign_in(full.midori.user), full.sakura)
    events = AuditEvent.objects.about(full.sakura.pk).filter(actor=full.midori.user)
    assert {e.action for e in events} >= {Action.DATA_TAKEN, Action.SEALED_GUARDIAN}


def test_after_a_withdrawal_it_is_gone_from_the_copy(full, sign_in):
    withdraw(
        student=full.sakura, actor=full.midori.user, purpose=Purpose.ATTENDANCE,
        form_key=uuid.uuid4(),
    )  # fmt: skip
    data = downloaded(sign_in(full.sakura.user), full.sakura)
    assert "LATE" not in json.dumps(data)
    assert data["parts"]["certificates"]["rows"][0]["purpose"] == "attendance"


@pytest.mark.parametrize("who", ["sakura", "midori"])
def test_the_page_can_be_read(full, sign_in, who):
    text = sign_in(getattr(full, who).user).get(page(full.sakura)).content.decode()
    assert ("のこっている記録" if who == "midori" else "のこって いる") in text
    assert (
        "ひみつです" in text
    ) is False  # free text is in the file only, not on a screen in class


def test_more_rows_cost_no_more_queries(full, sign_in):
    client = sign_in(full.sakura.user)

    def queries():
        with CaptureQueriesContext(connection) as captured:
            client.get(page(full.sakura))
        return len(captured)

    before = queries()
    for number in range(10):
        write(full.sakura, Purpose.ATTENDANCE, {"code": "LATE"}, bytes([number]))
    assert queries() == before


@pytest.mark.parametrize("name", ["personal_data", "personal_data_file"])
def test_outsiders_get_nothing(full, sign_in, client, name):
    address = page(full.sakura, name)
    ask = "get" if name == "personal_data" else "post"
    for user in (full.other_guardian.user, full.ren.user, full.nurse.user):
        assert getattr(sign_in(user), ask)(address).status_code == 404
    assert getattr(client, ask)(address).status_code == 302
    full.sakura.guardianships.update(ended_at=timezone.now())
    assert getattr(sign_in(full.midori.user), ask)(address).status_code == 404


def test_a_get_takes_no_copy(full, sign_in):
    assert sign_in(full.midori.user).get(page(full.sakura, "personal_data_file")).status_code == 405


def test_every_table_that_names_a_student_is_shown_or_says_why_not():
    named = {
        model._meta.label
        for model in apps.get_models()
        if any(field.related_model is Student for field in model._meta.fields)
    }
    assert named - disclosed_tables.SHOWN_TABLES - set(disclosed_tables.TABLES_NOT_SHOWN) == set()
    assert not disclosed_tables.SHOWN_TABLES & set(disclosed_tables.TABLES_NOT_SHOWN)


def test_the_page_says_in_words_what_was_answered_read_and_ended(full, sign_in):
    client = sign_in(full.midori.user)
    client.get(reverse("consent:ask", args=[full.sakura.pk, Purpose.ATTENDANCE]))
    assert 'id="links"' not in client.get(page(full.sakura)).content.decode()
    withdraw(
        student=full.sakura, actor=full.midori.user, purpose=Purpose.ATTENDANCE,
        form_key=uuid.uuid4(),
    )  # fmt: skip
    page_text = client.get(page(full.sakura)).content.decode()
    for words in ("出席のようす: やめました", "出席のようす (第1版の説明)"):
        assert words in page_text
    assert f"{timezone.localdate().year}年 " in page_text
    assert str(timezone.localdate()) not in page_text


def test_many_equal_answers_are_counted_not_listed():
    answers = dict.fromkeys(Purpose.values[:7], "given") | {Purpose.EVALUATION: "later"}
    page_text = part_words._answers_in_words(answers)
    assert page_text == "7個の項目: 同意しました、名前を消した検証: あとで決めます"
