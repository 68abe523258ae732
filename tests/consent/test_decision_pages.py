"""Guardian and student answer one purpose a page, check, submit once, and keep a receipt."""

import re
import uuid

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from apps.consent.models import (
    ConsentDecision,
    ConsentDocument,
    ConsentReceipt,
    DocumentDisplay,
    Purpose,
    PurposePolicy,
)
from apps.consent.services.documents import install_seed_documents
from apps.consent.services.purpose_status import is_effective
from apps.core.languages import PageLanguage
from apps.core.templatetags.japanese import RUBY
from tests import factories

KANJI = re.compile(r"[一-龯々]")


@pytest.fixture
def town(cast):
    install_seed_documents(cast.city)
    return cast


@pytest.fixture
def two(cast):
    """Only two purposes are asked, to keep the test short."""
    install_seed_documents(cast.city)
    keep = (Purpose.ATTENDANCE, Purpose.NURSE_ROOM)
    PurposePolicy.objects.exclude(purpose__in=keep).update(is_offered=False)
    return cast


def url(name, student, *more):
    app = "disclosure" if name == "access_log" else "consent"
    return reverse(f"{app}:{name}", args=[student.pk, *more])


def answer(client, student, purpose, response, **more):
    document = ConsentDocument.objects.current().get(
        municipality=student.municipality, purpose=purpose
    )
    return client.post(
        url("ask", student, purpose), {"response": response, "document": document.pk, **more}
    )


def form_key(client, student):
    page = client.get(url("check", student)).content.decode()
    return re.search(r'name="form_key" value="([0-9a-f-]+)"', page)[1]


def test_the_overview_names_every_purpose_and_its_state_in_words(town, sign_in):
    page = sign_in(town.midori.user).get(url("overview", town.sakura)).content.decode()
    assert page.count('class="badge badge--plain">まだ返事をしていません') == 10
    assert "お子さんの答えは、ここには出ません" in page
    assert "同意しなくても、学校生活・お知らせ・相談は変わりません" in page


def test_asking_shows_what_where_from_who_and_how_long(town, sign_in):
    shown = sign_in(town.midori.user).get(url("ask", town.sakura, "nurse_room"))
    page = shown.content.decode()
    for words in ("午前か午後か", "症状や手当て", "C4th", "養護教諭", "この学年のあいだ"):
        assert words in page
    assert "checked" not in page  # nothing is preselected
    assert (shown.context["number"], shown.context["total"]) == (3, 10)


def test_that_the_words_were_shown_is_kept_once_a_person(town, sign_in):
    client = sign_in(town.midori.user)
    client.get(url("ask", town.sakura, "grades"))
    client.get(url("ask", town.sakura, "grades"))
    shown = DocumentDisplay.objects.get()
    assert (shown.document.purpose, shown.user) == ("grades", town.midori.user)


def test_a_guardian_walks_through_and_sends_everything_at_once(two, sign_in):
    client = sign_in(two.midori.user)
    first = answer(client, two.sakura, "attendance", "given")
    assert first.url == url("ask", two.sakura, "nurse_room")
    second = answer(client, two.sakura, "nurse_room", "later")
    assert second.url == url("check", two.sakura)
    assert not ConsentDecision.objects.exists()
    sent = client.post(url("check", two.sakura), {"form_key": form_key(client, two.sakura)})
    receipt = ConsentReceipt.objects.get()
    assert sent.url == reverse("consent:receipt", args=[receipt.pk])
    responses = dict(receipt.decisions.values_list("purpose", "response"))
    assert responses == {"attendance": "given", "nurse_room": "later"}
    page = client.get(sent.url).content.decode()
    assert "同意しました" in page and "あとで決めます" in page and str(receipt.pk) in page
    assert client.get(url("check", two.sakura)).url == url("overview", two.sakura)


def test_both_answers_make_the_key(two, sign_in):
    for person in (two.midori.user, two.sakura.user):
        client = sign_in(person)
        answer(client, two.sakura, "attendance", "given", then="check")
        client.post(url("check", two.sakura), {"form_key": form_key(client, two.sakura)})
    assert is_effective(two.sakura, "attendance")
    badge = 'class="badge badge--midori"'
    for person, is_told in ((two.sakura, True), (two.midori, False)):
        page = sign_in(person.user).get(url("overview", two.sakura)).content.decode()
        assert (badge in page) is is_told


def test_the_same_form_sent_twice_is_one_receipt(two, sign_in):
    client = sign_in(two.midori.user)
    answer(client, two.sakura, "attendance", "given")
    key = form_key(client, two.sakura)
    first = client.post(url("check", two.sakura), {"form_key": key})
    second = client.post(url("check", two.sakura), {"form_key": key})
    assert first.url == second.url
    assert ConsentReceipt.objects.count() == ConsentDecision.objects.count() == 1


def test_no_choice_comes_back_as_422_with_a_sentence(town, sign_in):
    for person, sentence in (
        (town.midori.user, "どれか一つを選んで"),
        (town.sakura.user, "えらんで ください"),
    ):
        refused = answer(sign_in(person), town.sakura, "attendance", "")
        assert refused.status_code == 422
        assert sentence in refused.content.decode()
        assert answer(sign_in(person), town.sakura, "attendance", "maybe").status_code == 422


def test_an_answer_to_words_no_longer_in_force_is_asked_again(two, sign_in):
    client = sign_in(two.midori.user)
    old = ConsentDocument.objects.get(purpose="attendance")
    answer(client, two.sakura, "attendance", "given")
    answer(client, two.sakura, "nurse_room", "given")
    key = form_key(client, two.sakura)
    factories.document(two.city, "attendance", version=2)
    stale = {"response": "given", "document": old.pk}
    assert client.post(url("ask", two.sakura, "attendance"), stale).status_code == 422
    refused = client.post(url("check", two.sakura), {"form_key": key})
    assert refused.status_code == 422
    assert "説明が新しくなりました" in refused.content.decode()
    assert not ConsentReceipt.objects.exists()


@pytest.mark.parametrize("key", ["", "no-uuid", "6f1c2f4e-2f63-4f0e-9a53-0d6f3f0f6a11"])
def test_a_foreign_form_key_sends_nothing(two, sign_in, key):
    client = sign_in(two.midori.user)
    answer(client, two.sakura, "attendance", "given")
    refused = client.post(url("check", two.sakura), {"form_key": key})
    assert refused.status_code == 422
    assert "古くなりました" in refused.content.decode()
    assert not ConsentReceipt.objects.exists()


@pytest.mark.parametrize("name", ["overview", "ask", "check", "withdraw", "access_log"])
def test_outsiders_find_no_page(town, sign_in, name):
    more = ["attendance"] if name in ("ask", "withdraw") else []
    people = (
        town.other_guardian,
        town.ren,
        town.homeroom,
        town.nurse,
        town.officer,
        town.away_nurse,
    )
    for person in people:
        assert sign_in(person.user).get(url(name, town.sakura, *more)).status_code == 404
    town.midori.guardianships.update(ended_at="2026-01-01T00:00Z")
    assert sign_in(town.midori.user).get(url(name, town.sakura, *more)).status_code == 404


@pytest.mark.parametrize("name", ["overview", "ask", "check", "withdraw", "access_log"])
def test_nobody_reads_without_signing_in(town, client, name):
    more = ["attendance"] if name in ("ask", "withdraw") else []
    assert client.get(url(name, town.sakura, *more)).url == "/"


def test_wrong_methods_are_refused(town, sign_in):
    client = sign_in(town.midori.user)
    for name in ("overview", "access_log"):
        assert client.post(url(name, town.sakura)).status_code == 405
    for name in ("ask", "withdraw"):
        assert client.put(url(name, town.sakura, "attendance")).status_code == 405
    assert client.delete(url("check", town.sakura)).status_code == 405
    assert client.post(reverse("consent:receipt", args=[uuid.uuid4()])).status_code == 405


def test_a_purpose_that_is_not_asked_has_no_page(two, sign_in):
    client = sign_in(two.midori.user)
    for purpose in ("income", "no-such-purpose"):
        assert client.get(url("ask", two.sakura, purpose)).status_code == 404
        assert client.get(url("withdraw", two.sakura, purpose)).status_code == 404


def test_receipts_are_read_by_the_decider_and_fellow_guardians_only(two, sign_in):
    factories.make_effective(two.sakura, "attendance")
    fellow = factories.guardian(two.sakura, "はは", "haha@example.com")
    theirs = reverse("consent:receipt", args=[ConsentReceipt.objects.get(party="guardian").pk])
    own = reverse("consent:receipt", args=[ConsentReceipt.objects.get(party="student").pk])
    may = {(p, page) for p, page in [(two.midori, theirs), (fellow, theirs), (two.sakura, own)]}
    people = (two.midori, fellow, two.sakura, two.other_guardian, two.ren, two.nurse, two.officer)
    for person in people:
        for page in (theirs, own):
            expected = 200 if (person, page) in may else 404
            assert sign_in(person.user).get(page).status_code == expected


def test_no_kanji_stands_without_its_reading_before_a_student(town, sign_in):
    factories.make_effective(town.sakura, "attendance")
    client = sign_in(town.sakura.user)
    answer(client, town.sakura, "grades", "later")
    receipt = ConsentReceipt.objects.get(party="student")
    pages = [
        url("overview", town.sakura),
        *[url("ask", town.sakura, purpose) for purpose in Purpose.values],
        url("check", town.sakura),
        url("withdraw", town.sakura, "attendance"),
        url("access_log", town.sakura),
        reverse("consent:receipt", args=[receipt.pk]),
    ]
    for page in pages:
        html = client.get(page).content.decode()
        main = html[html.index("<body") :]
        words = re.sub(r"<ruby>.*?</ruby>|<[^>]+>", "", main)
        words = words.replace("加賀ポータル", "").replace(PageLanguage.JA.label, "")
        assert not KANJI.findall(words), (page, [w for w in words.split() if KANJI.search(w)])
        assert not RUBY.search(html)


def test_the_student_is_not_told_what_the_guardian_answered(two, sign_in):
    client = sign_in(two.midori.user)
    answer(client, two.sakura, "attendance", "refused", then="check")
    client.post(url("check", two.sakura), {"form_key": form_key(client, two.sakura)})
    page = sign_in(two.sakura.user).get(url("overview", two.sakura)).content.decode()
    assert "って いません" in page
    assert "同意" not in page and "えました" not in page


def test_ten_purposes_cost_no_more_queries_than_two(two, sign_in):
    client = sign_in(two.midori.user)
    client.get(url("overview", two.sakura))  # the first request of a sign-in records when it began
    with CaptureQueriesContext(connection) as for_two:
        assert len(client.get(url("overview", two.sakura)).context["lines"]) == 2
    PurposePolicy.objects.update(is_offered=True)
    with CaptureQueriesContext(connection) as for_ten:
        assert len(client.get(url("overview", two.sakura)).context["lines"]) == 10
    assert len(for_ten) == len(for_two)
