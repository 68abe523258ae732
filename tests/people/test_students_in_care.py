"""Code reads a guardian's children in one way only, which excludes who is kept out."""

import re
from pathlib import Path

import pytest

APPS = Path(__file__).parents[2] / "apps"
PORTAL = Path(__file__).parents[2] / "kaga_portal"
CODE = [
    path
    for root in (APPS, PORTAL)
    for path in root.rglob("*.py")
    if "migrations" not in path.parts and "sandbox" not in path.parts
]
# What each may do and why: the roster's own rows; what staff see; the locked reading of a decision.
BY_SQL = {
    "apps/roster/services/merge.py", "apps/roster/services/identity_resolution.py", "apps/roster/services/change_preview.py",
    "apps/roster/services/leavers.py",
    "apps/people/models/guardians.py", "apps/consent/services/decision_context.py",
    "apps/consent/services/telephone_stops.py",
}  # fmt: skip
NAMED = {
    "apps/people/admin/roster.py": "staff: the roster's guardians",
    "apps/people/models/guardians.py": "the rule itself",
    "apps/people/services/guardian_standings.py": "staff: the new ones that wait for two people",
    "apps/consent/services/effectiveness.py": "tells the words that count from those that do not",
    "apps/disclosure/services/personal_data.py": "how many the roster names: the number must not tell",
    "apps/registration/print_lists.py": "staff: the list of a class, marked",
    "apps/registration/services/letters.py": "that a letter leads to nobody any more",
    "apps/registration/missing_guardians.py": "staff: whether a letter was printed, and never why not",
    "apps/registration/services/registration_contexts.py": "staff: what decides about a newcomer",
    "apps/registration/services/family_registrations.py": "the student: what relations there are, no standing",
    "apps/registration/services/print_runs.py": "staff: which letters the lead hands over",
    "apps/registration/services/letters_by_lead.py": "staff: whether anybody may still decide",
    "apps/consent/services/telephone_answers.py": "staff: whose call is not listed",
    "apps/people/services/kept_out_people.py": "staff: children of one guardian, of one account",
}


def place(path):
    return str(path.relative_to(APPS.parent))


def holding(pattern):
    return {place(path) for path in CODE if re.search(pattern, path.read_text(encoding="utf-8"))}


def test_no_query_asks_for_the_ties_of_today_by_itself():
    assert holding(r"guardianships__ended_at|guardianships__guardian__user") == {
        "apps/people/permissions.py"
    }


def test_tables_of_ties_are_read_by_sql_only_where_it_is_listed():
    assert holding(r"people_guardianship\b") <= BY_SQL


def test_those_kept_out_are_named_only_where_it_is_listed():
    assert holding(r"Guardianship\.objects\.named\(|guardianships\.named\(") <= set(NAMED)


@pytest.mark.parametrize("name", sorted(NAMED))
def test_the_list_names_nothing_that_is_gone(name):
    assert ".named()" in (APPS.parent / name).read_text(encoding="utf-8") or "models" in name
