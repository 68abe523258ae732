"""人, in a browser: a new colleague, a second post, an ended one, a lost telephone, the first two."""

import re

import pytest
from allauth.mfa.models import Authenticator
from django.conf import settings
from django.core import mail
from django.urls import reverse

from apps.people.models import PendingAct, Role, StaffPost, User
from apps.people.services import pending_acts
from apps.signin import tasks as signin_tasks
from apps.staffing import tasks as staffing_tasks
from apps.staffing.models import StaffInvitation
from apps.staffing.services import initial_staff
from apps.staffing.services.invitations import invitation_url
from tests import factories
from tests.journeys.shared_tablet import signed_in

pytestmark = [pytest.mark.journey, pytest.mark.django_db(transaction=True)]
WHY = "四月から この学校に来るため"
POSTS = "/admin/people/staffpost/"


def begun(visitor, name):
    """Write why on the page that shows the change, and begin it; the address of the act."""
    visitor.check(f"people-{name}-shown")
    visitor.page.get_by_label("なぜ変えるのか").fill(WHY)
    visitor.press("変更をはじめる")
    visitor.page.wait_for_url("**/pendingact/*/change/")
    visitor.check(f"people-{name}-waits")
    return visitor.page.url


def confirmed(visitor, address, name):
    visitor.go(address)
    visitor.press("二人目として確かめた")
    visitor.page.get_by_text("確かめたことを記録しました").wait_for()
    visitor.check(f"people-{name}-confirmed")
    signin_tasks.follow_acts()
    staffing_tasks.follow_acts()


def test_a_new_colleague_comes_by_mail_and_voice_and_leaves_at_once(walker, cast, sign_in):
    cast.privacy = factories.staff_post(Role.PRIVACY, of=cast.city, name="個人情報の担当")
    lead, city = (
        signed_in(walker(), sign_in, cast.principal.user),
        signed_in(walker(), sign_in, cast.officer.user),
    )
    lead.go(POSTS)
    lead.check("people-list")
    lead.press("職員を招待する")
    lead.check("people-appoint")
    lead.page.get_by_label("名前(姓 名)").fill("山田 花")
    lead.page.get_by_label("仕事のメールアドレス").fill("hana@school.example")
    lead.page.get_by_label("立場").select_option("counsellor")
    lead.press("つぎへ")
    confirmed(city, begun(lead, "appoint"), "appoint")
    row = StaffInvitation.objects.get()
    lead.go(f"/admin/staffing/staffinvitation/{row.pk}/change/")
    lead.page.get_by_text(row.voice_code).wait_for()
    lead.check("people-invitation")

    guest = walker("phone")
    guest.go("/staff/#" + re.search(r"#(\S+)", mail.outbox[-1].body)[1])
    guest.page.get_by_label("声で聞いた番号").fill("22222222")
    guest.check("people-join")
    guest.press("登録する")
    guest.page.get_by_text("声で聞いた番号がちがいます").first.wait_for()
    guest.complaints.clear()  # the browser tells of the 422
    guest.page.get_by_label("声で聞いた番号").fill(row.voice_code)
    guest.press("登録する")
    guest.page.get_by_text("登録しました").first.wait_for()
    guest.check("people-joined")

    post = StaffPost.objects.get(user__email="hana@school.example")
    factories.second_factor(post.user)
    colleague = signed_in(walker(), sign_in, User.objects.get(pk=post.user_id))
    colleague.go("/admin/")
    colleague.page.get_by_text("いまの担当: スクールカウンセラー").wait_for()
    lead.go(f"{POSTS}{post.pk}/change/")
    lead.check("people-post")
    lead.press("担当をいま終わりにする")
    lead.press("つぎへ")
    address = begun(lead, "end")
    assert colleague.go("/admin/").status in (200, 403)
    assert "いまの担当" not in colleague.page.content()
    confirmed(city, address, "end")
    for path in ("access/", "renewals/", "roster/", ""):
        lead.go(f"/admin/staffing/staffinvitation/{path}")
        lead.check(f"people-{path.strip('/') or 'invitations'}")
    privacy = signed_in(walker(), sign_in, cast.privacy.user)
    privacy.go("/admin/staffing/staffinvitation/confirmers/")
    privacy.page.get_by_text("校長先生(管理職)").first.wait_for()
    privacy.check("people-confirmers")


def test_a_lost_telephone_and_a_locked_account_are_helped_by_two(walker, cast, sign_in):
    privacy = factories.staff_post(Role.PRIVACY, of=cast.city, name="個人情報の担当")
    desk, second = (
        signed_in(walker(), sign_in, cast.helpdesk.user),
        signed_in(walker(), sign_in, privacy.user),
    )
    desk.go(f"/admin/people/user/{cast.nurse.user_id}/change/")
    desk.press("2段階の認証をなくす")
    confirmed(second, begun(desk, "phone"), "phone")
    assert not Authenticator.objects.filter(user=cast.nurse.user).exists()
    User.objects.filter(pk=cast.counsellor.user_id).update(is_active=False)
    desk.go(f"/admin/people/user/{cast.counsellor.user_id}/change/")
    desk.press("また使えるようにする")
    act = begun(desk, "unlock")
    with pytest.raises(pending_acts.CannotAct):  # the lead is of the school
        pending_acts.confirm(PendingAct.objects.get(kind="account.unlock"), by=cast.principal.user)
    confirmed(second, act, "unlock")
    assert User.objects.get(pk=cast.counsellor.user_id).is_active


def test_two_posts_and_the_first_two_are_seen(walker, cast, sign_in):
    other = factories.school(cast.city, "C117220600025", "ほかの中学校(架空)")
    StaffPost.objects.create(
        municipality=cast.city, school=other, user=cast.nurse.user, role=Role.NURSE, name="保健室"
    )
    nurse = signed_in(walker(), sign_in, cast.nurse.user)
    nurse.go("/admin/")
    nurse.check("people-today-two-posts")
    nurse.press("かえる")
    nurse.check("people-choose")
    nurse.press("養護教諭 (ほかの中学校(架空))")
    nurse.page.get_by_text("いまの担当: 養護教諭 (ほかの中学校(架空))").first.wait_for()
    numbers = initial_staff.invite_initial_staff(cast.away)
    guest = walker("phone")
    guest.go(invitation_url(numbers[Role.CITY]).replace(settings.PORTAL_URL, ""))
    guest.page.get_by_label("名前(姓 名)").wait_for()
    guest.check("people-first")
    guest.page.get_by_label("名前(姓 名)").fill("はじめ 一")
    guest.page.get_by_label("仕事のメールアドレス").fill("first@away.example")
    guest.press("登録する")
    guest.page.get_by_text("登録しました").first.wait_for()
    post = StaffPost.objects.get(user__email="first@away.example")
    initial_staff.join_initial_staff(numbers[Role.PRIVACY], "second@away.example", "つぎ 二")
    factories.second_factor(post.user)
    first = signed_in(walker("phone"), sign_in, post.user)
    first.go(reverse("staffing:confirm_initial_staff"))
    first.press("この人でまちがいない")
    first.page.get_by_text("確かめたことを記録しました").wait_for()
    first.check("people-first-confirmed")
