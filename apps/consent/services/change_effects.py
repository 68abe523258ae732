"""What a change of policy or programme would end and begin: numbers and names, before it is made."""

from datetime import date, timedelta

from apps.consent.models import Programme, Purpose, PurposePolicy
from apps.consent.services.effectiveness import (
    POLICY_BEGIN,
    POLICY_END,
    PROGRAMME_BEGIN,
    PROGRAMME_END,
    copy_with_changes,
    terms_after,
    terms_of,
)
from apps.consent.services.mass_reconciliation import affected_students
from apps.core.clock import today
from apps.people.act_rules import ActEffects
from apps.people.models import Role, StaffPost
from apps.people.permissions import roles_that_may_open
from apps.vault.models import SubjectKey

SHORTEN_RETENTION, NARROW_ACCESS = "policy.keep_shorter", "access.narrow"
TERM_FIELDS = ("begins_on", "ends_on")


def effects_of_policy(policy, changes) -> ActEffects:
    """What saving ``changes`` ({field: value as stored}) to a stored PurposePolicy would do."""
    after = copy_with_changes(policy, changes)
    programme = Programme.objects.filter(municipality=policy.municipality_id)
    days = days_to_compare([*programme, policy, after])
    ends, begins = _changed(policy.municipality_id, POLICY_END, policy.pk, changes, days)
    staff, roles = _losing(policy, after)
    names = _names(ends, begins) + ([("内容を開けなくなる立場", roles)] if roles else [])
    n = {"begins": _n_students(begins), "staff": staff}
    if ends:
        return ActEffects(POLICY_END, _n_ending(ends) | n, names)
    own = [("利用目的", [policy.get_purpose_display()])]
    if after.kept_days < policy.kept_days and (linked := _n_linked(policy)):
        return ActEffects(SHORTEN_RETENTION, {"students": linked, **n}, own + names)
    if begins:
        return ActEffects(POLICY_BEGIN, n, names)
    if staff:
        return ActEffects(NARROW_ACCESS, {"staff": staff}, own + names)
    return ActEffects("", {})


def effects_of_programme(programme, changes) -> ActEffects:
    """What saving ``changes`` to a Programme, stored or new, would do."""
    dates = {
        name: changes.get(name) or getattr(programme, name).isoformat() for name in TERM_FIELDS
    }
    city = programme.municipality_id
    policies = PurposePolicy.objects.filter(municipality=city)
    days = days_to_compare([*policies, programme, copy_with_changes(programme, dates)])
    ends, begins = _changed(city, PROGRAMME_END, programme.pk, dates, days)
    n = {"begins": _n_students(begins)}
    if ends:
        return ActEffects(PROGRAMME_END, _n_ending(ends) | n, _names(ends, begins))
    return ActEffects(PROGRAMME_BEGIN, n, _names(ends, begins)) if begins else ActEffects("", {})


def days_to_compare(rows) -> list[date]:
    """Today, and the coming days on which the term of one of these rows begins or ends.

    An earlier end is judged on the first day that it takes away, however far off.
    """
    days = {row.begins_on for row in rows} - {None}
    days |= {
        row.ends_on + timedelta(days=1) for row in rows if row.ends_on and row.ends_on < date.max
    }
    return [today(), *sorted(day for day in days if day > today())]


def _changed(municipality_id, kind, thing_id, changes, days):
    """(ending, beginning), each {purpose: {student ids}}, on any of the days."""
    before = [terms_of(municipality_id, on=day) for day in days]
    pairs = [(terms, terms_after(terms, kind, str(thing_id), changes)) for terms in before]
    return affected_students(municipality_id, pairs)


def _n_students(found):
    return len(set().union(*found.values()))


def _n_ending(ends):
    return {"keys": sum(map(len, ends.values())), "students": _n_students(ends)}


def _n_linked(policy):
    keys = SubjectKey.objects.filter(municipality=policy.municipality_id, purpose=policy.purpose)
    return keys.count()


def _losing(before, after):
    """(how many people lose the right to open, the roles in words)."""
    may = roles_that_may_open(before.purpose)
    gone = (set(before.readers) & may) - set(after.readers)
    posts = StaffPost.objects.current().filter(municipality=before.municipality_id, role__in=gone)
    n = posts.exclude(user=None).values("user").distinct().count() if gone else 0
    return n, [str(role.label) for role in Role if role in gone] if n else []


def _names(ends, begins):
    found = [("終わる利用目的", ends), ("はじまる・続く利用目的", begins)]
    return [
        (what, [f"{Purpose(purpose).label}({len(who)}人)" for purpose, who in sorted(each.items())])
        for what, each in found
        if each
    ]
