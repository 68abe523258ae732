"""Hiding a wrong notice or place: at once, by one person; put back when a second does not agree."""

from django.db import transaction

from apps.audit.models import Action
from apps.notices.models import Notice, NoticeState, PublishState, SupportOrganisation
from apps.notices.services.counting import reach
from apps.notices.services.directory import withdraw_organisation
from apps.notices.services.publishing import withdraw
from apps.notices.services.rules import note
from apps.notices.services.waiting_edits import follow_edits
from apps.people import pending_acts
from apps.people.acts import Effects

NOTICE, ORGANISATION = "notice.hide", "organisation.hide"


NOTHING = Effects("", {})


def effects_of_hiding(row) -> Effects:
    """What hiding this published Notice or SupportOrganisation would take away."""
    if isinstance(row, Notice):
        shown = row.state == NoticeState.PUBLISHED
        names = [("届く学校", [school.name for school in row.schools.all()] or ["自治体の全校"])]
        preview = {"students": reach(row).n_students} if shown else {}
        kind = NOTICE if shown else ""
        return Effects(kind, preview, names, school_id=_one_school(row))
    shown = row.state == PublishState.PUBLISHED
    notices = Notice.objects.current().filter(organisations=row)
    names = (
        [("この窓口をのせたお知らせ", [str(notice) for notice in notices[:5]])] if notices else []
    )
    return Effects(ORGANISATION if shown else "", {"notices": len(notices)}, names)


@transaction.atomic
def hide(row, *, by, reason, words=""):
    """Hide a published Notice (who has read it reads ``words``) or SupportOrganisation at once.

    Returns the PendingAct that a second person confirms afterwards. Raises CannotPublish, and
    pending_acts.CannotAct without a reason.
    """
    effects = effects_of_hiding(row)
    if isinstance(row, Notice):
        withdraw(row, by=by, words=words)
    else:
        withdraw_organisation(row, by=by)
    return pending_acts.propose(
        effects.kind or ORGANISATION,
        thing_id=row.pk,
        title=str(row),
        municipality_id=row.municipality_id,
        school_id=_one_school(row),
        by=by,
        reason=reason,
        preview=effects.preview,
        payload={"changes": {"state": "withdrawn"}},
    )


def hiding_of(row):
    """The PendingAct that hid this Notice or SupportOrganisation and can still be stopped, or None."""
    return pending_acts.open_about(row, NOTICE, ORGANISATION)


def follow_acts():
    """Put back what was hidden by an act that was stopped, and close what was confirmed."""
    pending_acts.follow(NOTICE, ORGANISATION, put_back=_put_back)
    follow_edits()


def _put_back(act):
    if act.kind == NOTICE:
        model, values = Notice, {"withdrawn_at": None, "withdrawn_words": ""}
        hidden, shown = NoticeState.WITHDRAWN, NoticeState.PUBLISHED
    else:
        model, values = SupportOrganisation, {}
        hidden, shown = PublishState.WITHDRAWN, PublishState.PUBLISHED
    found = model.objects.select_for_update(of=["self"]).filter(pk=act.thing_id, state=hidden)
    if (row := found.first()) is not None:
        model.objects.filter(pk=row.pk).update(state=shown, **values)
        note(Action.RECORD_CHANGED, row, act.stopped_by, ["state"])


def _one_school(row):
    """The id of the one school a notice is for; None for several, or all."""
    schools = list(row.schools.values_list("pk", flat=True)[:2]) if isinstance(row, Notice) else []
    return schools[0] if len(schools) == 1 else None
