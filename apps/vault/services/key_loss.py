"""Declaring a damaged key lost: by two people, because nobody in the family ended anything."""

from django.db import transaction

from apps.core import clock
from apps.people.act_rules import ActEffects
from apps.people.models import PendingAct
from apps.people.services import pending_acts
from apps.vault.models import DamageReport, SubjectKey
from apps.vault.services.keys import move_to_replaced, usable_data_keys

LOSE_KEYS = "keys.lose"
THIS_KEY, ALL_KEYS = (
    "this",
    "all",
)  # the key of one report, or every damaged key of its municipality


def damaged_keys(report: DamageReport, which: str):
    """The SubjectKeys (a queryset) that a report is about, as far as they are damaged now."""
    reports = DamageReport.objects.filter(
        municipality=report.municipality_id, table="", mended_at=None
    )
    if which != ALL_KEYS:
        reports = reports.filter(pk=report.pk)
    return SubjectKey.objects.filter(pk__in=reports.values("key_id"))


def effects_of_loss(report: DamageReport, which: str) -> ActEffects:
    """What declaring it lost would end: numbers, never names."""
    keys = damaged_keys(report, which)
    preview = {"keys": keys.count(), "students": keys.values("student").distinct().count()}
    return ActEffects(LOSE_KEYS if preview["keys"] else "", preview)


def propose_key_loss(report: DamageReport, which: str, *, by, reason: str) -> PendingAct:
    """Propose that damaged keys are lost for good. Raises pending_acts.CannotAct."""
    effects = effects_of_loss(report, which)
    if not effects.kind:
        raise pending_acts.CannotAct("いま、失われたと決められる鍵はありません。")
    return pending_acts.propose_effects(
        effects, report, title="失われた鍵", by=by, reason=reason, payload={"which": which}
    )


@transaction.atomic
def mark_key_lost(key: SubjectKey) -> bool:
    """Set a locked key aside as lost; whether it was. One that can be used again is kept.

    Nothing that it sealed is deleted: it opens again if its share is ever found. Raises
    StoreUnavailable.
    """
    if list(usable_data_keys([key])):
        return False
    move_to_replaced(key, lost_at=clock.now())
    return True
