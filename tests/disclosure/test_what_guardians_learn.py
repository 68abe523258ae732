"""From nothing a guardian can get follows what the child answered, wrote, or was looked at for."""

import re
import uuid
from datetime import timedelta

import pytest
from django.db import transaction
from django.urls import reverse
from django.utils import timezone

from apps.audit.models import Action
from apps.audit.services.audit_events import record
from apps.checkins.services.question_sets import current_question_set, seed_questions
from apps.checkins.services.submissions import submit
from apps.consent.models import (
    ConsentMessage,
    ConsentReceipt,
    DeletionCertificate,
    Purpose,
    Response,
)
from apps.consent.services.decisions import decide
from apps.consent.services.scheduled_work import reconcile_all
from apps.consent.words import CHILD_ANSWER_NOT_SHOWN, WHAT_GUARDIAN_MAY_NOTICE
from apps.core.templatetags.japanese import plain
from apps.disclosure import guardian_list
from apps.helpline.services import help_requests
from apps.linkage.models import LinkedRecord
from apps.people.models import Guardianship, GuardianStanding, Role
from apps.vault.models import SubjectKey
from apps.vault.services.sealed_content import OpeningReason, open_sealed
from tests import factories
from tests.vault.sealing_helpers import write

ASKED = (Purpose.ATTENDANCE, Purpose.CHECKIN_REVIEW, Purpose.INCOME, Purpose.NURSE_ROOM)
CHANGING = re.compile(
    r'(csrfmiddlewaretoken|form_key|opened)" value="[^"]*"|nonce[-="][^"\' ;]*|"made_at": "[^"]*"'
)


@pytest.fixture
def family(cast):
    """さくら's guardians have agreed to everything; そら is another guardian, ひかる informed only."""
    seed_questions()
    for purpose in ASKED:
        factories.policy(cast.city, purpose)
        factories.document(cast.city, purpose)
    cast.sora = factories.guardian(cast.sakura, "そら", "sora@example.com")
    cast.hikaru = factories.guardian(cast.sakura, "ひかる", "hikaru@example.com")
    Guardianship.objects.filter(guardian=cast.hikaru).update(standing=GuardianStanding.INFORMED)
    for guardian in (cast.midori, cast.sora):
        answer(cast.sakura, guardian.user, Response.GIVEN)
    return cast


def answer(student, by, response):
    decide(student=student, actor=by, answers=dict.fromkeys(ASKED, response), form_key=uuid.uuid4())


def addresses(student):
    of_student = [
        reverse(f"{name}", args=[student.pk])
        for name in (
            "consent:overview", "disclosure:personal_data", "disclosure:access_log",
            "disclosure:corrections", "selfinfo:begin",
        )
    ]  # fmt: skip
    for name in ("ask", "withdraw"):
        of_student += [reverse(f"consent:{name}", args=[student.pk, each]) for each in ASKED]
    return ["/", "/notices/", "/push/", "/guardianships/", *of_student]


def seen_by(client, student):
    """{address: (status, headers, body)} of everything this guardian can reach about the child."""
    found = {address: client.get(address) for address in addresses(student)}
    found["file"] = client.post(reverse("disclosure:personal_data_file", args=[student.pk]))
    return {
        address: tuple(
            CHANGING.sub("", text)
            for text in (
                str(page.status_code),
                str(sorted(page.headers.items())),
                page.content.decode(),
            )
        )
        for address, page in found.items()
    }


class Undone(Exception):
    """Rolls back what a history did."""


def after(history, client, student):
    """What this guardian sees after a history, which is undone."""
    found = {}
    try:
        with transaction.atomic():
            history()
            reconcile_all()
            found = seen_by(client, student)
            raise Undone
    except Undone:
        return found


def differing(one, other):
    return [address for address in one if one[address] != other[address]]


@pytest.fixture
def readers(family, sign_in, time_machine):
    """The clients of the three guardians, on a day that stands still."""
    now = timezone.now()
    time_machine.move_to(now, tick=False)
    clients = [sign_in(each.user) for each in (family.midori, family.sora, family.hikaru)]
    for client in clients:
        seen_by(client, family.sakura)  # what a first look notes
    return clients


def test_every_answer_but_yes_looks_the_same_to_every_guardian(family, readers):
    child, user = family.sakura, family.sakura.user

    def yes_taken_back():
        answer(child, user, Response.GIVEN)
        reconcile_all()
        assert SubjectKey.objects.filter(student=child, purpose__in=ASKED).count() == len(ASKED)
        answer(child, user, Response.WITHDRAWN)

    histories = {
        "unsure": lambda: answer(child, user, Response.UNSURE),
        "later": lambda: answer(child, user, Response.LATER),
        "refused": lambda: answer(child, user, Response.REFUSED),
        "withdrawn": yes_taken_back,
    }
    for client in readers:
        twin = after(lambda: None, client, child)
        assert plain(CHILD_ANSWER_NOT_SHOWN) in twin["/"][2]
        for name, history in histories.items():
            assert differing(after(history, client, child), twin) == [], name


def test_a_yes_alone_is_told_by_no_page_where_nothing_is_linked_yet(family, readers):
    child = family.sakura
    for client in readers:
        twin = after(lambda: None, client, child)
        agreed = after(lambda: answer(child, child.user, Response.GIVEN), client, child)
        assert differing(agreed, twin) == []


def test_no_message_and_no_certificate_goes_to_a_guardian(family, sign_in):
    child = family.sakura
    answer(child, child.user, Response.GIVEN)
    answer(child, family.midori.user, Response.WITHDRAWN)
    certificate = DeletionCertificate.objects.filter(student=child).first()
    address = reverse("consent:certificate", args=[certificate.pk])
    assert sign_in(child.user).get(address).status_code == 200
    for guardian in (family.midori, family.sora):
        assert sign_in(guardian.user).get(address).status_code == 404
        assert not ConsentMessage.objects.filter(user=guardian.user).exists()
    receipt = ConsentReceipt.objects.filter(
        student=child, decided_by=family.midori.user, decisions__response=Response.WITHDRAWN,
    ).first()  # fmt: skip
    page = sign_in(family.midori.user).get(reverse("consent:receipt", args=[receipt.pk]))
    assert "何が消えたか" not in page.content.decode()


def test_what_cannot_be_hidden_is_told_to_the_child_before_answering(family, sign_in):
    client = sign_in(family.sakura.user)
    for name in ("ask", "withdraw"):
        answer(family.sakura, family.sakura.user, Response.GIVEN)
        page = client.get(reverse(f"consent:{name}", args=[family.sakura.pk, Purpose.ATTENDANCE]))
        assert "わかって" in plain(page.content.decode()), name
    assert WHAT_GUARDIAN_MAY_NOTICE


def test_what_happened_to_a_child_leaves_no_trace_with_a_guardian(family, readers):
    """A low answer, a request for help, a talk in the nurse's room, and the looks they brought."""
    child = family.sakura
    answer(child, child.user, Response.GIVEN)
    row = write(child, Purpose.ATTENDANCE, {"date": "2026-11-20", "mark": "LATE"}, b"a")
    factories.duty_roster(family)
    open_sealed([row], actor=family.nurse.user, reason=OpeningReason.MEETING)

    def much_happened():
        submit(
            student=child, question_set=current_question_set(), client_key=uuid.uuid4(),
            answers={"mood": 0, "words": "ひみつです"},
        )  # fmt: skip
        help_requests.send_help_request(
            student=child, wanted="nurse", words="たすけて", form_key=uuid.uuid4()
        )
        visit = write(
            child,
            Purpose.NURSE_ROOM,
            {"date": "2026-11-24", "half": "AM", "visit": "COUNSEL"},
            b"n",
        )
        LinkedRecord.objects.filter(pk=visit.pk).update(kind=guardian_list.NURSE_VISIT)
        for reason in (OpeningReason.SIGN, OpeningReason.CONFERENCE, OpeningReason.SAFETY):
            open_sealed([row], actor=family.counsellor.user, reason=reason)
        for purpose in (Purpose.NURSE_ROOM, Purpose.CHECKIN_REVIEW):
            record(
                Action.SEALED_EVALUATED, municipality_id=child.municipality_id,
                subject_id=child.pk, purpose=purpose, detail="R4/1",
            )  # fmt: skip
        for _ in range(3):  # more looks of a kind that is there change no count
            open_sealed([row], actor=family.homeroom.user, reason=OpeningReason.MEETING)

    for client in readers:
        twin = after(lambda: None, client, child)
        assert "学校の先生が、見まもりのために見ました" in twin["/"][2]
        assert "LATE" in twin["file"][2]
        assert differing(after(much_happened, client, child), twin) == []


def test_looks_are_told_in_days_and_roles(family, sign_in, time_machine):
    child, at = family.sakura, timezone.now()
    seen = {
        "municipality_id": child.municipality_id, "subject_id": child.pk,
        "purpose": Purpose.ATTENDANCE, "reason_code": OpeningReason.MEETING, "thing": LinkedRecord(),
    }  # fmt: skip
    for days in (0, 0, 1, 40):
        time_machine.move_to(at - timedelta(days=days))
        record(Action.SEALED_OPENED, actor=family.nurse.user, role=Role.NURSE, **seen)
        record(Action.SEALED_EVALUATED, **(seen | {"reason_code": ""}))
    time_machine.move_to(at)
    address = reverse("disclosure:access_log", args=[child.pk])
    client = sign_in(family.midori.user)
    first = client.get(address)
    older = client.get(address + f"?month={first.context['month'].older:%Y-%m}")
    lines = [*first.context["seen"], *older.context["seen"]]
    if first.context["month"].older == (at - timedelta(days=1)).date().replace(day=1):
        lines += client.get(address + f"?month={older.context['month'].older:%Y-%m}").context[
            "seen"
        ]
    assert len(lines) == 6
    text = first.content.decode()
    assert "養護教諭" not in text and not re.search(r"\d\d:\d\d", text.split("<main")[1])


# -- the list ---------------------------------------------------------------------------------------


def test_a_guardian_gets_the_listed_fields_and_no_other(family, sign_in, monkeypatch):
    child = family.sakura
    answer(child, child.user, Response.GIVEN)
    write(child, Purpose.ATTENDANCE, {"date": "2026-11-20", "mark": "LATE", "note": "X-9"}, b"a")
    unlisted = write(child, Purpose.ATTENDANCE, {"date": "2026-11-21"}, b"b")
    LinkedRecord.objects.filter(pk=unlisted.pk).update(kind="new_kind")
    parts = sign_in(family.midori.user).post(
        reverse("disclosure:personal_data_file", args=[child.pk])
    ).json()["parts"]  # fmt: skip
    assert set(parts) <= set(guardian_list.ROW_FIELDS)
    for code, part in parts.items():
        listed = set(guardian_list.ROW_FIELDS[code])
        for row in part["rows"]:
            more = guardian_list.FACT_FIELDS[row["kind"]] if code == "linked" else ()
            assert set(row) <= listed | set(more)
    assert [row["date"] for row in parts["linked"]["rows"]] == ["2026-11-20"]
    assert parts["linked"]["count"] == 1


def test_the_list_of_what_a_guardian_may_see_is_this():
    """Whoever widens it changes this test as well, and says why."""
    assert set(guardian_list.ROW_FIELDS) == {
        "roster", "answers", "linked", "looks", "corrections", "read", "devices",
        "family",  # their own requests to talk
    }  # fmt: skip
    assert set(guardian_list.FACT_FIELDS) == {
        "attendance_daily", "attendance_monthly", "nurse_visit", "grades", "statement",
        "study_week", "household", "income", "allowances",
    }  # fmt: skip
    assert guardian_list.NURSE_VISITS == ("INTERNAL", "SURGICAL", "OTHER")
    assert guardian_list.LOOK_REASONS == ("meeting", "guardian_asked")
    assert guardian_list.LOOK_PURPOSES == (
        "attendance", "grades", "study_log", "household", "income", "allowances",
    )  # fmt: skip
