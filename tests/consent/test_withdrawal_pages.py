"""Two clicks end a purpose; the page shows what is destroyed and what stays."""

import re
import uuid

import pytest
from django.urls import reverse

from apps.consent.models import ConsentDecision, ConsentReceipt
from apps.consent.services.documents import install_seed_documents
from apps.consent.services.purpose_status import is_effective
from tests import factories


@pytest.fixture
def linked(cast):
    install_seed_documents(cast.city)
    factories.make_effective(cast.sakura, "attendance")
    return cast


def url(student, purpose="attendance"):
    return reverse("consent:withdraw", args=[student.pk, purpose])


def test_the_first_tap_says_what_ends_and_what_stays(linked, sign_in):
    page = sign_in(linked.midori.user).get(url(linked.sakura)).content.decode()
    for words in (
        "「出席のようす」をやめますか",
        "すぐにだれにも読めなくなります",
        "もとの記録は、学校の校務支援システム(C4th)に、そのままあります",
        "学校生活、お知らせ、相談は変わりません",
    ):
        assert words in page
    assert is_effective(linked.sakura, "attendance")


@pytest.mark.parametrize("who", ["midori", "sakura"])
def test_the_second_tap_ends_it_before_the_page_answers(linked, sign_in, who):
    client = sign_in(getattr(linked, who).user)
    page = client.get(url(linked.sakura)).content.decode()
    key = re.search(r'name="form_key" value="([0-9a-f-]+)"', page)[1]
    done = client.post(url(linked.sakura), {"form_key": key})
    assert not is_effective(linked.sakura, "attendance")
    answer = client.get(done.url).content.decode()
    assert "やめました" in answer
    assert ("もう読めません" in answer) == (who == "midori")
    assert ("学校の校務支援システム(C4th)に、そのままあります" in answer) == (who == "midori")
    again = client.post(url(linked.sakura), {"form_key": key})
    assert again.url == done.url
    assert ConsentDecision.objects.filter(response="withdrawn").count() == 1


def test_the_overview_leads_there_and_afterwards_offers_to_answer_again(linked, sign_in):
    client = sign_in(linked.midori.user)
    overview = reverse("consent:overview", args=[linked.sakura.pk])
    assert url(linked.sakura) in client.get(overview).content.decode()
    client.post(url(linked.sakura), {"form_key": uuid.uuid4()})
    page = client.get(overview).content.decode()
    assert url(linked.sakura) not in page
    assert reverse("consent:ask", args=[linked.sakura.pk, "attendance"]) in page


def test_what_was_never_agreed_has_nothing_to_take_back(linked, sign_in):
    answer = sign_in(linked.sakura.user).get(url(linked.sakura, "grades"))
    assert answer.url == reverse("consent:overview", args=[linked.sakura.pk])
    for purpose in ("grades", "attendance"):  # a guardian sees no difference
        page = sign_in(linked.midori.user).get(url(linked.sakura, purpose))
        assert page.status_code == 200


def test_a_guardian_who_never_answered_may_still_stop_what_runs(linked, sign_in):
    fellow = factories.guardian(linked.sakura, "はは", "haha@example.com")
    client = sign_in(fellow.user)
    assert client.get(url(linked.sakura)).status_code == 200
    client.post(url(linked.sakura), {"form_key": uuid.uuid4()})
    assert not is_effective(linked.sakura, "attendance")


@pytest.mark.parametrize("key", ["", "1"])
def test_a_form_without_its_key_comes_back_as_422(linked, sign_in, key):
    refused = sign_in(linked.midori.user).post(url(linked.sakura), {"form_key": key})
    assert refused.status_code == 422
    assert "古くなりました" in refused.content.decode()
    assert is_effective(linked.sakura, "attendance")


def test_outsiders_cannot_end_it(linked, sign_in):
    n_receipts = ConsentReceipt.objects.count()
    for person in (linked.other_guardian, linked.ren, linked.homeroom, linked.officer):
        refused = sign_in(person.user).post(url(linked.sakura), {"form_key": uuid.uuid4()})
        assert refused.status_code == 404
    assert is_effective(linked.sakura, "attendance")
    assert ConsentReceipt.objects.count() == n_receipts
