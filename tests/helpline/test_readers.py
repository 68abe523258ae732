"""A help request is read by whom the student chose and the last responder; nobody else notices it."""

import re
import uuid
from datetime import timedelta

import pytest
from django.core.exceptions import PermissionDenied
from django.urls import reverse

from apps.audit.models import Action, AuditEvent
from apps.helpline.models import HelpRequest, HelpState
from apps.helpline.services import escalation, replies, transitions, workload
from apps.people.models import Guardian, Role, StaffPost, User
from apps.people.services.emergencies import begin_emergency
from apps.push.models import Broadcast
from apps.vault.services.sealed_content import OpeningReason
from tests import factories
from tests.helpline.escalation_helpers import STATUS, called, send

LIST = reverse("admin:helpline_helprequest_changelist")
STAFF_PAGES = [
    reverse("admin:index"), LIST, reverse("admin:helpline_load"), reverse("admin:helpline_drills"),
    reverse("admin:helpline_dutyroster_changelist"), reverse("admin:checkins_day"),
    reverse("admin:cases_supportcase_changelist"),
]  # fmt: skip


@pytest.fixture
def clerk(on_duty):
    """The last responder is a social worker; neither homeroom teacher nor principal has a part."""
    post = factories.staff_post(Role.SOCIAL_WORKER, on_duty.school, name="ソーシャルワーカー")
    on_duty.clerk = post
    StaffPost.objects.update(begins_on=None)
    on_duty.duty.last = post.user
    on_duty.duty.save()
    return on_duty


def open_url(help_request):
    return reverse("admin:helpline_open", args=[help_request.pk])


def opened(help_request, post, words=""):
    replies.open_request(help_request, actor=post.user, reason=OpeningReason.STUDENT_ASKED)
    help_request.refresh_from_db()
    return help_request.state


def later(clock, **span):
    clock.shift(timedelta(**span))
    escalation.escalate_due()


def is_parent(post, guardian):
    """Both are one person by the 共通ID."""
    number = uuid.uuid4()
    StaffPost.objects.filter(pk=post.pk).update(master_id=number)
    Guardian.objects.filter(pk=guardian.pk).update(master_id=number)


def pages_of(desk):
    """What somebody gets from each page: status, headers that carry facts, and the body."""
    found = {}
    for url in STAFF_PAGES:
        answer = desk.get(url)
        body = re.sub(r"csrfmiddlewaretoken\" value=\"\w+", "", answer.content.decode())
        body = re.sub(r'(nonce|form_key|-form_key)"? ?(value)?="?[\w-]+', "", body)
        body = re.sub(r'[0-9a-f]{8}-[0-9a-f-]{27}|data-left="\d+"', "", body)
        found[url] = (answer.status_code, answer.get("Location"), body)
    return found


@pytest.mark.parametrize("who", ["homeroom", "principal", "counsellor", "office", "officer"])
def test_whom_the_student_did_not_choose_sees_the_pages_of_a_school_where_nothing_happened(
    clerk, clock, sign_in, who
):
    desk = sign_in(getattr(clerk, who).user)
    before = pages_of(desk)
    help_request = send(clerk, wanted="nurse", words="担任が こわい")
    escalation.escalate_due()
    assert pages_of(desk) == before
    assert desk.get(open_url(help_request)).status_code == 404
    assert desk.post(open_url(help_request), {"reason": "safety"}).status_code == 404
    for page in ("answer", "close"):
        url = reverse(f"admin:helpline_{page}", args=[help_request.pk])
        assert desk.post(url, {f"{page}-words": "x"}).status_code == 404
    assert not Broadcast.objects.filter(user_ids__contains=[getattr(clerk, who).user_id]).exists()
    assert not AuditEvent.objects.filter(action=Action.HELP_SEEN).exists()
    assert called(help_request) == [("first", ["nurse"])]


def test_the_nurse_whom_the_student_chose_opens_it_and_the_calls_end(clerk, clock):
    help_request = send(clerk, wanted="nurse")
    escalation.escalate_due()
    assert opened(help_request, clerk.nurse) == HelpState.SEEN
    later(clock, hours=3)
    assert called(help_request) == [("first", ["nurse"])]


def test_the_last_responder_may_open_it_and_the_calls_to_the_nurse_go_on(clerk, clock, sign_in):
    help_request = send(clerk, wanted="nurse")
    escalation.escalate_due()
    later(clock, minutes=5)
    assert called(help_request)[1:] == [("second", ["social_worker"])]
    assert opened(help_request, clerk.clerk) == HelpState.SENT
    later(clock, minutes=25)
    assert called(help_request)[2:] == [("last", ["nurse"]), ("all", ["nurse"])]
    student = sign_in(clerk.sakura.user)
    page = re.sub(r"<r[tp][^>]*>.*?</r[tp]>|<[^>]+>|\s", "", student.get(STATUS).content.decode())
    assert "あなたがえらんだ人は、まだ見ていません。" in page
    assert "スクールソーシャルワーカーが見ました" in page
    assert "保健室の先生が見ました" not in page
    assert opened(help_request, clerk.nurse) == HelpState.SEEN
    seen = AuditEvent.objects.filter(action=Action.HELP_SEEN).order_by("id")
    assert [event.actor_role for event in seen] == ["social_worker", "nurse"]


def test_a_reply_of_the_last_responder_leaves_it_open_for_the_nurse(clerk, clock, sign_in):
    help_request = send(clerk, wanted="nurse")
    replies.send_reply(
        help_request, actor=clerk.clerk.user, words="きいたよ", form_key=uuid.uuid4()
    )
    help_request.refresh_from_db()
    assert help_request.state == HelpState.SENT
    assert "きいたよ" in sign_in(clerk.sakura.user).get(STATUS).content.decode()
    assert help_request in replies.requests_waiting_for(clerk.nurse.user)
    escalation.escalate_due()
    assert called(help_request) == [("first", ["nurse"])]


def test_nobody_closes_it_before_the_chosen_person_has_looked(clerk, clock, sign_in):
    help_request = send(clerk, wanted="nurse")
    opened(help_request, clerk.clerk)
    with pytest.raises(transitions.CannotChangeRequest, match="まだ見ていません"):
        replies.close_request(
            help_request, actor=clerk.clerk.user, words="話した", form_key=uuid.uuid4()
        )
    desk = sign_in(clerk.clerk.user)
    page = desk.post(open_url(help_request), {"reason": "student_asked"}, follow=True)
    assert "おわりにはできません" in page.content.decode()
    assert reverse("admin:helpline_close", args=[help_request.pk]) not in page.content.decode()
    opened(help_request, clerk.nurse)
    replies.close_request(
        help_request, actor=clerk.clerk.user, words="話した", form_key=uuid.uuid4()
    )
    help_request.refresh_from_db()
    assert help_request.state == HelpState.CLOSED


def test_when_the_chosen_person_has_left_the_last_responder_ends_the_calls(clerk, clock):
    help_request = send(clerk, wanted="nurse")
    StaffPost.objects.filter(pk=clerk.nurse.pk).update(ends_on="2026-11-01")
    escalation.escalate_due()
    assert called(help_request) == [("first", ["social_worker"])]
    assert opened(help_request, clerk.clerk) == HelpState.SEEN


def test_where_the_student_chose_anybody_the_duty_roster_reads_and_no_one_else(clerk, clock):
    help_request = send(clerk, wanted="anyone")
    readers = {reader.role for reader in help_request.readers.all()}
    assert readers == {"nurse", "counsellor", "social_worker"}
    assert opened(help_request, clerk.counsellor) == HelpState.SEEN
    with pytest.raises(PermissionDenied):
        opened(help_request, clerk.principal)


def test_a_role_that_the_school_does_not_have_is_the_last_responder(clerk, clock):
    StaffPost.objects.filter(pk=clerk.homeroom.pk).update(ends_on="2026-11-01")
    help_request = send(clerk, wanted="homeroom")
    escalation.escalate_due()
    assert called(help_request) == [("first", ["social_worker"])]


def test_an_emergency_opens_no_help_request(clerk, clock, sign_in):
    help_request = send(clerk, clerk.ren, wanted="nurse")
    user = User.objects.get(pk=clerk.homeroom.user_id)
    begin_emergency(user, clerk.ren, why="生徒の けがの 連絡が あった ため")
    user = User.objects.get(pk=user.pk)
    assert not HelpRequest.objects.visible_to(user).exists()
    with pytest.raises(PermissionDenied):
        replies.open_request(help_request, actor=user, reason=OpeningReason.SAFETY)
    assert sign_in(user).get(open_url(help_request)).status_code == 404


@pytest.mark.parametrize("child", ["own", "classmate"])
def test_a_nurse_who_is_a_parent_is_no_reader_for_the_childs_class(clerk, clock, child):
    student = clerk.sakura
    if child == "classmate":
        student = factories.student(clerk.class_1, "はな", number=2, local_code="1002")
    is_parent(clerk.nurse, clerk.midori)
    help_request = send(clerk, student, wanted="nurse")
    escalation.escalate_due()
    assert called(help_request) == [("first", ["social_worker"])]
    nurse = User.objects.get(pk=clerk.nurse.user_id)
    assert not HelpRequest.objects.visible_to(nurse).exists()
    other = send(clerk, clerk.ren, wanted="nurse")
    assert list(HelpRequest.objects.visible_to(nurse)) == [other]


def test_who_becomes_a_parent_of_the_class_later_reads_no_more(clerk, clock):
    help_request = send(clerk, wanted="nurse")
    is_parent(clerk.nurse, clerk.midori)
    nurse = User.objects.get(pk=clerk.nurse.user_id)
    assert help_request not in HelpRequest.objects.visible_to(nurse)
    with pytest.raises(PermissionDenied):
        replies.open_request(help_request, actor=nurse, reason=OpeningReason.SAFETY)


def test_the_workload_counts_only_what_its_reader_may_open(clerk, clock):
    send(clerk, wanted="nurse")
    send(clerk, clerk.ren, wanted="counsellor")
    escalation.escalate_due()
    found = {}
    for who in ("nurse", "counsellor", "principal"):
        (load,) = workload.school_workloads(getattr(clerk, who).user)
        found[who] = (load.n_unseen, load.n_month, [one.role for one in load.people])
    assert found == {
        "nurse": (1, 1, ["養護教諭"]), "counsellor": (1, 1, ["スクールカウンセラー"]),
        "principal": (0, 0, []),
    }  # fmt: skip


def test_somebody_outside_the_school_is_a_line_and_nobody_at_school_learns_of_it(
    clerk, clock, sign_in
):
    data = {"wanted": "outside", "form_key": uuid.uuid4(), "words": "せんせいには いえない"}
    answer = sign_in(clerk.sakura.user).post(reverse("helpline:ask"), data)
    assert answer.status_code == 409
    page = re.sub(r"<r[tp][^>]*>.*?</r[tp]>|<[^>]+>|\s", "", answer.content.decode())
    assert "まだ、だれにも送っていません。" in page
    assert "0120-0-78310" in page
    assert not HelpRequest.objects.exists()
    assert not Broadcast.objects.exists()
