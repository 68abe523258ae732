"""No adult near a child notices what happened: all they reach is as in a twin family.

The twin is the same family in a world where nothing happened: the same names, ids and times. So
also what all families share (counts, lists, orders) must not differ.
"""

import re
import uuid

import pytest
import time_machine
from django.db import transaction
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


def lines_of(twin, own):
    """What these people get otherwise than in the twin world, as lines."""
    return [
        f"{name} {address}: {what}"
        for name in own
        for address, what in differences(twin[name], own[name])
        if not any(name in names and re.search(at, address) for names, at, _ in MAY_DIFFER)
    ]


def test_everybody_of_the_town_is_in_one_list(worlds):
    everybody = {*town.people(worlds.town), "named_in_emergency"}
    assert sorted([*FAMILY, *STAFF, *CARING, *MAY_KNOW, *NOT_NEAR]) == sorted(everybody)


def test_nobody_near_notices_what_happened(worlds, monkeypatch):
    """Pages, forms, files, mails and push messages, in the days themselves and weeks later.

    For whoever cares for the class the twin world has low answers, signs and a case too: theirs
    differ in the help requests and what came of them.
    """
    near = (*FAMILY, *STAFF)

    def read_nothing():
        homeroom = worlds.everything_for("homeroom", sends=False)
        return {"homeroom": homeroom} | worlds.readings(*near, is_later=True)

    nothing = worlds.after(NOTHING, read_nothing)
    at_home = worlds.after(days.AT_HOME, lambda: worlds.readings(*CARING, is_later=True))

    def read():
        with monkeypatch.context() as leaky:
            leaky.setattr(HelpRequestQuerySet, "visible_to", lambda requests, user: requests)
            leaks = worlds.everything_for("named", is_short=True)
        return leaks, worlds.readings(*near, *CARING, is_later=True)

    leaks, everything = worlds.after(days.EVERYTHING, read)
    lines = lines_of(nothing, {name: everything[name] for name in near})
    lines += lines_of(at_home, {name: everything[name] for name in CARING})
    assert not lines, "\n".join(lines)
    # a leak is found
    assert "get /admin/" in dict(differences(nothing["named"], leaks))
    # the class teacher from whom words are kept finds a check-in without words; the nurse reads them
    words = worlds.after(
        {"words_kept_from_homeroom"},
        lambda: {who: worlds.everything_for(who, sends=False) for who in ("homeroom", "nurse")},
    )
    assert not lines_of(nothing, {"homeroom": words["homeroom"]})
    assert days.SECRET in str([seen.body for each in words["nurse"].values() for seen in each])


def test_the_next_child_at_the_tablet_notices_nothing(worlds):
    def read(asks):
        with transaction.atomic():
            found = _read(asks)
            transaction.set_rollback(True)
        return found

    def _read(asks):
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

    twin, own = worlds.after(NOTHING, lambda: [read(asks) for asks in (False, True)])
    assert twin[:2] == own[:2]
    assert differences(twin[2], own[2]) == differences(twin[3], own[3]) == []


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
