"""What a guardian who is kept out can reach, and who reads the record of it."""

import pytest
from django.urls import reverse

from apps.audit.models import Audience, AuditEvent
from apps.consent.models import (
    ConsentMessage,
    ConsentReceipt,
    PaperForm,
)
from apps.consent.services.paper_forms import (
    issue_paper_forms,
)
from apps.consent.services.purpose_status import is_effective
from apps.consent.services.scheduled_work import reconcile_all
from apps.people.models import (
    PendingAct,
    StandingChange,
)
from apps.people.permissions import visible_students
from tests import factories
from tests.consent.standing_helpers import ATTENDANCE, guardianship_of, keep_out, say, town

__all__ = ["town"]


def pages_of(student, guardian):
    """Every address of a guardian that is about one child; (method, address)."""
    pk, found = student.pk, []
    for name in (
        "consent:overview",
        "consent:check",
        "disclosure:corrections",
        "disclosure:access_log",
    ):
        found.append(reverse(name, args=[pk]))
    for name in ("ask", "withdraw"):
        found.append(reverse(f"consent:{name}", args=[pk, ATTENDANCE]))
    for receipt in ConsentReceipt.objects.filter(student=student):
        found += [
            reverse(f"consent:{name}", args=[receipt.pk]) for name in ("receipt", "pdf", "json")
        ]
    for paper in PaperForm.objects.filter(student=student):
        found.append(reverse("consent:paper", args=[paper.number]))
    found += [
        reverse(f"disclosure:{name}", args=[pk]) for name in ("personal_data", "personal_data_file")
    ]
    found.append(reverse("selfinfo:begin", args=[pk]))
    return [(method, page) for page in found for method in ("get", "post")]


def mine_of(guardian):
    """The ids of the receipts of this guardian's own answers."""
    return ConsentReceipt.objects.filter(decided_by=guardian.user).values_list("pk", flat=True)


GENERAL = ["/", "/notices/", "/places/", "/push/", "/consent/receipts/check/"]


def test_every_address_of_the_child_answers_as_for_a_others_child(town, sign_in):
    town.aoi = factories.student(town.class_2, "あおば", family="別姓", number=7)
    factories.guardianship(town.hajime, town.aoi)
    for person in (town.midori, town.hajime, town.sakura):
        say(town.sakura, person.user)
    issue_paper_forms([town.sakura], by=town.homeroom.user)
    planted = [town.sakura.given_name, town.class_1.title]
    outsider, client = sign_in(town.other_guardian.user), sign_in(town.hajime.user)
    addresses = pages_of(town.sakura, town.hajime)
    assert {client.get(page).status_code for method, page in addresses if method == "get"} > {404}
    keep_out(town.hajime, town.sakura, town.principal)
    assert len(addresses) > 30
    own = {page for page in addresses if any(str(pk) in page[1] for pk in mine_of(town.hajime))}
    for method, page in own:  # as of a child who moved away, with the name and no place of today
        answer = getattr(client, method)(page)
        assert answer.status_code == (200 if method == "get" else 405), page
        assert town.class_1.title not in answer.content.decode(errors="replace"), page
    addresses = [page for page in addresses if page not in own]
    for method, page in addresses:  # the session was open before
        own_page, other_page = getattr(client, method)(page), getattr(outsider, method)(page)
        assert own_page.status_code == other_page.status_code, page
        assert own_page.status_code in (404, 405), page
        assert not any(word in own_page.content.decode() for word in planted), page
    for page in GENERAL:
        text = client.get(page).content.decode()
        assert not any(word in text for word in planted), page
    assert town.aoi.full_name in client.get("/").content.decode()
    assert client.get(reverse("consent:overview", args=[town.aoi.pk])).status_code == 200


def test_their_other_child_is_as_before(town, sign_in):
    sibling = factories.student(town.class_2, "すみれ", number=3)
    factories.guardianship(town.hajime, sibling)
    for person in (town.hajime, sibling):
        say(sibling, person.user)
    keep_out(town.hajime, town.sakura, town.principal)
    reconcile_all()
    assert is_effective(sibling, ATTENDANCE)
    assert list(visible_students(town.hajime.user)) == [sibling]


def test_messages_about_the_child_are_gone_from_their_inbox(town, sign_in):
    for person in (town.hajime, town.midori, town.sakura):
        say(town.sakura, person.user)
    assert not ConsentMessage.objects.filter(user=town.hajime.user).exists()
    keep_out(town.hajime, town.sakura, town.principal)
    page = sign_in(town.hajime.user).get("/notices/").content.decode()
    assert "さくら" not in page


def test_no_page_of_the_family_says_that_somebody_is_kept_out(town, sign_in):
    for person in (town.hajime, town.sakura):
        say(town.sakura, person.user)
    keep_out(town.hajime, town.sakura, town.principal)
    for user in (town.midori.user, town.sakura.user):
        client = sign_in(user)
        for name in ("consent:overview", "disclosure:access_log", "disclosure:personal_data"):
            page = client.get(reverse(name, args=[town.sakura.pk])).content.decode()
            assert "制限" not in page
            assert "こうた" not in page
            assert "連携を 止めました" not in page
        data_file = client.post(
            reverse("disclosure:personal_data_file", args=[town.sakura.pk])
        ).json()
        assert data_file["parts"]["roster"]["rows"][0]["guardians"] == 2
        assert "kept" not in str(data_file)


def test_only_the_privacy_officer_reads_the_record_of_it(town):
    keep_out(town.hajime, town.sakura, town.principal)
    (event,) = AuditEvent.objects.filter(thing="people.StandingChange")
    assert event.audience == Audience.OFFICE
    change = StandingChange.objects.get()
    assert (change.reason, change.document_number) == ("support", "教学 第12号")
    assert change.changed_by == town.principal.user


def test_a_teacher_finds_no_page_of_standings(town, sign_in):
    guardianship = guardianship_of(town.hajime, town.sakura)
    pages = [
        reverse("admin:people_guardianship_changelist"),
        reverse("admin:people_guardianship_change", args=[guardianship.pk]),
        reverse("admin:people_guardianship_standing", args=[guardianship.pk]),
    ]
    for person in (town.homeroom, town.nurse, town.helpdesk, town.away_nurse):
        client = sign_in(person.user)
        assert {client.get(page).status_code for page in pages} <= {302, 403, 404}


@pytest.mark.parametrize("sent", [{}, {"why": "over", "document_number": "1"}, {"why": "support"}])
def test_without_a_reason_code_of_its_kind_and_a_number_nothing_is_shown(town, sign_in, sent):
    page = reverse(
        "admin:people_guardianship_standing", args=[guardianship_of(town.hajime, town.sakura).pk]
    )
    answer = sign_in(town.principal.user).post(page, sent)
    assert answer.status_code == 422
    assert not PendingAct.objects.exists()
