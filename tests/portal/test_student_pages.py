"""Every page of a student shows once whose tablet it is, how to leave, and where help is."""

import pytest
from django.urls import reverse

from apps.checkins.services.question_sets import seed_questions
from apps.consent.models import Purpose
from apps.consent.services import messages
from apps.people.models import Role, StaffPost
from tests import factories
from tests.page_text import text_of

OWN = [
    "/", "/checkin/", "/checkin/week/", "/checkin/days/", "/checkin/frequency/", "/notices/", "/push/",
    "consent:overview", "disclosure:access_log", "disclosure:corrections", "disclosure:personal_data",
]  # fmt: skip
ASKING = ["/pages/", "/pages/1/", "/pages/2/", "/places/"]
NAME = '<span class="me">さくら さん</span>'


@pytest.fixture
def sakura(cast, client):
    seed_questions()
    factories.make_effective(cast.sakura, Purpose.CHECKIN_REVIEW)
    factories.duty_roster(cast)
    factories.force_sign_in(client, cast.sakura.user)
    factories.with_recent_pin(client)
    client.student = cast.sakura
    return client


def page(client, name):
    url = name if name.startswith("/") else reverse(name, args=[client.student.pk])
    answer = client.get(url)
    assert answer.status_code == 200, url
    return answer.content.decode()


@pytest.mark.parametrize("name", OWN)
def test_the_name_the_way_out_and_help_stand_on_every_page(sakura, name):
    html = page(sakura, name)
    assert html.count(NAME) == 1
    assert html.count('data-leave="plain"') == 1
    assert html.count(f'href="{reverse("helpline:start")}"') == 1


@pytest.mark.parametrize("name", ASKING)
def test_pages_that_help_close_at_once_and_still_say_whose_tablet_it_is(sakura, name):
    html = page(sakura, name)
    assert html.count(NAME) == 1
    assert html.count('data-leave="quick"') == 1


def test_who_is_not_signed_in_may_close_the_places_at_once_too(cast, client):
    html = client.get("/places/").content.decode()
    assert 'data-leave="quick"' in html
    assert 'class="me"' not in html
    assert client.post(reverse("signin:leave")).status_code == 302


def test_a_guardians_pages_end_too_and_offer_no_students_help(cast, sign_in):
    browser = sign_in(cast.midori.user)
    for url in ("/notices/", reverse("consent:overview", args=[cast.sakura.pk])):
        html = browser.get(url).content.decode()
        assert html.count('data-leave="plain"') == 1
        assert reverse("helpline:start") not in html


def test_the_first_page_keeps_what_a_request_without_network_needs(sakura, cast):
    assert 'id="help-request"' in page(sakura, "/")
    cast.school.dutyroster.is_on = False
    cast.school.dutyroster.save()
    assert 'id="help-request"' in page(sakura, "/")  # the city's officers read it
    StaffPost.objects.filter(pk=cast.officer.pk).update(role=Role.HELPDESK)
    assert 'id="help-request"' not in page(sakura, "/")


def test_the_page_without_network_holds_nothing_of_anybody(sakura):
    html = sakura.get(reverse("portal:offline")).content.decode()
    assert 'id="talk-later"' in html
    assert "data-ticket" not in html
    assert "さくら" not in html


def test_where_only_a_message_is_new_the_first_page_leads_to_it(sakura):
    nothing = "いま、お知らせは ありません"  # in easy Japanese
    assert nothing in text_of(page(sakura, "/"))
    messages.send_messages([sakura.student], [Purpose.CHECKIN_REVIEW])
    html = page(sakura, "/")
    assert "あたらしい 1" in text_of(html)
    assert nothing not in text_of(html)
    assert f'href="{reverse("notices:inbox")}">' in html
