"""A receipt can be kept and checked by anybody, and shows nothing more than it holds."""

import json
import uuid
from pathlib import Path

import jsonschema
import pypdfium2
import pytest
from django.conf import settings
from django.urls import reverse

from apps.consent.models import ConsentReceipt, Purpose, Response
from apps.consent.services.decisions import decide, withdraw
from apps.consent.services.documents import install_seed_documents
from tests.without_triggers import triggers_off

SCHEMA = Path(settings.BASE_DIR).parent / "shared/inputs/consent"
NAMES = Path(__file__).parent / "inputs" / "receipt-names-outside-bmp" / "name.txt"
GENUINE = 'id="genuine"'  # the heading that says so
CHECK = reverse("consent:check_receipt")


def given(cast):
    answers = dict.fromkeys(Purpose.values, Response.GIVEN) | {Purpose.INCOME: Response.REFUSED}
    return decide(
        student=cast.sakura, actor=cast.midori.user, answers=answers, form_key=uuid.uuid4()
    )


@pytest.fixture
def receipt(cast):
    install_seed_documents(cast.city)
    return given(cast)


def downloaded(client, receipt):
    response = client.get(reverse("consent:json", args=[receipt.pk]))
    assert "attachment" in response["Content-Disposition"]
    assert "no-store" in response["Cache-Control"]
    return response.json()


def test_the_json_meets_the_schema_of_kantara(cast, receipt, sign_in):
    path = SCHEMA / "kantara-consent-receipt-v1_1-schema.json"
    if not path.exists():
        pytest.skip("the schema of the Kantara Initiative is not beside this checkout")
    lines = path.read_text().splitlines()
    schema = json.loads("\n".join(line for line in lines if not line.strip().startswith("//")))
    kantara = downloaded(sign_in(cast.midori.user), receipt)["kantara"]
    jsonschema.Draft4Validator(schema).validate(kantara)
    given, other = kantara["services"]
    assert len(given["purposes"]) == 9
    assert [p["consentType"] for p in other["purposes"]] == ["REFUSED"]
    assert kantara["sensitive"] is True


def test_the_record_of_27560_has_one_process_for_each_purpose(cast, receipt, sign_in):
    record = downloaded(sign_in(cast.midori.user), receipt)["iso27560"]
    status = {
        process["dpv:hasPurpose"]["@id"]: process["dpv:hasConsentStatus"][0]["@type"]
        for process in record["dpv:hasProcess"]
    }
    assert set(status) == set(Purpose.values)
    assert status["income"] == "dpv:ConsentRefused"
    assert status["grades"] == "dpv:ConsentGiven"


def test_nobody_is_named_in_the_data(cast, receipt, sign_in):
    text = json.dumps(downloaded(sign_in(cast.midori.user), receipt), ensure_ascii=False)
    for name in (cast.sakura.given_name, cast.midori.given_name, cast.midori.user.email):
        assert name not in text


def test_anybody_can_check_a_pasted_receipt(cast, receipt, sign_in, client):
    pasted = json.dumps(downloaded(sign_in(cast.midori.user), receipt), indent=4)
    page = client.post(CHECK, {"shown": pasted})
    assert page.status_code == 200
    assert GENUINE in page.content.decode()
    assert str(receipt.pk) in page.content.decode()
    assert "いやです" in page.content.decode()


@pytest.mark.parametrize(
    "change",
    [
        lambda d: d["facts"]["answers"]["income"].update(response="given"),
        lambda d: d["kantara"].update(consentTimestamp=1),
        lambda d: d.update(signature=d["signature"][:-4] + "AAAA"),
        lambda d: d.update(signature=d["proof"]),
        lambda d: d.pop("signature"),
        lambda d: d.update(signature=1),
        lambda d: d.update(more="words"),
    ],
)
def test_any_change_is_noticed(cast, receipt, sign_in, client, change):
    document = downloaded(sign_in(cast.midori.user), receipt)
    change(document)
    page = client.post(CHECK, {"shown": json.dumps(document)})
    assert page.status_code == 422
    assert GENUINE not in page.content.decode()


@pytest.mark.parametrize("shown", ["", "  ", "{", "[1]", "null", "x", "a.b.c", "{}" * 60000])
def test_what_is_no_receipt_gets_a_sentence(db, client, shown):
    page = client.post(CHECK, {"shown": shown})
    assert page.status_code == 422
    assert "ください" in page.content.decode() or "ありません" in page.content.decode()


def test_the_code_on_paper_leads_to_its_number_and_time_alone(cast, receipt, client):
    page = client.get(reverse("consent:check_proof", args=[receipt.proof]))
    text = page.content.decode()
    assert page.status_code == 200
    assert str(receipt.pk) in text
    assert "同意しません" not in text
    assert cast.sakura.given_name not in text
    broken = client.get(reverse("consent:check_proof", args=[receipt.proof[:-6] + "AAAAAA"]))
    assert broken.status_code == 422


def test_checking_asks_no_table(cast, receipt, client, django_assert_num_queries):
    with django_assert_num_queries(0):
        client.get(reverse("consent:check_proof", args=[receipt.proof]))


def test_a_row_changed_by_hand_is_not_vouched_for(cast, receipt, sign_in):
    with triggers_off() as cursor:
        cursor.execute("UPDATE consent_consentdecision SET response='given' WHERE purpose='income'")
    guardian = sign_in(cast.midori.user)
    for name in ("json", "pdf"):
        page = guardian.get(reverse(f"consent:{name}", args=[receipt.pk]))
        assert page.status_code == 409
        assert "くいちがい" in page.content.decode()


def test_the_pdf_is_a_pdf(cast, receipt, sign_in):
    response = sign_in(cast.midori.user).get(reverse("consent:pdf", args=[receipt.pk]))
    assert response["Content-Type"] == "application/pdf"
    assert response.content.startswith(b"%PDF-")
    assert response.content.count(b"/Type /Page\n") >= 1


def test_the_pdf_holds_the_name_as_it_stands_on_the_screen(cast, sign_in):
    install_seed_documents(cast.city)
    full, more = NAMES.read_text(encoding="utf-8").split("\n")[:2]
    cast.sakura.family_name, cast.sakura.given_name = full.split()[0], f"{full.split()[1]}{more}"
    cast.sakura.save()
    guardian = sign_in(cast.midori.user)
    content = guardian.get(reverse("consent:pdf", args=[given(cast).pk])).content
    pages = pypdfium2.PdfDocument(content)
    words = "".join(page.get_textpage().get_text_bounded() for page in pages)
    screen = guardian.get(reverse("portal:home")).content.decode()
    assert f"{cast.sakura.full_name} さん" in words
    assert cast.sakura.full_name in screen
    assert "異体字" not in words
    assert len(content) < 150_000


@pytest.mark.parametrize("name", ["pdf", "json"])
def test_an_outsider_gets_nothing(cast, receipt, sign_in, client, name):
    address = reverse(f"consent:{name}", args=[receipt.pk])
    assert sign_in(cast.other_guardian.user).get(address).status_code == 404
    assert sign_in(cast.sakura.user).get(address).status_code == 404
    assert client.get(address).status_code == 302
    assert sign_in(cast.midori.user).post(address).status_code == 405


def test_a_withdrawal_has_a_receipt_of_its_own(cast, receipt, sign_in):
    done = withdraw(
        student=cast.sakura, actor=cast.midori.user, purpose=Purpose.GRADES, form_key=uuid.uuid4()
    )
    data = downloaded(sign_in(cast.midori.user), done)
    assert data["facts"]["answers"]["grades"]["response"] == "withdrawn"
    assert [s["service"] for s in data["kantara"]["services"]] == [
        "No processing: refused, withdrawn or not decided"
    ]


def test_a_receipt_from_before_there_were_proofs_still_opens(cast, receipt, sign_in):
    with triggers_off() as cursor:
        cursor.execute("UPDATE consent_consentreceipt SET proof = ''")
    guardian = sign_in(cast.midori.user)
    assert ConsentReceipt.objects.get().proof == ""
    assert guardian.get(reverse("consent:pdf", args=[receipt.pk])).status_code == 200
    assert downloaded(guardian, receipt)["proof"] == ""


def test_the_words_in_force_are_open_to_everybody(cast, receipt, client):
    page = client.get(reverse("consent:documents", args=[cast.city.code]))
    assert page.status_code == 200
    assert "出席のようすを、" in page.content.decode().replace("<wbr>", "")
    assert client.get(reverse("consent:documents", args=["000000"])).status_code == 404


def test_the_public_keys_are_open_and_hold_no_private_part(db, client):
    (key,) = client.get(reverse("consent:keys")).json()["keys"]
    assert key["kty"] == "OKP"
    assert "d" not in key
