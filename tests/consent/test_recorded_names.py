"""A record names a child by the name of its time, whoever reads it later."""

import json
import re
import uuid

import pypdfium2
import pytest
from django.db import connection, transaction
from django.urls import reverse
from django.utils import timezone

from apps.consent.models import ConsentMessage, ConsentReceipt, DeletionCertificate, Purpose
from apps.consent.models import Response as Said
from apps.consent.services.decisions import decide, withdraw
from apps.consent.services.recorded_names import recorded_name
from apps.people.models import GuardianStanding
from tests import factories
from tests.architecture.addresses import addresses_of_people
from tests.without_triggers import triggers_off

OLD, NEW, NEW_GIVEN = "加賀 さくら", "白山", "花音"
TABLES = ("consent_consentreceipt", "consent_deletioncertificate", "consent_consentmessage")


@pytest.fixture
def renamed(cast):
    """midori agreed and withdrew; then the child took another name, and midori's guardianship
    ended.
    """
    factories.make_effective(cast.sakura, Purpose.ATTENDANCE)
    cast.other = factories.guardian(cast.sakura, given="そら", email="sora@example.com")
    cast.taken_back = withdraw(
        student=cast.sakura, actor=cast.midori.user, purpose=Purpose.ATTENDANCE,
        form_key=uuid.uuid4(),
    )  # fmt: skip
    cast.sakura.family_name, cast.sakura.given_name = NEW, NEW_GIVEN
    cast.sakura.save()
    return cast


def end(cast):
    cast.sakura.guardianships.filter(guardian=cast.midori).update(ended_at=timezone.now())


def pdf_text(content):
    return "".join(
        page.get_textpage().get_text_bounded() for page in pypdfium2.PdfDocument(content)
    )


def text_of(answer):
    if answer.get("Content-Type") == "application/pdf":
        return pdf_text(answer.content)
    content = b"".join(answer.streaming_content) if answer.streaming else answer.content
    return content.decode(errors="replace")


def page_of(name, row):
    return reverse(f"consent:{name}", args=[row.pk])


def by_hand(statement, *params):
    with triggers_off() as cursor:
        cursor.execute(statement, params)


@pytest.mark.parametrize("is_over", [True, False])
def test_an_old_receipt_shows_the_name_of_then_on_page_and_paper(renamed, sign_in, is_over):
    if is_over:
        end(renamed)
    client = sign_in(renamed.midori.user)
    page = client.get(page_of("receipt", renamed.taken_back)).content.decode()
    paper = pdf_text(client.get(page_of("pdf", renamed.taken_back)).content)
    for text in (page, paper):
        assert f"{OLD} さん" in text
        assert NEW not in text and NEW_GIVEN not in text


def test_no_address_names_the_child_anew_to_who_was_a_guardian(renamed, sign_in, client):
    end(renamed)
    receipts = ConsentReceipt.objects.filter(decided_by=renamed.midori.user)
    ids = [renamed.sakura.pk, *(row.pk for row in [*receipts, *DeletionCertificate.objects.all()])]
    opened = []
    for address in addresses_of_people(ids, [Purpose.ATTENDANCE.value]):
        for method in ("get", "post"):
            with transaction.atomic():  # what it does, signing out too, is undone
                answer = getattr(sign_in(renamed.midori.user), method)(address)
                transaction.set_rollback(True)
            text = text_of(answer)
            assert NEW not in text and NEW_GIVEN not in text, address
            opened += [address] if answer.status_code == 200 else []
    assert {page_of(name, row) for row in receipts for name in ("receipt", "pdf", "json")} <= set(
        opened
    )
    pasted = json.dumps(
        sign_in(renamed.midori.user).get(page_of("json", renamed.taken_back)).json()
    )
    checked = client.post(reverse("consent:check_receipt"), {"shown": pasted})
    assert checked.status_code == 200
    assert NEW not in checked.content.decode()


def test_who_is_kept_out_reads_the_own_receipts_as_then_and_no_message(renamed, sign_in):
    renamed.sakura.guardianships.filter(guardian=renamed.midori).update(
        standing=GuardianStanding.KEPT_OUT
    )
    client = sign_in(renamed.midori.user)
    for name in ("receipt", "pdf", "json"):
        answer = client.get(page_of(name, renamed.taken_back))
        assert answer.status_code == 200
        assert NEW not in text_of(answer) and NEW_GIVEN not in text_of(answer)
    theirs = ConsentReceipt.objects.exclude(decided_by=renamed.midori.user)
    assert {client.get(page_of("receipt", row)).status_code for row in theirs} == {404}
    inbox = client.get(reverse("notices:inbox")).content.decode()
    assert OLD not in inbox and NEW not in inbox


def test_messages_and_certificates_name_the_child_as_then(renamed, sign_in):
    for row in (ConsentMessage.objects.last(), DeletionCertificate.objects.get()):
        assert recorded_name(row) == OLD


def test_an_ended_guardians_receipt_leads_to_no_closed_page(renamed, sign_in):
    end(renamed)
    client = sign_in(renamed.midori.user)
    page = client.get(page_of("receipt", renamed.taken_back)).content.decode()
    links = re.findall(r'href="(/[^"]*)"', page.split("<main")[1].split("</main")[0])
    assert links
    assert {client.get(link).status_code for link in links} == {200}


def test_a_record_from_before_names_were_kept_reads_none_from_the_roster(renamed, sign_in):
    for table in TABLES:
        by_hand(f"UPDATE {table} SET sealed_name = ''")  # noqa: S608
    by_hand("UPDATE consent_consentreceipt SET name_digest = '', proof = ''")
    client = sign_in(renamed.midori.user)
    page = client.get(page_of("receipt", renamed.taken_back)).content.decode()
    paper = pdf_text(client.get(page_of("pdf", renamed.taken_back)).content)
    for text in (page, paper):
        assert "お子さん" in text
        assert "お子さん さん" not in text
        assert NEW not in text and OLD not in text


def test_receipts_of_both_forms_are_vouched_for(renamed, sign_in, monkeypatch):
    monkeypatch.setattr("apps.consent.services.decisions.seal_name", lambda *given, **how: None)
    older = decide(
        student=renamed.sakura, actor=renamed.midori.user, form_key=uuid.uuid4(),
        answers={Purpose.ATTENDANCE: Said.GIVEN},
    )  # fmt: skip
    client = sign_in(renamed.midori.user)
    was, now = (client.get(page_of("json", row)).json() for row in (older, renamed.taken_back))
    assert (was["schema"], "name" in was["facts"]) == ("kaga-portal/receipt-1", False)
    assert now["schema"] == "kaga-portal/receipt-2"
    assert re.fullmatch("[0-9a-f]{64}", now["facts"]["name"])
    assert client.get(page_of("pdf", older)).status_code == 200


@pytest.mark.parametrize(
    "change",
    [
        "sealed_name = ''",
        "sealed_name = 'x:AAAA', name_digest = ''",
        "name_digest = repeat('0', 64)",
        "sealed_name = left(sealed_name, 40)",
        "sealed_name = (SELECT sealed_name FROM consent_consentreceipt o WHERE o.id <> r.id LIMIT 1)",
    ],
)
def test_a_name_changed_by_hand_is_not_vouched_for_nor_shown(renamed, sign_in, change):
    by_hand(f"UPDATE consent_consentreceipt r SET {change} WHERE id = %s", renamed.taken_back.pk)  # noqa: S608
    client = sign_in(renamed.midori.user)
    for name in ("pdf", "json"):
        assert client.get(page_of(name, renamed.taken_back)).status_code == 409
    page = client.get(page_of("receipt", renamed.taken_back)).content.decode()
    assert "お子さん" in page and OLD not in page


def test_a_ring_key_taken_out_takes_the_name_away_and_not_the_receipt(renamed, sign_in):
    client = sign_in(renamed.midori.user)
    statement = "UPDATE consent_consentreceipt SET sealed_name = 'sealed:gone:' || split_part(sealed_name, ':', 3)"
    by_hand(statement)
    page = client.get(page_of("pdf", renamed.taken_back))
    assert page.status_code == 200
    assert "お子さん" in pdf_text(page.content)


def test_no_name_stands_readable_beside_what_was_decided(renamed):
    with connection.cursor() as cursor:
        for table in TABLES:
            cursor.execute(f"SELECT string_agg(t::text, ' ') FROM {table} t")  # noqa: S608
            (text,) = cursor.fetchone()
            assert len(text) > 100
            for name in ("加賀", "さくら", NEW):
                assert name not in text
