"""The way out and the idle lock are on every page of a student, also where something went wrong."""

import pytest
from django.urls import reverse

from tests import factories
from tests.journeys.sample_town import furnish


@pytest.fixture
def town(cast, settings):
    return furnish(cast, settings)


def addresses(town):
    student = town.student.pk
    own = ["overview", "check"]
    for purpose in ("ask", "withdraw"):
        yield reverse(f"consent:{purpose}", args=[student, "attendance"])
    for name in own:
        yield reverse(f"consent:{name}", args=[student])
    yield reverse("consent:receipt", args=[town.receipts["student"].pk])
    for name in ("access_log", "corrections", "personal_data"):
        yield reverse(f"disclosure:{name}", args=[student])
    for name in ("today", "week", "frequency", "done", "days"):
        yield reverse(f"checkins:{name}")
    for name in ("start", "now", "ask", "status"):
        yield reverse(f"helpline:{name}")
    yield reverse("helpline:one", args=[town.answered.pk])
    for name in ("inbox", "places", "sheet"):
        yield reverse(f"notices:{name}")
    yield reverse("notices:notice", args=[town.notice.pk])
    for name in ("place", "poster"):
        yield reverse(f"notices:{name}", args=[town.place.pk])
    yield from map(
        reverse, ("portal:home", "push:settings", "signin:change_pin", "registration:my_guardians")
    )
    yield "/nowhere/"
    yield reverse("consent:overview", args=[town.sibling.pk])  # not the own
    yield reverse("account_email")  # no page of students


def test_every_page_of_a_student_has_the_way_out_and_locks_when_nobody_is_there(town, sign_in):
    browser = sign_in(town.student.user)
    draft = reverse("consent:ask", args=[town.student.pk, "attendance"])
    document = browser.get(draft).context["document"].pk
    browser.post(draft, {"document": document, "response": "given", "then": "check"})
    seen = []
    for address in addresses(town):
        answer = browser.get(address, follow=True)
        html = answer.content.decode()
        seen.append(answer.status_code)
        assert "data-shared" in html, address
        assert 'id="idle"' in html, address
        assert "js/shared_tablet.js" in html, address
    assert {200, 403, 404} <= set(seen)


@pytest.mark.parametrize("name", ["portal:offline", "portal:not_sent"])
def test_a_page_kept_without_network_has_the_way_out_too(client, db, name):
    html = client.get(reverse(name)).content.decode()
    assert (
        '<button class="button button--quiet" type="button" data-leave="plain" data-shared hidden>'
        in html
    )
    assert 'id="idle"' in html


def test_a_refused_form_keeps_the_way_out(cast, client):
    factories.force_sign_in(client, cast.sakura.user)
    client.handler.enforce_csrf_checks = True
    answer = client.post(reverse("checkins:frequency"), {"frequency": "daily"})
    assert answer.status_code == 403
    assert "data-shared" in answer.content.decode()
