"""The directory: public, searchable by need and by いま, printable."""

import re
from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from apps.core.clock import today
from apps.core.templatetags.japanese import ruby
from apps.notices import hours_words
from apps.notices.models import PublishState, SupportOrganisation
from apps.notices.services import organisations
from tests import factories

CALL_HOUR = datetime(2026, 11, 24, 8, 0, tzinfo=UTC)  # Tuesday 17:00 in Japan
NIGHT = datetime(2026, 11, 24, 14, 0, tzinfo=UTC)  # 23:00


def own(cast, name="ここらぼ", **more):
    return SupportOrganisation.objects.create(
        municipality=cast.city, name=name, state="published", verified_on=today(),
        source_url="https://example.com/", **more,
    )  # fmt: skip


def text_of(client, path="", **query):
    """The text of the page, without the part for people who leave quickly."""
    page = client.get(reverse("notices:places") + path, query).content.decode()
    return re.sub(r"(?s)<template.*?</template>", "", page)


def test_places_are_open_to_everybody_without_sign_in(client, places):
    assert "チャイルドライン" in text_of(client)


def test_what_is_known_by_name_only_stays_a_draft_without_a_number(places):
    drafts = SupportOrganisation.objects.filter(state=PublishState.DRAFT)
    assert drafts.count() == 7
    assert all((one.phone, one.web_url, one.chat_url) == ("", "", "") for one in drafts)


def test_installing_again_changes_nothing(cast, places):
    before = SupportOrganisation.objects.count()
    organisations.install_seed_organisations(cast.city)
    assert SupportOrganisation.objects.count() == before


@pytest.mark.parametrize("name", ["place", "poster"])
def test_a_draft_place_has_no_page(client, places, name):
    draft = SupportOrganisation.objects.filter(state=PublishState.DRAFT).first()
    assert client.get(reverse(f"notices:{name}", args=[draft.pk])).status_code == 404


def test_the_state_now_stands_beside_each_place(client, places):
    line = SupportOrganisation.objects.get(name="チャイルドライン")
    with time_machine.travel(CALL_HOUR, tick=False):
        text = client.get(reverse("notices:place", args=[line.pk])).content.decode()
        assert "badge--midori" in text
        assert "まで" in text
    with time_machine.travel(NIGHT, tick=False):
        text = client.get(reverse("notices:place", args=[line.pk])).content.decode()
        assert "badge--midori" not in text
        assert ruby("つぎは あした 16｜時《じ》から") in text


def test_only_those_that_can_be_reached_now(client, places):
    with time_machine.travel(NIGHT, tick=False):
        found = text_of(client, now="1")
    assert "SOSダイヤル" in found
    assert "チャイルドライン" not in found


def test_by_need_and_whoever_helps_with_anything(client, places):
    found = text_of(client, need="fear")
    assert "ぎゃくたい" in found
    assert "チャイルドライン" in found
    assert "じんけん" not in found


@pytest.mark.parametrize("query", ["人権", "じんけん", "こどもの人権", "0120-007-110"])
def test_by_words_however_written(client, places, query):
    found = text_of(client, q=query)
    assert "じんけん" in found
    assert "チャイルドライン" not in found


def test_nothing_found_says_so_and_leads_on(client, places):
    assert "合《" not in (found := text_of(client, q="うちゅうじん"))
    assert "ありませんでした" in found


@pytest.mark.parametrize(
    "query", [{"need": "evil"}, {"now": "maybe"}, {"q": "x" * 500}, {"city": "'"}]
)
def test_what_cannot_be_read_breaks_nothing(client, places, query):
    assert client.get(reverse("notices:places"), query).status_code == 200


@pytest.mark.parametrize("query", [{"q": "ありえないことば"}, {"need": "net", "q": "ｘｙｚ"}, {"q": "ｘ", "now": "1"}])  # fmt: skip
def test_a_search_that_finds_nothing_shows_the_line_that_is_always_there(client, places, query):
    found = text_of(client, **query)
    assert "ありませんでした" in found
    assert 'href="tel:0120078310">0120-0-78310' in found


def test_an_empty_directory_shows_the_line_that_is_always_there(client, db):
    assert 'href="tel:0120078310"' in text_of(client)


def test_a_search_that_finds_something_shows_only_that(client, places):
    found = text_of(client, q="人権")
    assert "ありませんでした" not in found
    assert "tel:0120078310" not in found


def test_a_search_cannot_carry_script_into_the_page(client, places):
    found = text_of(client, q='"><script>alert(1)</script>')
    assert "<script>alert" not in found


def test_the_numbers_of_danger_are_not_in_the_list_but_above_it(client, places):
    found = text_of(client, q="きゅうきゅう")
    assert 'href="tel:119"' in found
    assert "ありませんでした" in found


# -- whose places -----------------------------------------------------------------------------------


def test_the_own_citys_places_are_there_without_sign_in_when_it_is_the_only_one(client, db):
    city = factories.municipality()
    SupportOrganisation.objects.create(
        municipality=city, name="ここらぼ", state="published", verified_on=today(), source_url="x"
    )
    assert "ここらぼ" in text_of(client)


def test_among_several_cities_the_address_names_one(client, cast):
    one = own(cast)
    assert "ここらぼ" not in text_of(client)
    found = text_of(client, city=cast.city.code)
    assert "ここらぼ" in found
    assert f"/places/{one.pk}/?city={cast.city.code}" in found
    url = reverse("notices:place", args=[one.pk])
    assert client.get(url).status_code == 404
    assert client.get(url, {"city": cast.city.code}).status_code == 200


def test_a_student_sees_the_own_city_whatever_the_address_says(cast, sign_in):
    one = own(cast)
    browser = sign_in(cast.sakura.user)
    assert "ここらぼ" in text_of(browser, city=cast.away.code)
    assert browser.get(reverse("notices:place", args=[one.pk])).status_code == 200


# -- one place --------------------------------------------------------------------------------------


def test_a_place_tells_what_a_reader_needs(client, cast):
    one = own(
        cast, phone="0761-00-0000", line_url="https://line.example/x", languages="にほんご",
        address="加賀市 & 1-1", first_talk="でんわに 出ます\nはなしを ききます",
    )  # fmt: skip
    text = client.get(
        reverse("notices:place", args=[one.pk]), {"city": cast.city.code}
    ).content.decode()
    assert 'href="tel:0761000000"' in text
    assert "<li>はなしを ききます</li>" in text
    assert "query=%E5%8A%A0%E8%B3%80%E5%B8%82%20%26%201-1" in text
    assert "にほんご" in text


def test_an_address_that_is_no_address_is_never_a_link(cast):
    one = own(cast, web_url="javascript:alert(1)")
    with pytest.raises(Exception, match="web_url"):
        one.full_clean()


def test_old_information_is_marked(client, cast):
    one = own(cast)
    url = reverse("notices:place", args=[one.pk])
    query = {"city": cast.city.code}
    assert "しれません" not in client.get(url, query).content.decode()
    SupportOrganisation.objects.update(verified_on=today() - timedelta(days=181))
    assert "しれません" in client.get(url, query).content.decode()


@pytest.mark.parametrize("name", ["sheet", "poster"])
def test_paper_carries_a_code_that_leads_back_here(client, cast, name, settings):
    settings.PORTAL_URL = "https://portal.example"
    one = own(cast, phone="0761-00-0000")
    args = [one.pk] if name == "poster" else []
    answer = client.get(reverse(f"notices:{name}", args=args), {"city": cast.city.code})
    text = answer.content.decode()
    assert 'class="qr"' in text
    assert "0761-00-0000" in text


@pytest.mark.parametrize("name", ["places", "sheet"])
def test_many_places_cost_no_more_queries(client, cast, name):
    def queries():
        with CaptureQueriesContext(connection) as captured:
            client.get(reverse(f"notices:{name}"), {"city": cast.city.code})
        return len(captured)

    for n in range(2):
        own(cast, f"場所{n}")
    before = queries()
    for n in range(2, 12):
        own(cast, f"場所{n}").opening_hours.create(weekday=0, opens_at="09:00", closes_at="10:00")
    assert queries() == before


@pytest.mark.parametrize("name", ["notices:sheet"])  # the search among the places is posted
def test_pages_are_only_read(cast, client, name):
    assert client.post(reverse(name)).status_code == 405


# -- いま話せます only with a way to reach it ---------------------------------------------------------


def entry_of(page, name):
    """The part of a list that is about this organisation."""
    start = page.index(name)
    return page[start : page.index("</li>", start)]


def test_an_organisation_without_a_way_to_reach_it_is_never_said_to_be_open(client, places):
    line = SupportOrganisation.objects.get(name="あなたのいばしょ")
    assert line.is_always_open
    assert not organisations.organisation_status(line).is_reachable
    for page in (
        text_of(client),
        client.get(reverse("notices:place", args=[line.pk])).content.decode(),
    ):
        part = entry_of(page, "あなたのいばしょ</a>") if "あなたのいばしょ</a>" in page else page
        assert ruby(str(hours_words.NO_WAY_KNOWN)) in part or "聞" in part
        assert "badge--midori" not in part
    assert "あなたのいばしょ" not in text_of(client, now="1")


@pytest.mark.parametrize(
    ("field", "value"),
    [("phone", "0120-99-7777"), ("chat_url", "https://chat.example.com/"), ("place", "市役所 1階"),
     ("line_url", "https://line.example.com/"), ("web_url", "https://www.example.com/")],
)  # fmt: skip
def test_with_any_way_to_reach_it_an_open_organisation_is_said_to_be_open(cast, field, value):
    reachable = own(cast, is_always_open=True, **{field: value})
    without = own(cast, name="ない", is_always_open=True)
    assert organisations.organisation_status(reachable).is_open is True
    assert organisations.organisation_status(without).is_open is None
