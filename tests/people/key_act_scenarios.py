"""Scenarios of acts about lost records and keys."""

from django.urls import reverse

from apps.linkage.models import DataSource, SyncRun
from apps.linkage.services import record_loss
from apps.people.models import (
    Role,
)
from apps.vault.models import DamageReport, ReplacedKey, SubjectKey
from apps.vault.services.keys import usable_data_keys
from tests import factories
from tests.people.base_act_scenario import ATTENDANCE, ActScenario
from tests.vault.damage_helpers import lose_share


def note_damage_of(key):
    """The report of a key whose share is gone, as the first reader leaves it."""
    list(usable_data_keys([key]))
    return DamageReport.objects.get(key_id=key.pk)


class LoseRecords(ActScenario):
    names = ("出欠のフォルダー", "12")
    n_confirmers = 2  # the principal and the privacy officer

    def __init__(self, *args):
        super().__init__(*args)
        source = DataSource.objects.create(
            municipality=self.cast.city, school=self.cast.school, kind="school_files",
            title="出欠のフォルダー", place="towa",
        )  # fmt: skip
        self.run = SyncRun.objects.create(
            municipality=self.cast.city, source=source, state="held", loss_sha256="a" * 64,
            n_lost_students=4, n_lost_records=12, message="12件が 消えます。",
        )  # fmt: skip

    def save(self, client):
        return client.post(reverse("admin:linkage_decide", args=[self.run.pk, "loss"]))

    def work(self):
        record_loss.follow_acts()

    def is_done(self):
        return SyncRun.objects.filter(accepts_loss=True).exists()


class LoseKeys(ActScenario):
    """The share of one key is gone, and no backup has it."""

    n_confirmers = 2  # both officers of the city

    def __init__(self, *args):
        super().__init__(*args)
        key = SubjectKey.objects.get(student=self.cast.sakura, purpose=ATTENDANCE)
        lose_share(key.pk)
        self.report = note_damage_of(key)
        self.first, self.second = self.second, self.first
        self.same_role = factories.staff_post(Role.PRIVACY, of=self.cast.city, name="もう一人").user

    def save(self, client):
        return client.post(reverse("admin:vault_damage_lose", args=[self.report.pk, "this"]))

    def is_done(self):
        lost = ReplacedKey.objects.exclude(lost_at=None).exists()
        assert lost != SubjectKey.objects.filter(student=self.cast.sakura).exists()
        return lost
