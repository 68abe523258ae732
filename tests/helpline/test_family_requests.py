"""A guardian's wish to talk: from their form to who reads it, and to nobody else."""

import uuid
from datetime import datetime, timedelta

import pytest
from django.core.exceptions import PermissionDenied
from django.db import IntegrityError, transaction
from django.urls import reverse
from django.utils import timezone

from apps.audit.models import Action
from apps.cases.models import CaseBeginning, CaseOrigin, SupportCase
from apps.core.clock import JST
from apps.disclosure.services.personal_data import data_parts
from apps.helpline.models import FamilyRecipient, FamilyRequest, FamilyState, HelpRequest
from apps.helpline.services import family_requests
from apps.people.models import Guardianship, GuardianStanding, StaffPost
from tests import factories
from tests.records import actors_of

LIST = reverse("admin:helpline_familyrequest_changelist")
SECRET = "夫に しられたく ない"


@pytest.fixture
def town(cast, clock):
    """The cast in a week of school; midori is さくら's guardian, ひかる another."""
    StaffPost.objects.update(begins_on=None)
    cast.hikaru = factories.guardian(cast.sakura, "ひかる", "hikaru@example.com")
    return cast


def page_of(student):
    return reverse("helpline:family", args=[student.pk])


def form(**more):
    return {
        "form_key": str(uuid.uuid4()), "recipient": "nurse", "way": "phone",
        "contact": "0761-00-0000", "hours": "夕方", "topic": "home", "words": SECRET, **more,
    }  # fmt: skip


def send(town, **more):
    told = form(**more)
    return family_requests.send_family_request(town.sakura, actor=town.midori.user, **told)


def test_a_role_of_which_nobody_would_find_it_is_not_offered(town, sign_in):
    assert FamilyRecipient.NURSE in family_requests.recipients_for(town.sakura)
    hana = factories.student(town.class_1, "はな", number=2, local_code="1002")
    factories.make_parent(town.nurse, hana)
    assert FamilyRecipient.NURSE not in family_requests.recipients_for(town.sakura)
    with pytest.raises(family_requests.CannotAskSchool, match="その人がいません"):
        send(town)
    page = sign_in(town.midori.user).get(page_of(town.sakura)).content.decode()
    assert 'value="nurse"' not in page and 'value="counsellor"' in page


def test_a_guardian_asks_once_sees_what_became_of_it_and_takes_it_back(town, sign_in):
    client, page, told = sign_in(town.midori.user), page_of(town.sakura), form()
    shown = client.get(page).content.decode()
    assert "学校が開いている日に見ます(次は 11月24日(火))" in shown and "0120-189-783" in shown
    for _ in range(2):
        assert client.post(page, told).status_code == 302
    row = FamilyRequest.objects.get()
    assert SECRET.encode() not in bytes(row.sealed) and row.purpose == "family"
    assert "まだだれも見ていません" in client.get(page).content.decode()
    assert SECRET not in client.get(page).content.decode()
    family_requests.open_family_request(row, actor=town.nurse.user, reason="guardian_asked")
    assert "養護教諭が" in client.get(page).content.decode()
    (part,) = [
        p for p in data_parts(town.sakura, town.midori.user, "guardian") if p.code == "family"
    ]
    assert part.rows[0]["words"] == SECRET and part.rows[0]["state"] == "seen"
    back = reverse("helpline:family_withdraw", args=[town.sakura.pk, row.pk])
    assert client.get(back).status_code == 405
    for _ in range(2):
        assert client.post(back).status_code == 302
    row.refresh_from_db()
    assert row.state == FamilyState.WITHDRAWN
    assert not FamilyRequest.objects.visible_to(town.nurse.user).exists()
    assert (
        actors_of(Action.FAMILY_ASKED) == actors_of(Action.FAMILY_WITHDRAWN) == [town.midori.user]
    )


def test_after_closing_time_nobody_is_promised_to_look_today(town, time_machine):
    for recipient in (FamilyRecipient.CITY, FamilyRecipient.NURSE):
        time_machine.move_to(datetime(2026, 11, 25, 17, 0, tzinfo=JST), tick=False)
        assert family_requests.next_look_on(town.sakura, recipient).day == 25
        time_machine.move_to(datetime(2026, 11, 25, 17, 15, tzinfo=JST), tick=False)
        assert family_requests.next_look_on(town.sakura, recipient).day == 26


def test_what_cannot_be_sent_is_said(town, sign_in):
    client, page = sign_in(town.midori.user), page_of(town.sakura)
    for bad, sentence in (
        ({"contact": " "}, "電話番号かメールアドレスを"),
        ({"recipient": "homeroom"}, "どれか一つを"),
        ({"way": ""}, "どれか一つを"),
        ({"topic": "income"}, "どれか一つを"),
        ({"words": "あ" * 501}, "500字まで"),
        ({"contact": "0" * 101}, "100字まで"),
        ({"form_key": "x"}, "ページが古くなっています"),
    ):
        answer = client.post(page, form(**bad))
        assert answer.status_code == 422 and sentence in answer.content.decode(), bad
    form_at_field = client.post(page, form(contact="")).context["form"]
    assert form_at_field.errors.keys() == {"contact"}
    assert not FamilyRequest.objects.exists()
    for _ in range(3):
        assert client.post(page, form(way="school", contact="")).status_code == 302
    full = client.post(page, form())
    assert full.status_code == 422 and "もう3つ届いています" in full.content.decode()
    StaffPost.objects.filter(role="nurse").update(ends_on=timezone.now() - timedelta(days=2))
    assert FamilyRecipient.NURSE not in family_requests.recipients_for(town.sakura)
    assert "いまは、読む人がいません" in client.get(page).content.decode()
    with pytest.raises(family_requests.CannotAskSchool, match="ほかの人を"):
        send(town)


def test_who_is_kept_out_meets_the_page_of_an_unknown_child_and_who_waits_learns_what_waits(
    town, sign_in
):
    for who in (town.sakura, town.other_guardian, town.nurse):
        assert sign_in(who.user).get(page_of(town.sakura)).status_code == 404
    ties = Guardianship.objects.filter(guardian=town.midori, student=town.sakura)
    row, client = send(town), sign_in(town.midori.user)
    unknown = client.get(reverse("helpline:family", args=[uuid.uuid4()]))
    ties.update(standing=GuardianStanding.KEPT_OUT)
    kept_out = client.get(page_of(town.sakura))
    assert kept_out.status_code == unknown.status_code == 404
    assert client.post(page_of(town.sakura), form()).status_code == 404
    back = reverse("helpline:family_withdraw", args=[town.sakura.pk, row.pk])
    assert client.post(back).status_code == 404
    for act in (lambda: send(town), lambda: family_requests.withdraw_family_request(
        row, actor=town.midori.user
    )):  # fmt: skip
        with pytest.raises(PermissionDenied):
            act()
    assert not FamilyRequest.objects.visible_to(town.nurse.user).exists()
    seen = []
    for standing in (GuardianStanding.WAITING, GuardianStanding.KEPT_OUT):
        ties.update(standing=standing, origin="letter")
        seen.append(client.get(page_of(town.sakura)).content.decode())
        assert client.post(page_of(town.sakura), form()).status_code == 302
    assert "学校があなたを保護者だと確かめたあとです" in seen[0] and "さくら" not in seen[0]
    assert len({len(text) for text in seen}) == 1
    assert FamilyRequest.objects.count() == 1


def test_only_the_role_that_was_asked_reads_it_and_nobody_else_notices(town, sign_in):
    row = send(town)
    page = reverse("admin:helpline_family_open", args=[row.pk])
    noted = reverse("admin:helpline_family_contacted", args=[row.pk])
    for who in ("counsellor", "principal", "officer", "away_nurse", "homeroom", "helpdesk"):
        client = sign_in(getattr(town, who).user)
        assert client.get(page).status_code in (302, 403, 404)
        assert client.post(page, {"reason": "meeting"}).status_code in (302, 403, 404)
        assert client.post(noted).status_code in (302, 403, 404)
        listed = client.get(LIST)
        assert listed.status_code in (302, 403) or "1年1組" not in listed.content.decode()
    assert not HelpRequest.objects.exists()
    for other in (town.hikaru, town.sakura):
        client = sign_in(other.user)
        assert SECRET not in client.get("/").content.decode()
        assert "保健室の先生" not in client.get("/").content.decode()
    assert "まだだれも" not in sign_in(town.hikaru.user).get(page_of(town.sakura)).content.decode()
    assert all(p.code != "family" for p in data_parts(town.sakura, town.hikaru.user, "guardian"))
    assert all(p.code != "family" for p in data_parts(town.sakura, town.sakura.user, "student"))
    nurse = sign_in(town.nurse.user)
    assert "さくら" not in nurse.get(LIST).content.decode()
    assert "保護者からの相談(連絡を待っている)" in nurse.get("/admin/").content.decode()
    assert SECRET not in nurse.get(page).content.decode()
    assert nurse.post(page, {"reason": "curiosity"}).status_code == 422
    with pytest.raises(family_requests.CannotAnswer, match="先に"):
        family_requests.note_contact(row, actor=town.nurse.user)
    nurse.post(page, {"reason": "guardian_asked"})
    opened = nurse.get(page).content.decode()
    assert SECRET in opened and "0761-00-0000" in opened and "みどり" in opened
    for _ in range(2):
        assert nurse.post(noted).status_code == 302
    for action in (Action.FAMILY_SEEN, Action.FAMILY_CONTACTED):
        assert actors_of(action) == [town.nurse.user]
    with pytest.raises(family_requests.CannotAskSchool, match="もう連絡"):
        family_requests.withdraw_family_request(row, actor=town.midori.user)
    factories.make_parent(town.nurse, town.sakura, standing="informed")
    assert nurse.get(page).status_code == 404
    with pytest.raises(IntegrityError), transaction.atomic():
        FamilyRequest.objects.update(seen_at=None)


def test_the_city_reads_what_was_sent_to_the_city_and_a_case_is_made_by_who_cares(town, sign_in):
    city, own = send(town, recipient="city"), send(town)
    officer = sign_in(town.officer.user)
    assert "1年1組" in officer.get(LIST).content.decode()
    assert not FamilyRequest.objects.visible_to(town.nurse.user).filter(pk=city.pk).exists()
    begin = reverse("admin:cases_begin")
    nurse = sign_in(town.nurse.user)
    queue = nurse.get(reverse("admin:cases_supportcase_changelist")).content.decode()
    assert f"{begin}?family={own.pk}" in queue and str(city.pk) not in queue
    assert nurse.get(f"{begin}?family={city.pk}").status_code == 404
    told = {"form_key": str(uuid.uuid4()), "worry": "家の ことで 話したいと いう。"}
    for _ in range(2):
        assert nurse.post(f"{begin}?family={own.pk}", told).status_code == 302
    case = SupportCase.objects.get()
    assert (case.student, case.origin, case.is_urgent) == (town.sakura, CaseOrigin.STAFF, False)
    assert str(own.pk).encode() not in bytes(CaseBeginning.objects.get().sealed)


def test_it_is_forgotten_after_a_year_and_sooner_where_it_was_taken_back(town, clock):
    row, kept = send(town), send(town)
    family_requests.withdraw_family_request(row, actor=town.midori.user)
    clock.shift(timedelta(days=31))
    assert family_requests.forget_family_requests() == 1
    assert FamilyRequest.objects.get() == kept
    clock.shift(timedelta(days=340))
    assert family_requests.forget_family_requests() == 1


def test_a_page_of_one_child_is_not_sent_for_another(town, sign_in):
    twin = factories.student(town.class_1, "つばき", number=77)
    factories.guardianship(town.midori, twin)
    client, told = sign_in(town.midori.user), form()
    assert client.post(page_of(town.sakura), told).status_code == 302
    other = client.post(page_of(twin), told)
    assert other.status_code == 422 and "ページが古くなっています" in other.content.decode()
    assert [row.student for row in FamilyRequest.objects.all()] == [town.sakura]


def test_a_role_whose_only_holder_is_of_the_family_cannot_be_asked(town):
    factories.make_parent(town.nurse, town.sakura, standing="informed")
    assert FamilyRecipient.NURSE not in family_requests.recipients_for(town.sakura)
    with pytest.raises(family_requests.CannotAskSchool, match="ほかの人を"):
        send(town)
    factories.staff_post("nurse", town.school, name="もう一人の養護教諭")
    StaffPost.objects.update(begins_on=None)
    assert FamilyRecipient.NURSE in family_requests.recipients_for(town.sakura)
