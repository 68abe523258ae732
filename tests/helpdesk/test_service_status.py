"""What does not work is said where people sign in: shortly, and no word of why."""

from datetime import timedelta

import pytest
from django.core.cache import cache
from django.db import OperationalError
from django.urls import reverse

from apps.core import clock, heartbeat
from apps.core.models import Heartbeat
from apps.helpdesk.models import ServiceNote
from apps.helpdesk.services import service_status
from apps.linkage.models import DataSource, RunState, SourceKind, SyncRun
from apps.mail.models import MailServer
from apps.push.models import PushOrigin
from apps.signin.oidc import service_health
from tests.browser import form_on

PAGES = ("/", reverse("account_login"), reverse("signin:card_entry"), reverse("helpdesk:guide"))


@pytest.fixture(autouse=True)
def fresh():
    cache.delete(service_status.CACHE_KEY)


def troubles(city=None):
    cache.delete(service_status.CACHE_KEY)
    return service_status.troubles(city and city.pk)


def test_nothing_is_said_while_all_works_or_has_not_begun(cast, client, real_heartbeats):
    assert troubles() == []
    heartbeat.note_run("mail.send_due", 15)
    heartbeat.note_run("push.deliver_due", 15)
    assert troubles() == []
    assert all('id="service-status"' not in client.get(page).text for page in PAGES)


def test_mail_and_push_are_said_on_every_page_of_sign_in_the_rest_in_its_city_alone(
    cast, client, real_heartbeats
):
    now = clock.now()
    Heartbeat.objects.create(name="push.deliver_due", beat_at=now, late_at=now)
    assert troubles() == ["push"]
    Heartbeat.objects.all().delete()
    PushOrigin.objects.create(origin="https://push.example", state="open")
    MailServer.objects.update_or_create(pk=1, defaults={"away_since": now})
    source = DataSource.objects.create(
        municipality=cast.city, school=cast.school, kind=SourceKind.SCHOOL_FILES, title="出欠",
        place="towa", is_on=True,
    )  # fmt: skip
    assert troubles(cast.city) == ["mail", "push"]
    SyncRun.objects.create(municipality=cast.city, source=source, state=RunState.STOPPED)
    DataSource.objects.update(stopped_at=now)
    SyncRun.objects.update(message="読めません")
    service_health.note_failed_sign_in(cast.away.pk)
    assert troubles() == ["mail", "push"]
    assert troubles(cast.city) == ["mail", "push", "sources"]
    assert troubles(cast.away) == ["accounts", "mail", "push"]
    for page in PAGES:
        for query, n_said in (
            ("", 2),
            (f"?city={cast.city.code}", 3),
            (f"?city={cast.away.code}", 3),
        ):
            text = client.get(page + query).text
            _, _, said = text.partition('id="service-status"')
            assert said.partition("</div>")[0].count("<p") == n_said, page + query
        words = "push.example", "SMTP", "away_since", "send_due"
        assert not any(word in text for word in words)


def test_it_is_counted_once_a_minute_and_never_breaks_the_page(
    cast, client, django_assert_num_queries, monkeypatch
):
    troubles()
    with django_assert_num_queries(0):
        assert service_status.troubles(None) == []
    cache.delete(service_status.CACHE_KEY)

    def away():
        raise OperationalError

    monkeypatch.setattr(service_status, "_stopped_tasks", away)
    assert client.get("/").status_code == 200


def test_staff_set_a_dated_sentence_that_students_can_read(cast, sign_in, client):
    desk, add = sign_in(cast.helpdesk.user), reverse("admin:helpdesk_servicenote_add")
    assert client.get("/").status_code == 200  # the answer of now is kept
    form = form_on(desk.get(add), having="form_key")
    at = clock.now().astimezone(clock.JST)
    times = {
        "begins_at": f"{at:%Y-%m-%dT%H:%M}",
        "ends_at": f"{at + timedelta(days=1):%Y-%m-%dT%H:%M}",
    }
    bad = [
        {"words": "障害です"}, {"words": "｜今日《きょう"}, {"words": ""},
        {"ends_at": f"{at + timedelta(days=20):%Y-%m-%dT%H:%M}"},
        {"ends_at": f"{at - timedelta(days=1):%Y-%m-%dT%H:%M}"},
    ]  # fmt: skip
    for wrong in bad:
        answer = desk.post(add, form | times | {"words": "あすまで おそいです"} | wrong)
        assert answer.status_code in (200, 422), wrong
    assert ServiceNote.objects.count() == 0
    words = "｜今日《きょう》は メールが おそいです。"
    assert desk.post(add, form | times | {"words": words}).status_code == 302
    address = f"/?city={cast.city.code}"
    assert "メールが おそいです" in client.get(address).text
    assert "メールが おそいです" not in client.get(f"/?city={cast.away.code}").text
    ServiceNote.objects.update(ends_at=clock.now())
    service_status.forget_status()
    assert "メールが おそいです" not in client.get(address).text
    assert sign_in(cast.nurse.user).get(add).status_code == 403
