"""What a change of policy or term would end and begin, in numbers and names, before it is made."""

from datetime import date, timedelta

from apps.consent.models import Programme, Purpose, PurposePolicy
from apps.consent.services.settling import count_changed
from apps.consent.services.standings import (
    POLICY_BEGIN,
    POLICY_END,
    PROGRAMME_BEGIN,
    PROGRAMME_END,
    changed,
    terms_of,
    with_changes,
)
from apps.core.clock import today
from apps.people.acts import Effects
from apps.people.models import Role, StaffPost
from apps.people.permissions import openers
from apps.vault.models import SubjectKey

KEEP_SHORTER, NARROW = "policy.keep_shorter", "access.narrow"
DATES = ("begins_on", "ends_on")


def effects_of_policy(policy, changes) -> Effects:
    """What saving ``changes`` ({field: value as kept}) to a stored PurposePolicy would do."""
    after = with_changes(policy, changes)
    programme = Programme.objects.filter(municipality=policy.municipality_id)
    days = days_judged([*programme, policy, after])
    ends, begins = _changed(policy.municipality_id, POLICY_END, policy.pk, changes, days)
    staff, roles = _losing(policy, after)
    names = _names(ends, begins) + ([("内容を開けなくなる立場", roles)] if roles else [])
    n = {"begins": _n_students(begins), "staff": staff}
    if ends:
        return Effects(POLICY_END, _n_ending(ends) | n, names)
    own = [("利用目的", [policy.get_purpose_display()])]
    if after.kept_days < policy.kept_days and (linked := _n_linked(policy)):
        return Effects(KEEP_SHORTER, {"students": linked, **n}, own + names)
    if begins:
        return Effects(POLICY_BEGIN, n, names)
    if staff:
        return Effects(NARROW, {"staff": staff}, own + names)
    return Effects("", {})


def effects_of_programme(programme, changes) -> Effects:
    """What saving ``changes`` to a Programme, stored or new, would do."""
    dates = {name: changes.get(name) or getattr(programme, name).isoformat() for name in DATES}
    city = programme.municipality_id
    policies = PurposePolicy.objects.filter(municipality=city)
    days = days_judged([*policies, programme, with_changes(programme, dates)])
    ends, begins = _changed(city, PROGRAMME_END, programme.pk, dates, days)
    n = {"begins": _n_students(begins)}
    if ends:
        return Effects(PROGRAMME_END, _n_ending(ends) | n, _names(ends, begins))
    return Effects(PROGRAMME_BEGIN, n, _names(ends, begins)) if begins else Effects("", {})


def days_judged(rows) -> list[date]:
    """Today, and the coming days on which the term of one of these rows begins or is over.

    An end that was moved nearer is seen on the first day that it takes away, however far off.
    """
    days = {row.begins_on for row in rows} - {None}
    days |= {
        row.ends_on + timedelta(days=1) for row in rows if row.ends_on and row.ends_on < date.max
    }
    return [today(), *sorted(day for day in days if day > today())]


def _changed(municipality_id, kind, thing_id, changes, days):
    """(ending, beginning), each {purpose: {student ids}}, on any of the days."""
    before = [terms_of(municipality_id, on=day) for day in days]
    pairs = [(terms, changed(terms, kind, str(thing_id), changes)) for terms in before]
    return count_changed(municipality_id, pairs)


def _n_students(found):
    return len(set().union(*found.values()))


def _n_ending(ends):
    return {"keys": sum(map(len, ends.values())), "students": _n_students(ends)}


def _n_linked(policy):
    keys = SubjectKey.objects.filter(municipality=policy.municipality_id, purpose=policy.purpose)
    return keys.count()


def _losing(before, after):
    """(how many people lose the right to open, the roles in words)."""
    may = openers(before.purpose)
    gone = (set(before.readers) & may) - set(after.readers)
    posts = StaffPost.objects.current().filter(municipality=before.municipality_id, role__in=gone)
    n = posts.exclude(user=None).values("user").distinct().count() if gone else 0
    return n, [role.label for role in Role if role in gone] if n else []


def _names(ends, begins):
    found = [("終わる利用目的", ends), ("はじまる・続く利用目的", begins)]
    return [
        (what, [f"{Purpose(purpose).label}({len(who)}人)" for purpose, who in sorted(each.items())])
        for what, each in found
        if each
    ]
