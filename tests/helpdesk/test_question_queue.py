"""The queue of the helpdesk: who reads it, what they do, what they never read again."""

import uuid
from datetime import timedelta

import pytest
from django.db import DatabaseError, transaction
from django.urls import reverse

from apps.audit.models import Action, AuditEvent
from apps.core import clock
from apps.helpdesk import question_states
from apps.helpdesk.models import AnswerTemplate, QuestionState, SupportQuestion, SupportReply
from apps.helpdesk.services import entered_questions, question_queue, questions
from apps.helpdesk.services.question_queue import CannotAnswerQuestion
from apps.helpdesk.templatetags.helpdesk_times import how_long
from apps.helpline.models import HelpRequest, ProtectionRoute
from apps.helpline.services import routes
from apps.people.models import Role, StaffPost
from apps.vault.services.sealed_content import open_sealed
from tests import factories
from tests.helpdesk.question_helpers import WORDS, asked

LIST = "/admin/helpdesk/supportquestion/"
NO_ADULT = {"is_about_adult": "no"}


def page_of(row, act="question"):
    name = "helpdesk_question" if act == "question" else f"helpdesk_question_{act}"
    return reverse(f"admin:{name}", args=[row.pk])


def done(action):
    return AuditEvent.objects.filter(action=action).count()


def test_only_the_helpdesk_and_the_city_find_a_question(cast, sign_in):
    row = asked(cast)
    away = factories.staff_post("helpdesk", of=cast.away, name="となりのヘルプデスク")
    for post in (cast.helpdesk, cast.officer):
        assert sign_in(post.user).get(page_of(row)).status_code == 200
    assert done(Action.SUPPORT_OPENED) == 2
    page = sign_in(cast.helpdesk.user).get(page_of(asked(cast, cast.midori))).text
    assert cast.midori.full_name in page
    assert reverse("admin:helpdesk_person", args=[cast.midori.user.pk]) in page
    assert "さくら" not in page
    for post in (cast.nurse, cast.homeroom, cast.principal, cast.office):
        client = sign_in(post.user)
        assert client.get(LIST).status_code == 403
        assert client.get(page_of(row)).status_code == 404
        assert client.post(page_of(row, "end"), {"version": 1}).status_code == 404
    assert sign_in(away.user).get(page_of(row)).status_code == 404
    assert sign_in(cast.midori.user).get(page_of(row)).status_code in (302, 403)
    assert done(Action.SUPPORT_OPENED) == 3


def test_nobody_of_the_helpdesk_reads_their_own_family(cast, sign_in):
    """A colleague who is kept out from a child learns of no question of the child's family."""
    factories.make_parent(cast.helpdesk, cast.sakura)
    rows = [asked(cast), asked(cast, cast.midori)]
    client = sign_in(cast.helpdesk.user)
    assert question_queue.count_open(cast.helpdesk.user) == 0
    assert "カード・暗証番号" not in client.get(LIST).text
    for row in rows:
        assert client.get(page_of(row)).status_code == 404
        for act in ("take", "end", "hand_over", "issue"):
            assert client.post(page_of(row, act), {"version": 1}).status_code == 404
        with pytest.raises(CannotAnswerQuestion):
            question_queue.take_question(row, by=cast.helpdesk.user, seen=1)
    address = f"{reverse('admin:helpdesk_question_enter')}?student={cast.sakura.pk}"
    assert client.get(address).status_code == 404
    with pytest.raises(questions.CannotAskHelpdesk):
        entered_questions.enter_question(
            by=cast.helpdesk.user, side="student", topic="card", text="a", reply_way="none",
            form_key=uuid.uuid4(), municipality=cast.city, student=cast.sakura,
        )  # fmt: skip
    assert done(Action.SUPPORT_OPENED) == 0
    for row in rows:  # a colleague reads and answers them
        assert sign_in(cast.officer.user).get(page_of(row)).status_code == 200


def test_it_is_taken_answered_and_ended_with_its_times(cast, sign_in):
    row, client = asked(cast), sign_in(cast.helpdesk.user)
    AnswerTemplate.objects.create(
        municipality=cast.city, topic="card", title="カード", body="担任へ"
    )
    listed = client.get(LIST).text
    assert WORDS not in listed
    assert "カード・暗証番号" in listed
    template = AnswerTemplate.objects.get()
    assert ">担任へ</textarea>" in client.get(page_of(row), {"template": template.pk}).text
    assert client.get(page_of(row), {"template": "x"}).status_code == 200
    assert client.post(page_of(row, "take"), {"version": 1}).status_code == 302
    key = uuid.uuid4()
    reply = {"text": "担任へ 言ってください。", "form_key": key, "version": 2}
    assert client.post(page_of(row), reply | {"text": " "}).status_code == 422
    assert client.post(page_of(row), reply | {"version": 1}).status_code == 422  # stale
    assert SupportReply.objects.count() == 0
    for _ in range(2):
        assert client.post(page_of(row), reply).status_code == 302
    assert SupportReply.objects.count() == 1
    row.refresh_from_db()
    assert (row.state, row.assignee, row.version) == (QuestionState.ANSWERED, cast.helpdesk.user, 3)
    assert client.post(page_of(row, "end"), {"version": 2}).status_code == 302
    assert client.post(page_of(row, "end"), {}).status_code == 302
    row.refresh_from_db()
    assert row.state == QuestionState.ANSWERED  # both stale
    client.post(page_of(row, "end"), {"version": 3})
    client.post(page_of(row, "end"), {"version": 3})
    row.refresh_from_db()
    assert row.state == QuestionState.ENDED
    assert row.asked_at < row.first_answered_at < row.ended_at
    assert [done(a) for a in (Action.SUPPORT_TAKEN, Action.SUPPORT_ANSWERED, Action.SUPPORT_ENDED)] == [1, 1, 1]  # fmt: skip
    times = question_queue.newest_times(cast.helpdesk.user)
    assert (times.n, times.to_end > times.to_first_answer) == (1, True)
    with pytest.raises(CannotAnswerQuestion):
        question_queue.take_question(row, by=cast.officer.user, seen=row.version)
    assert "カード・暗証番号" not in client.get(LIST).text
    assert "カード・暗証番号" in client.get(LIST, {"open": "all"}).text


def test_the_database_keeps_the_words_and_the_order_of_states(cast):
    row = asked(cast)
    question_queue.reply_to_question(row, by=cast.helpdesk.user, text="a", form_key=row.pk, seen=1)
    for change in (
        lambda: SupportQuestion.objects.update(text="べつの文"),
        lambda: SupportQuestion.objects.update(state="new"),
        lambda: SupportQuestion.objects.update(state="handed_over"),
        lambda: SupportReply.objects.update(text="べつの文"),
        lambda: SupportReply.objects.update(written_role="city"),
    ):
        with pytest.raises(DatabaseError), transaction.atomic():
            change()
    assert set(question_states.TRANSITIONS) == set(QuestionState.values)


def test_a_cry_for_help_goes_to_those_the_student_may_reach_and_leaves_the_helpdesk(
    cast, sign_in, on_duty
):
    row, client = asked(cast, text="きえたいです"), sign_in(cast.helpdesk.user)
    question_queue.reply_to_question(row, by=cast.helpdesk.user, text="a", form_key=row.pk, seen=1)
    assert (
        client.post(page_of(row, "hand_over"), {"version": 1} | NO_ADULT).status_code == 302
    )  # stale
    unanswered = client.post(page_of(row, "hand_over"), {"version": 2}, follow=True)
    assert "どちらかを選んでください" in unanswered.text  # who reads it depends on that
    assert HelpRequest.objects.count() == 0
    for _ in range(2):
        client.post(page_of(row, "hand_over"), {"version": 2} | NO_ADULT)
    request = HelpRequest.objects.get()
    (content,) = open_sealed([request], actor=on_duty.nurse.user, reason="safety")
    assert (content["words"], request.student) == ("きえたいです", cast.sakura)
    event = AuditEvent.objects.get(action=Action.HELP_REQUESTED)
    assert (event.actor, event.fields) == (cast.helpdesk.user, ["handed_over"])
    row.refresh_from_db()
    assert (row.state, row.text, row.asked_by, row.student) == ("handed_over", "", None, None)
    assert SupportReply.objects.count() == 0
    assert client.get(page_of(row)).status_code == 404
    assert "さくら" not in client.get(LIST, {"open": "all"}).text
    assert done(Action.SUPPORT_HANDED_OVER) == 1
    assert sign_in(cast.sakura.user).get("/guide/questions/").text.count("<article") == 0


def test_words_about_an_adult_at_school_are_read_by_nobody_there(cast, sign_in, on_duty):
    c = on_duty
    protector = factories.staff_post(Role.FAMILY_CENTRE, None, of=c.city, name="子どもを守る担当")
    other = factories.school(c.city, "C117220600099", "もうひとつの中学校(架空)")
    elsewhere = factories.staff_post(Role.COUNSELLOR, other, name="ほかの学校の人")
    privacy = factories.staff_post(Role.PRIVACY, None, of=c.city, name="個人情報の担当")
    StaffPost.objects.update(begins_on=None)
    route = ProtectionRoute(
        municipality=c.city, first=protector.user, second=elsewhere.user, last=c.officer.user,
        why="first",
    )  # fmt: skip
    routes.confirm_route(routes.propose_route(route, by=c.officer.user), by=privacy.user)
    row, client = asked(c, text="せんせいに たたかれた"), sign_in(c.helpdesk.user)
    client.post(page_of(row, "hand_over"), {"version": 1, "is_about_adult": "yes"})
    request = HelpRequest.objects.get()
    readers = set(request.readers.current().values_list("person", flat=True))
    assert readers == {protector.user.pk, elsewhere.user.pk, c.officer.user.pk}
    for post in (c.nurse, c.counsellor, c.homeroom, c.principal):
        assert not request.readers.current().filter(person=post.user).exists()


def test_nothing_is_handed_over_where_nobody_would_read_it(cast, sign_in):
    cast.officer.user.staff_posts.all().delete()
    row, client = asked(cast), sign_in(cast.helpdesk.user)
    answer = client.post(page_of(row, "hand_over"), {"version": 1} | NO_ADULT, follow=True)
    assert "0120-0-78310" in answer.text
    adult = client.post(page_of(row, "hand_over"), {"version": 1, "is_about_adult": "yes"})
    row.refresh_from_db()
    assert (adult.status_code, row.state, row.text) == (302, "new", WORDS)
    of_guardian = asked(cast, cast.midori)
    with pytest.raises(CannotAnswerQuestion):
        question_queue.hand_over_question(
            of_guardian, by=cast.helpdesk.user, is_about_adult=False, seen=1
        )


def test_staff_enter_the_question_of_a_caller(cast, sign_in):
    client, address = sign_in(cast.helpdesk.user), reverse("admin:helpdesk_question_enter")
    form = {"form_key": uuid.uuid4(), "side": "guardian", "topic": "letter", "text": WORDS,
            "reply_way": "none", "school": cast.school.pk}  # fmt: skip
    assert client.post(address, form | {"reply_way": "inbox"}).status_code == 422
    assert client.post(address, form | {"school": cast.away_school.pk}).status_code == 422
    assert client.post(address, form | {"text": ""}).status_code == 422
    assert client.post(address, form | {"reply_way": "mail"}).status_code == 422
    for _ in range(2):
        assert client.post(address, form).status_code == 302
    row = SupportQuestion.objects.get()
    assert (row.entered_by, row.asked_by, row.school) == (cast.helpdesk.user, None, cast.school)
    known = form | {"form_key": uuid.uuid4(), "reply_way": "inbox"}
    assert client.post(f"{address}?student={cast.sakura.pk}", known).status_code == 302
    row = SupportQuestion.objects.latest("asked_at")
    assert (row.student, row.asked_by, row.side) == (cast.sakura, cast.sakura.user, "student")
    away = factories.student(factories.school_class(cast.away_school), "ゆき")
    assert client.get(f"{address}?student={away.pk}").status_code == 404
    assert sign_in(cast.nurse.user).get(address).status_code == 404
    with pytest.raises(questions.CannotAskHelpdesk):
        entered_questions.enter_question(
            by=cast.nurse.user, side="guardian", topic="card", text="a", reply_way="none",
            form_key=uuid.uuid4(), municipality=cast.city,
        )  # fmt: skip


def test_questions_are_forgotten_in_time(cast):
    now = clock.now()
    rows = [asked(cast) for _ in range(4)]
    ended = {"ended_at": now - timedelta(days=181), "state": "ended"}
    SupportQuestion.objects.filter(pk=rows[0].pk).update(**ended)
    SupportQuestion.objects.filter(pk=rows[1].pk).update(**ended | {"ended_at": now})
    SupportQuestion.objects.filter(pk=rows[2].pk).update(asked_at=now - timedelta(days=366))
    handed = {"text": "", "mail": "", "asked_by": None, "student": None, "state": "handed_over"}
    SupportQuestion.objects.filter(pk=rows[3].pk).update(
        **handed, ended_at=now - timedelta(days=31)
    )
    assert question_queue.forget_questions() == 3
    assert [row.pk for row in SupportQuestion.objects.all()] == [rows[1].pk]


def test_a_length_of_time_is_said_shortly():
    assert [how_long(timedelta(minutes=m)) for m in (5, 130, 6000)] == ["5分", "2時間", "4日"]
    assert how_long(None) == "—"
