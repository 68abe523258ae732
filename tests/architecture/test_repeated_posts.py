"""A POST sent again, as a reload does, changes no code and makes no second secret."""

import uuid

import pytest
from django.urls import reverse

from apps.consent.models import PaperForm, Purpose, Response
from apps.consent.services.decisions import decide
from apps.consent.services.documents import install_seed_documents
from apps.registration.models import InvitationLetter
from apps.registration.services import letters
from apps.signin.models import LoginCard
from apps.signin.services import cards


def codes():
    """All codes and secrets that are printed on paper."""
    return (
        sorted(bytes(card.code_digest) for card in LoginCard.objects.valid()),
        sorted(bytes(letter.code_digest) for letter in InvitationLetter.objects.usable()),
        sorted(PaperForm.objects.values_list("number", flat=True)),
    )


@pytest.fixture
def papers(cast):
    """The printed papers of a class before any page is reloaded."""
    install_seed_documents(cast.city)
    cards.issue_cards([cast.sakura], by=cast.homeroom.user)
    letters.issue_guardian_letters([cast.midori], by=cast.homeroom.user)
    return cast


WHY = "カードをなくしたため"
POSTS = {
    "cards": lambda cast: ("registration_cards", {"person": [str(cast.sakura.pk)]}),
    "cards, to the question": lambda cast: (
        "registration_cards", {"person": [str(cast.sakura.pk)], "verb": "renew"},
    ),
    "new cards": lambda cast: (
        "registration_cards_renew", {"what": str(LoginCard.objects.valid().get().pk), "reason": WHY},
    ),
    "letters": lambda cast: ("registration_letters", {"person": [str(cast.midori.pk)]}),
    "new letters": lambda cast: (
        "registration_letters_renew", {"what": str(InvitationLetter.objects.usable().get().pk), "reason": WHY},
    ),
    "paper forms": lambda cast: (
        "consent_paperform_print", {"school_class": str(cast.class_1.pk)},
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", POSTS)
def test_a_post_sent_again_changes_no_code(papers, sign_in, name):
    who = papers.office if "letters" in name else papers.homeroom
    desk = sign_in(who.user)
    view, body = POSTS[name](papers)
    args = [] if view.startswith("consent") else [papers.class_1.pk]
    first = desk.post(reverse(f"admin:{view}", args=args), body)
    assert first.status_code == 302
    after_one = codes()
    assert desk.post(reverse(f"admin:{view}", args=args), body).status_code == 302
    desk.get(first.url)
    desk.get(first.url)
    assert codes() == after_one


def test_a_paper_form_of_who_answered_since_is_not_printed(papers, sign_in):
    desk = sign_in(papers.homeroom.user)
    page = reverse("admin:consent_paperform_print")
    sheets = desk.post(page, {"school_class": str(papers.class_1.pk)})
    number = PaperForm.objects.get(guardian=papers.midori).number
    assert number in desk.get(sheets.url).content.decode()
    decide(
        student=papers.sakura,
        actor=papers.midori.user,
        answers=dict.fromkeys(Purpose.values, Response.REFUSED),
        form_key=uuid.uuid4(),
    )
    assert number not in desk.get(sheets.url).content.decode()
