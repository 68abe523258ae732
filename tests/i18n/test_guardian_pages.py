"""A guardian's pages, and what is kept of them, in the language that the guardian chose."""

import re

import pytest
from django.urls import reverse

from apps.consent import pages
from apps.consent.models import Purpose
from apps.consent.services.decisions import decide
from apps.consent.services.documents import install_seed_documents
from apps.core.languages import PageLanguage, speaking
from apps.people.languages import speaking_to
from apps.people.services.page_languages import choose_language
from apps.signin import words
from apps.signin.account_mail import mail_user
from tests import factories

JAPANESE = re.compile(r"[\u3041-\u30ff\u3400-\u9fff]")
IN_JAPANESE = re.compile(r'<(\w+)[^>]* lang="ja"[^>]*>.*?</\1>', re.DOTALL)
MARKUP = re.compile(r"<[^>]+>")
URLS = {
    "home": ("portal:home", []),
    "overview": ("consent:overview", ["student"]),
    "ask": ("consent:ask", ["student", "attendance"]),
    "withdraw": ("consent:withdraw", ["student", "attendance"]),
    "who looked": ("disclosure:access_log", ["student"]),
    "correct": ("disclosure:corrections", ["student"]),
    "registered": ("registration:own_guardianships", []),
    "end": ("registration:ask_end_guardianship", ["student"]),
    "devices": ("signin:sessions", []),
}


@pytest.fixture
def family(cast):
    install_seed_documents(cast.city)
    factories.make_effective(cast.sakura, "attendance")
    for person, names in ((cast.sakura, ("Sakura", "Kaga")), (cast.midori, ("Midori", "Kaga"))):
        person.given_name, person.family_name = names
        person.save()
    return cast


def address(name, student):
    view, args = URLS[name]
    return reverse(view, args=[student.pk if each == "student" else each for each in args])


def foreign_words(html):
    """The Japanese of a page's main part that is not said to be Japanese."""
    main = re.search(r"<main\b.*</main>", html, re.DOTALL)[0]
    return [line for line in MARKUP.sub("\n", IN_JAPANESE.sub("", main)).split("\n")
            if JAPANESE.search(line)]  # fmt: skip


@pytest.mark.parametrize("name", URLS)
def test_a_page_in_english_has_no_other_words(family, sign_in, name):
    choose_language(family.midori.user, PageLanguage.EN)
    html = sign_in(family.midori.user).get(address(name, family.sakura)).content.decode()
    assert foreign_words(html) == []


@pytest.mark.parametrize("language", PageLanguage.values)
@pytest.mark.parametrize("name", URLS)
def test_a_page_shows_no_notation(family, sign_in, name, language):
    choose_language(family.midori.user, language)
    html = sign_in(family.midori.user).get(address(name, family.sakura)).content.decode()
    assert not re.search(r"[｜《》]|%\(\w+\)", html)


def test_a_receipt_as_pdf_stays_in_the_words_of_the_answer(family):
    receipt = decide(
        student=family.sakura, actor=family.midori.user, answers={Purpose.GRADES: "given"},
        form_key="6f1c2f4e-2f63-4f0e-9a53-0d6f3f0f6a11",
    )  # fmt: skip
    with speaking(PageLanguage.JA):
        before = pages.receipt_pdf_content(receipt)
    with speaking(PageLanguage.EN):
        assert pages.receipt_pdf_content(receipt) == before
        assert pages.receipt_answer_lines(receipt)[0].said == "Agreed"
    assert before["answers"][0][1] == "同意しました"


def test_a_mail_about_an_account_is_in_its_owners_language(family, mailoutbox):
    choose_language(family.midori.user, PageLanguage.EN)
    with speaking(PageLanguage.EASY), speaking_to(family.midori.user):
        mail_user(family.midori.user, "sessions_ended", *words.session_ended_mail("city"))
    assert mailoutbox[-1].subject == "Kaga Portal: Your sign-ins have been ended"
    assert not JAPANESE.search(mailoutbox[-1].body)
