"""Packs of a case: by two people, in danger by one at once, each copy marked and on record."""

import datetime as dt
import uuid

import pytest
from django.db import IntegrityError, transaction
from django.urls import reverse

from apps.audit.models import Action
from apps.cases.models import HandOver, Sign
from apps.cases.services import casework, follow_ups, hand_overs
from apps.cases.services.case_writing import CannotChangeCase
from apps.cases.services.timeline import timeline_of
from tests.consent.test_recorded_names import pdf_text
from tests.records import actors_of


def key():
    return uuid.uuid4()


@pytest.fixture
def begun(watched, case):
    """sakura's case, held by the nurse, with one note."""
    casework.open_case(case, actor=watched.nurse.user, reason="safety")
    casework.add_observation(
        case, actor=watched.nurse.user, words="あざが あった。", form_key=key()
    )
    case.refresh_from_db()
    return case


def make(case, by, **more):
    facts = {
        "recipient": "guidance_centre", "to": "児童相談所(架空)", "is_urgent": False,
        "parts": ["evidence", "observations"], "words": "あざのため", "form_key": key(),
    }  # fmt: skip
    return hand_overs.add_hand_over(case, actor=by, **facts | more)


def test_a_pack_says_what_to_whom_and_is_numbered_once(watched, begun):
    nurse, same = watched.nurse.user, key()
    for bad, sentence in (
        ({"parts": []}, "一つ以上"),
        ({"to": " "}, "名前"),
        ({"recipient": "school"}, "ほかの学校には渡せません"),
        ({"recipient": "school", "parts": ["plans"], "is_urgent": True}, "二人目"),
        ({"words": "あ" * 2001}, "2000字"),
    ):
        with pytest.raises(CannotChangeCase, match=sentence):
            make(begun, nurse, **bad)
    first = [make(begun, nurse, form_key=same) for _ in range(2)]
    assert first[0] == first[1]
    assert [first[0].number, make(begun, nurse).number] == [1, 2]
    assert actors_of(Action.PACK_MADE) == [nurse, nurse]
    row = first[0]
    row.confirmed_at, row.confirmed_by = row.written_at, nurse
    with pytest.raises(IntegrityError), transaction.atomic():
        row.save()


def test_nothing_is_printed_before_a_second_person_has_confirmed(watched, begun, sign_in):
    row = make(begun, watched.nurse.user)
    page, pdf, confirm = (
        reverse(f"admin:{name}", args=[row.pk])
        for name in ("cases_pack", "cases_pack_pdf", "cases_pack_confirm")
    )
    maker, second = sign_in(watched.nurse.user), sign_in(watched.counsellor.user)
    for client in (maker, second):
        assert client.get(page).status_code == 302  # first a reason
        client.post(reverse("admin:cases_open", args=[begun.pk]), {"reason": "safety"})
    assert maker.get(page).status_code == maker.get(pdf).status_code == 403
    case_page = reverse("admin:cases_supportcase_change", args=[begun.pk])
    assert page not in maker.get(case_page).content.decode()  # no link to a page that refuses
    assert page in second.get(case_page).content.decode()
    maker.post(confirm)
    assert HandOver.objects.get().confirmed_at is None
    seen = second.get(page).content.decode()
    assert "あざが あった。" in seen and "渡してよいと確かめた" in seen
    assert second.get(pdf).status_code == 403
    for _ in range(2):
        assert second.post(confirm).status_code == 302
    assert actors_of(Action.PACK_CONFIRMED) == [watched.counsellor.user]
    casework.add_observation(begun, actor=watched.nurse.user, words="あとの こと", form_key=key())
    sheet = maker.get(page).content.decode()
    assert "第1号・2026-11-20 10:00・保健室の先生(養護教諭)・児童相談所(架空) あて" in sheet
    assert "病欠" in sheet and "あとの こと" not in sheet
    file = maker.get(pdf)
    assert file["Content-Type"] == "application/pdf" and file.content.startswith(b"%PDF")
    assert "記録 保健室の先生" in pdf_text(file.content)
    assert len(actors_of(Action.PACK_PRINTED)) == 3
    for other in (watched.away_nurse, watched.officer):
        client = sign_in(other.user)
        assert client.get(page).status_code in (403, 404)
        assert client.post(confirm).status_code in (403, 404)


def test_in_danger_one_hands_over_and_the_lead_sees_it_until_it_is_confirmed(
    watched, begun, time_machine
):
    nurse, lead = watched.nurse.user, watched.principal.user
    row = make(begun, nurse, is_urgent=True)
    assert hand_overs.open_pack(row, actor=nurse, reason="safety").to == "児童相談所(架空)"
    waits = [f for f in follow_ups.follow_ups_for(lead) if f.what.startswith("引きつぎ資料")]
    assert [(f.due_on, f.is_overdue) for f in waits] == [(dt.date(2026, 11, 24), False)]
    time_machine.shift(dt.timedelta(days=5))
    assert any(f.is_overdue for f in follow_ups.follow_ups_for(lead))
    hand_overs.confirm_hand_over(row, actor=lead)
    assert follow_ups.follow_ups_for(lead) == []


def test_that_the_centre_was_told_needs_nobody_else(watched, begun):
    same = {"actor": watched.nurse.user, "words": "189に 電話した。", "form_key": key()}
    assert hand_overs.add_centre_report(begun, **same) == hand_overs.add_centre_report(
        begun, **same
    )
    assert actors_of(Action.CENTRE_TOLD) == [watched.nurse.user]
    page = casework.open_case(begun, actor=watched.nurse.user, reason="safety")
    assert timeline_of(page)[0].what == "児童相談所に伝えた"


def test_a_pack_holds_no_evidence_that_came_after_it_was_made(watched, begun):
    """What a second person confirms is what goes out."""
    made = make(begun, watched.nurse.user)
    seen = {"actor": watched.counsellor.user, "reason": "safety"}
    assert hand_overs.open_pack(made, **seen).evidence
    Sign.objects.update(raised_at=made.written_at + dt.timedelta(seconds=1))
    assert hand_overs.open_pack(made, **seen).evidence == []
