"""支援, in a browser: from three bad days to support received and opened again; by hand; protected."""

import datetime as dt

import pytest
from django.urls import reverse

from apps.cases.models import CaseState, ProtectiveNote, Rule, SupportCase
from apps.cases.services import signs
from apps.cases.services.shipped_rules import seed_rules
from apps.consent.models import Purpose
from apps.core.clock import today
from apps.notices.models import SupportOrganisation
from tests import factories
from tests.cases.sealed_rows import absences, put_rows
from tests.journeys.shared_tablet import signed_in

pytestmark = [pytest.mark.journey, pytest.mark.django_db(transaction=True)]
QUEUE = reverse("admin:cases_supportcase_changelist")


def write(visitor, heading, button, fields=(), choices=()):
    """Unfold a form of the case, fill it and send it."""
    page = visitor.page
    form = page.locator("details", has=page.locator("summary", has_text=heading)).first
    form.locator("summary").click()
    for label, text in fields:
        form.get_by_label(label, exact=False).first.fill(text)
    for choice in choices:
        form.locator(f"input[value={choice}]").check()
    form.get_by_role("button", name=button, exact=True).click()
    page.get_by_text("残しました。").wait_for()


def open_with_reason(visitor):
    visitor.page.locator("input[name=reason][value=sign]").check()
    visitor.press("理由を記録して開く")


def test_three_bad_days_lead_to_support_and_the_case_opens_again(walker, cast, sign_in):
    seed_rules(cast.city)
    for purpose in (Purpose.ATTENDANCE, Purpose.CHECKIN_REVIEW):
        factories.make_effective(cast.sakura, purpose)
    place = SupportOrganisation.objects.create(name="ためしの窓口(架空)", municipality=cast.city)
    put_rows([cast.sakura], "attendance_daily", absences(1, 2, 3, 4, 5, 6))
    assert signs.update_signs() == 1
    nurse = signed_in(walker(), sign_in, cast.nurse.user)
    nurse.go(QUEUE)
    nurse.check("casework-queue")
    assert "さくら" not in nurse.page.content()
    nurse.page.get_by_role("link", name="1年1組 の生徒").first.click()
    open_with_reason(nurse)
    nurse.page.get_by_text("この生徒の、これまでの日々").wait_for()
    assert nurse.page.locator(".day--absent").count() == 6
    nurse.check("casework-opened")
    write(nurse, "判断を書く", "判断を残す", [("理由", "本人と話した。朝がつらい。")], ["support"])
    soon = (today() + dt.timedelta(days=14)).isoformat()
    write(
        nurse, "支援計画を立てる", "計画を残す",
        [("めあて", "週に3日は1時間目から来たい"), ("次の確認", soon)], ["child"],
    )  # fmt: skip
    page = nurse.page
    refer = page.locator("details", has=page.locator("summary", has_text="窓口を紹介する"))
    refer.locator("summary").click()
    refer.locator("select").first.select_option(str(place.pk))
    refer.get_by_label("伝えること").fill("朝の支度のこと")
    refer.locator("input[value=both]").check()
    refer.get_by_role("button", name="紹介を残す").click()
    page.get_by_text("残しました。").wait_for()
    write(nurse, "支援の結果を書く", "結果を残す", [("何が変わったか", "3日来られた。")])
    nurse.check("casework-supported")
    write(nurse, "ケースを終える", "終える")
    write(nurse, "ふたたび開く", "ふたたび開く", [("開く理由", "また休みはじめた。")])
    case = SupportCase.objects.get()
    assert case.state == CaseState.LOOKING
    assert case.referrals.count() == case.outcomes.count() == case.state_changes.count() - 1 == 1
    nurse.check("casework-reopened")
    assert Rule.objects.get(code="R3").version == 1


def test_a_worry_becomes_a_case_and_a_protective_one_is_for_its_readers(walker, cast, sign_in):
    teacher = signed_in(walker(), sign_in, cast.homeroom.user)
    teacher.go(QUEUE)
    teacher.page.get_by_role("link", name="気がかりからケースを作る").click()
    teacher.page.locator("select[name=student]").select_option(str(cast.sakura.pk))
    teacher.page.get_by_label("気になること").fill("お弁当を持ってこない。")
    teacher.check("casework-begin")
    teacher.press("ケースを作る")
    teacher.page.get_by_text("ケースを作りました").wait_for()
    teacher.go(f"{reverse('admin:cases_protect')}?student={cast.sakura.pk}")
    teacher.page.get_by_label("虐待の疑い").check()
    teacher.page.get_by_label("見たこと・聞いたこと").fill("うでにあざ。")
    teacher.page.get_by_role("checkbox").first.check()
    teacher.check("casework-protect")
    teacher.press("守るためのケースを開く")
    teacher.page.get_by_role("heading", name="守るためのケース").first.wait_for()
    assert ProtectiveNote.objects.count() == 1
    lead = signed_in(walker(), sign_in, cast.principal.user)
    lead.go(reverse("admin:cases_protectivecase_changelist"))
    assert "虐待の疑い" not in lead.page.locator("#result_list").all_inner_texts()
    lead.go(QUEUE)
    lead.page.get_by_role("link", name="1年1組 の生徒").first.wait_for()
