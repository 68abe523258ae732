"""Admin searches are posted and kept in the session: no URL contains a name."""

import pytest
from django.contrib import admin
from django.urls import reverse

from apps.people.admin_bases.private_search import MAX_SEARCHES, SESSION_KEY, PrivateSearchAdmin
from tests import factories

STUDENTS = reverse("admin:people_student_changelist")


@pytest.fixture
def desk(cast, sign_in):
    return sign_in(cast.principal.user)


def search(desk, words, at=STUDENTS):
    return desk.post(at, {"search_words": words})


def listed(desk, address):
    return [student.given_name for student in desk.get(address).context["cl"].result_list]


def test_the_address_of_a_search_holds_none_of_its_words(cast, desk):
    address = search(desk, cast.sakura.given_name)["Location"]
    assert address.startswith(f"{STUDENTS}?q=") and len(address) < len(STUDENTS) + 20
    assert listed(desk, address) == [cast.sakura.given_name]
    assert f'value="{cast.sakura.given_name}"' in desk.get(address).content.decode()


def test_filters_stay_and_the_page_begins_anew(cast, desk):
    address = search(desk, "カガ", f"{STUDENTS}?grade=J1&p=3")["Location"]
    assert "grade=J1" in address and "p=3" not in address
    page = desk.get(address)
    assert page.status_code == 200
    assert 'action="?grade=J1"' in page.content.decode()


def test_pages_of_what_was_found_are_turned(cast, desk, monkeypatch):
    monkeypatch.setattr(admin.site._registry[type(cast.sakura)], "list_per_page", 2)
    for number in range(2, 7):
        factories.student(cast.class_1, f"こまつ{number}", number=number)
    address = search(desk, "こまつ")["Location"]
    first = listed(desk, address)
    second = listed(desk, STUDENTS + desk.get(address).context["cl"].next_url)
    assert len(first) == len(second) == 2
    assert not set(first) & set(second)


def test_an_empty_search_shows_all(cast, desk):
    assert search(desk, "  ")["Location"] == STUDENTS


def test_the_same_words_keep_their_key(desk):
    assert search(desk, "さくら")["Location"] == search(desk, "さくら")["Location"]


def test_another_session_finds_nothing_under_the_key(cast, desk, sign_in):
    address = search(desk, cast.sakura.given_name)["Location"]
    page = sign_in(cast.nurse.user).get(address)
    assert "もう一度入れてください" in page.content.decode()
    assert f'value="{cast.sakura.given_name}"' not in page.content.decode()


def test_a_name_in_an_old_address_is_not_looked_for(cast, desk):
    page = desk.get(STUDENTS, {"q": cast.sakura.given_name})
    assert "もう一度入れてください" in page.content.decode()
    assert page.context["cl"].result_count > 1


def test_only_the_last_searches_are_kept(desk):
    for number in range(MAX_SEARCHES + 5):
        search(desk, f"語{number}")
    searches = [words for _, words in desk.session[SESSION_KEY]]
    assert searches == [f"語{number}" for number in range(5, MAX_SEARCHES + 5)]


@pytest.mark.parametrize("words", ["あ" * 201, "x" * 5000])
def test_words_too_long_are_told_and_not_kept(desk, words):
    page = desk.post(STUDENTS, {"search_words": words}, follow=True)
    assert "200字まで" in page.content.decode()
    assert SESSION_KEY not in desk.session


def test_who_may_not_see_a_list_searches_in_none(cast, sign_in):
    nobody = sign_in(cast.midori.user)
    answer = search(nobody, "さくら")
    assert answer.status_code in (302, 403)
    assert SESSION_KEY not in nobody.session


def test_every_list_with_a_search_posts_it():
    # those of libraries are open to nobody: rights come from posts alone
    ours = [
        each
        for each in admin.site._registry.values()
        if type(each).__module__.startswith(("apps.", "kaga_portal."))
    ]
    searched = [each for each in ours if each.search_fields]
    assert len(searched) > 4
    assert all(isinstance(each, PrivateSearchAdmin) for each in searched)
    assert not [each for each in ours if each.autocomplete_fields]
