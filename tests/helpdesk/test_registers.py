"""Issues, visits and the city's own help pages."""

import uuid

import pytest
from django.db import DatabaseError, transaction
from django.urls import reverse

from apps.audit.models import Action, AuditEvent
from apps.helpdesk import issue_states
from apps.helpdesk.models import HelpEntry, IssueState, SupportIssue, SupportVisit
from apps.helpdesk.services import issues, question_queue
from apps.helpdesk.services.question_queue import CannotAnswerQuestion
from tests import factories
from tests.browser import form_on
from tests.helpdesk.question_helpers import asked


def change_page(row):
    return reverse(f"admin:helpdesk_{row._meta.model_name}_change", args=[row.pk])


def test_an_issue_from_a_question_names_nobody_and_its_answer_reaches_who_asked(cast, sign_in):
    row, desk = asked(cast), sign_in(cast.helpdesk.user)
    page = reverse("admin:helpdesk_question_issue", args=[row.pk])
    desk.post(page, {"title": " "})
    assert SupportIssue.objects.count() == 0
    for _ in range(2):
        assert desk.post(page, {"title": "文字が小さい", "words": "タブレット"}).status_code == 302
    issue = SupportIssue.objects.get()
    assert (issue.question, issue.origin, issue.state) == (row, "family", IssueState.RECORDED)
    assert AuditEvent.objects.filter(action=Action.SUPPORT_ISSUE).count() == 1
    officer = sign_in(cast.officer.user)
    shown = officer.get(change_page(issue))
    assert "さくら" not in shown.text
    form = form_on(shown, having="opened_as")
    refused = officer.post(change_page(issue), form | {"is_answer_shown": "on"})
    assert refused.status_code in (200, 422)  # without an answer
    form |= {
        "state": "accepted",
        "priority": "1_high",
        "answer": "大きくします。",
        "is_answer_shown": "on",
    }
    assert officer.post(change_page(issue), form).status_code == 302
    student = sign_in(cast.sakura.user)
    assert reverse("helpdesk:questions") in student.get("/").text
    assert "大きくします。" in student.get(reverse("helpdesk:questions")).text
    entry_add = reverse("admin:helpdesk_helpentry_add")
    filled = form_on(officer.get(entry_add, {"issue": issue.pk}), having="form_key")
    assert (filled["title"], filled["body"]) == ("文字が小さい", "大きくします。")
    assert officer.get(entry_add, {"issue": "x"}).status_code == 200
    SupportIssue.objects.filter(pk=issue.pk).update(state="declined")
    row.delete()
    issue.refresh_from_db()
    assert issue.question is None
    with pytest.raises(CannotAnswerQuestion):
        issues.record_from_question(
            asked(cast, cast.midori), by=cast.helpdesk.user, title="あ" * 81
        )


def test_three_roles_write_issues_and_the_city_sorts_them(cast, sign_in):
    add = reverse("admin:helpdesk_supportissue_add")
    for post, origin in ((cast.principal, "staff"), (cast.helpdesk, "helpdesk")):
        client = sign_in(post.user)
        form = form_on(client.get(add), having="form_key")
        assert not {"state", "answer"} & form.keys()
        assert client.post(add, form | {"title": f"課題 {origin}"}).status_code == 302
        issue = SupportIssue.objects.get(title=f"課題 {origin}")
        assert (issue.origin, issue.municipality) == (origin, cast.city)
        before = client.get(change_page(issue))
        assert before.status_code == 200
        assert client.post(change_page(issue), {"title": "x"}).status_code == 403
    assert sign_in(cast.nurse.user).get(add).status_code == 403
    officer = sign_in(cast.officer.user)
    form = form_on(officer.get(change_page(issue)), having="opened_as")
    assert officer.post(change_page(issue), form | {"state": "done"}).status_code == 302
    form = form_on(officer.get(change_page(issue)), having="opened_as")
    assert officer.post(change_page(issue), form | {"state": "recorded"}).status_code == 422
    with pytest.raises(DatabaseError), transaction.atomic():
        SupportIssue.objects.filter(pk=issue.pk).update(state="declined")
    assert set(issue_states.TRANSITIONS) == set(IssueState.values)


def test_visits_are_kept_by_school_and_day(cast, sign_in):
    client, add = sign_in(cast.helpdesk.user), reverse("admin:helpdesk_supportvisit_add")
    form = form_on(client.get(add), having="form_key") | {
        "visited_on": "2026-11-24",
        "done": "説明",
    }
    away = client.post(add, form | {"school": str(cast.away_school.pk)})
    assert away.status_code in (200, 422)
    assert client.post(add, form).status_code in (200, 422)
    assert client.post(add, form | {"school": str(cast.school.pk)}).status_code == 302
    row = SupportVisit.objects.get()
    assert (row.municipality, row.school) == (cast.city, cast.school)
    listed = reverse("admin:helpdesk_supportvisit_changelist")
    assert "説明" in sign_in(cast.officer.user).get(listed).text
    assert sign_in(cast.principal.user).get(listed).status_code == 403


def test_the_citys_own_pages_stand_beside_ours_with_readings_for_students(cast, sign_in, client):
    officer, add = sign_in(cast.officer.user), reverse("admin:helpdesk_helpentry_add")
    form = form_on(officer.get(add), having="form_key") | {"title": "てがみ", "for_guardians": "on"}
    bare = officer.post(add, form | {"body": "学校へ", "for_students": "on"})
    assert bare.status_code in (200, 422)
    nobody = {name: value for name, value in form.items() if name != "for_guardians"}
    assert officer.post(add, nobody | {"body": "まつ"}).status_code in (200, 422)
    good = form | {"body": "｜学校《がっこう》へ", "for_students": "on"}
    assert officer.post(add, good).status_code == 302
    entry = HelpEntry.objects.get()
    page = reverse("helpdesk:entry", args=[entry.pk])
    student = sign_in(cast.sakura.user)
    assert student.get(page).status_code == 404  # a draft
    HelpEntry.objects.update(is_draft=False)
    assert "<rt" in student.get(page).text
    assert page in student.get(reverse("helpdesk:guide"), {"q": "がっこうへ"}).text
    assert page not in student.get(reverse("helpdesk:guide"), {"q": "ねこ"}).text
    HelpEntry.objects.update(for_students=False)
    assert student.get(page).status_code == 404
    assert sign_in(cast.midori.user).get(page).status_code == 200
    assert client.get(page, {"city": cast.city.code}).status_code == 200
    assert client.get(page, {"city": cast.away.code}).status_code == 404
    assert sign_in(factories.staff_post("city", of=cast.away).user).get(
        change_page(entry)
    ).status_code in (302, 404)
    question_queue.forget_questions()
    assert client.get(reverse("helpdesk:entry", args=[uuid.uuid4()])).status_code == 404
