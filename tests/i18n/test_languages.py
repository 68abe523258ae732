"""Who is spoken to in which language, and that no cache mixes two."""

import re

import pytest
from django.urls import reverse
from django.utils import translation

from apps.core.languages import COOKIE, PageLanguage, language_for
from apps.core.templatetags.japanese import ruby
from apps.people.languages import language_of, speaking_to
from apps.people.services.page_languages import choose_language
from tests.i18n import literals

CHOOSE = reverse("portal:language")


def lang_of(answer):
    return answer.content.decode().split('<html lang="')[1].split('"')[0]


def chosen_of(answer):
    """The code of the button that is marked as the language of now."""
    before = answer.content.decode().split(' aria-current="true"')[0]
    return before.rsplit('value="', 1)[1].split('"')[0]


@pytest.mark.parametrize(
    ("group", "chosen", "expected"),
    [
        ("student", "", "ja-easy"), ("guardian", "", "ja"), ("staff", "", "ja"), ("", "", "ja-easy"),
        ("student", "en", "en"), ("guardian", "ja-easy", "ja-easy"), ("", "ja", "ja"),
        ("student", "xx", "ja-easy"), ("guardian", "pt", "ja"),
    ],
)  # fmt: skip
def test_a_choice_goes_before_what_the_kind_of_person_reads(group, chosen, expected):
    assert language_for(group, chosen) == expected


def test_each_person_gets_the_language_of_their_kind(cast, client, sign_in):
    assert chosen_of(client.get("/")) == "ja-easy"
    assert chosen_of(sign_in(cast.sakura.user).get("/")) == "ja-easy"
    assert chosen_of(sign_in(cast.midori.user).get("/")) == "ja"
    assert language_of(cast.nurse.user) == "ja"


def test_a_visitors_choice_stays_in_the_browser(cast, client):
    answer = client.post(CHOOSE, {"language": "en", "next": reverse("signin:card_entry")})
    assert answer["Location"] == reverse("signin:card_entry")
    page = client.get("/")
    assert (lang_of(page), page["Content-Language"], chosen_of(page)) == ("en", "en", "en")


def test_a_persons_choice_follows_the_account_and_not_the_tablet(cast, sign_in):
    browser = sign_in(cast.sakura.user)
    answer = browser.post(CHOOSE, {"language": "en", "next": "/"})
    assert COOKIE not in answer.cookies
    assert lang_of(browser.get("/")) == "en"
    assert lang_of(sign_in(cast.sakura.user).get("/")) == "en"
    cast.sakura.user.refresh_from_db()
    assert cast.sakura.user.page_language == "en"


def test_a_cookie_of_somebody_else_does_not_count_for_who_is_signed_in(cast, sign_in):
    browser = sign_in(cast.sakura.user)
    browser.cookies[COOKIE] = "en"
    assert chosen_of(browser.get("/")) == "ja-easy"


@pytest.mark.parametrize("language", ["", "fr", "ja-Easy", "\ud800", "en" * 500])
def test_what_is_no_language_is_refused_and_nothing_kept(cast, sign_in, language):
    browser = sign_in(cast.sakura.user)
    answer = browser.post(CHOOSE, {"language": language.encode("utf-8", "replace")})
    assert answer.status_code == 400
    cast.sakura.user.refresh_from_db()
    assert cast.sakura.user.page_language == ""


def test_choosing_never_leads_out_of_the_portal(client, db):
    for back in ("https://evil.example/", "//evil.example/", "", "\\\\evil.example"):
        answer = client.post(CHOOSE, {"language": "ja", "next": back})
        assert answer["Location"] == "/"


def test_a_choice_is_only_posted(client, db):
    assert client.get(CHOOSE).status_code == 405


def test_a_cookie_that_names_no_language_is_as_none(client, db):
    client.cookies[COOKIE] = "../../etc"
    assert chosen_of(client.get("/")) == "ja-easy"


def test_easy_japanese_is_japanese_for_a_browser(client, db):
    answer = client.get("/")
    assert (lang_of(answer), answer["Content-Language"]) == ("ja", "ja")


def test_every_page_says_that_it_depends_on_the_cookies(cast, client, sign_in):
    for answer in (client.get("/"), client.get("/places/"), sign_in(cast.midori.user).get("/")):
        assert "Cookie" in answer["Vary"]
        assert "ETag" not in answer


@pytest.mark.parametrize("name", ["portal:offline", "portal:not_sent", "portal:sw"])
def test_what_a_tablet_keeps_is_the_same_whoever_speaks_which_language(cast, client, sign_in, name):
    body = client.get(reverse(name)).content
    assert b'name="language"' not in body
    choose_language(cast.midori.user, "en")
    assert sign_in(cast.midori.user).get(reverse(name)).content == body
    client.cookies[COOKIE] = "en"
    assert client.get(reverse(name)).content == body
    with translation.override("en"):  # what a thread spoke before
        assert client.get(reverse(name)).content == body


def test_staff_pages_stay_japanese(cast, client):
    client.cookies[COOKIE] = "en"
    answer = client.get(reverse("admin:login"), follow=True)
    assert translation.get_language() == "ja"
    assert "Content-Language" in answer.headers
    assert client.get(reverse("admin:index"))["Content-Language"] == "ja"


def test_a_worker_speaks_to_the_receiver_and_then_as_before(cast):
    choose_language(cast.midori.user, PageLanguage.EN)
    with speaking_to(cast.midori.user):
        assert translation.get_language() == "en"
    with speaking_to(cast.sakura.user):
        assert translation.get_language() == "ja-easy"
    assert translation.get_language() == "ja"


def test_a_choice_that_is_none_is_never_kept(cast):
    with pytest.raises(ValueError, match="fr"):
        choose_language(cast.midori.user, "fr")


def test_without_easy_japanese_the_adult_sentence_is_shown():
    with translation.override("ja-easy"):
        assert translation.gettext("言葉") == "ことば"
        assert translation.gettext("まだ誰も訳していない文") == "まだ誰も訳していない文"
        assert translation.gettext("Log out") == "ログアウト"  # Django's own Japanese


def test_a_translated_sentence_is_escaped_before_its_readings_are_made(monkeypatch):
    assert ruby("<b>｜今日《きょう》").startswith("&lt;b&gt;<ruby>")


EXTENDS = re.compile(r'\{% extends "(?P<parent>[^"]+)" %\}')
OVERRIDE = "{% block main_lang %}{% endblock %}"


def extends_base(path):
    """Whether the page stands in the frame of base.html, through other templates or at once."""
    found = EXTENDS.search(path.read_text("utf-8"))
    if found is None:
        return False
    parent = literals.ROOT / "templates" / found["parent"]
    return found["parent"] == "base.html" or (parent.is_file() and extends_base(parent))


def test_a_page_not_yet_moved_says_that_its_content_is_japanese(cast, sign_in):
    browser = sign_in(cast.midori.user)
    browser.post(CHOOSE, {"language": "en", "next": "/"})
    page = browser.get(reverse("push:settings"))
    assert lang_of(page) == "en"
    assert '<main class="page" id="main" tabindex="-1" lang="ja">' in page.content.decode()


def test_exactly_the_pages_that_were_moved_take_the_language_of_their_reader():
    listed = set(literals.listed())
    pages = [
        path
        for path in (literals.ROOT / "templates").rglob("*.html")
        if not path.is_relative_to(literals.ROOT / "templates" / "admin") and extends_base(path)
    ]
    assert len(pages) > 60
    places = {
        str(path.relative_to(literals.ROOT)): OVERRIDE in path.read_text("utf-8") for path in pages
    }
    assert {place for place, overrides in places.items() if overrides and place in listed} == set()
    layouts = "templates/allauth/layouts"  # the pages in these say it themselves
    frames = {f"{layouts}/base.html", f"{layouts}/manage.html"}
    own = {place for place in places if place not in listed | frames}
    assert {place for place in own if not places[place]} == set()
