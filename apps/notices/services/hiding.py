"""Hiding a wrong notice or place: at once, by one person; put back when a second does not agree."""

from django.db import transaction

from apps.audit.models import Action
from apps.notices.models import Notice, NoticeState, PublishState, SupportOrganisation
from apps.notices.services.counting import reach
from apps.notices.services.directory import withdraw_organisation
from apps.notices.services.edit_ends import end_edit
from apps.notices.services.publishing import withdraw
from apps.notices.services.rules import note
from apps.notices.services.waiting_edits import facts_of, follow_edits
from apps.people import pending_acts
from apps.people.acts import Effects
from apps.people.models import PendingAct

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
    effects, hidden = effects_of_hiding(row), {}
    if isinstance(row, Notice):
        withdraw(row, by=by, words=words)
    else:
        end_edit(row)
        withdraw_organisation(row, by=by)
        hidden = {"hidden": facts_of(row)}
    return pending_acts.propose(
        effects.kind or ORGANISATION,
        thing_id=row.pk,
        title=str(row),
        municipality_id=row.municipality_id,
        school_id=_one_school(row),
        by=by,
        reason=reason,
        preview=effects.preview,
        payload={"changes": {"state": "withdrawn"}, **hidden},
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
        _show_again(act, Notice, NoticeState.WITHDRAWN, withdrawn_at=None, withdrawn_words="")
        return
    # Changed while it was hidden, it comes back as a draft: nobody has checked it.
    places = SupportOrganisation.objects.select_for_update(of=["self"])
    place = places.filter(pk=act.thing_id).first()
    is_checked = place is not None and place.verified_on is not None and _is_as_hidden(place, act)
    state = PublishState.PUBLISHED if is_checked else PublishState.DRAFT
    _show_again(act, SupportOrganisation, PublishState.WITHDRAWN, state=state)


def _show_again(act, model, hidden, *, state=NoticeState.PUBLISHED, **values):
    found = model.objects.select_for_update(of=["self"]).filter(pk=act.thing_id, state=hidden)
    if (row := found.first()) is not None:
        model.objects.filter(pk=row.pk).update(state=state, **values)
        note(Action.RECORD_CHANGED, row, act.stopped_by, ["state"])


def _is_as_hidden(place, act):
    return facts_of(place) == act.payload.get("hidden", facts_of(place))


def is_back_as_draft(place: SupportOrganisation) -> bool:
    """Whether a place is a draft because its hiding was stopped after somebody changed it."""
    stopped = PendingAct.objects.filter(kind=ORGANISATION, thing_id=str(place.pk))
    return place.state == PublishState.DRAFT and stopped.exclude(stopped_at=None).exists()


def _one_school(row):
    """The id of the one school a notice is for; None for several, or all."""
    schools = list(row.schools.values_list("pk", flat=True)[:2]) if isinstance(row, Notice) else []
    return schools[0] if len(schools) == 1 else None
