"""From its proposal on nothing is read under a purpose that a change ends, and nothing is lost."""

import uuid

import pytest
import time_machine
from django.db import IntegrityError, transaction
from django.urls import reverse
from django.utils import timezone

from apps.consent.models import Decider, DeletionCertificate, Purpose, PurposePolicy
from apps.consent.services.decisions import decide, withdraw
from apps.consent.services.policy_changes import propose_policy_change
from apps.consent.services.purpose_status import is_effective, statuses_for
from apps.consent.services.scheduled_work import reconcile_all
from apps.people.models import PendingAct, Role
from apps.people.services import pending_acts
from apps.vault.models import SubjectKey
from apps.vault.services.sealed_content import open_own
from tests import factories
from tests.page_text import text_of
from tests.people.act_scenarios import DAY, propose, save, the_act
from tests.vault.sealing_helpers import write

ATTENDANCE, INCOME = Purpose.ATTENDANCE, Purpose.INCOME
WHY = "事業の見直しのため"


@pytest.fixture
def linked(cast):
    cast.second = factories.staff_post(Role.PRIVACY, of=cast.city).user
    factories.policy(cast.city, INCOME, decider=Decider.GUARDIAN)
    for student in (cast.sakura, cast.ren):
        for purpose in (ATTENDANCE, INCOME):
            factories.make_effective(student, purpose)
    cast.policy = PurposePolicy.objects.get(municipality=cast.city, purpose=ATTENDANCE)
    return cast


def stop_asking(cast, by=None):
    return propose_policy_change(
        cast.policy, {"is_offered": False}, by=by or cast.officer.user, reason=WHY
    )


def due():
    return SubjectKey.objects.filter(purpose=ATTENDANCE).values_list("destroy_after", flat=True)


def test_from_the_proposal_on_nothing_is_read_and_other_purposes_go_on(linked):
    row = write(linked.sakura, ATTENDANCE, {"code": "ABSENT_SICK"})
    act = stop_asking(linked)
    assert (act.preview["keys"], act.preview["students"]) == (2, 2)
    assert open_own([row], student=linked.sakura) == [None]
    assert set(due()) == {None}
    assert is_effective(linked.sakura, INCOME)
    assert reconcile_all() == 0
    assert PurposePolicy.objects.get(pk=linked.policy.pk).is_offered


def test_staff_see_for_how_many_a_purpose_is_paused(linked, sign_in):
    stop_asking(linked)
    page = sign_in(linked.nurse.user).get(reverse("admin:consent_purposepolicy_changelist"))
    rows = {row.purpose: row.n_paused for row in page.context["cl"].result_list}
    assert rows == {ATTENDANCE: 2, INCOME: 0}


def line_on(page):
    """The line of the purpose that is no longer asked, on the overview or its own page."""
    lines = page.context.get("lines") or [page.context["line"]]
    return next(line for line in lines if line.purpose == ATTENDANCE)


def test_the_family_reads_that_it_is_paused_and_from_the_second_word_on_until_when(linked, sign_in):
    act, family = stop_asking(linked), sign_in(linked.sakura.user)
    url = reverse("consent:overview", args=[linked.sakura.pk])
    guardian = sign_in(linked.midori.user)
    ask = reverse("consent:ask", args=[linked.sakura.pk, ATTENDANCE])
    for page in (url, ask):
        assert line_on(family.get(page)).pause
        assert line_on(guardian.get(page)).pause == ""  # it would tell the child's answer
    pending_acts.confirm(act, by=linked.second)
    reconcile_all()
    assert set(due()) == {the_act().due_at}
    states = statuses_for(linked.sakura, linked.sakura.user)
    state = next(each for each in states if each.purpose == ATTENDANCE)
    assert state.pause.destroy_after == the_act().due_at


def test_after_the_day_keys_go_with_a_certificate_each(linked):
    pending_acts.confirm(stop_asking(linked), by=linked.second)
    with time_machine.travel(timezone.now() + DAY, tick=False):
        assert reconcile_all() == 2
    assert DeletionCertificate.objects.filter(ended_by="not_offered").count() == 2
    assert not PurposePolicy.objects.get(pk=linked.policy.pk).is_offered


def test_a_stop_brings_back_everything(linked):
    row = write(linked.sakura, ATTENDANCE, {"code": "ABSENT_SICK"})
    act = pending_acts.confirm(stop_asking(linked), by=linked.second)
    reconcile_all()
    pending_acts.stop(act, by=linked.second)
    assert reconcile_all() == 2
    assert open_own([row], student=linked.sakura) == [{"code": "ABSENT_SICK"}]
    assert not DeletionCertificate.objects.exists()


def test_who_agrees_while_it_waits_gets_no_key_until_it_is_stopped(linked):
    student = factories.student(linked.class_1, "あたらしい", number=9)
    act = stop_asking(linked)
    factories.make_effective(student, ATTENDANCE)
    assert not is_effective(student, ATTENDANCE)
    assert not SubjectKey.objects.filter(student=student).exists()
    pending_acts.stop(act, by=linked.officer.user)
    reconcile_all()
    assert is_effective(student, ATTENDANCE)


def test_a_persons_own_withdrawal_meanwhile_is_final(linked):
    act = stop_asking(linked)
    withdraw(
        student=linked.sakura, actor=linked.midori.user, purpose=ATTENDANCE, form_key=uuid.uuid4()
    )
    assert not SubjectKey.objects.filter(student=linked.sakura, purpose=ATTENDANCE).exists()
    pending_acts.stop(act, by=linked.officer.user)
    reconcile_all()
    assert not is_effective(linked.sakura, ATTENDANCE)
    assert is_effective(linked.ren, ATTENDANCE)


def test_a_stricter_rule_pauses_only_those_it_would_end(linked):
    policy = PurposePolicy.objects.get(municipality=linked.city, purpose=INCOME)
    third = factories.student(linked.class_1, "さん", number=8)
    guardian = factories.guardian(third, email="san@example.com")
    decide(student=third, actor=guardian.user, answers={INCOME: "given"}, form_key=uuid.uuid4())
    assert is_effective(third, INCOME)
    act = propose_policy_change(policy, {"decider": "both"}, by=linked.officer.user, reason=WHY)
    assert act.preview["students"] == 1
    assert (act.needs_second, act.due_at is None) == (False, False)  # one child: no second person
    assert not is_effective(third, INCOME)
    assert is_effective(linked.sakura, INCOME)
    with time_machine.travel(timezone.now() + DAY, tick=False):
        reconcile_all()
    assert not SubjectKey.objects.filter(student=third).exists()


def test_a_change_that_ends_nothing_is_saved_at_once(linked, sign_in):
    answer = save(sign_in(linked.officer.user), linked.policy, order=7)
    assert answer.url.endswith("/purposepolicy/")
    assert PurposePolicy.objects.get(pk=linked.policy.pk).order == 7
    assert not PendingAct.objects.exists()


def test_who_was_overtaken_by_another_is_led_back_to_what_stands_now(linked, sign_in):
    client = sign_in(linked.officer.user)
    answer = save(client, linked.policy, kept_days=30)
    PurposePolicy.objects.filter(pk=linked.policy.pk).update(kept_days=200)
    page = client.get(answer.url, follow=True)
    assert "ほかの人が、先に変えました" in page.content.decode()
    assert not PendingAct.objects.exists()


def test_a_made_up_or_foreign_proposal_is_not_found(linked, sign_in):
    client = sign_in(linked.officer.user)
    answer = save(client, linked.policy, is_offered=None)
    other = PurposePolicy.objects.get(municipality=linked.city, purpose=INCOME)
    elsewhere = answer.url.replace(str(linked.policy.pk), str(other.pk))
    assert client.get(elsewhere).status_code == 404
    for url in (
        answer.url[:-3],
        answer.url.partition("?")[0],
        answer.url + "\ud800".encode("utf-8", "replace").decode(),
    ):
        assert client.get(url).status_code == 404


def test_nobody_but_the_city_proposes(linked, sign_in):
    client = sign_in(linked.officer.user)
    answer = save(client, linked.policy, is_offered=None)
    nurse = sign_in(linked.nurse.user)
    assert nurse.get(answer.url).status_code == 403
    with pytest.raises(pending_acts.CannotAct, match="立場"):
        stop_asking(linked, by=linked.nurse.user)
    assert propose(client, answer).status_code == 302


def test_the_database_refuses_the_first_person_as_second_and_a_date_without_them(linked):
    act = stop_asking(linked)
    waiting = PendingAct.objects.filter(pk=act.pk)
    now = timezone.now()
    for values in (
        {"confirmed_by": act.proposed_by, "confirmed_at": now, "confirmed_role": "privacy"},
        {"due_at": now},
        {"confirmed_at": now},
    ):
        with pytest.raises(IntegrityError), transaction.atomic():
            waiting.update(**values)


def test_the_second_person_reads_what_the_first_was_shown_field_by_field(linked, sign_in):
    first, second = sign_in(linked.officer.user), sign_in(linked.second)
    before = linked.policy.kept_days
    propose(first, save(first, linked.policy, kept_days=30))
    page = second.get(reverse("admin:people_pendingact_change", args=[the_act().pk]))
    text = page.content.decode()
    assert f": {before} → 30</li>" in text
    assert "<strong>利用目的</strong>: 出席のようす" in text


def test_a_student_reads_that_it_is_paused_and_by_whom_while_the_act_waits(linked, sign_in):
    stop_asking(linked)
    address = reverse("consent:overview", args=[linked.sakura.pk])
    page = sign_in(linked.sakura.user).get(address).content.decode()
    text = text_of(page)
    assert "いま 止めて います" in text
    assert "市が 見直して います。あなたや 保護者が やめたのでは ありません。" in text
    assert "なにも 消して いません" in text
