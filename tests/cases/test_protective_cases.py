"""Protective cases: readers one by one, confirmed by the route; for everybody else they do not exist."""

import datetime as dt
import uuid

import pytest
from django.core.exceptions import PermissionDenied
from django.urls import reverse

from apps.audit.models import Action, Audience, AuditEvent
from apps.cases.models import (
    KeptEvidence,
    ProtectiveCase,
    ProtectiveNote,
    ProtectiveReader,
    Sign,
    SupportCase,
)
from apps.cases.services import back_tests, case_beginnings, case_load, case_queue, kept_evidence
from apps.cases.services import protective_cases as protective
from apps.cases.services import protective_readers as readers
from apps.cases.services.protective_cases import CannotProtect
from apps.cases.services.signs import update_signs
from apps.consent.models import Purpose
from apps.core.clock import today
from apps.disclosure.services import access_log
from apps.helpline.models import ProtectionRoute
from apps.helpline.services import duty_rosters, help_requests, routes
from apps.people.models import Role
from apps.people.services.emergencies import begin_emergency
from apps.vault.services.sealed_content import open_sealed
from tests import factories
from tests.browser import form_on
from tests.records import actors_of

LIST = reverse("admin:cases_protectivecase_changelist")
PROTECT = reverse("admin:cases_protect")


@pytest.fixture
def town(watched):
    """The cast with a route in force: protector, elsewhere, officer."""
    watched.protector = factories.staff_post(
        Role.FAMILY_CENTRE, of=watched.city, name="子どもを守る担当"
    )
    school = factories.school(watched.city, "C117220600099", "もうひとつの中学校(架空)")
    watched.elsewhere = factories.staff_post(Role.COUNSELLOR, school, name="ほかの学校の人")
    watched.privacy = factories.staff_post(Role.PRIVACY, of=watched.city, name="個人情報の担当")
    route = ProtectionRoute(
        municipality=watched.city, first=watched.protector.user, second=watched.elsewhere.user,
        last=watched.officer.user, why="first",
    )  # fmt: skip
    route = routes.propose_route(route, by=watched.officer.user)
    routes.confirm_route(route, by=watched.privacy.user)
    return watched


def open_case(town, who="counsellor", others=("nurse", "protector"), **more):
    told = {"topic": "abuse", "words": "あざがある。", "form_key": uuid.uuid4(), **more}
    return protective.open_protective_case(
        town.sakura, actor=getattr(town, who).user,
        readers=[getattr(town, name) for name in others], **told,
    )  # fmt: skip


def agree(town, case, by="elsewhere", agrees=True):
    for row in case.readers.undecided():
        readers.decide_change(row, by=getattr(town, by).user, agrees=agrees)


def reads(town, case):
    names = ("counsellor", "nurse", "homeroom", "principal", "protector", "elsewhere", "officer",
             "privacy", "helpdesk", "away_nurse", "midori", "sakura")  # fmt: skip
    return {
        name for name in names
        if ProtectiveCase.objects.visible_to(getattr(town, name).user).filter(pk=case.pk).exists()
    }  # fmt: skip


def test_readers_are_the_opener_and_whom_the_route_confirms(town):
    case = open_case(town)
    assert reads(town, case) == {"counsellor"}
    row = case.readers.get(person=town.nurse.user)
    for who in ("counsellor", "nurse", "principal", "privacy", "away_nurse"):
        with pytest.raises(PermissionDenied):
            readers.decide_change(row, by=getattr(town, who).user, agrees=True)
    readers.decide_change(row, by=town.elsewhere.user, agrees=True)
    with pytest.raises(CannotProtect, match="もう決まって"):
        readers.decide_change(row, by=town.elsewhere.user, agrees=False)
    own = case.readers.get(person=town.protector.user)
    with pytest.raises(PermissionDenied):  # of the route, but about themselves
        readers.decide_change(own, by=town.protector.user, agrees=True)
    readers.decide_change(own, by=town.officer.user, agrees=False)
    assert reads(town, case) == {"counsellor", "nurse"}
    readers.ask_removal(case.readers.get(person=town.nurse.user), by=town.counsellor.user)
    assert reads(town, case) == {"counsellor", "nurse"}
    agree(town, case)
    assert reads(town, case) == {"counsellor"}
    readers.ask_reader(case, town.homeroom, by=town.counsellor.user)
    agree(town, case)
    assert reads(town, case) == {"counsellor", "homeroom"}
    assert len(actors_of(Action.PROTECTION_READERS)) == 6
    assert actors_of(Action.PROTECTION_BEGUN) == [town.counsellor.user]


def test_without_a_reader_left_the_route_reads_it_and_not_the_lead(town):
    case = open_case(town)
    town.counsellor.ended_at = dt.datetime.now(dt.UTC)
    town.counsellor.save()
    for post in (town.counsellor, town.principal):
        vars(post.user).pop("current_posts", None)
    assert reads(town, case) == {"protector", "elsewhere", "officer"}


def test_who_may_be_the_named_adult_never_reads_it(town):
    with pytest.raises(CannotProtect, match="書かれた人かも"):
        open_case(town, others=("homeroom", "protector"), named="担任", topic="adult")
    with pytest.raises(CannotProtect, match="1人以上"):
        open_case(town, others=())
    with pytest.raises(CannotProtect, match="学校の外"):
        open_case(town, others=("nurse",), topic="adult")
    with pytest.raises(CannotProtect, match="言葉"):
        open_case(town, words=" ")
    assert not ProtectiveCase.objects.exists()
    case = open_case(town, named="担任の先生", topic="adult")
    with pytest.raises(CannotProtect, match="選べません"):
        readers.ask_reader(case, town.homeroom, by=town.counsellor.user)
    for who in ("officer", "away_nurse", "helpdesk"):
        with pytest.raises(PermissionDenied):
            open_case(town, who)


def test_whom_the_student_kept_out_of_a_request_never_reads_it(town):
    duty = factories.duty_roster(town, hours=(dt.time.min, dt.time.max), weekdays=range(7))
    duty_rosters.record_approval(
        duty, by=town.principal.user, name="相談の先生", role="counsellor", approved_on=today()
    )
    request = help_requests.send_help_request(
        student=town.sakura, form_key=uuid.uuid4(), wanted="counsellor", words="こわい",
        keeps_out=True, kept_words="保健室の先生",
    )  # fmt: skip
    with pytest.raises(CannotProtect, match="書かれた人かも"):
        open_case(town, request=request)
    case = open_case(town, others=("principal", "protector"), request=request)
    for post in (town.nurse, town.homeroom):  # the homeroom teacher is kept out with everybody
        with pytest.raises(CannotProtect, match="選べません"):
            readers.ask_reader(case, post, by=town.counsellor.user)


def test_for_everybody_else_nothing_is_there(town, case, sign_in):
    """In no queue, load, count, search or index; the ordinary case goes on as before."""
    lead = town.principal.user
    before = (case_queue.queue_for(lead), case_load.load_for(lead))
    pages = {}
    client = sign_in(lead)
    for url in (reverse("admin:index"), reverse("admin:cases_supportcase_changelist"), LIST):
        pages[url] = client.get(url)
    hidden = open_case(town, form_key=(key := uuid.uuid4()))
    assert open_case(town, form_key=key) == hidden
    agree(town, hidden)
    assert (case_queue.queue_for(lead), case_load.load_for(lead)) == before
    for url, page in pages.items():
        assert len(client.get(url).content) == len(page.content), url
    page = reverse("admin:cases_protectivecase_change", args=[hidden.pk])
    assert client.get(page).status_code == 404
    town.teacher = factories.staff_post(Role.TEACHER, town.school, name="ほかの教員")
    begin_emergency(town.teacher.user, town.sakura, why="けがの連絡があったため")
    assert not ProtectiveCase.objects.visible_to(town.teacher.user).exists()
    assert reads(town, hidden) == {"counsellor", "nurse", "protector"}
    assert back_tests._known_to_staff([town.ren.pk], 30) == set()
    note = hidden.notes.get()
    for who in ("homeroom", "principal"):
        with pytest.raises(PermissionDenied):
            open_sealed([note], actor=getattr(town, who).user, reason="safety")
    begun = case_beginnings.begin_case(
        town.sakura, actor=lead, words="気になる。", form_key=uuid.uuid4()
    )
    assert (begun.case, begun.is_new) == (case, False)
    SupportCase.objects.filter(pk=case.pk).update(state="closed", closed_at=case.opened_at)
    begun = case_beginnings.begin_case(
        town.sakura, actor=lead, words="気になる。", form_key=uuid.uuid4()
    )
    assert begun.is_new
    events = AuditEvent.objects.filter(thing="cases.ProtectiveCase")
    assert {event.audience for event in events} == {Audience.PROTECTIVE}


def test_kept_evidence_outlives_a_withdrawal_and_one_no_destroys_it(town, case):
    hidden = open_case(town)
    agree(town, hidden)
    sign = Sign.objects.get()
    keep = {"actor": town.counsellor.user, "reason": "pressure"}
    row = kept_evidence.keep_evidence(hidden, sign.pk, **keep)
    assert kept_evidence.keep_evidence(hidden, sign.pk, **keep) == row
    with pytest.raises(PermissionDenied):
        kept_evidence.keep_evidence(hidden, sign.pk, actor=town.homeroom.user, reason="duty")
    with pytest.raises(CannotProtect, match="読めない"):
        kept_evidence.keep_evidence(hidden, uuid.uuid4(), actor=town.protector.user, reason="duty")
    assert kept_evidence.signs_for(hidden, town.protector.user) == []  # attendance is not theirs
    town.take_back(town.sakura, Purpose.ATTENDANCE)
    update_signs()
    assert not Sign.objects.exists()
    (content,) = open_sealed([row], actor=town.protector.user, reason="safety")
    assert [words for _, words in content["lines"]] == ["病欠"] * 5
    assert kept_evidence.open_signs_for(hidden, town.counsellor.user) == []
    with pytest.raises(PermissionDenied, match="ちがう人"):
        kept_evidence.confirm_evidence(row, actor=town.counsellor.user, agrees=True)
    with pytest.raises(PermissionDenied):
        kept_evidence.confirm_evidence(row, actor=town.principal.user, agrees=False)
    assert kept_evidence.confirm_evidence(row, actor=town.nurse.user, agrees=True).confirmed_by
    with pytest.raises(CannotProtect, match="もう決まって"):
        kept_evidence.confirm_evidence(row, actor=town.protector.user, agrees=False)
    KeptEvidence.objects.update(confirmed_by=None, confirmed_at=None)
    assert kept_evidence.confirm_evidence(row, actor=town.protector.user, agrees=False) is None
    assert not KeptEvidence.objects.exists()
    assert actors_of(Action.EVIDENCE_KEPT) == [
        town.counsellor.user, town.nurse.user, town.protector.user,
    ]  # fmt: skip


def test_the_pages_from_opening_to_the_end(town, case, sign_in):
    client = sign_in(town.counsellor.user)
    address = f"{PROTECT}?student={town.sakura.pk}"
    assert "189" in client.get(PROTECT).content.decode()
    sent = form_on(client.get(address), "facts") | {"topic": "adult", "facts": "見た。"}
    assert client.post(address, sent).status_code == 422
    sent |= {"people": [str(town.nurse.pk), str(town.protector.pk)], "named": "体育の先生"}
    for _ in range(2):
        page = client.post(address, sent, follow=True).content.decode()
    hidden = ProtectiveCase.objects.get()
    assert "189" in page
    assert "見た。" not in page
    assert "さくら" not in page
    route = sign_in(town.elsewhere.user)
    page = route.get(LIST).content.decode()
    assert "保健室の先生" in page
    assert "さくら" not in page
    for row in ProtectiveReader.objects.undecided():
        url = reverse("admin:cases_protective_decide", args=[row.pk, "yes"])
        assert route.post(url).status_code == 302
    assert route.post(url).status_code == 404  # decided
    nurse = sign_in(town.nurse.user)
    url = reverse("admin:cases_protectivecase_change", args=[hidden.pk])

    def act(client, what, **data):
        place = reverse("admin:cases_protective_act", args=[hidden.pk, what])
        return client.post(place, data)

    late = act(nurse, "note", kind="note", facts="長い記録", form_key=uuid.uuid4())
    assert late.status_code == 422
    assert "まだ残していません" in late.content.decode() and "長い記録" in late.content.decode()
    assert "生徒を選んでください" in client.get(PROTECT, {"student": ""}).content.decode()
    for each in (client, nurse):
        place = reverse("admin:cases_protective_open", args=[hidden.pk])
        each.post(place, {"reason": "safety"})
    page = nurse.get(url).content.decode()
    assert "見た。" in page
    assert "病欠" in page
    sign = Sign.objects.get()
    assert act(nurse, "keep", row=sign.pk, reason="danger").status_code == 302
    row = KeptEvidence.objects.get()
    assert "残してよい" in client.get(url).content.decode()
    assert act(client, "confirm", row=row.pk).status_code == 302
    assert act(client, "reader", person=town.homeroom.pk).status_code == 302
    own = hidden.readers.get(person=town.nurse.user)
    assert act(client, "remove", row=own.pk).status_code == 302
    told = {"facts": "189に電話した。", "form_key": uuid.uuid4()}
    assert act(nurse, "note", kind="told", **told).status_code == 302
    told = {"facts": "安全になった。", "form_key": uuid.uuid4()}
    assert act(nurse, "note", kind="ended", **told).status_code == 302
    assert act(nurse, "note", kind="note", facts="x", form_key=uuid.uuid4()).status_code == 422
    assert ProtectiveNote.objects.count() == 3
    assert actors_of(Action.PROTECTION_NOTED) == [town.counsellor.user, *[town.nurse.user] * 2]
    for who in ("homeroom", "principal", "officer"):
        assert sign_in(getattr(town, who).user).get(url).status_code == 404


def test_the_schools_lead_neither_decides_on_kept_evidence_nor_learns_of_looks_at_signs(town, case):
    """A look for safety waits for a second person, who would learn from it that this case exists."""
    hidden = open_case(town, others=("principal", "protector"))
    agree(town, hidden)
    assert access_log.entries_awaiting_decision(town.principal.user).count() == 0
    row = kept_evidence.keep_evidence(
        hidden, Sign.objects.get().pk, actor=town.counsellor.user, reason="danger"
    )
    assert AuditEvent.objects.filter(thing="cases.Sign", reason_code="safety").exists()
    assert access_log.entries_awaiting_decision(town.principal.user).count() == 0
    with pytest.raises(PermissionDenied, match="管理職"):
        kept_evidence.confirm_evidence(row, actor=town.principal.user, agrees=False)


def test_evidence_is_not_destroyed_by_one_click(town, case, sign_in):
    hidden = open_case(town)
    agree(town, hidden)
    row = kept_evidence.keep_evidence(
        hidden, Sign.objects.get().pk, actor=town.counsellor.user, reason="danger"
    )
    desk = sign_in(town.nurse.user)
    desk.post(reverse("admin:cases_protective_open", args=[hidden.pk]), {"reason": "safety"})
    url = reverse("admin:cases_protective_act", args=[hidden.pk, "destroy"])
    page = desk.post(url, {"row": row.pk}, follow=True).content.decode()
    assert "まだ消していません" in page
    assert KeptEvidence.objects.filter(pk=row.pk).exists()
    desk.post(url, {"row": row.pk, "sure": "1"})
    assert not KeptEvidence.objects.exists()


def test_without_a_route_who_opens_it_reads_that_the_others_must_wait(watched, sign_in):
    client = sign_in(watched.counsellor.user)
    sent = form_on(client.get(f"{PROTECT}?student={watched.sakura.pk}"), "facts")
    sent |= {"topic": "abuse", "facts": "見た。", "people": [str(watched.nurse.pk)]}
    page = client.post(f"{PROTECT}?student={watched.sakura.pk}", sent, follow=True)
    assert ProtectiveCase.objects.count() == 1
    assert "市の相談先がまだ決まっていません" in page.content.decode()
