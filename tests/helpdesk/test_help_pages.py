"""The help pages: whole, small, found by what is written and by what is read."""

import gzip
from pathlib import Path

import pytest
from django.conf import settings
from django.urls import reverse

from apps.audit.models import Action, AuditEvent
from apps.core.languages import PageLanguage, speaking
from apps.helpdesk.admin.help_for_staff import STAFF_HELP, search_staff_help
from apps.helpdesk.help_pages import HELP_PAGES, pages_for, search_help
from apps.helpdesk.models import HelpContact
from apps.people.models import Guardianship
from tests import factories
from tests.browser import form_on
from tests.ruby_readings import kanji_without_reading

PICTURES = Path(settings.BASE_DIR) / "static" / "help"
MOST_BYTES, MOST_PICTURES = 8 * 1024, 400 * 1024


def test_every_page_has_steps_and_the_pictures_that_are_named_are_there():
    codes = [page.code for page in HELP_PAGES]
    assert len(codes) == len(set(codes)) == 14
    assert all(part.steps for page in (*HELP_PAGES, *STAFF_HELP) for part in page.parts)
    named = {PICTURES / f"{page.picture}.png" for page in HELP_PAGES if page.picture}
    assert {*PICTURES.iterdir()} == named
    assert sum(path.stat().st_size for path in named) <= MOST_PICTURES
    for language in PageLanguage.values:
        with speaking(language):
            assert all(page.texts for page in HELP_PAGES)


def test_a_search_finds_words_as_written_as_read_and_in_english():
    def found(query):
        return {page.code for page in search_help(query, pages_for("open"))}

    with_pin = {"card", "pin", "lost-card", "school-account", "passkey"}
    assert found("暗証番号") == found("あんしょう") == with_pin
    assert found("アンショウ ばんごう") == found("暗証番号")
    assert found("ｉＰａｄ") == found("ipad") == {"app", "notifications"}
    assert found("recovery code") == {"sign-in", "passkey", "staff-sign-in"}
    assert found("学校のアカウント") == found("がっこうの アカウント") == {"school-account"}
    assert [page.code for page in search_staff_help("パスキー")] == ["sign-in"]
    assert found("てがみ") == {"letter", "children"}
    assert found("ふるさと") == set()
    assert [page.code for page in search_staff_help("csv めいぼ")] == ["files"]
    assert search_staff_help("") == [*STAFF_HELP]


def test_students_read_every_page_with_readings_and_few_bytes(cast, sign_in):
    client = sign_in(cast.sakura.user)
    addresses = [reverse("helpdesk:page", args=[page.code]) for page in pages_for("student")]
    for address in (reverse("helpdesk:guide"), *addresses):
        page = client.get(address)
        assert kanji_without_reading(page.text) == [], address
        assert len(gzip.compress(page.content)) <= MOST_BYTES, address
    assert "学校からの手紙で始める" not in client.get(reverse("helpdesk:guide")).text
    for query in ("暗証番号", "てがみ", "パスキー", "recovery code"):
        found = client.get(reverse("helpdesk:guide"), {"q": query})
        assert kanji_without_reading(found.text) == [], query
        assert reverse("helpdesk:page", args=["passkey"]) not in found.text


def test_who_is_not_signed_in_searches_without_javascript(client, cast):
    everything = client.get(reverse("helpdesk:guide")).text
    assert all(reverse("helpdesk:page", args=[page.code]) in everything for page in HELP_PAGES)
    found = client.get(reverse("helpdesk:guide"), {"q": "QR"}).text
    assert reverse("helpdesk:page", args=["card"]) in found
    assert reverse("helpdesk:page", args=["app"]) not in found
    assert "<script>" not in client.get(reverse("helpdesk:guide"), {"q": "<script>" * 20}).text
    assert client.get(reverse("helpdesk:page", args=["nowhere"])).status_code == 404
    assert client.post(reverse("helpdesk:guide")).status_code == 405


def test_the_foot_of_every_page_leads_to_them(cast, sign_in, client):
    address = f'href="{reverse("helpdesk:guide")}"'
    for person in (cast.sakura, cast.midori):
        assert address in sign_in(person.user).get("/").text
        assert f'href="{reverse("helpdesk:guide")}#ask-whom"' in sign_in(person.user).get("/").text
    assert address in client.get("/").text
    assert 'id="ask-whom"' in client.get(reverse("helpdesk:guide")).text
    assert address in client.get(reverse("account_login")).text
    staff = sign_in(cast.nurse.user)
    own = reverse("admin:helpdesk_staff_help")
    assert f'href="{own}"' in staff.get(reverse("admin:index")).text
    assert "OneRoster" in staff.get(own).text
    assert "OneRoster" not in staff.get(own, {"q": "暗証番号"}).text
    assert "0761" not in staff.get(own).text
    assert client.get(own).status_code == 302


@pytest.fixture
def contacts(cast):
    other = factories.school(cast.city, "C117220600099", "もうひとつの中学校(架空)")
    for school, phone in ((None, "0761-10-0001"), (cast.school, "0761-10-0002"),
                          (other, "0761-10-0003")):  # fmt: skip
        HelpContact.objects.create(municipality=cast.city, school=school, phone=phone)
    HelpContact.objects.create(municipality=cast.away, phone="0761-10-0009")


def test_contacts_are_those_that_the_city_entered(cast, sign_in, client, contacts):
    def near(user):
        page = sign_in(user).get(reverse("helpdesk:guide"))
        return [contact.phone for contact in page.context["near"]]

    both = ["0761-10-0001", "0761-10-0002"]
    assert near(cast.sakura.user) == near(cast.midori.user) == both
    visitor = client.get(reverse("helpdesk:guide"), {"city": cast.city.code})
    assert [contact.phone for contact in visitor.context["near"]] == ["0761-10-0001"]
    assert "0761-10-0003" in visitor.text
    assert "0761-10-0009" not in visitor.text
    assert "0761" not in client.get(reverse("helpdesk:guide")).text  # two cities: neither
    Guardianship.objects.filter(guardian=cast.midori).update(standing="kept_out")
    assert near(cast.midori.user) == ["0761-10-0001"]


def test_the_city_enters_contacts_and_the_helpdesk_reads_them(cast, sign_in):
    officer, add = sign_in(cast.officer.user), reverse("admin:helpdesk_helpcontact_add")
    list_page = reverse("admin:helpdesk_helpcontact_changelist")
    form = form_on(officer.get(add), having="form_key")
    elsewhere = officer.post(add, form | {"school": cast.away_school.pk, "phone": "0761-72-0000"})
    assert elsewhere.status_code in (200, 422)
    assert officer.post(add, form).status_code in (200, 422)  # neither number nor address
    assert HelpContact.objects.count() == 0
    assert officer.post(add, form | {"phone": "0761-72-0000"}).status_code == 302
    row = HelpContact.objects.get()
    assert (row.municipality, row.school) == (cast.city, None)
    event = AuditEvent.objects.filter(action=Action.RECORD_CHANGED).last()
    assert event.thing_id == str(row.pk)
    desk = sign_in(cast.helpdesk.user)
    assert desk.get(list_page).status_code == 200
    assert desk.get(add).status_code == 403
    assert sign_in(cast.nurse.user).get(list_page).status_code == 403
