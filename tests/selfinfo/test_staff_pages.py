"""Staff see how sessions end, never whose they were; the city says what codes mean."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from apps.audit.models import Action, AuditEvent
from apps.linkage.models import DataSource
from apps.people.models import Role
from apps.selfinfo.models import SelfInfoCode, SelfInfoSession
from apps.selfinfo.services import session_queries
from tests import factories
from tests.selfinfo.guardian_browser import carry

LIST = reverse("admin:selfinfo_selfinfosession_changelist")
CODES = reverse("admin:selfinfo_selfinfocode_changelist")
ADD = reverse("admin:selfinfo_selfinfocode_add")
TODAY = reverse("admin:index")
GOOD = {"meaning": "tax_year", "name_code": "TM00000000000001", "item_code": "0100000010"}


def text_of(answer):
    return answer.content.decode()


def page_of(kind, row):
    return reverse(f"admin:selfinfo_{kind}_change", args=[row.pk])


@pytest.fixture
def city(cast, sign_in):
    return sign_in(cast.officer.user)


def test_the_list_tells_when_and_how_and_neither_who_nor_what(browser, city, cast):
    session = carry(browser.start_and_return())
    for url in (LIST, page_of("selfinfosession", session)):
        page = text_of(city.get(url))
        assert session.number in page
        assert "おわりました" in page
        for name in (cast.sakura.given_name, cast.midori.given_name, "midori@", "non_taxable"):
            assert name not in page


@pytest.mark.parametrize("who", ["helpdesk", "principal"])
def test_helpdesk_and_principal_find_a_number_and_change_nothing(browser, cast, sign_in, who):
    session = carry(browser.start_and_return())
    client = sign_in(getattr(cast, who).user)
    assert session.number in text_of(client.get(LIST))
    assert client.post(page_of("selfinfosession", session), {"state": "error"}).status_code == 403
    assert client.post(ADD, GOOD).status_code == 403


@pytest.mark.parametrize("who", ["homeroom", "nurse", "counsellor", "midori", "sakura"])
def test_others_cannot_open_it(browser, cast, sign_in, who):
    client = sign_in(getattr(cast, who).user)
    for url in (LIST, CODES, ADD):
        assert client.get(url, follow=True).status_code == 403


def test_another_city_finds_nothing(browser, cast, sign_in):
    session = carry(browser.start_and_return("refused"))
    client = sign_in(factories.staff_post(Role.CITY, of=cast.away).user)
    assert session.number not in text_of(client.get(LIST))
    assert client.get(page_of("selfinfosession", session)).status_code == 302
    assert "TM00000000000991" not in text_of(client.get(CODES))
    assert "マイナポータルに つながらない" not in text_of(client.get(TODAY))


def test_nobody_comes_in_without_signing_in(client, db):
    for url in (LIST, CODES, ADD):
        assert client.get(url).status_code == 302


def test_more_sessions_need_no_more_queries(browser, city):
    def queries():
        with CaptureQueriesContext(connection) as captured:
            city.get(LIST)
        return len(captured)

    carry(browser.start_and_return())
    queries()
    before = queries()
    carry(browser.start_and_return("none"))
    carry(browser.start_and_return("unsupported"))
    assert 0 < queries() == before


# -- a person is needed -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("variant", "is_shown"), [("refused", True), ("broken", True), ("none", False), ("gone", False)]
)
def test_today_shows_it_only_where_a_person_is_needed(browser, city, variant, is_shown):
    carry(browser.start_and_return(variant))
    assert ("マイナポータルに つながらない" in text_of(city.get(TODAY))) is is_shown


def test_it_goes_from_today_once_somebody_gets_through(browser, city):
    carry(browser.start_and_return("refused"))
    carry(browser.start_and_return("refused"))
    assert LIST in text_of(city.get(TODAY))
    carry(browser.start_and_return("none"))
    assert "マイナポータルに つながらない" not in text_of(city.get(TODAY))


def test_who_does_not_look_after_sources_is_not_told(browser, cast, sign_in):
    carry(browser.start_and_return("refused"))
    assert session_queries.count_refused_sessions(cast.nurse.user) == 0
    assert "マイナポータル" not in text_of(sign_in(cast.nurse.user).get(TODAY))


# -- what the codes mean ------------------------------------------------------------------------------


def test_the_page_says_where_the_codes_come_from_and_which_are_invented(browser, city):
    page = text_of(city.get(CODES))
    assert "公開されていない" in page
    assert "架空のコード" in page


def test_a_city_enters_a_code_for_itself_and_the_change_is_recorded(cast, city):
    assert city.post(ADD, GOOD).status_code == 302
    code = SelfInfoCode.objects.get()
    assert (code.municipality, code.is_trial) == (cast.city, False)
    city.post(page_of("selfinfocode", code), {**GOOD, "item_code": "0100000020"})
    events = AuditEvent.objects.filter(action=Action.RECORD_CHANGED).order_by("pk")
    assert [event.fields for event in events] == [
        ["meaning", "name_code", "item_code"],
        ["item_code"],
    ]


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"meaning": "bank_account"}, "正しく選択"),
        ({"name_code": "TM1"}, "コードの形が ちがいます"),
        ({"item_code": "01000000１0"}, "コードの形が ちがいます"),
        ({"name_code": "123456789018"}, "12けたの番号は、入れないでください"),
        ({"name_code": ""}, "必須"),
    ],
)
def test_a_code_of_another_form_is_refused_with_a_sentence(cast, city, change, sentence):
    answer = city.post(ADD, {**GOOD, **change})
    assert answer.status_code == 422
    assert sentence in text_of(answer)
    assert "123456789018" not in text_of(answer)
    assert not SelfInfoCode.objects.exists()


def test_one_item_has_one_meaning_and_one_meaning_one_item(cast, city):
    city.post(ADD, GOOD)
    assert "もう登録されています" in text_of(city.post(ADD, {**GOOD, "item_code": "0100000030"}))
    assert "別の読み方" in text_of(city.post(ADD, {**GOOD, "meaning": "levy_flat"}))
    assert SelfInfoCode.objects.count() == 1


def test_the_invented_codes_are_shown_and_not_edited(browser, city):
    code = SelfInfoCode.objects.get(meaning="tax_year")
    assert city.post(page_of("selfinfocode", code), GOOD).status_code == 403
    code.refresh_from_db()
    assert code.name_code == "TM00000000000992"


def test_a_source_of_this_kind_can_never_be_switched_on(browser, city):
    carry(browser.start_and_return())
    source = DataSource.objects.get()
    with pytest.raises(Exception, match="source_self_info_is_no_feed"):
        DataSource.objects.filter(pk=source.pk).update(is_on=True)


def test_the_database_knows_the_same_ways_as_the_table(browser):
    session = carry(browser.start_and_return())
    with pytest.raises(Exception, match="Invalid transition"):
        SelfInfoSession.objects.filter(pk=session.pk).update(state="created")
