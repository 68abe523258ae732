"""Goals, steps and referrals of a protective case are its readers' alone."""

import datetime as dt
import uuid

import pytest
from django.core.exceptions import PermissionDenied
from django.urls import reverse

from apps.cases.models import PlanStep, ProtectiveNote, Referral
from apps.cases.services import case_load, digests, follow_ups
from apps.cases.services import protective_cases as protective
from apps.cases.services.protective_steps import CannotProtect, ProtectiveMore
from apps.core.clock import today
from apps.notices.models import SupportOrganisation
from tests.cases.test_protective_cases import agree, open_case, town  # noqa: F401 - a fixture

DAY = dt.timedelta(days=1)


def note(cast, case, kind, who="counsellor", **more):
    return protective.add_protective_note(
        case, actor=getattr(cast, who).user, kind=kind, words=f"{kind} の言葉",
        form_key=uuid.uuid4(), more=ProtectiveMore(**more),
    )  # fmt: skip


def test_a_reader_plans_and_nobody_else_learns_of_it(town, sign_in, mailoutbox, time_machine):  # noqa: F811
    """From the page: a goal, a step for a reader, a referral; then its result. No きょう, no count."""
    case = open_case(town)
    agree(town, case)
    nurse = case.readers.get(person=town.nurse.user)
    place = SupportOrganisation.objects.create(name="窓口(架空)", municipality=town.city)
    mailoutbox.clear()
    client = sign_in(town.counsellor.user)
    client.post(reverse("admin:cases_protective_open", args=[case.pk]), {"reason": "safety"})
    act = reverse("admin:cases_protective_act", args=[case.pk, "note"])

    def post(kind, **more):
        told = {"kind": kind, "facts": f"{kind} の言葉", "form_key": str(uuid.uuid4()), **more}
        return client.post(act, told)

    assert post("plan", until_on=(today() + 30 * DAY).isoformat()).status_code == 302
    assert post("step").status_code == 422
    assert post("step", assignee=str(nurse.pk), until_on="2020-01-01").status_code == 422
    until = (today() + 2 * DAY).isoformat()
    assert post("step", assignee=str(nurse.pk), until_on=until).status_code == 302
    assert post("referred").status_code == 422
    assert post("referred", organisation=str(place.pk)).status_code == 302
    step = ProtectiveNote.objects.get(kind="step")
    page = client.get(reverse("admin:cases_protectivecase_change", args=[case.pk])).content.decode()
    assert "まだ終わっていない手だて" in page
    assert "窓口(架空)" in page
    time_machine.shift(3 * DAY)
    for who in ("principal", "homeroom", "nurse", "counsellor", "officer"):
        user = getattr(town, who).user
        assert follow_ups.follow_ups_for(user) == [], who
        assert case_load.holders_for(user) == [], who
        assert "step の言葉" not in sign_in(user).get(reverse("admin:index")).content.decode()
    assert (PlanStep.objects.count(), Referral.objects.count()) == (0, 0)
    assert digests.send_digests() == 0
    assert mailoutbox == []
    note(town, case, "step_ended", who="nurse", step=step, is_done=True)
    client = sign_in(town.nurse.user)
    client.post(reverse("admin:cases_protective_open", args=[case.pk]), {"reason": "safety"})
    page = client.get(reverse("admin:cases_protectivecase_change", args=[case.pk])).content.decode()
    assert "まだ終わっていない手だて" not in page
    assert "できた" in page


def test_steps_are_for_readers_and_of_this_case(town):  # noqa: F811
    case, other = open_case(town), open_case(town)
    agree(town, case)
    stranger = other.readers.get(person=town.counsellor.user)
    with pytest.raises(CannotProtect):
        note(town, case, "step", assignee=stranger, until_on=today())
    own = case.readers.get(person=town.nurse.user)
    step = note(town, case, "step", assignee=own, until_on=today())
    with pytest.raises(CannotProtect):
        note(town, other, "step_ended", step=step)
    with pytest.raises(PermissionDenied):
        note(town, case, "plan", who="principal")
    assert b"step" not in bytes(step.sealed)
