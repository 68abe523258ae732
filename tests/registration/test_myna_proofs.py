"""Where a city asks for the My Number card before the first agreement, and what the school reads."""

import uuid

import pytest
from allauth.socialaccount.models import SocialAccount
from django.urls import reverse

from apps.consent.models import ConsentDecision, ConsentDocument, ConsentReceipt, Response
from apps.consent.person_proofs import missing_proof
from apps.consent.services import decisions, paper_forms
from apps.consent.services.documents import install_seed_documents
from apps.consent.services.purpose_status import CannotDecide
from apps.core.clock import today
from apps.signin.models import MynaService
from tests import factories
from tests.registration.confirmation_helpers import come, letter_of

pytestmark = pytest.mark.django_db
PURPOSE = "attendance"


@pytest.fixture
def asking(cast):
    install_seed_documents(cast.city)
    return MynaService.objects.create(
        municipality=cast.city, environment="sandbox", client_id="RP1", is_on=True,
        asks_before_consent=True,
    )  # fmt: skip


def link(user, service, uid="person-1"):
    return SocialAccount.objects.create(user=user, provider=f"myna:{service.pk}", uid=uid)


def answer(cast, response, student=None):
    return decisions.decide(
        student=student or cast.sakura, actor=cast.midori.user, answers={PURPOSE: response},
        form_key=uuid.uuid4(),
    )  # fmt: skip


def submit(browser, student):
    document = ConsentDocument.objects.current().get(purpose=PURPOSE)
    browser.post(
        reverse("consent:ask", args=[student.pk, PURPOSE]),
        {"response": "given", "document": document.pk, "then": "check"},
    )
    check = reverse("consent:check", args=[student.pk])
    page = browser.get(check)
    return page, browser.post(check, {"form_key": page.context["form_key"]})


def test_the_first_agreement_needs_the_card_and_the_answer_is_not_lost(cast, asking, sign_in):
    browser = sign_in(cast.midori.user)
    page, refused = submit(browser, cast.sakura)
    assert reverse("signin:myna") in page.content.decode()
    assert refused.status_code == 422
    assert "同意しないときは、カードは要りません" in refused.content.decode()
    assert not ConsentDecision.objects.exists()
    link(cast.midori.user, asking)
    check = reverse("consent:check", args=[cast.sakura.pk])
    page = browser.get(check)
    assert reverse("signin:myna") not in page.content.decode()
    assert browser.post(check, {"form_key": page.context["form_key"]}).status_code == 302
    assert ConsentDecision.objects.get().response == "given"


def test_refusing_withdrawing_and_what_comes_later_need_no_card(cast, asking):
    answer(cast, Response.REFUSED)
    with pytest.raises(CannotDecide):
        answer(cast, Response.GIVEN)
    held = link(cast.midori.user, asking)
    answer(cast, Response.GIVEN)
    held.delete()
    answer(cast, Response.WITHDRAWN)
    answer(cast, Response.GIVEN)  # not the first one


def test_a_student_and_other_cities_are_not_asked(cast, asking):
    asking.asks_before_consent = False
    asking.save()
    answer(cast, Response.GIVEN)
    MynaService.objects.update(asks_before_consent=True)
    decisions.decide(
        student=cast.sakura, actor=cast.sakura.user, answers={PURPOSE: Response.GIVEN},
        form_key=uuid.uuid4(),
    )  # fmt: skip
    MynaService.objects.update(municipality=cast.away)
    decisions.decide(
        student=cast.ren, actor=cast.other_guardian.user, answers={PURPOSE: Response.GIVEN},
        form_key=uuid.uuid4(),
    )  # fmt: skip
    given = ConsentDecision.objects.filter(response=Response.GIVEN)
    assert given.count() == 3


def test_paper_what_was_confirmed_as_staff_and_another_citys_site_are_no_first_agreement(
    cast, asking
):
    (paper,) = paper_forms.issue_paper_forms([cast.sakura], by=cast.homeroom.user)
    given = {"answers": {PURPOSE: Response.GIVEN}, "signed_on": today()}
    paper_forms.enter_paper_form(paper, by=cast.homeroom.user, **given)
    parent = factories.guardian(cast.ren, "おや", "oya@example.com")
    type(parent).objects.filter(pk=parent.pk).update(user=cast.principal.user)
    paper_forms.confirm_paper_form(paper, by=cast.principal.user)
    receipt = ConsentReceipt.objects.get()
    assert (receipt.guardian, receipt.decided_by) == (cast.midori, cast.principal.user)
    for user in (cast.principal.user, cast.midori.user):
        assert missing_proof(user, cast.city.pk) is not None
    held = link(cast.midori.user, asking)
    answer(cast, Response.GIVEN)
    held.delete()
    assert missing_proof(cast.midori.user, cast.city.pk) is None
    MynaService.objects.update(municipality=cast.away)
    assert missing_proof(cast.midori.user, cast.away.pk) is not None


def test_a_card_of_another_citys_service_proves_nothing_here(cast, asking):
    other = MynaService.objects.create(
        municipality=cast.away, environment="sandbox", client_id="RP2", is_on=True
    )
    link(cast.midori.user, other)
    with pytest.raises(CannotDecide):
        answer(cast, Response.GIVEN)


def test_the_school_reads_that_a_person_was_proved_and_still_confirms(cast, asking, sign_in):
    letter = letter_of(cast.sakura, by=cast.office.user)
    one = come(letter, "sobo@example.com", relation="grandparent", given="かよこ")
    staff, waiting = sign_in(cast.nurse.user), reverse("admin:registration_waiting")
    assert "マイナンバーカード" not in staff.get(waiting).content.decode()
    link(one.user, asking)
    page = staff.get(waiting).content.decode()
    assert "名前は受け取っていません" in page
    assert "まだ、手紙のほかの道で確かめた記録はありません" in page
