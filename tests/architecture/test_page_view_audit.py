"""Every staff page that names a child is audited: all URLs, all roles, with planted names."""

import csv
import uuid
from collections import defaultdict
from io import StringIO

import pytest
from django.contrib import admin
from django.core.files.base import ContentFile
from django.db import OperationalError, connection, transaction
from django.test.utils import CaptureQueriesContext
from django.urls import URLResolver, reverse

from apps.audit.models import Action, Audience, AuditEvent
from apps.checkins.services.question_sets import current_question_set
from apps.checkins.services.submissions import submit
from apps.consent.models import ConsentReceipt, ExplanationRequest, Purpose
from apps.consent.services import telephone_answers
from apps.consent.services.paper_forms import issue_paper_forms
from apps.disclosure.services.access_days import all_access_days
from apps.disclosure.services.corrections import request_correction
from apps.helpline.services import help_requests
from apps.notices.models import Notice
from apps.notices.services import drafts, publication
from apps.people.admin_bases.private_search import SESSION_KEY
from apps.people.models import Guardian, Role, Student
from apps.people.services.emergencies import begin_emergency
from apps.roster.services import roster_jobs
from tests import factories, file_workers
from tests.browser import Browser
from tests.cases.conftest import _a_friday_in_november, case, watched  # noqa: F401 - the plant
from tests.roster import zips

KANA_KEY = "searched"
KANA = "カガ"  # of all of them: searched for, so that the page does not only repeat the question
CHILD, ADULT = "薔薇崎", "鷺沼"
# Nurse and counsellor see what the principal sees; each of the others sees something of their own.
PARTS = ["homeroom", "principal", "officer", "helpdesk", "privacy", "teacher"]
# Addresses that are asked for with a word instead of a row: the words to try.
WORDS = {"kind": ["attendance_daily"], "what": ["sync", "decide"], "verb": ["pause"]}
# Apps with what people wrote, answered or agreed. Of them the helpdesk opens how sources and fetches
# go and what was printed, which name nobody, and cards and PINs of a class, which it is asked for.
CONTENT = (
    "audit_", "cases_", "checkins_", "consent_", "disclosure_", "helpline_", "linkage_",
    "registration_", "reports_", "selfinfo_", "vault_",
)  # fmt: skip
OF_HELPDESK = {
    "linkage_datasource_change", "linkage_datasource_changelist", "linkage_datasource_history",
    "linkage_issues", "linkage_run", "linkage_syncrun_changelist", "linkage_syncrun_history",
    "registration_printedsheet_changelist", "selfinfo_selfinfocode_changelist",
    "selfinfo_selfinfosession_changelist",
}  # fmt: skip
OF_HELPDESK_NAMED = {"registration_cards", "registration_pin_reset"}
# Addresses that show no page, with the reason.
NO_PAGE = {"logout": "ends the session", "login": "sign-in is allauth's"}


@pytest.fixture
def planted(case, watched):  # noqa: F811
    """Rows of every kind that speaks of a child or guardian, all with unusual names."""
    c = watched
    c.privacy = factories.staff_post(Role.PRIVACY, of=c.city, name="保護の担当")
    c.teacher = factories.staff_post(Role.TEACHER, c.school, name="ほかの先生")
    factories.duty_roster(c)
    for purpose in (Purpose.GRADES, Purpose.NURSE_ROOM):
        factories.policy(c.city, purpose)
        factories.document(c.city, purpose)
    submit(
        student=c.sakura,
        question_set=current_question_set(),
        client_key=uuid.uuid4(),
        answers={"mood": 0},
    )
    help_requests.send_help_request(
        student=c.sakura, wanted="nurse", words="はなしたい", form_key=uuid.uuid4()
    )
    request_correction(
        c.sakura,
        actor=c.midori.user,
        about=Purpose.ATTENDANCE,
        words="まちがい",
        form_key=uuid.uuid4(),
    )
    issue_paper_forms([c.sakura], by=c.homeroom.user)
    telephone_answers.enter_call(
        c.sakura.guardianships.get(), answers={Purpose.GRADES: "given"}, spoke="self",
        read={d.purpose: d.pk for d in telephone_answers.documents_to_read(c.sakura)},
        known_by="number_held", form_key=uuid.uuid4(), by=c.homeroom.user,
    )  # fmt: skip
    begin_emergency(c.teacher.user, c.sakura, why="すぐに 居場所を 確かめるため")
    ExplanationRequest.objects.create(
        municipality=c.city, student=c.sakura, purposes=[Purpose.GRADES],
        receipt=ConsentReceipt.objects.filter(student=c.sakura).first(),
    )  # fmt: skip
    roster_jobs.ask_check(ContentFile(_zip(), name="roster.zip"), by=c.officer.user)
    file_workers.read_all()
    notice = Notice.objects.create(
        municipality=c.city, title="みんなへ", body="本文", written_by=c.officer.user
    )
    drafts.submit_draft(notice, by=c.officer.user)
    publication.publish_notice(notice, by=c.principal.user)
    Student.objects.update(family_name=CHILD)
    Guardian.objects.update(family_name=ADULT)
    return c


def _zip():
    """A roster whose people all bear the planted name."""

    def renamed(body):
        rows = list(csv.DictReader(StringIO(body.decode("utf-8-sig"))))
        out = StringIO()
        writer = csv.DictWriter(out, rows[0].keys())
        writer.writeheader()
        writer.writerows({**row, "familyName": CHILD} for row in rows)
        return out.getvalue().encode()

    return zips.changed(zips.good(), "users.csv", renamed)


def _addresses():
    """[(model or None, pattern)] of all the admin site's addresses, as the site itself says them."""
    for entry in admin.site.get_urls():
        if isinstance(entry, URLResolver):
            models = {m._meta.label_lower.replace(".", "/") + "/": m for m in admin.site._registry}
            model = models.get(str(entry.pattern))
            yield from ((model, pattern) for pattern in entry.url_patterns)
        else:
            yield None, entry


def _arguments(model, pattern, c):
    """Parameters for a URL: rows of its model, the class, and the words of WORDS."""
    if pattern.name == "app_list":
        return [{"app_label": label} for label in ("people", "consent", "cases")]
    argument_sets = [{}]
    for name in pattern.pattern.converters:
        if name in WORDS:
            values = WORDS[name]
        elif name in ("class_pk", "class_id"):
            values = [c.class_1.pk]
        elif name == "guardianship_pk":
            values = c.sakura.guardianships.values_list("pk", flat=True)
        elif name == "item_pk":
            values = [c.sakura.pk]
        elif name == "account":
            values = [c.sakura.user_id]
        elif name in ("pk", "object_id"):
            values = _rows(model, pattern, c)
        else:
            values = ["people", "student"]
        argument_sets = [
            {**arguments, name: value} for arguments in argument_sets for value in values
        ]
    return argument_sets


def _rows(model, pattern, c):
    """Ids to ask for: a row of the model, the child and the class.

    The three pages of a row that Django names know those of their model alone;
    test_hostile_addresses asks them for others.
    """
    rows = list(model._base_manager.values_list("pk", flat=True)[:1]) if model else []
    is_of_model = rows and pattern.name.endswith(("_change", "_delete", "_history"))
    others = [row.pk for row in (c.sakura, c.class_1) if not is_of_model or isinstance(row, model)]
    return [*rows, *others]


def _pages(c):
    """[(name, [URL])] of every URL pattern, with possible rows as parameters."""
    for model, pattern in _addresses():
        if not pattern.name or pattern.name in NO_PAGE or "content_type_id" in str(pattern.pattern):
            continue
        argument_sets = _arguments(model, pattern, c)
        urls = [reverse(f"admin:{pattern.name}", kwargs=arguments) for arguments in argument_sets]
        if pattern.name.endswith("changelist"):
            yield pattern.name, [f"{urls[0]}?q={KANA_KEY}"]
        yield pattern.name, urls


def _posts(c):
    """Data to post to a page: a reason, a class, everybody ticked."""
    return {
        "reason": "meeting", "school_class": c.class_1.pk, "person": [c.sakura.pk, c.midori.pk],
        "student": [c.sakura.pk], "guardian": [c.midori.pk], "answer": "", "open": "1",
        "post": "", "verb": "", "why": "x", "number": 1,
    }  # fmt: skip


def _ask(client, method, url, data=None):
    """(status, body, whether a record of it was written); nothing of it stays."""
    last = AuditEvent.objects.order_by("-id").values_list("id", flat=True).first() or 0
    with transaction.atomic():
        answer = getattr(client, method)(url, data)
        body = b"".join(answer) if answer.streaming else answer.content
        is_recorded = AuditEvent.objects.filter(id__gt=last).exclude(actor=None).exists()
        transaction.set_rollback(True)
    return answer.status_code, body, is_recorded


def _visit_all(c, client):
    """(name, method, URL, status, body, is audited) of all pages a role may open."""
    for name, urls in _pages(c):
        for url in urls:
            found = _ask(client, "get", url)
            yield name, "get", url, *found
            if found[0] in (200, 405):
                yield name, "post", url, *_ask(client, "post", url, _posts(c))
                break


def test_whatever_page_names_a_child_is_on_record(planted, sign_in):
    silent, broken = [], []
    opened = defaultdict(set)  # part -> names of pages of CONTENT
    named_to = defaultdict(set)
    for part in PARTS:
        client = sign_in(getattr(planted, part).user, Browser)  # posts what no form would
        client.raise_request_exception = False
        session = client.session
        session[SESSION_KEY] = [[KANA_KEY, KANA]]
        session.save()
        for name, method, url, status, body, is_recorded in _visit_all(planted, client):
            if status >= 500:
                broken.append((part, method, url))
            if status == 200 and name.startswith(CONTENT):
                opened[part].add(name)
            if CHILD.encode() in body or ADULT.encode() in body:
                named_to[part].add(name)
                if not is_recorded:
                    silent.append((part, method, url))
    assert silent == []
    assert broken == []
    assert len(set().union(*named_to.values())) >= 20, named_to
    # of what others open, nothing with content opens to the helpdesk
    assert opened["helpdesk"] == OF_HELPDESK | OF_HELPDESK_NAMED
    assert not named_to["helpdesk"] & OF_HELPDESK
    assert len(set().union(*opened.values()) - opened["helpdesk"]) > 60


def test_a_list_is_one_row_with_a_number_and_a_page_of_one_names_whom(cast, sign_in):
    for number in range(2, 6):
        factories.student(cast.class_1, f"子{number}", number=number)
    desk = sign_in(cast.principal.user)
    desk.get(reverse("admin:people_student_changelist"))
    event = AuditEvent.objects.get(action=Action.NAMES_SHOWN)
    assert (event.n_people, event.subject_id) == (6, None)
    assert event.thing == "admin:people_student_changelist"
    desk.get(reverse("admin:people_student_change", args=[cast.sakura.pk]))
    about = AuditEvent.objects.about(cast.sakura.pk).get(action=Action.NAMES_SHOWN)
    assert (about.actor, about.thing_id) == (cast.principal.user, str(cast.sakura.pk))


def test_the_family_is_not_told_of_page_views(cast, sign_in):
    sign_in(cast.nurse.user).get(reverse("admin:people_student_change", args=[cast.sakura.pk]))
    event = AuditEvent.objects.about(cast.sakura.pk).get(action=Action.NAMES_SHOWN)
    assert event.audience == Audience.OFFICE
    assert all_access_days(cast.sakura, cast.midori.user) == []
    assert not AuditEvent.objects.about(cast.sakura.pk).shown_to_family().exists()


def test_a_page_that_names_nobody_leaves_no_row(cast, sign_in):
    sign_in(cast.nurse.user).get(reverse("admin:people_school_changelist"))
    assert not AuditEvent.objects.filter(action=Action.NAMES_SHOWN).exists()


def test_a_page_costs_one_statement_more_however_many_it_names(cast, sign_in):
    desk = sign_in(cast.principal.user)
    url = reverse("admin:people_student_changelist")
    desk.get(url)
    for number in range(2, 31):
        factories.student(cast.class_1, f"子{number}", number=number)
    with CaptureQueriesContext(connection) as found:
        desk.get(url)
    assert sum("audit_auditevent" in each["sql"] for each in found) == 1


def test_the_page_is_not_shown_where_the_record_cannot_be_written(cast, sign_in, monkeypatch):
    def away(events):
        raise OperationalError("no record")

    monkeypatch.setattr("apps.people.services.page_view_audit.record_many", away)
    desk = sign_in(cast.principal.user)
    with pytest.raises(OperationalError):
        desk.get(reverse("admin:people_student_changelist"))
