"""Staff who are a guardian of a child read nothing about the child's other guardians."""

import re

import pytest
from django.contrib import admin
from django.urls import NoReverseMatch, reverse

from apps.people.models import Guardian, Guardianship, Role, User
from apps.people.permission_tables import FAMILY_VERBS, ROLES_BY_VERB
from apps.people.permissions import (
    classes_where,
    students_where,
    visible_guardianships,
    visible_students,
)
from apps.people.services import pending_acts
from apps.registration.print_lists import CardPrintList
from tests import factories
from tests.registration.confirmation_helpers import come, letter_of

MOTHER, NEWCOMER = "隠山", "待鳥"  # a confirmed guardian who is hidden, and one who waits
MOST_PAGES = 60  # of one walk
READERS = ["homeroom", "office", "nurse", "principal", "officer", "helpdesk"]


@pytest.fixture
def family(cast):
    """Two guardians of Sakura who must stay unknown: one confirmed, one waiting."""
    cast.mother = factories.guardian(cast.sakura, "ひみ", "mother@example.com")
    Guardian.objects.filter(pk=cast.mother.pk).update(family_name=MOTHER)
    Guardianship.objects.filter(guardian=cast.mother).update(must_stay_unknown=True)
    letter = letter_of(cast.sakura, by=cast.helpdesk.user)
    cast.waiting = come(
        letter, "newcomer@example.com", family=NEWCOMER, listed=False, has_secret=True
    )
    factories.student(cast.class_1, "あおい", number=8)
    return cast


def again(post):
    return User.objects.get(pk=post.user_id)


def first_pages():
    """The first page and the list of every admin page."""
    yield reverse("admin:index")
    for model in admin.site._registry:
        try:
            yield reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_changelist")
        except NoReverseMatch:
            continue


def row_pages(cast):
    """The pages of the rows about Sakura and her guardians, whether or not a list links them."""
    rows = [cast.sakura, cast.mother, cast.waiting.guardian, cast.waiting, cast.midori]
    rows += Guardianship.objects.filter(student=cast.sakura)
    for row in rows:
        for name in ("change", "history"):
            try:
                label = f"{row._meta.app_label}_{row._meta.model_name}"
                yield reverse(f"admin:{label}_{name}", args=[row.pk])
            except NoReverseMatch:
                continue


def walk(client, cast):
    """{word: the pages that show it} over the admin pages that lead on from the first ones."""
    todo, seen, found = [*row_pages(cast), *first_pages()], set(), {MOTHER: set(), NEWCOMER: set()}
    n_must = len(todo)
    while todo and len(seen) < n_must + MOST_PAGES:
        address = todo.pop(0)
        if address in seen or "logout" in address or re.search(r"[?&](o|_facets|all)=", address):
            continue
        seen.add(address)
        answer = client.get(address)
        text = answer.content.decode(errors="replace")
        for word, pages in found.items():
            if word in text:
                pages.add(address)
        links = re.findall(r'href="(/admin[^"#]*)', text)
        todo += [each.replace("&amp;", "&") for each in links]
        if answer.status_code in (301, 302) and answer.url.startswith("/admin"):
            todo.append(answer.url)
    return found


@pytest.mark.parametrize("who", READERS)
def test_no_admin_page_names_another_guardian_of_the_readers_own_child(family, sign_in, who):
    parent = factories.make_parent(getattr(family, who), family.sakura)
    assert walk(sign_in(parent), family) == {MOTHER: set(), NEWCOMER: set()}


@pytest.mark.parametrize("who", ["homeroom", "nurse"])
def test_a_colleague_who_is_no_parent_reads_them_as_the_post_allows(family, sign_in, who):
    found = walk(sign_in(getattr(family, who).user), family)
    assert found[MOTHER]
    assert bool(found[NEWCOMER]) is (who == "nurse")  # the nurse may confirm, not the homeroom


@pytest.mark.parametrize("standing", ["kept_out", "informed", "decides"])
def test_guardians_of_the_own_child_are_named_to_nobody_who_is_a_parent(family, standing):
    parent = factories.make_parent(family.nurse, family.sakura, standing=standing)
    named = visible_guardianships(parent)
    assert not named.filter(student=family.sakura).exists()
    assert named.filter(student=family.ren).exists()  # another family as for any colleague


@pytest.mark.parametrize("who", READERS)
def test_unconfirmed_newcomers_are_named_to_those_who_may_confirm(family, who):
    post = getattr(family, who)
    named = visible_guardianships(again(post)).filter(student=family.sakura)
    may_confirm = post.role in ROLES_BY_VERB["registrations.confirm"]
    assert named.filter(guardian=family.waiting.guardian).exists() is may_confirm
    assert named.filter(guardian=family.mother).exists()


def test_a_newcomer_who_was_refused_is_not_named_to_the_homeroom_teacher_either(family):
    Guardianship.objects.filter(guardian=family.waiting.guardian).update(
        ended_at="2026-01-01T00:00:00+09:00"
    )
    named = visible_guardianships(again(family.homeroom)).filter(student=family.sakura)
    assert not named.filter(guardian=family.waiting.guardian).exists()


@pytest.mark.parametrize("verb", sorted(FAMILY_VERBS))
def test_no_post_reaches_the_own_child_with_a_verb_about_families(family, verb):
    role = sorted(ROLES_BY_VERB[verb])[0]
    is_of_city = role in (Role.CITY, Role.HELPDESK, Role.PRIVACY)
    place = {"of": family.city} if is_of_city else {"at": family.school}
    if role == Role.HOMEROOM:
        place["in_class"] = family.class_1
    post = factories.staff_post(role, **place)
    reached = type(family.sakura).objects.filter(students_where(again(post), verb))
    assert family.sakura in reached
    parent = factories.make_parent(post, family.sakura)
    reached = type(family.sakura).objects.filter(students_where(parent, verb))
    assert family.sakura not in reached and reached.exists()


def test_a_homeroom_teacher_still_has_their_own_child_in_the_class_list(family):
    parent = factories.make_parent(family.homeroom, family.sakura)
    assert family.sakura in visible_students(parent)
    assert family.sakura in type(family.sakura).objects.filter(
        students_where(parent, "checkins.view")
    )


def test_nobody_prints_the_login_card_of_their_own_child(family, sign_in):
    parent = factories.make_parent(family.homeroom, family.sakura)
    assert [student.given_name for student in CardPrintList.people(parent, family.class_1)] == [
        "あおい"
    ]
    page = reverse("admin:registration_cards", args=[family.class_1.pk])
    assert family.sakura.given_name not in sign_in(parent).get(page).content.decode()
    reset = reverse("admin:registration_pin_reset", args=[family.class_1.pk, family.sakura.pk])
    assert sign_in(parent).get(reset).status_code == 404
    assert family.class_1 in classes_where(parent, "cards.print")


def test_an_act_about_a_guardian_of_the_own_child_is_on_no_list(family, sign_in):
    guardianship = Guardianship.objects.get(guardian=family.mother)
    act = pending_acts.propose(
        "guardian.let_in", thing_id=guardianship.pk, title="x", municipality_id=family.city.pk,
        school_id=family.school.pk, by=family.principal.user, reason="書類を見たため", preview={"guardians": 1, "ends": 0, "resumes": 0},
    )  # fmt: skip
    page = reverse("admin:people_pendingact_change", args=[act.pk])
    assert sign_in(family.officer.user).get(page).status_code == 200
    parent = factories.make_parent(family.officer, family.sakura)
    assert sign_in(parent).get(page).status_code != 200
