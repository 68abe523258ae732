"""Quick hide leads to a page that says nothing; addresses and titles of help pages say nothing."""

import re
from pathlib import Path

import pytest
from django.conf import settings
from django.urls import reverse

from apps.notices.models import SupportOrganisation
from apps.notices.services import organisations
from apps.people.models import Municipality, NeutralPage
from apps.people.neutral_pages import OUTSIDE_PAGES
from apps.people.services.neutral_pages import (
    CannotChoosePage,
    choose_neutral_page,
    neutral_page_for,
)
from tests import factories

BLANK = reverse("portal:blank")
TELLING = re.compile(r"help|talk|wish|danger|sos|ask|話|助|相談|あぶな|こま")
TEMPLATES = Path(settings.BASE_DIR) / "templates"
HELP_PAGES = ["start", "now", "ask", "status"]


def title_of(answer):
    return re.search(r"<title>(.*?)</title>", answer.content.decode(), re.DOTALL)[1].strip()


@pytest.fixture
def places(cast):
    organisations.install_seed_organisations(cast.city)
    return SupportOrganisation.objects.get(name="チャイルドライン")


@pytest.fixture
def sakura(cast, sign_in):
    factories.duty_roster(cast)
    return sign_in(cast.sakura.user)


@pytest.mark.parametrize("name", HELP_PAGES)
def test_the_address_of_a_help_page_says_nothing(name):
    assert not TELLING.search(reverse(f"helpline:{name}"))


@pytest.mark.parametrize("name", ["start", "now", "ask"])
def test_the_title_of_a_help_page_is_that_of_the_portal(sakura, name):
    assert title_of(sakura.get(reverse(f"helpline:{name}"))) == "加賀ポータル"


def test_the_title_of_a_refused_form_says_only_that_something_is_wrong(sakura):
    answer = sakura.post(reverse("helpline:ask"), {"form_key": "x"})
    assert answer.status_code == 422
    assert not TELLING.search(title_of(answer))


def test_the_titles_of_the_places_to_talk_say_nothing(client, places):
    for name, args in (
        ("places", []),
        ("sheet", []),
        ("place", [places.pk]),
        ("poster", [places.pk]),
    ):
        assert title_of(client.get(reverse(f"notices:{name}", args=args))) == "加賀ポータル"


def test_what_somebody_looks_for_among_the_places_stands_in_no_address(client, places):
    page = client.get(reverse("notices:places")).content.decode()
    form = re.search(r"<form[^>]*finder[^>]*>", page)[0]
    assert 'method="post"' in form
    found = client.post(reverse("notices:places"), {"need": "fear"}).content.decode()
    assert "ぎゃくたい" in found
    assert "チャイルドライン" in found
    assert "じんけん" not in found


@pytest.mark.parametrize("path", sorted((TEMPLATES / "helpline").glob("[a-z]*.html")), ids=str)
def test_no_page_of_help_has_a_title_of_its_own_and_each_says_what_quick_hide_cannot(path):
    text = path.read_text()
    title = re.search(r"{% block title %}(.*?){% endblock %}", text)
    assert title is None or title[1].endswith('{{ _("加賀ポータル")|plain }}')
    assert title is None or not TELLING.search(title[1])
    assert "components/_quick_exit.html" in text
    assert "components/_history_remains.html" in text


def test_an_old_address_still_leads_to_help(sakura):
    for rest in ("", "ask/", "now/", "status/"):
        assert sakura.get(f"/help/{rest}").url == reverse("helpline:start")


def test_every_page_of_help_says_that_the_history_remains(sakura):
    for name in ("start", "now", "ask"):
        assert "りれき" in sakura.get(reverse(f"helpline:{name}")).content.decode(), name


# -- where quick hide leads ------------------------------------------------------------------------


def close(browser):
    """The answers after pressing 「すぐに閉じる」 without JavaScript."""
    return browser.post(reverse("signin:leave"), {"quick": "1"}, follow=True)


def test_without_javascript_quick_hide_leads_to_the_blank_page(sakura):
    answer = close(sakura)
    assert answer.redirect_chain[-1][0] == BLANK
    assert title_of(answer) == "ページ"
    assert "_auth_user_id" not in sakura.session


def test_who_is_not_signed_in_may_hide_the_places_too(client, cast):
    assert close(client).redirect_chain[-1][0] == BLANK


@pytest.mark.parametrize("is_in", [True, False])
@pytest.mark.parametrize("code", sorted(OUTSIDE_PAGES))
def test_the_page_that_the_city_chose_follows(cast, sign_in, client, code, is_in):
    choose_neutral_page(cast.city, code, by=cast.officer.user)
    answer = close(sign_in(cast.sakura.user) if is_in else client)
    if is_in or Municipality.objects.count() == 1:
        assert f'content="0;url={OUTSIDE_PAGES[code]}"' in answer.content.decode()
    assert not TELLING.search(answer.redirect_chain[-1][0])


def test_the_blank_page_names_nobody_and_has_no_word_of_help(sakura):
    html = sakura.get(BLANK).content.decode()
    assert "さくら" not in html
    assert not TELLING.search(re.sub(r"<(script|link)[^>]*>", "", html))
    assert 'href="data:,"' in html


def test_the_blank_page_is_the_same_for_everybody(sakura, client):
    assert sakura.get(BLANK).content == client.get(BLANK).content


@pytest.mark.parametrize("code", ["blank", "evil", "https", "x" * 50])
def test_only_what_the_list_allows_is_led_to(client, db, code):
    answer = client.get(reverse("portal:neutral", args=[code]))
    assert (answer.status_code, answer.url) == (302, BLANK)


def test_every_choice_but_the_blank_page_has_an_address_outside():
    assert set(NeutralPage.values) == {"blank", *OUTSIDE_PAGES}
    assert all(address.startswith("https://") for address in OUTSIDE_PAGES.values())


def test_a_student_gets_the_page_of_the_own_city_and_a_visitor_of_several_the_blank_one(cast):
    other = factories.municipality("999999", "ほかの市")
    other.neutral_page = NeutralPage.WEATHER
    other.save()
    assert neutral_page_for(cast.sakura.user) == NeutralPage.BLANK


@pytest.mark.parametrize("who", ["principal", "nurse", "homeroom", "midori"])
def test_only_the_city_chooses(cast, who):
    with pytest.raises(CannotChoosePage):
        choose_neutral_page(cast.city, "weather", by=getattr(cast, who).user)


def test_an_unknown_choice_is_refused(cast):
    with pytest.raises(CannotChoosePage):
        choose_neutral_page(cast.city, "https://evil.example/", by=cast.officer.user)
    cast.city.refresh_from_db()
    assert cast.city.neutral_page == NeutralPage.BLANK


def test_the_city_chooses_on_its_page(cast, sign_in):
    page = reverse("admin:people_municipality_change", args=[cast.city.pk])
    browser = sign_in(cast.officer.user)
    form = browser.get(page)
    assert form.status_code == 200
    version = re.search(r'name="opened_as" value="([^"]*)"', form.content.decode())
    data = {"neutral_page": "weather"} | ({"opened_as": version[1]} if version else {})
    browser.post(page, data)
    cast.city.refresh_from_db()
    assert cast.city.neutral_page == "weather"
    assert browser.post(page, data | {"neutral_page": "evil"}).status_code == 422
    principal = sign_in(cast.principal.user)
    assert principal.post(page, data).status_code in (403, 404)


HELP_TEMPLATES = [
    *sorted((TEMPLATES / "helpline").glob("*.html")), *sorted((TEMPLATES / "checkins").glob("*.html")),
    TEMPLATES / "notices" / "places.html",
]  # fmt: skip


@pytest.mark.parametrize("path", HELP_TEMPLATES, ids=lambda path: path.stem)
def test_no_icon_download_or_remembered_word_tells_what_the_page_was(path):
    text = path.read_text("utf-8")
    assert 'rel="icon"' not in text and "<link" not in text
    assert " download" not in text
    for form in re.findall(r"<form\b[^>]*>", text):
        assert 'autocomplete="off"' in form, form
