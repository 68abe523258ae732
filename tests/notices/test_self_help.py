"""Self-help cards: drafts until a counsellor approves them; reading them leaves no trace."""

import json
import logging
import re
import uuid
from pathlib import Path

import pytest
from django.apps import apps
from django.conf import settings
from django.core.cache import cache
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from apps.core.log_formats import UNTRACED_PATHS, UntracedPages
from apps.notices import self_help_cards
from apps.notices.models import SelfHelpApproval
from apps.notices.models.self_help import SelfHelpTopic
from apps.notices.self_help_cards import SELF_HELP_CARDS, card_digest
from apps.notices.services import self_help
from apps.notices.services.publication_rules import PublicationRefused
from apps.signin.session_lifetime import NO_ACTIVITY
from tests import factories
from tests.ruby_readings import kanji_without_reading

CARDS = reverse("notices:cards")
DESK = "admin:notices_self_help"
CITY = {"city": "172065"}  # which a visitor's address names
SLEEP = SELF_HELP_CARDS[0]


@pytest.fixture
def counsellor(cast):
    return factories.staff_post("counsellor", cast.school, name="相談の人").user


@pytest.fixture
def shown(cast, counsellor):
    for card in SELF_HELP_CARDS:
        row = self_help.propose_card(cast.city, card.code, by=cast.officer.user)
        self_help.approve_card(row, by=counsellor, seen=card_digest(card))
    return cast


def titles(client):
    return re.findall(r"<summary><h2>(.*?)</h2>", client.get(CARDS, CITY).content.decode())


# -- what they are ---------------------------------------------------------------------------------


def test_the_cards_are_those_of_the_topics_and_short():
    assert [card.code for card in SELF_HELP_CARDS] == SelfHelpTopic.values
    assert all(len(card.steps) <= 3 for card in SELF_HELP_CARDS)


@pytest.mark.parametrize("card", SELF_HELP_CARDS, ids=lambda card: card.code)
def test_each_card_ends_in_a_person(card):
    assert re.search("先生|大人|の人", str(card.person))


def test_every_kanji_of_the_cards_carries_its_reading(shown, client):
    html = client.get(CARDS, CITY).content.decode()
    assert len(titles(client)) == len(SELF_HELP_CARDS)
    assert kanji_without_reading(html) == []


# -- drafts until a counsellor approves ------------------------------------------------------------


def test_nothing_is_shown_or_linked_before_a_counsellor_has_approved(
    cast, client, sign_in, counsellor
):
    assert titles(client) == []
    assert CARDS not in sign_in(cast.sakura.user).get(reverse("helpline:start")).content.decode()
    row = self_help.propose_card(cast.city, "sleep", by=cast.officer.user)
    assert titles(client) == []
    self_help.approve_card(row, by=counsellor, seen=row.digest)
    assert len(titles(client)) == 1
    assert CARDS in sign_in(cast.sakura.user).get(reverse("helpline:start")).content.decode()


@pytest.mark.parametrize("who", ["officer", "principal", "nurse", "homeroom", "midori", "sakura"])
def test_nobody_but_a_counsellor_approves(cast, who):
    row = self_help.propose_card(cast.city, "net", by=cast.officer.user)
    with pytest.raises(PublicationRefused):
        self_help.approve_card(row, by=getattr(cast, who).user, seen=row.digest)


def test_who_proposed_does_not_approve_under_another_post(cast):
    other = factories.staff_post("counsellor", cast.school, name="二つの担当")
    other.master_id = cast.officer.master_id = uuid.uuid4()
    for post in (other, cast.officer):
        post.save(update_fields=["master_id"])
    row = self_help.propose_card(cast.city, "net", by=cast.officer.user)
    with pytest.raises(PublicationRefused, match="別の人"):
        self_help.approve_card(row, by=other.user, seen=row.digest)


@pytest.mark.parametrize("who", ["nurse", "homeroom", "midori", "sakura"])
def test_only_who_edits_notices_proposes(cast, who):
    with pytest.raises(PublicationRefused):
        self_help.propose_card(cast.city, "net", by=getattr(cast, who).user)


def test_a_counsellor_of_another_city_approves_nothing_here(cast):
    away = factories.school(factories.municipality("999999", "ほかの市"))
    other = factories.staff_post("counsellor", away, name="よその相談の人").user
    row = self_help.propose_card(cast.city, "net", by=cast.officer.user)
    with pytest.raises(PublicationRefused):
        self_help.approve_card(row, by=other, seen=row.digest)


@pytest.mark.parametrize("seen", ["", "x", "0" * 16])
def test_words_that_the_counsellor_has_not_seen_are_not_approved(cast, counsellor, seen):
    row = self_help.propose_card(cast.city, "net", by=cast.officer.user)
    with pytest.raises(PublicationRefused, match="もう一度読んで"):
        self_help.approve_card(row, by=counsellor, seen=seen)


def test_other_words_are_drafts_again(shown, client, monkeypatch):
    monkeypatch.setattr(self_help, "card_digest", lambda card: "f" * 16)
    assert titles(client) == []
    row = self_help.propose_card(shown.city, "sleep", by=shown.officer.user)
    assert row.digest == "f" * 16
    assert SelfHelpApproval.objects.standing().filter(topic="sleep").count() == 1


def test_one_person_takes_a_card_away_at_once(shown, client, counsellor):
    for user, topic in ((shown.officer.user, "sleep"), (counsellor, "net")):
        row = SelfHelpApproval.objects.standing().get(topic=topic)
        self_help.withdraw_card(row, by=user)
        with pytest.raises(PublicationRefused):
            self_help.withdraw_card(row, by=user)
    assert len(titles(client)) == len(SELF_HELP_CARDS) - 2
    with pytest.raises(PublicationRefused):
        self_help.withdraw_card(SelfHelpApproval.objects.standing().first(), by=shown.nurse.user)


@pytest.mark.parametrize("code", ["", "evil", "x" * 99])
def test_an_unknown_card_is_refused(cast, code):
    with pytest.raises(PublicationRefused):
        self_help.propose_card(cast.city, code, by=cast.officer.user)


def test_asking_twice_is_one_request(cast):
    self_help.propose_card(cast.city, "net", by=cast.officer.user)
    with pytest.raises(PublicationRefused):
        self_help.propose_card(cast.city, "net", by=cast.officer.user)
    assert SelfHelpApproval.objects.count() == 1


# -- the staff's page ------------------------------------------------------------------------------


def press(browser, verb, **more):
    data = {"verb": verb, "city": "172065", "topic": "sleep", **more}
    return browser.post(reverse(DESK), data, follow=True)


def test_the_city_asks_and_a_counsellor_reads_and_approves(cast, sign_in, counsellor, client):
    desk, other = sign_in(cast.officer.user), sign_in(counsellor)
    assert "下書き(生徒には出ません)" in desk.get(reverse(DESK)).content.decode()
    press(desk, "propose")
    page = other.get(reverse(DESK)).content.decode()
    assert "スクールカウンセラーの確認待ち" in page
    assert kanji_without_reading(re.search(r"<article.*?</article>", page, re.DOTALL)[0].partition("<form")[0].partition("<ul>")[2]) == []  # fmt: skip
    press(other, "approve", seen=card_digest(SLEEP))
    assert len(titles(client)) == 1
    assert "生徒に出ています" in press(desk, "withdraw").content.decode() or titles(client) == []
    assert titles(client) == []


@pytest.mark.parametrize("verb", ["", "evil", "approve", "withdraw"])
def test_a_button_that_is_not_there_changes_nothing(cast, sign_in, verb):
    assert press(sign_in(cast.officer.user), verb).status_code == 404
    assert not SelfHelpApproval.objects.exists()


def test_a_counsellor_is_told_that_cards_wait(cast, sign_in, counsellor):
    assert self_help.cards_to_approve(counsellor) == 0
    self_help.propose_card(cast.city, "net", by=cast.officer.user)
    assert self_help.cards_to_approve(counsellor) == 1
    assert self_help.cards_to_approve(cast.nurse.user) == 0
    assert reverse(DESK) in sign_in(counsellor).get(reverse("admin:index")).content.decode()


# -- no trace --------------------------------------------------------------------------------------


def everything():
    """How many rows each table has."""
    return {model._meta.label: model._default_manager.count() for model in apps.get_models()}


@pytest.mark.parametrize("who", ["sakura", ""])
def test_reading_writes_nothing_anywhere(shown, sign_in, client, caplog, who):
    browser = sign_in(getattr(shown, who).user) if who else client
    browser.get(reverse("portal:home"))
    session = dict(browser.session)
    before, keys = everything(), sorted(cache.keys("*")) if hasattr(cache, "keys") else None
    with (
        caplog.at_level(logging.DEBUG),
        CaptureQueriesContext(
            connection,
        ) as asked,
    ):
        answer = browser.get(CARDS, CITY)
    assert answer.status_code == 200
    writes = [q["sql"] for q in asked if re.match(r"\s*(INSERT|UPDATE|DELETE)", q["sql"], re.I)]
    assert writes == []
    assert everything() == before
    assert dict(browser.session) == session
    if keys is not None:
        assert sorted(cache.keys("*")) == keys
    assert not [record for record in caplog.records if CARDS in record.getMessage()]
    assert "no-store" in answer["Cache-Control"]
    assert set(answer.cookies) <= {"csrftoken", "form_owner"}  # of every page with a form


def test_which_card_is_read_is_known_to_nobody_because_all_are_on_one_page(shown, client):
    html = client.get(CARDS, CITY).content.decode()
    assert html.count("<details") == len(SELF_HELP_CARDS)
    assert "id=" not in re.search(r"<details[^>]*>", html)[0]


def test_the_address_and_the_title_say_nothing(shown, client):
    assert CARDS == UNTRACED_PATHS[0] == "/notes/"
    assert "<title>加賀ポータル</title>" in client.get(CARDS).content.decode()


def test_no_line_of_the_web_server_is_written_about_it():
    def line(path):
        record = logging.LogRecord("granian.access", logging.INFO, "", 0, "", (), None)
        record.args = {"path": path, "method": "GET"}
        return UntracedPages().filter(record)

    assert not line(CARDS)
    assert not line(f"{CARDS}?x")
    assert line("/notices/")
    assert line("/")


def test_the_web_server_leaves_these_lines_out():
    config = json.loads(Path(settings.BASE_DIR, "kaga_portal/granian_logs.json").read_text())
    assert config["filters"]["untraced"]["()"] == "apps.core.log_formats.UntracedPages"
    assert config["handlers"]["access"]["filters"] == ["untraced"]


def test_reading_does_not_even_count_as_being_there():
    assert "notices:cards" in NO_ACTIVITY
    assert self_help_cards.CARDS_BY_CODE.keys() == set(SelfHelpTopic.values)


def test_only_reading_is_allowed(client, db):
    assert client.post(CARDS).status_code == 405
