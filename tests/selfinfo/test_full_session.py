"""A whole session over real HTTP: redirect, card, return, request, fetch, reduce, seal, discard."""

import pytest

from apps.audit.models import Action, AuditEvent
from apps.linkage.models import DataSource, Freshness, LinkedRecord
from apps.selfinfo import words
from apps.selfinfo.models import SelfInfoSession
from apps.selfinfo.services import session_steps
from apps.vault.models import SubjectKey
from apps.vault.services.key_pauses import pause_keys, resume_keys
from apps.vault.services.sealed_content import evaluate_sealed
from tests.selfinfo.guardian_browser import ALL, carry


def stored_records(student):
    rows = list(LinkedRecord.objects.filter(student=student).readable().order_by("kind"))
    found = {}
    for row, facts in zip(rows, evaluate_sealed(rows, rule="test/1"), strict=True):
        found.setdefault(row.kind, []).append(facts)
    return found


def test_the_way_ends_with_bands_and_nothing_else(browser, cast):
    session = carry(browser.start_and_return("single"))
    assert (session.state, session.why) == ("discarded", "")
    found = stored_records(cast.sakura)
    assert found["household"] == [{"adults": 1, "children": 2, "single_adult": True}]
    assert found["income"] == [{"year": 2026, "band": "non_taxable"}]
    assert {
        "scheme": "child_allowance", "receiving": True, "from": "2026-04", "until": "2027-03",
    } in found["allowances"]  # fmt: skip
    assert len(found["allowances"]) == 3
    assert "おわりました" in browser.text(session)


def test_another_household_gives_other_bands(browser, cast):
    carry(browser.start_and_return("couple"))
    found = stored_records(cast.sakura)
    assert found["household"] == [{"adults": 2, "children": 1, "single_adult": False}]
    assert found["income"] == [{"year": 2026, "band": "taxed"}]
    received = {one["scheme"]: one["receiving"] for one in found["allowances"]}
    assert received == {
        "child_allowance": True, "child_rearing_allowance": False, "school_aid": False,
    }  # fmt: skip


def test_the_states_come_in_the_order_of_the_table_each_with_its_time(browser):
    session = carry(browser.start_and_return())
    assert [state for state, _ in session.steps] == [
        "created", "authorising", "requested", "polling", "fetched", "reduced", "discarded",
    ]  # fmt: skip
    events = AuditEvent.objects.filter(action=Action.SELF_INFO_MOVED).order_by("pk")
    assert [event.thing_id for event in events] == [str(session.pk)] * 6
    assert events[0].actor_id == browser.client.get(browser.page).wsgi_request.user.pk
    assert {tuple(event.fields) for event in events} == {ALL}


def test_only_what_was_chosen_is_asked_for(browser, mynaportal, cast):
    carry(browser.start_and_return(purposes=["income"]))
    (request_body,) = [body for path, body in mynaportal.seen if path == "/request"]
    assert request_body["personInfoNameCd"] == ["TM00000000000992"]
    assert set(stored_records(cast.sakura)) == {"income"}


def test_the_code_is_exchanged_with_the_verifier_of_its_challenge(browser, mynaportal):
    carry(browser.start_and_return())
    (token,) = [body for path, body in mynaportal.seen if path == "/oauth/token"]
    assert token["grant_type"] == "authorization_code"
    assert len(token["code_verifier"]) >= 43


def test_a_later_answer_takes_the_place_of_the_earlier_one(browser, cast):
    carry(browser.start_and_return("single"))
    before = set(LinkedRecord.objects.values_list("pk", flat=True))
    carry(browser.start_and_return("couple"))
    assert set(LinkedRecord.objects.values_list("pk", flat=True)) == before
    assert stored_records(cast.sakura)["household"][0]["adults"] == 2
    carry(browser.start_and_return("none", purposes=["allowances"]))
    assert set(stored_records(cast.sakura)) == {"household", "income"}


def test_what_is_kept_has_its_last_day_and_its_source_is_never_read_by_the_clock(browser, cast):
    carry(browser.start_and_return())
    assert {str(row.kept_until) for row in LinkedRecord.objects.all()} == {"2027-03-31"}
    source = DataSource.objects.get()
    assert (source.kind, source.is_on, source.school) == ("self_info", False, None)
    assert set(Freshness.objects.values_list("kind", flat=True)) == set(ALL)


ENDINGS = {
    "none": ("no_data", ""),
    "unsupported": ("unsupported", ""),
    "refused": ("error", "refused"),
    "broken": ("error", "format"),
    "gone": ("expired", ""),
    "number": ("discarded", ""),
    "slow": ("discarded", ""),
    "partly": ("discarded", ""),
}


@pytest.mark.parametrize("variant", ENDINGS)
def test_each_ending_has_its_state_and_its_sentence(browser, variant):
    session = carry(browser.start_and_return(variant))
    assert (session.state, session.why) == ENDINGS[variant]
    heading, sentence = words.session_status_words(session.state, session.why)
    page = browser.text(session)
    assert sentence in page
    assert session.papers is None
    assert session.process_id == ""


def test_what_came_is_kept_where_the_rest_was_not_answered(browser, cast):
    session = carry(browser.start_and_return("partly"))
    assert session.outcomes == {
        "household": "kept", "income": "not_answered", "allowances": "not_answered",
    }  # fmt: skip
    assert set(stored_records(cast.sakura)) == {"household"}
    assert "答えがもらえませんでした" in browser.text(session)


def test_an_answer_with_a_number_in_it_is_not_kept_where_it_would_be_read(browser, cast):
    session = carry(browser.start_and_return("number"))
    assert session.outcomes["household"] == "unreadable"
    assert set(stored_records(cast.sakura)) == {"income", "allowances"}


def test_a_refusal_at_their_page_is_said_calmly(browser):
    session = browser.start_and_return(answer="deny")
    assert (session.state, session.why) == ("denied", "")
    assert "わたさない" in browser.text(session)
    assert session_steps.advance_sessions() == 0


@pytest.mark.parametrize("variant", ["failing", "blocked"])
def test_who_is_busy_is_asked_again_later_and_the_page_says_so(browser, variant, time_machine):
    session = carry(browser.start_and_return(variant), most=3)
    assert session.state == "requested"
    assert words.BUSY_NOTE in browser.text(session)
    time_machine.shift(31 * 60)
    carry(session)
    assert (session.state, session.why) == ("expired", "slow")
    assert "30分まちましたが" in browser.text(session)


def test_pauses_grow_from_five_seconds_to_a_minute(browser, time_machine):
    session = browser.start_and_return("never")
    session_steps.advance_sessions()
    pauses = []
    for _ in range(6):
        session.refresh_from_db()
        pauses.append(round((session.next_at - session.state_changed_at).total_seconds()))
        SelfInfoSession.objects.update(state_changed_at=session.next_at)
        time_machine.move_to(session.next_at)
        assert session_steps.advance_sessions() == 1
    assert pauses == [5, 5, 10, 20, 40, 60]


def test_nobody_came_back_within_a_quarter_of_an_hour(browser, time_machine):
    browser.go_out()
    session = SelfInfoSession.objects.get()
    assert session_steps.advance_sessions() == 0
    time_machine.shift(15 * 60 + 1)
    session_steps.advance_sessions()
    session.refresh_from_db()
    assert (session.state, session.why) == ("expired", "")
    assert "時間がすぎました" in browser.text(session)


def test_a_month_later_the_session_is_forgotten_and_its_record_stays(browser, time_machine):
    carry(browser.start_and_return())
    assert session_steps.delete_old_sessions() == 0
    time_machine.shift(31 * 24 * 3600)
    assert session_steps.delete_old_sessions() == 1
    assert AuditEvent.objects.filter(action=Action.SELF_INFO_MOVED).exists()


def test_while_a_purpose_is_paused_nothing_is_asked_and_nothing_ends(browser, mynaportal):
    session = browser.start_and_return()
    keys = list(SubjectKey.objects.values_list("pk", flat=True))
    pause_keys(keys)
    carry(session, most=2)
    assert session.is_over is False
    assert not [path for path, _ in mynaportal.seen if path == "/request"]
    resume_keys(keys)
    carry(session)
    assert session.state == "discarded"
