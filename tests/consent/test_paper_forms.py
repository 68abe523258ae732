"""A signed form counts when a second person has compared it with the entry."""

import uuid
from datetime import timedelta

import pytest
import time_machine
from django.db import IntegrityError, transaction
from django.urls import reverse
from django.utils import timezone

from apps.consent.models import ConsentReceipt, PaperForm, PaperFormState, Purpose, Response
from apps.consent.services.decisions import decide
from apps.consent.services.documents import install_seed_documents
from apps.consent.services.ledger_verification import verify_ledger
from apps.consent.services.paper_forms import (
    CannotEnterAnswers,
    confirm_paper_form,
    discard_paper_form,
    enter_paper_form,
    issue_paper_forms,
)
from apps.consent.services.purpose_status import is_effective, receipts_readable_by
from tests import factories
from tests.browser import form_on

GIVEN = {Purpose.ATTENDANCE: Response.GIVEN, Purpose.GRADES: Response.REFUSED}


@pytest.fixture
def town(cast):
    install_seed_documents(cast.city)
    return cast


@pytest.fixture
def paper(town):
    (issued,) = issue_paper_forms([town.sakura], by=town.homeroom.user)
    return issued


def today():
    return timezone.localdate()


def entered(town, paper, answers=None):
    return enter_paper_form(
        paper, answers=answers or GIVEN, signed_on=today(), by=town.homeroom.user
    )


def page(name, *args):
    return reverse(f"admin:consent_paperform_{name}", args=args)


def test_entered_and_confirmed_it_is_a_decision_like_any_other(town, paper):
    entered(town, paper)
    assert not ConsentReceipt.objects.exists()
    receipt = confirm_paper_form(paper, by=town.principal.user)
    assert (receipt.channel, receipt.party, receipt.guardian) == ("paper", "guardian", town.midori)
    assert {d.purpose: d.response for d in receipt.decisions.all()} == GIVEN
    assert receipt not in receipts_readable_by(town.principal.user)  # it is not their own
    assert receipt in receipts_readable_by(town.midori.user)
    decide(
        student=town.sakura, actor=town.sakura.user, answers={Purpose.ATTENDANCE: Response.GIVEN},
        form_key=uuid.uuid4(),
    )  # fmt: skip
    assert is_effective(town.sakura, Purpose.ATTENDANCE)
    assert verify_ledger().findings == []


def test_a_guardian_without_an_account_can_answer_on_paper(town):
    town.midori.user = None
    town.midori.save()
    (paper,) = issue_paper_forms([town.sakura], by=town.homeroom.user)
    entered(town, paper)
    assert confirm_paper_form(paper, by=town.principal.user).guardian == town.midori


def test_who_entered_it_cannot_confirm_it(town, paper):
    entered(town, paper)
    with pytest.raises(CannotEnterAnswers, match="ほかの人が確かめます"):
        confirm_paper_form(paper, by=town.homeroom.user)
    with pytest.raises(IntegrityError), transaction.atomic():
        PaperForm.objects.update(confirmed_by=town.homeroom.user)


def test_confirming_twice_is_confirming_once(town, paper):
    entered(town, paper)
    first = confirm_paper_form(paper, by=town.principal.user)
    assert confirm_paper_form(paper, by=town.principal.user) == first
    assert ConsentReceipt.objects.count() == 1


def test_new_words_since_printing_make_the_paper_void(town, paper):
    entered(town, paper)
    from_now = paper.documents["attendance"]
    document = factories.next_document(town.city, Purpose.ATTENDANCE, by=town.officer.user)
    assert str(document.pk) != from_now
    with pytest.raises(CannotEnterAnswers, match="説明が新しくなりました"):
        confirm_paper_form(paper, by=town.principal.user)
    paper.refresh_from_db()
    assert paper.state == PaperFormState.ENTERED and not ConsentReceipt.objects.exists()


def test_what_the_guardian_said_on_the_site_after_signing_goes_before(town, paper):
    entered(town, paper)
    decide(
        student=town.sakura, actor=town.midori.user, answers={Purpose.ATTENDANCE: Response.REFUSED},
        form_key=uuid.uuid4(),
    )  # fmt: skip
    with pytest.raises(CannotEnterAnswers, match="サイトで返事をしています"):
        confirm_paper_form(paper, by=town.principal.user)


def test_a_guardian_no_more_cannot_answer_on_paper(town, paper):
    entered(town, paper)
    town.sakura.guardianships.update(ended_at=timezone.now())
    with pytest.raises(CannotEnterAnswers, match="保護者として登録されていません"):
        confirm_paper_form(paper, by=town.principal.user)


@pytest.mark.parametrize("days", [-1, 1])
def test_a_signature_of_tomorrow_or_before_printing_is_refused(town, paper, days):
    with pytest.raises(CannotEnterAnswers, match="署名の日"):
        enter_paper_form(
            paper, answers=GIVEN, signed_on=today() + timedelta(days=days), by=town.homeroom.user
        )


@pytest.mark.parametrize("answers", [{}, {"attendance": "withdrawn"}, {"nonsense": "given"}])
def test_only_what_was_printed_can_be_entered(town, paper, answers):
    with pytest.raises(CannotEnterAnswers, match="印刷した項目"):
        enter_paper_form(paper, answers=answers, signed_on=today(), by=town.homeroom.user)


def test_printing_twice_is_printing_once(town, paper):
    (again,) = issue_paper_forms([town.sakura], by=town.principal.user)
    assert again.number == paper.number
    assert PaperForm.objects.count() == 1


def test_who_has_answered_everything_gets_no_paper(town):
    answers = dict.fromkeys(Purpose.values, Response.REFUSED)
    decide(student=town.sakura, actor=town.midori.user, answers=answers, form_key=uuid.uuid4())
    assert issue_paper_forms([town.sakura], by=town.homeroom.user) == []


def test_a_dropped_paper_is_not_taken_and_a_new_one_can_be_printed(town, paper):
    discard_paper_form(paper, by=town.homeroom.user)
    with pytest.raises(CannotEnterAnswers, match="使わないことにした"):
        entered(town, paper)
    (new,) = issue_paper_forms([town.sakura], by=town.homeroom.user)
    assert new.number != paper.number


# -- pages ----------------------------------------------------------------------------------------


def test_from_printing_to_the_receipt_in_admin(town, sign_in):
    homeroom, principal = sign_in(town.homeroom.user), sign_in(town.principal.user)
    assert homeroom.get(page("print")).status_code == 200
    sheets = homeroom.post(page("print"), {"school_class": town.class_1.pk}, follow=True)
    paper = PaperForm.objects.get()
    assert paper.number in sheets.content.decode()
    assert "署名" in sheets.content.decode() and "<svg" in sheets.content.decode()
    bad = homeroom.post(page("enter", paper.pk), {"attendance": "given"})
    assert bad.status_code == 422 and "署名の日を入れてください" in bad.content.decode()
    done = homeroom.post(
        page("enter", paper.pk), {"attendance": "given", "signed_on": str(today())}, follow=True
    )
    assert "ほかの人が紙を見て確かめる" in done.content.decode()
    assert "紙と同じことを確かめた" not in done.content.decode()
    same = homeroom.post(page("confirm", paper.pk), follow=True)
    assert "ほかの人が確かめます" in same.content.decode()
    unseen = principal.post(page("confirm", paper.pk), follow=True)
    assert "もう一度くらべてください" in unseen.content.decode()
    seen = form_on(principal.get(page("change", paper.pk)), having="seen")
    confirmed = principal.post(page("confirm", paper.pk), seen, follow=True)
    assert "いまから有効です" in confirmed.content.decode()
    assert ConsentReceipt.objects.get().channel == "paper"


@pytest.mark.parametrize("who", ["nurse", "away_nurse", "helpdesk"])
def test_others_cannot_open_paper_forms(town, paper, sign_in, who):
    staff = sign_in(getattr(town, who).user)
    for name, args in (("print", ()), ("enter", (paper.pk,)), ("changelist", ())):
        assert staff.get(page(name, *args)).status_code == 403


def test_another_class_is_out_of_reach(town, sign_in):
    homeroom = sign_in(town.homeroom.user)
    (paper,) = issue_paper_forms([town.ren], by=town.principal.user)
    assert homeroom.get(page("enter", paper.pk)).status_code == 404
    assert homeroom.post(page("confirm", paper.pk)).status_code == 404
    assert homeroom.post(page("print"), {"school_class": town.class_2.pk}).status_code == 404


def test_a_get_confirms_nothing(town, paper, sign_in):
    entered(town, paper)
    sign_in(town.principal.user).get(page("confirm", paper.pk))
    assert not ConsentReceipt.objects.exists()


def test_the_code_on_the_paper_leads_its_guardian_to_the_same_questions(
    town, paper, sign_in, client
):
    address = reverse("consent:paper", args=[paper.number])
    answer = sign_in(town.midori.user).get(address)
    assert answer.url == reverse("consent:overview", args=[town.sakura.pk])
    assert sign_in(town.other_guardian.user).get(address).status_code == 404
    assert client.get(address).status_code == 302
    assert client.get(address).url == "/"


def test_papers_of_yesterday_can_still_be_entered(town):
    with time_machine.travel(timezone.now() - timedelta(days=5), tick=False):
        (paper,) = issue_paper_forms([town.sakura], by=town.homeroom.user)
    enter_paper_form(
        paper, answers=GIVEN, signed_on=today() - timedelta(days=2), by=town.homeroom.user
    )
    assert confirm_paper_form(paper, by=town.principal.user)


def test_two_who_enter_one_paper_see_each_other(town, paper, sign_in):
    one, other = sign_in(town.homeroom.user), sign_in(town.principal.user)
    url = page("enter", paper.pk)
    opened = form_on(one.get(url))["opened_as"]
    typed = {"signed_on": str(today()), "opened_as": opened}
    assert other.post(url, {**typed, "attendance": "given"}).status_code == 302
    answer = one.post(url, {**typed, "attendance": "refused"})
    assert answer.status_code == 422
    assert "校長先生(管理職)が" in answer.content.decode()
    paper.refresh_from_db()
    assert paper.answers == {"attendance": "given"}
    assert one.post(url, form_on(answer)).status_code == 302
    paper.refresh_from_db()
    assert paper.answers == {"attendance": "refused"}


def test_an_entry_that_changed_on_the_way_is_not_confirmed(town, paper, sign_in):
    enter_paper_form(paper, answers=GIVEN, signed_on=today(), by=town.homeroom.user)
    principal = sign_in(town.principal.user)
    seen = form_on(principal.get(page("change", paper.pk)), having="seen")
    enter_paper_form(
        paper, answers={"attendance": "refused"}, signed_on=today(), by=town.homeroom.user
    )
    answer = principal.post(page("confirm", paper.pk), seen, follow=True)
    assert "もう一度くらべてください" in answer.content.decode()
    assert not ConsentReceipt.objects.exists()


def test_a_printed_paper_keeps_rare_letters_and_marks_them(town, sign_in):
    """With variation selectors, each in a font that has it; the class and school names too."""
    for person in (town.sakura, town.midori):
        person.family_name, person.given_name = "𠮷田", "葛\U000e0100太"
        person.save()
    town.class_1.title = "𠮷組"
    town.class_1.save()
    desk = sign_in(town.homeroom.user)
    sheets = desk.post(page("print"), {"school_class": town.class_1.pk}, follow=True)
    sheets = sheets.content.decode()
    name = '<span class="rare">𠮷</span>田 <span class="rare">葛\U000e0100</span>太'
    assert sheets.count(name) >= 2
    assert '<span class="rare">𠮷</span>組' in sheets
    assert not {"□", "\ufffd"} & set(sheets)
