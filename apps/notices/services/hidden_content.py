"""Hides a wrong notice or organisation at once; restored when a second person does not agree."""

from django.db import transaction

from apps.audit.models import Action
from apps.notices.models import Notice, NoticeState, PublishState, SupportOrganisation
from apps.notices.services.edit_expiry import expire_edit
from apps.notices.services.notice_reach import count_reach
from apps.notices.services.organisations import withdraw_organisation
from apps.notices.services.pending_edits import follow_edit_acts, stored_values
from apps.notices.services.publication import withdraw_notice
from apps.notices.services.publication_rules import record_action
from apps.people.act_rules import ActEffects
from apps.people.models import PendingAct
from apps.people.services import act_processing, act_queries, pending_acts

HIDE_NOTICE, HIDE_ORGANISATION = "notice.hide", "organisation.hide"


NO_EFFECTS = ActEffects("", {})


def hiding_effects(row) -> ActEffects:
    """The effects of hiding this published Notice or SupportOrganisation."""
    if isinstance(row, Notice):
        shown = row.state == NoticeState.PUBLISHED
        names = [("届く学校", [school.name for school in row.schools.all()] or ["自治体の全校"])]
        preview = {"students": count_reach(row).n_students} if shown else {}
        kind = HIDE_NOTICE if shown else ""
        return ActEffects(kind, preview, names, school_id=_one_school(row))
    shown = row.state == PublishState.PUBLISHED
    notices = Notice.objects.current().filter(organisations=row)
    names = (
        [("この窓口をのせたお知らせ", [str(notice) for notice in notices[:5]])] if notices else []
    )
    return ActEffects(HIDE_ORGANISATION if shown else "", {"notices": len(notices)}, names)


@transaction.atomic
def hide(row, *, by, reason, words=""):
    """Hide a published Notice (its readers see ``words``) or SupportOrganisation at once.

    Returns the PendingAct that a second person confirms afterwards. Raises PublicationRefused, and
    pending_acts.CannotAct without a reason.
    """
    effects, hidden = hiding_effects(row), {}
    if isinstance(row, Notice):
        withdraw_notice(row, by=by, words=words)
    else:
        expire_edit(row)
        withdraw_organisation(row, by=by)
        hidden = {"hidden": stored_values(row)}
    return pending_acts.propose(
        effects.kind or HIDE_ORGANISATION,
        thing_id=row.pk,
        title=str(row),
        municipality_id=row.municipality_id,
        school_id=_one_school(row),
        by=by,
        reason=reason,
        preview=effects.preview,
        payload={"changes": {"state": "withdrawn"}, **hidden},
    )


def pending_hiding(row):
    """The PendingAct that hid this Notice or SupportOrganisation and can still be stopped, or None."""
    return act_queries.open_act_about(row, HIDE_NOTICE, HIDE_ORGANISATION)


def follow_acts():
    """Restore what was hidden by an act that was stopped, and finish what was confirmed."""
    act_processing.process_acts(HIDE_NOTICE, HIDE_ORGANISATION, put_back=_put_back)
    follow_edit_acts()


def _put_back(act):
    if act.kind == HIDE_NOTICE:
        _show_again(act, Notice, NoticeState.WITHDRAWN, withdrawn_at=None, withdrawn_words="")
        return
    # Changed while hidden, it is restored as a draft: nobody has checked the change.
    places = SupportOrganisation.objects.select_for_update(of=["self"])
    place = places.filter(pk=act.thing_id).first()
    is_checked = place is not None and place.verified_on is not None and _is_as_hidden(place, act)
    state = PublishState.PUBLISHED if is_checked else PublishState.DRAFT
    _show_again(act, SupportOrganisation, PublishState.WITHDRAWN, state=state)


def _show_again(act, model, hidden, *, state=NoticeState.PUBLISHED, **values):
    found = model.objects.select_for_update(of=["self"]).filter(pk=act.thing_id, state=hidden)
    if (row := found.first()) is not None:
        model.objects.filter(pk=row.pk).update(state=state, **values)
        record_action(Action.RECORD_CHANGED, row, act.stopped_by, ["state"])


def _is_as_hidden(place, act):
    return stored_values(place) == act.payload.get("hidden", stored_values(place))


def is_restored_as_draft(place: SupportOrganisation) -> bool:
    """Whether an organisation is a draft because its hiding was stopped after a change."""
    stopped = PendingAct.objects.filter(kind=HIDE_ORGANISATION, thing_id=str(place.pk))
    return place.state == PublishState.DRAFT and stopped.exclude(stopped_at=None).exists()


def _one_school(row):
    """The id of the one school a notice is for; None for several, or all."""
    schools = list(row.schools.values_list("pk", flat=True)[:2]) if isinstance(row, Notice) else []
    return schools[0] if len(schools) == 1 else None
