"""Letting rows go that a file no longer states: asked of a second person where it is many's."""

from contextlib import suppress

from django.db import transaction

from apps.linkage.models import SyncRun
from apps.linkage.services.receiving import DECIDED, CannotReceive, decide, waits
from apps.people import pending_acts
from apps.people.acts import Effects
from apps.people.models import PendingAct

LOSE = "records.lose"
NOT_ASKED = "消える記録の数が まだ わかりません。さきに「取り込む」を 押してください。"


def effects_of_loss(run: SyncRun) -> Effects:
    """How many rows, of how many students, the file of a run that waits would take away."""
    if not waits(run) or not run.loss_sha256:
        return Effects("", {})
    preview = {"records": run.n_lost_records, "students": run.n_lost_students}
    names = [("連携元", [str(run.source)]), ("なぜ", [run.message])]
    return Effects(LOSE, preview, names, school_id=run.source.school_id)


@transaction.atomic
def propose_loss(run: SyncRun, *, by, reason) -> PendingAct:
    """Ask to take the file in and let go what it no longer states; the PendingAct.

    Raises pending_acts.CannotAct.
    """
    run = SyncRun.objects.select_for_update(of=["self"]).get(pk=run.pk)
    effects = effects_of_loss(run)
    if not effects.kind:
        raise pending_acts.CannotAct(NOT_ASKED if waits(run) else DECIDED)
    return pending_acts.propose(
        LOSE,
        thing_id=run.pk,
        title=str(run.source),
        municipality_id=run.municipality_id,
        school_id=run.source.school_id,
        by=by,
        reason=reason,
        preview=effects.preview,
        payload={"changes": {"accepts_loss": True}},
    )


def losing_of(run: SyncRun) -> PendingAct | None:
    """The PendingAct that would let these rows go, or None."""
    return pending_acts.open_about(run, LOSE)


def follow_acts() -> None:
    """Let the runs go on whose loss a second person agreed to."""
    pending_acts.follow(LOSE, carry_out=_lose)


def _lose(act):
    run = SyncRun.objects.filter(pk=act.thing_id).first()
    if run is not None:
        # Decided otherwise in between, or its file is gone: nothing is taken away.
        with suppress(CannotReceive), transaction.atomic():
            decide(run, by=act.proposed_by, accepts_loss=True)
