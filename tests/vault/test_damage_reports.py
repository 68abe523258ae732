"""The privacy officer sees damage of their own city, without a name, and notes it."""

import pytest
from django.urls import reverse

from apps.consent.models import Purpose
from apps.people.models import Role
from apps.vault.models import DamageReport
from apps.vault.services.sealed_content import open_own
from tests import factories
from tests.vault.damage_helpers import damage
from tests.vault.sealing_helpers import write

LIST = reverse("admin:vault_damagereport_changelist")


@pytest.fixture
def reported(cast):
    cast.privacy = factories.staff_post(Role.PRIVACY, of=cast.city, name="個人情報の担当")
    cast.away_privacy = factories.staff_post(Role.PRIVACY, of=cast.away, name="となりの担当")
    factories.make_effective(cast.sakura, Purpose.ATTENDANCE)
    open_own([damage(write(cast.sakura, Purpose.ATTENDANCE, {"code": "LATE"}))], student=cast.sakura)  # fmt: skip
    cast.report = DamageReport.objects.get()
    return cast


def test_the_first_page_tells_the_officer_until_it_is_noted(reported, sign_in):
    client = sign_in(reported.privacy.user)
    assert "こわれていて読めない記録" in client.get(reverse("admin:index")).content.decode()
    client.post(reverse("admin:vault_damage_note", args=[reported.report.pk]))
    reported.report.refresh_from_db()
    assert reported.report.noted_by == reported.privacy.user
    assert "こわれていて読めない記録" not in client.get(reverse("admin:index")).content.decode()


def test_the_pages_name_no_student(reported, sign_in):
    client = sign_in(reported.privacy.user)
    for url in (LIST, reverse("admin:vault_damagereport_change", args=[reported.report.pk])):
        page = client.get(url)
        assert page.status_code == 200
        assert reported.sakura.given_name not in page.content.decode()


@pytest.mark.parametrize("who", ["away_privacy", "homeroom", "officer", "principal"])
def test_nobody_else_sees_it(reported, sign_in, who):
    client = sign_in(getattr(reported, who).user)
    assert "こわれていて読めない記録" not in client.get(reverse("admin:index")).content.decode()
    note = reverse("admin:vault_damage_note", args=[reported.report.pk])
    assert client.post(note).status_code == 404
    assert str(reported.report.pk) not in client.get(LIST).content.decode()


def test_noting_is_a_post(reported, sign_in):
    note = reverse("admin:vault_damage_note", args=[reported.report.pk])
    assert sign_in(reported.privacy.user).get(note).status_code == 405
