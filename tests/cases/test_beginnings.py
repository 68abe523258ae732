"""Cases made by hand: of a worry, a request, an event; one open case a student, and no words lost."""

import uuid

import pytest
from django.core.exceptions import PermissionDenied
from django.urls import reverse

from apps.audit.models import Action
from apps.cases.models import BeginningKind, CaseBeginning, CaseOrigin, CaseState, SupportCase
from apps.cases.services import case_queue, case_writing, casework, signs, student_events
from apps.cases.services.case_beginnings import begin_case, source_for
from apps.cases.services.timeline import timeline_of
from apps.core.clock import today
from apps.helpline.models import HelpRequest
from apps.helpline.services.help_requests import send_help_request
from tests import factories
from tests.browser import form_on
from tests.cases.test_casework import CARING, OTHERS, person
from tests.records import actors_of

BEGIN = reverse("admin:cases_begin")


def begin(cast, student=None, who="homeroom", **more):
    told = {"words": "給食を食べていない。", "form_key": uuid.uuid4(), **more}
    return begin_case(student or cast.sakura, actor=person(cast, who), **told)


def test_a_worry_becomes_a_case_without_consent_and_once(watched):
    key = uuid.uuid4()
    first, again = begin(watched, form_key=key), begin(watched, form_key=key)
    assert first.is_new
    assert again.is_new
    case = SupportCase.objects.get()
    assert (first.case, again.case, case.origin, case.state) == (
        case, case, CaseOrigin.STAFF, CaseState.NEW,
    )  # fmt: skip
    row = CaseBeginning.objects.get()
    assert "給食".encode() not in bytes(row.sealed)
    assert actors_of(Action.CASE_BEGUN) == [watched.homeroom.user]
    (shown,) = case_queue.queue_for(watched.nurse.user)
    assert shown.why == ["職員の気がかり"]
    signs.update_signs()
    opened = casework.open_case(case, actor=watched.nurse.user, reason="sign")
    assert [entry.lines for entry in timeline_of(opened)] == [
        [("職員の気がかり", "給食を食べていない。")]
    ]
    signs.update_signs()  # a case without signs that people made is not closed by itself
    case.refresh_from_db()
    assert case.state == CaseState.LOOKING


def test_what_comes_later_is_added_to_the_open_case_and_lifts_it(watched, case):
    casework.open_case(case, actor=watched.nurse.user, reason="sign")
    casework.add_decision(
        case, actor=watched.nurse.user, judgement="watch", words="見る。", form_key=uuid.uuid4()
    )
    before = SupportCase.objects.get().rank
    begun = begin(watched)
    assert not begun.is_new
    after = SupportCase.objects.get()
    assert (after.origin, after.beginnings.count()) == (CaseOrigin.RULES, 1)
    assert after.rank < before


@pytest.mark.parametrize("who", [*CARING, *OTHERS])
def test_who_cares_for_a_student_makes_a_case(watched, who):
    if who in CARING:
        assert begin(watched, who=who).is_new
    else:
        with pytest.raises(PermissionDenied):
            begin(watched, who=who)
    assert SupportCase.objects.count() == (who in CARING)


def test_a_request_becomes_a_case_for_its_readers_and_is_not_named(watched, sign_in):
    factories.duty_roster(watched)
    request = send_help_request(
        student=watched.sakura, form_key=uuid.uuid4(), words="ひみつ", wanted="nurse"
    )
    assert source_for(watched.homeroom.user, "request", request.pk) is None
    source = source_for(watched.nurse.user, "request", request.pk)
    with pytest.raises(PermissionDenied):
        begin(watched, watched.ren, "nurse", source=source)
    case = begin(watched, who="nurse", source=source).case
    assert case.origin == CaseOrigin.STAFF
    hana = factories.student(watched.class_1, "はな", number=2, local_code="1002")
    worry = begin(watched, hana).case
    for name in ("is_urgent", "rank", "state", "origin"):  # all that the queue shows of it
        assert getattr(case, name) == getattr(worry, name), name
    opened = casework.open_case(case, actor=watched.homeroom.user, reason="sign")
    words = str([entry.lines for entry in timeline_of(opened)])
    assert str(request.pk) not in words + str(case.__dict__)
    assert str(BeginningKind.REQUEST.label) not in words
    HelpRequest.objects.filter(pk=request.pk).update(is_protected=True)
    with pytest.raises(case_writing.CannotChangeCase, match="学校の大人"):
        begin(watched, who="nurse", source=source)
    client = sign_in(watched.nurse.user)
    assert "守るためのケース" in client.get(f"{BEGIN}?request={request.pk}").content.decode()
    for address in (f"?request={uuid.uuid4()}", "?event=x"):
        assert client.get(BEGIN + address).status_code == 404


def test_the_form_makes_a_case_of_an_event_or_adds_to_one(watched, sign_in):
    event = student_events.record_event(
        watched.sakura, actor=watched.homeroom.user, kind="bullying", happened_on=today(),
        source="staff", words="見た。", form_key=uuid.uuid4(),
    )  # fmt: skip
    client = sign_in(watched.homeroom.user)
    address = f"{BEGIN}?event={event.pk}"
    sent = form_on(client.get(address), "worry") | {"worry": "  "}
    assert client.post(address, sent).status_code == 422
    sent["worry"] = "つづいている。"
    for _ in range(2):
        page = client.post(address, sent, follow=True).content.decode()
        assert "ケースを作りました" in page
    assert SupportCase.objects.get().is_urgent
    other = form_on(client.get(BEGIN), "worry")
    other |= {"worry": "別の日も。", "student": str(watched.sakura.pk)}
    assert "もう開いているケース" in client.post(BEGIN, other, follow=True).content.decode()
    other["student"] = str(watched.ren.pk)
    assert client.post(BEGIN, other).status_code == 422
    assert sign_in(watched.officer.user).get(BEGIN).status_code == 403
