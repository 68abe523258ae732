"""Confirming with the student and the guardians: topic by topic, once, and read by role."""

import datetime as dt
import uuid

import pytest
from django.urls import reverse

from apps.audit.models import Action
from apps.cases.models import Conversation
from apps.cases.services import case_writing, casework, conversations
from apps.cases.services.case_writing import CannotChangeCase
from apps.cases.services.timeline import timeline_of
from apps.core.clock import today
from apps.people.models import GuardianStanding, Role, StaffPost, User
from tests import factories
from tests.records import actors_of

TOPICS = {"feelings": "confirmed", "home": "no_wish", "school": "not_yet"}


def talk(case, by, **more):
    facts = {
        "partner": "student", "spoken_on": today(), "topics": TOPICS, "form_key": uuid.uuid4(),
        "wants": "席を かえて ほしい。", "not_known": "担任の 先生", "words": "よく ねむれない。",
    }  # fmt: skip
    return conversations.add_conversation(case, actor=by, **facts | more)


def opened(case, by):
    return casework.open_case(case, actor=by, reason="meeting")


def test_what_the_student_said_is_kept_once_sealed_and_read_topic_by_topic(watched, case):
    nurse, same = watched.nurse.user, uuid.uuid4()
    opened(case, nurse)
    for bad, sentence in (
        ({"spoken_on": today() + dt.timedelta(days=1)}, "きょうより後"),
        ({"topics": {"home": "not_yet"}, "wants": "", "not_known": " ", "words": ""}, "確かめた"),
        ({"wants": "あ" * 501}, "500字"),
        ({"words": "あ" * 2001}, "2000字"),
        ({"kept_from": ["nurse"]}, "自分の立場"),
        ({"kept_from": ["city"]}, "自分の立場"),
        ({"partner": "guardian"}, "選べません"),
        ({"seen": "99"}, "記録が入りました"),
    ):
        with pytest.raises(CannotChangeCase, match=sentence):
            talk(case, nurse, **bad)
    with pytest.raises(ValueError, match="guilty"):
        talk(case, nurse, topics={"home": "guilty"})
    assert talk(case, nurse, form_key=same) == talk(case, nurse, form_key=same)
    assert actors_of(Action.CONVERSATION_HELD) == [nurse]
    assert "席".encode() not in bytes(Conversation.objects.get().sealed)
    talk(case, nurse, topics={"school": "confirmed"}, wants="", not_known="", words="")
    notes = opened(case, nurse)
    student, guardian = conversations.confirmed_so_far(notes.notes["conversations"])
    assert [line.state for line in student.topics] == [
        "確認した", "話したくない", "確認した", "まだ", "まだ",
    ]  # fmt: skip
    assert (student.n_conversations, guardian.n_conversations) == (2, 0)
    assert student.wishes == [
        ("してほしいこと", "席を かえて ほしい。"), ("知られたくない人", "担任の 先生"),
    ]  # fmt: skip
    assert timeline_of(notes)[1].lines == [
        ("だれと", "本人 11月20日"), ("確認した", "気持ち"), ("まだ", "学校"), ("話したくない", "家"),
        ("してほしいこと", "席を かえて ほしい。"), ("知られたくない人", "担任の 先生"),
        ("聞いたこと", "よく ねむれない。"),
    ]  # fmt: skip


def test_for_a_role_that_must_not_know_there_was_no_conversation(watched, case):
    nurse, homeroom = watched.nurse.user, watched.homeroom.user
    opened(case, nurse)
    before = conversations.confirmed_so_far([]), timeline_of(opened(case, homeroom))
    seen = case_writing.written_so_far(case, homeroom)
    talk(case, nurse, kept_from=["homeroom"])
    for by, shown in ((homeroom, 0), (watched.counsellor.user, 2), (nurse, 2)):
        notes = opened(case, by)
        found = conversations.confirmed_so_far(notes.notes["conversations"])
        assert (found[0].n_conversations, len(found[0].wishes)) == (min(shown, 1), shown)
        assert ((found, timeline_of(notes)) == before) is (shown == 0)
    # and nothing came between while they were writing
    casework.add_observation(case, actor=homeroom, words="元気。", form_key=uuid.uuid4(), seen=seen)


def test_a_kept_out_guardian_is_neither_offered_nor_taken(watched, case, sign_in):
    nurse = watched.nurse.user
    guardianships = watched.sakura.guardianships.order_by("began_at")
    mother = guardianships.current().first()
    client = sign_in(nurse)
    client.post(reverse("admin:cases_open", args=[case.pk]), {"reason": "safety"})
    page = reverse("admin:cases_supportcase_change", args=[case.pk])
    work = reverse("admin:cases_work", args=[case.pk, "family"])
    told = {
        "family-form_key": str(uuid.uuid4()), "family-guardianship": str(mother.pk),
        "family-spoken_on": "2026-11-20", "family-feelings": "confirmed", "seen": "0",
        **{f"family-{name}": "not_yet" for name in ("home", "school", "body", "people")},
    }  # fmt: skip
    shown = client.get(page).content.decode()
    assert mother.guardian.full_name in shown and "189(児童相談所)に知らせます" in shown
    assert client.post(work, told | {"family-home": "guilty"}).status_code == 422
    assert client.post(work, told).status_code == 302
    kept = Conversation.objects.get()
    assert mother.guardian.full_name in str(timeline_of(opened(case, nurse))[0].lines)
    guardianships.update(standing=GuardianStanding.KEPT_OUT)
    assert "保護者と話して、確かめたことを書く" not in client.get(page).content.decode()
    again = client.post(work, told | {"family-form_key": str(uuid.uuid4()), "seen": "1"})
    assert again.status_code == 422
    with pytest.raises(CannotChangeCase, match="選べません"):
        talk(case, nurse, partner="guardian", guardianship=mother)
    assert list(Conversation.objects.all()) == [kept]
    guide = client.get(reverse("admin:cases_guide")).content.decode()
    assert "聞き取りを重ねません" in guide and "困ったとき、話せる人はいますか。" in guide
    assert sign_in(watched.officer.user).get(reverse("admin:cases_guide")).status_code in (403, 404)


def test_another_post_or_account_does_not_open_what_a_role_must_not_know(watched, case):
    nurse = watched.nurse.user
    opened(case, nurse)
    talk(case, nurse, kept_from=["homeroom"])
    at = watched.school
    second = factories.second_account(watched.homeroom, Role.COUNSELLOR, at=at)
    both = factories.staff_post(Role.COUNSELLOR, at, name="あ")
    StaffPost.objects.filter(pk=watched.homeroom.pk).update(user=both.user)
    for account in (second.user, both.user):
        by = User.objects.get(pk=account.pk)
        assert not opened(case, by).notes["conversations"]  # nor that there was one
