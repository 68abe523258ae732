"""Deleting rows that a file no longer states: needs a second person where it concerns several
students.
"""

from contextlib import suppress

from django.db import transaction

from apps.linkage.models import SyncRun
from apps.linkage.services.uploads import (
    ALREADY_DECIDED,
    UploadRefused,
    awaits_decision,
    decide_run,
)
from apps.people.act_rules import ActEffects
from apps.people.models import PendingAct
from apps.people.services import act_processing, act_queries, pending_acts

LOSE_RECORDS = "records.lose"
LOSS_NOT_COUNTED = "消える記録の数が まだ わかりません。さきに「取り込む」を 押してください。"


def loss_effects(run: SyncRun) -> ActEffects:
    """How many rows, of how many students, the file of a waiting run would delete."""
    if not awaits_decision(run) or not run.loss_sha256:
        return ActEffects("", {})
    preview = {"records": run.n_lost_records, "students": run.n_lost_students}
    names = [("連携元", [str(run.source)]), ("なぜ", [run.message])]
    return ActEffects(LOSE_RECORDS, preview, names, school_id=run.source.school_id)


@transaction.atomic
def propose_loss(run: SyncRun, *, by, reason) -> PendingAct:
    """Propose to import the file and delete what it no longer states; the PendingAct.

    Raises pending_acts.CannotAct.
    """
    run = SyncRun.objects.select_for_update(of=["self"]).get(pk=run.pk)
    effects = loss_effects(run)
    if not effects.kind:
        raise pending_acts.CannotAct(LOSS_NOT_COUNTED if awaits_decision(run) else ALREADY_DECIDED)
    return pending_acts.propose_effects(
        effects, run, at=run.source, title=str(run.source), by=by, reason=reason,
        payload={"changes": {"accepts_loss": True}},
    )  # fmt: skip


def pending_loss(run: SyncRun) -> PendingAct | None:
    """The PendingAct that would delete these rows, or None."""
    return act_queries.open_act_about(run, LOSE_RECORDS)


def follow_acts() -> None:
    """Continue the runs whose loss of rows a second person agreed to."""
    act_processing.process_acts(LOSE_RECORDS, carry_out=_lose)


def _lose(act):
    run = SyncRun.objects.filter(pk=act.thing_id).first()
    if run is not None:
        # Decided otherwise meanwhile, or its file is gone: nothing is deleted.
        with suppress(UploadRefused), transaction.atomic():
            decide_run(run, by=act.proposed_by, accepts_loss=True)
