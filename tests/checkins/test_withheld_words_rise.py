"""Words of a check-in past the school: who reads them where nobody of the route does, and the child."""

import re

from django.urls import reverse

from apps.checkins.models import WithheldWords, WordsExclusion
from apps.checkins.services import withheld_words
from apps.checkins.services.withheld_words import KeepsOut
from apps.people.models import Role, StaffPost, User
from apps.push.models import Broadcast
from tests import factories
from tests.checkins.test_withheld_words import (  # noqa: F401 - the fixtures of the same town
    DAYS,
    PRINCIPAL_KEPT_OUT,
    SAID,
    TEXTS,
    pages_of,
    safe,
    send,
    town,
)
from tests.ruby_readings import kanji_without_reading


def city_officer(safe):  # noqa: F811
    """An officer of the city who is not on its route."""
    found = factories.staff_post(Role.CITY, None, of=safe.city, name="もう一人の市の人")
    StaffPost.objects.update(begins_on=None)
    return found


def again(post):
    return User.objects.get(pk=post.user_id)


def test_where_everybody_of_the_route_is_named_the_citys_officer_reads(safe, sign_in):  # noqa: F811
    other = city_officer(safe)
    send(safe.sakura, SAID, KeepsOut(True, ""))
    assert not WithheldWords.objects.on_route(again(other)).exists()
    for post in (safe.protector, safe.elsewhere, safe.officer):
        WordsExclusion.objects.create(
            municipality=safe.city, student=safe.sakura, person=post.user,
            since=WithheldWords.objects.get().received_at,
        )  # fmt: skip
    row = WithheldWords.objects.get()
    for post in (safe.protector, safe.elsewhere, safe.officer):
        assert not WithheldWords.objects.on_route(again(post)).exists()
    assert WithheldWords.objects.on_route(again(other)).exists()
    desk = sign_in(other.user)
    url = reverse("admin:checkins_words", args=[row.pk])
    assert SAID in desk.post(url, {"reason": "safety"}, follow=True).text
    Broadcast.objects.all().delete()
    send(safe.sakura, SAID, KeepsOut(True, ""))  # kept from all of them: told at once
    assert {pk for sent in Broadcast.objects.all() for pk in sent.user_ids} == {other.user_id}


def test_what_nobody_opens_rises_to_the_city_in_the_hours_of_the_route(safe, time_machine):  # noqa: F811
    other = city_officer(safe)
    time_machine.move_to("2026-11-24T10:00+09:00", tick=False)
    send(safe.sakura, SAID, KeepsOut(True, ""))
    row = WithheldWords.objects.get()
    assert withheld_words.raise_unopened() == 0
    time_machine.move_to("2026-11-24T13:00+09:00", tick=False)
    Broadcast.objects.all().delete()
    assert withheld_words.raise_unopened() == 1
    assert withheld_words.raise_unopened() == 0
    assert other.user_id in {pk for sent in Broadcast.objects.all() for pk in sent.user_ids}
    assert WithheldWords.objects.on_route(again(other)).exists()
    assert WithheldWords.objects.on_route(again(safe.protector)).exists()
    for who in (safe.nurse, safe.principal, safe.homeroom, safe.helpdesk):
        assert not WithheldWords.objects.on_route(again(who)).exists()
    withheld_words.open_words(row, actor=again(safe.protector), reason="safety")
    assert withheld_words.unopened_for(again(other)) == 0


def test_the_student_reads_after_the_pin_who_opened_the_words(safe, sign_in):  # noqa: F811
    send(safe.sakura, SAID, PRINCIPAL_KEPT_OUT)
    browser = sign_in(safe.sakura.user)
    heading = "あなたのことばを見た人"

    def days():
        plain = re.sub(r"<[^>]+>|\s", "", browser.get(DAYS).text)
        return re.sub(r"\([ぁ-ん]+\)", "", plain)

    assert heading not in days()
    pages_of(sign_in(safe.nurse.user), safe.sakura)
    withheld_words.open_words(
        WithheldWords.objects.get(), actor=again(safe.elsewhere), reason="safety"
    )
    page = days()
    assert heading in page
    assert "学校の外の人が見ました" in page and "保健室の先生が見ました" in page
    assert "カウンセラー" not in page
    assert kanji_without_reading(browser.get(DAYS).text) == []
    unproved = sign_in(safe.sakura.user, proved=False)
    assert unproved.get(DAYS).status_code == 302
    assert heading not in sign_in(safe.midori.user).get("/", follow=True).text


def test_where_the_officers_are_all_named_too_the_family_centre_reads_and_never_nobody(safe):  # noqa: F811
    other, centre = (
        city_officer(safe),
        factories.new_post(Role.FAMILY_CENTRE, of=safe.city, name="もう一人の子どもの担当"),
    )
    factories.save_posts([centre])
    StaffPost.objects.update(begins_on=None)
    outside = (safe.protector, safe.elsewhere, safe.officer, other)
    for post in outside:
        send(safe.sakura, SAID, KeepsOut(True, post.name))
    Broadcast.objects.all().delete()
    send(safe.sakura, "さいごの ことば", KeepsOut(True, ""))
    row = WithheldWords.objects.latest("received_at")
    assert not WithheldWords.objects.on_route(again(other)).filter(pk=row.pk).exists()
    assert WithheldWords.objects.on_route(again(centre)).filter(pk=row.pk).exists()
    assert {pk for sent in Broadcast.objects.all() for pk in sent.user_ids} == {centre.user_id}
    # the last one left is not named away: words that mean everybody name nobody
    send(safe.sakura, "もう だれも", KeepsOut(True, centre.name))
    row = WithheldWords.objects.latest("received_at")
    assert WithheldWords.objects.on_route(again(centre)).filter(pk=row.pk).exists()
    # nobody at the school came in by it
    assert not WithheldWords.objects.at_school(again(safe.homeroom)).exists()
