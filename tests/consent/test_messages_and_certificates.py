"""People concerned get messages; deletions are counted; a student who is unsure gets an
explanation.
"""

import uuid
from datetime import timedelta

import pytest
import time_machine
from django.urls import reverse
from django.utils import timezone

from apps.audit.models import Action, AuditEvent
from apps.cases.services.signs import update_signs as sweep_cases
from apps.checkins.services.retention import delete_expired_checkins as sweep_checkins
from apps.consent.models import (
    ConsentDocument,
    ConsentMessage,
    DeletionCertificate,
    EndReason,
    ExplanationRequest,
    Purpose,
    Response,
)
from apps.consent.services.certificates import is_certificate_complete
from apps.consent.services.decisions import decide, decide_for_all, note_explained, withdraw
from apps.consent.services.documents import draft_next_version, install_seed_documents
from apps.consent.services.purpose_status import is_effective
from apps.consent.services.scheduled_work import reconcile_all
from apps.linkage.services.deletion import delete_expired_records as sweep_linkage
from tests import factories
from tests.vault.sealing_helpers import write

ATTENDANCE = Purpose.ATTENDANCE


@pytest.fixture
def linked(cast):
    factories.make_effective(cast.sakura, ATTENDANCE)
    for number in range(3):
        write(cast.sakura, ATTENDANCE, {"code": "LATE"}, name=bytes([number]))
    ConsentMessage.objects.all().delete()
    return cast


def say(cast, actor, response, purpose=ATTENDANCE):
    return decide(
        student=cast.sakura, actor=actor, answers={purpose: response}, form_key=uuid.uuid4()
    )


def stop(cast, purpose=ATTENDANCE):
    return withdraw(
        student=cast.sakura, actor=cast.midori.user, purpose=purpose, form_key=uuid.uuid4()
    )


def read(sign_in, cast, address):
    """What a certificate shows to the student."""
    return sign_in(cast.sakura.user).get(address).context


def sweep():
    sweep_linkage()
    sweep_checkins()
    sweep_cases()


def messages_sent():
    return {(message.user, message.kind, message.why) for message in ConsentMessage.objects.all()}


def test_who_withdraws_needs_no_telling_the_other_does(linked):
    stop(linked)
    assert messages_sent() == {(linked.sakura.user, "ended", "decision")}


def test_the_guardians_answer_that_completes_is_told_to_the_student(cast):
    factories.policy(cast.city)
    factories.document(cast.city)
    say(cast, cast.sakura.user, Response.GIVEN)
    assert messages_sent() == set()
    say(cast, cast.midori.user, Response.GIVEN)
    assert messages_sent() == {(cast.sakura.user, "began", "")}


def a_day_later():
    """Move past the day in which an end can be undone."""
    with time_machine.travel(timezone.now() + timedelta(days=1, seconds=1), tick=False):
        reconcile_all()


def test_when_the_term_has_ended_for_good_the_student_is_told(linked):
    linked.programme.ends_on = timezone.localdate() - timedelta(days=1)
    linked.programme.begins_on = linked.programme.ends_on
    linked.programme.save()
    reconcile_all()
    assert messages_sent() == set()
    a_day_later()
    assert messages_sent() == {(linked.sakura.user, "ended", "out_of_term")}
    a_day_later()
    assert len(messages_sent()) == 1


def test_a_guardian_of_the_past_is_told_nothing(linked):
    linked.sakura.guardianships.update(ended_at=timezone.now())
    reconcile_all()
    a_day_later()
    assert messages_sent() == {(linked.sakura.user, "ended", "other")}


def test_new_words_are_told_with_what_changed_first(linked, sign_in):
    draft = draft_next_version(ConsentDocument.objects.get(), by=linked.officer.user)
    draft.aim = "つらいようすに早く気づき、声をかけるため"
    draft.save()
    factories.published_document(draft, by=linked.officer.user)
    assert messages_sent() == {(linked.sakura.user, "new_words", "new_words")}
    page = sign_in(linked.midori.user).get(
        reverse("consent:ask", args=[linked.sakura.pk, "attendance"])
    )
    text = page.content.decode()
    assert text.index("前の説明から変わったところ") < text.index("<dt>何を</dt>")
    assert "<del>" in text and "<ins>" in text


def test_a_withdrawal_leads_to_a_certificate_that_counts(linked, sign_in):
    receipt = stop(linked)
    (row,) = DeletionCertificate.objects.all()
    assert (row.receipt, row.ended_by) == (receipt, EndReason.DECISION)
    address = reverse("consent:certificate", args=[row.pk])
    overview = reverse("consent:overview", args=[linked.sakura.pk])
    assert address in sign_in(linked.sakura.user).get(overview).content.decode()
    assert read(sign_in, linked, address)["is_complete"] is False
    with time_machine.travel(timezone.now() + timedelta(minutes=3), tick=False):
        sweep()
        shown = read(sign_in, linked, address)
    assert [n for _source, n in shown["counts"]] == [3]
    assert shown["is_complete"]
    assert is_certificate_complete(row)


def test_a_certificate_promises_no_minutes_while_no_sweep_runs(linked, sign_in):
    stop(linked)
    address = reverse("consent:certificate", args=[DeletionCertificate.objects.get().pk])
    with time_machine.travel(timezone.now() + timedelta(minutes=16), tick=False):
        assert read(sign_in, linked, address)["is_late"]
        sweep()
    with time_machine.travel(timezone.now() + timedelta(minutes=18), tick=False):
        sweep()
        assert not read(sign_in, linked, address)["is_late"]


def test_a_certificate_is_not_complete_while_rows_remain(linked):
    stop(linked)
    row = DeletionCertificate.objects.get()
    with time_machine.travel(timezone.now() + timedelta(minutes=3), tick=False):
        sweep_checkins()
        sweep_cases()
        assert not is_certificate_complete(row)


def test_a_link_without_rows_gets_a_certificate_that_says_so(cast, sign_in):
    factories.make_effective(cast.sakura, ATTENDANCE)
    stop(cast)
    row = DeletionCertificate.objects.get()
    with time_machine.travel(timezone.now() + timedelta(minutes=3), tick=False):
        sweep()
        page = sign_in(cast.sakura.user).get(reverse("consent:certificate", args=[row.pk]))
    assert "ありませんでした" in page.content.decode()


def test_rows_whose_time_is_over_are_on_no_certificate(linked):
    with time_machine.travel(timezone.now() + timedelta(days=800), tick=False):
        sweep_linkage()
    assert not DeletionCertificate.objects.exists()


def test_an_outsider_sees_no_certificate(linked, sign_in, client):
    stop(linked)
    address = reverse("consent:certificate", args=[DeletionCertificate.objects.get().pk])
    assert sign_in(linked.other_guardian.user).get(address).status_code == 404
    assert sign_in(linked.nurse.user).get(address).status_code == 404
    assert client.get(address).status_code == 302
    assert sign_in(linked.midori.user).post(address).status_code == 405


# -- not knowing yet ------------------------------------------------------------------------------


def test_a_student_who_is_unsure_tells_the_school_and_not_the_guardian(cast, sign_in):
    install_seed_documents(cast.city)
    say(cast, cast.midori.user, Response.GIVEN)
    receipt = say(cast, cast.sakura.user, Response.UNSURE)
    explanation_request = ExplanationRequest.objects.get()
    assert (explanation_request.student, explanation_request.purposes) == (
        cast.sakura,
        ["attendance"],
    )
    assert not is_effective(cast.sakura, ATTENDANCE)
    guardian = sign_in(cast.midori.user)
    for name in ("consent:overview", "disclosure:access_log"):
        text = guardian.get(reverse(name, args=[cast.sakura.pk])).content.decode()
        assert "わからない" not in text and "聞きたい" not in text
    assert messages_sent() == set()
    page = sign_in(cast.sakura.user).get(reverse("consent:receipt", args=[receipt.pk]))
    assert "つたえました" in page.content.decode() or "伝" in page.content.decode()


def test_the_school_sees_who_waits_and_notes_the_talk(cast, sign_in):
    install_seed_documents(cast.city)
    say(cast, cast.sakura.user, Response.UNSURE)
    today, changelist = (
        reverse("admin:index"),
        reverse("admin:consent_explanationrequest_changelist"),
    )
    homeroom = sign_in(cast.homeroom.user)
    assert "talked_at__isempty" in homeroom.get(today).content.decode()
    explanation_request = ExplanationRequest.objects.get()
    done = homeroom.post(
        changelist, {"action": "talked", "_selected_action": [explanation_request.pk]}, follow=True
    )
    assert "1人と話したことを記録しました" in done.content.decode()
    explanation_request.refresh_from_db()
    assert explanation_request.talked_by == cast.homeroom.user
    assert "talked_at__isempty" not in homeroom.get(today).content.decode()
    assert note_explained(ExplanationRequest.objects.all(), by=cast.nurse.user) == 0
    (event,) = AuditEvent.objects.filter(
        action=Action.RECORD_CHANGED, thing_id=str(explanation_request.pk)
    )
    assert event.audience == "protective"


def test_staff_elsewhere_and_the_city_do_not_see_it(cast, sign_in):
    install_seed_documents(cast.city)
    say(cast, cast.sakura.user, Response.UNSURE)
    changelist = reverse("admin:consent_explanationrequest_changelist")
    assert sign_in(cast.officer.user).get(changelist).status_code == 403
    page = sign_in(cast.away_nurse.user).get(changelist)
    assert page.context["cl"].result_count == 0


def test_a_guardian_cannot_send_what_only_students_are_offered(cast, sign_in):
    install_seed_documents(cast.city)
    document = ConsentDocument.objects.current().get(purpose=ATTENDANCE)
    answer = sign_in(cast.midori.user).post(
        reverse("consent:ask", args=[cast.sakura.pk, "attendance"]),
        {"response": "unsure", "document": document.pk},
    )
    assert answer.status_code == 422


# -- two children ----------------------------------------------------------------------------------


@pytest.fixture
def two_children(cast):
    install_seed_documents(cast.city)
    cast.yui = factories.student(cast.class_2, "ゆい", number=5, local_code="2005")
    factories.guardianship(cast.midori, cast.yui)
    return cast


def check_page(client, student):
    return client.get(reverse("consent:check", args=[student.pk]))


def answered(client, student):
    document = ConsentDocument.objects.current().get(purpose=ATTENDANCE)
    client.post(
        reverse("consent:ask", args=[student.pk, "attendance"]),
        {"response": "given", "document": document.pk, "then": "check"},
    )
    page = check_page(client, student)
    return page.context["form_key"]


def test_the_second_child_gets_the_same_answers_without_reading_again(two_children, sign_in):
    guardian = sign_in(two_children.midori.user)
    key = answered(guardian, two_children.sakura)
    assert "ゆい さんにも" in check_page(guardian, two_children.sakura).content.decode()
    done = guardian.post(
        reverse("consent:check", args=[two_children.sakura.pk]),
        {"form_key": key, "also": [two_children.yui.pk]},
        follow=True,
    )
    assert "ゆい さんの分も受けつけました" in done.content.decode()
    for student in (two_children.sakura, two_children.yui):
        (decision,) = student.consent_decisions.all()
        assert decision.response == "given"
    again = guardian.post(
        reverse("consent:check", args=[two_children.sakura.pk]),
        {"form_key": key, "also": [two_children.yui.pk]},
    )
    assert again.status_code in (302, 422)
    assert two_children.yui.consent_decisions.count() == 1


def test_without_a_tick_only_the_one_child_is_decided_about(two_children, sign_in):
    guardian = sign_in(two_children.midori.user)
    key = answered(guardian, two_children.sakura)
    guardian.post(reverse("consent:check", args=[two_children.sakura.pk]), {"form_key": key})
    assert not two_children.yui.consent_decisions.exists()


def test_another_familys_child_cannot_be_slipped_in(two_children, sign_in):
    guardian = sign_in(two_children.midori.user)
    key = answered(guardian, two_children.sakura)
    answer = guardian.post(
        reverse("consent:check", args=[two_children.sakura.pk]),
        {"form_key": key, "also": [two_children.ren.pk]},
    )
    assert answer.status_code == 422
    assert not two_children.ren.consent_decisions.exists()
    assert not two_children.sakura.consent_decisions.exists()


def test_one_that_cannot_be_decided_stops_all(two_children):
    two_children.yui.left_at = timezone.now()
    two_children.yui.save()
    with pytest.raises(Exception, match="名簿にない"):
        decide_for_all(
            students=[two_children.sakura, two_children.yui],
            actor=two_children.midori.user,
            answers={ATTENDANCE: Response.GIVEN},
            form_key=uuid.uuid4(),
        )
    assert not two_children.sakura.consent_decisions.exists()
