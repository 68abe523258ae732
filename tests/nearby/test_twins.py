"""No adult near a child notices what happened: all they reach is as in a twin family.

The twin is the same family in a world where nothing happened: the same names, ids and times. So
also what all families share (counts, lists, orders) must not differ.
"""

import re
import uuid

import pytest
import time_machine
from django.test import Client

from apps.helpline.models.help_requests import HelpRequestQuerySet
from tests import factories
from tests.nearby import days, town
from tests.nearby.crawler import Seen, differences
from tests.nearby.worlds import TEN, Worlds

NOTHING = frozenset()
# Who must not notice anything at all.
FAMILY = {
    "hajime": "a guardian who is kept out", "hikaru": "an informed guardian",
    "midori": "a deciding guardian", "parent_at_home": "an informed guardian who is a nurse here",
    "hana": "a classmate", "named": "the teacher whom the child named",
}  # fmt: skip
STAFF = {
    "parent": "the nurse whose own child it is", "other_homeroom": "the teacher of another class",
    "office": "the school's office",
}  # fmt: skip
# Who reads check-ins, signs and answers for their work, and must not notice a help request.
CARING = {
    "homeroom": "the class teacher", "principal": "the school's lead",
    "nurse": "the nurse, whom the child did not choose",
    "named_in_emergency": "the teacher whom the child named, with emergency access",
}  # fmt: skip
MAY_KNOW = {
    "sakura": "the child", "counsellor": "whom the child chose",
    "clerk": "the last responder of the duty roster", "protector": "the city's route",
    "elsewhere": "the city's route", "officer": "the city's route",
    "privacy": "reads the complete record",
}  # fmt: skip
NOT_NEAR = {
    "ren": "a child of another family", "sibling": "another child, who reads what is their own",
    "other_guardian": "a guardian of another family", "away_nurse": "a nurse of another city",
    "helpdesk": "sees how many rows a file of the whole school has",
}  # fmt: skip
# [(who, addresses, why they may differ)]
MAY_DIFFER: list[tuple[tuple[str, ...], str, str]] = [
    (("midori",), r" /(pages/11|data)/", "what she herself asked the school"),
]


@pytest.fixture
def clock():
    with time_machine.travel(TEN, tick=False) as traveller:
        yield traveller


@pytest.fixture
def worlds(clock, cast, tmp_path, settings):
    return Worlds(town.build(cast, tmp_path, settings), clock)


def found(worlds, who, happened):
    """What these people get otherwise than where nothing happened, as lines."""
    twin, own = (
        worlds.after(each, lambda: {name: worlds.everything_for(name) for name in who})
        for each in (NOTHING, happened)
    )
    return [
        f"{name} {address}: {what}"
        for name in who
        for address, what in differences(twin[name], own[name])
        if not any(name in names and re.search(at, address) for names, at, _ in MAY_DIFFER)
    ]


def test_everybody_of_the_town_is_in_one_list(worlds):
    everybody = {*town.people(worlds.town), "named_in_emergency"}
    assert sorted([*FAMILY, *STAFF, *CARING, *MAY_KNOW, *NOT_NEAR]) == sorted(everybody)


@pytest.mark.parametrize("who", [FAMILY, STAFF], ids=["family", "staff"])
def test_whoever_must_not_know_notices_nothing(worlds, who):
    lines = found(worlds, who, days.EVERYTHING)
    assert not lines, "\n".join(lines)


def test_whoever_cares_for_the_class_notices_no_help_request(worlds):
    lines = found(worlds, CARING, days.SCHOOL_MUST_NOT_KNOW)
    assert not lines, "\n".join(lines)


def test_the_teacher_from_whom_words_are_kept_finds_a_check_in_without_words(worlds):
    lines = found(worlds, ["homeroom", "nurse"], {"words_kept_from_homeroom"})
    assert {line.split()[0] for line in lines} == {"nurse"}, "\n".join(lines)


def test_the_next_child_at_the_tablet_notices_nothing(worlds):
    def read(asks):
        client = Client()
        factories.force_sign_in(client, worlds.town.sakura.user)
        factories.with_recent_pin(client)
        client.get("/")
        if asks:
            data = {"wanted": "nurse", "words": days.SECRET, "form_key": uuid.uuid4()}
            assert client.post("/pages/2/", data).status_code == 302
            assert client.get("/pages/3/").status_code == 200
        left = client.post("/leave/")
        cookies = {name: len(each.value) for name, each in client.cookies.items()}
        nobody = worlds.everything_for("", client)
        factories.force_sign_in(client, worlds.town.hana.user)
        return left.headers, cookies, nobody, worlds.everything_for("hana", client)

    twin, own = (worlds.after(NOTHING, lambda each=each: read(each)) for each in (False, True))
    assert twin[:2] == own[:2]
    assert differences(twin[2], own[2]) == differences(twin[3], own[3]) == []


def test_a_leak_is_found(worlds, monkeypatch):
    monkeypatch.setattr(HelpRequestQuerySet, "visible_to", lambda requests, user: requests)
    lines = "\n".join(found(worlds, ["named"], days.SCHOOL_MUST_NOT_KNOW))
    assert "named get /admin/: " in lines
    assert "named get /admin/helpline/helprequest/: " in lines


@pytest.mark.parametrize("other", [
    [Seen(404, (), "a page")], [Seen(200, (("Content-Length", "7"),), "a page")],
    [Seen(200, (), "a  page")], [Seen(200, (), "a page")] * 2, [],
], ids=["status", "header", "size", "number", "none"])  # fmt: skip
def test_every_kind_of_difference_is_found(other):
    one = {"get /": [Seen(200, (), "a page")]}
    assert [address for address, _ in differences(one, {"get /": other})] == ["get /"]
    assert differences(one, dict(one)) == []


@pytest.mark.parametrize("kind", ["mail", "push"])
def test_a_message_at_another_time_is_found(kind):
    at = ({kind: [Seen(0, (("at", f"10:0{minute}"),), "/")]} for minute in (0, 1))
    assert [address for address, _ in differences(*at)] == [kind]
