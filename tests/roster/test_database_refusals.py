"""A roster that the database refuses gives a sentence: on the page, the command line and in feeds."""

import io

import pytest
from django.core.management import CommandError, call_command
from django.db import DataError, IntegrityError
from django.urls import reverse

from apps.core.clock import today
from apps.linkage.connectors.oneroster_tables import to_csv_tables
from apps.people.models import Municipality, Role, Student
from apps.roster.models import ImportState, RosterImport
from apps.roster.services import feeds, imports
from tests import factories, file_workers
from tests.linkage.oneroster_server import whole
from tests.roster import zips

pytestmark = pytest.mark.django_db


@pytest.fixture(params=[IntegrityError, DataError])
def refusing(request, monkeypatch):
    """A database that refuses to write students."""

    def refuse(self):
        Municipality.objects.create(code="999999", name="x")
        raise request.param("duplicate key value: さくら")

    monkeypatch.setattr("apps.roster.services.import_plan.ImportPlan.apply", refuse)


def test_the_page_says_it_and_nothing_is_written(refusing, sign_in):
    city = factories.municipality()
    waiting = imports.check_roster(zips.good(), "r.zip", by=None)
    waiting.municipality = city
    waiting.save()
    desk = sign_in(factories.staff_post(Role.CITY, of=city).user)
    confirm = reverse("admin:roster_confirm", args=[waiting.pk])
    answer = file_workers.send(desk, confirm, {"verb": "import"})
    assert "何も変わっていません" in answer.content.decode()
    assert not Municipality.objects.filter(code="999999").exists()


def test_the_command_says_it(refusing, tmp_path):
    path, err = tmp_path / "r.zip", io.StringIO()
    path.write_bytes(zips.good())
    with pytest.raises(CommandError, match="was refused"):
        call_command("import_roster", path, stdout=io.StringIO(), stderr=err)
    assert "データベースの決まり" in err.getvalue()
    assert "さくら" not in err.getvalue()
    assert RosterImport.objects.get().state == ImportState.REFUSED
    assert not Student.objects.exists()


@pytest.mark.time_machine("2026-11-28T09:00:00+09:00")
def test_a_feed_says_it(refusing):
    city = factories.municipality()
    outcome = feeds.import_feed(to_csv_tables(whole(), today()), "名簿", municipality=city)
    assert outcome.result == feeds.FeedResult.REFUSED
    assert "データベースの決まり" in outcome.problems[0].reason
    assert not Student.objects.exists()


def test_a_check_that_the_database_refuses_is_a_refused_import(monkeypatch, sign_in):
    city = factories.municipality()
    desk = sign_in(factories.staff_post(Role.CITY, of=city).user)
    waiting = imports.check_roster(zips.good(), "r.zip", by=None)
    RosterImport.objects.update(municipality=city)

    def refuse(*_):
        raise DataError("out of range")

    monkeypatch.setattr("apps.roster.services.merge.compare_with_current", refuse)
    checked = imports.check_roster(zips.good(), "r.zip", by=None)
    assert checked.state == ImportState.REFUSED
    compare = reverse("admin:roster_compare", args=[waiting.pk])
    page = file_workers.send(desk, compare, {})
    assert page.status_code == 200
    assert "くらべられませんでした" in page.content.decode()
