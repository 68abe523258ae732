"""きょう, the staff's first page: what waits for somebody, most urgent first."""

from django.urls import reverse

from apps.cases.services import case_load, case_queue, follow_ups
from apps.checkins.services import question_drafts, withheld_words
from apps.consent.services import decisions, project_texts, telephone_answers
from apps.disclosure.services import access_log, corrections
from apps.helpdesk.models.questions import ANSWER_VERB
from apps.helpdesk.services import question_queue
from apps.helpline.models.family_requests import READ_VERB
from apps.helpline.services import drills, family_requests, replies, routes
from apps.notices.services import inbox, notice_reach, organisations, publication_rules, self_help
from apps.people.permissions import may
from apps.people.services import act_queries, guardian_standings
from apps.people.services.emergencies import emergencies_to_review
from apps.people.services.outside_readers import cities_read_by, is_outside_reader
from apps.people.services.staff_posts import APPOINT_VERB
from apps.registration import missing_guardians
from apps.registration.services import confirmation_queue, reminders, safe_contacts
from apps.signin.services import first_pins
from apps.staffing.services import renewals
from kaga_portal.today_operations import TodayTile, operation_tiles
from kaga_portal.today_warnings import warnings_for


def today_page(user):
    """The context of きょう for one member of staff: only what their posts include."""
    waiting = replies.open_requests_for(user)
    return {
        "tiles": [
            *_help(user, waiting),
            *_family_requests(user),
            *_routes(user),
            *_words_past_the_school(user),
            *_urgent(user),
            *_pending(user),
            *_posts(user),
            *_registrations(user),
            *_missing_guardians(user),
            *_telephone(user),
            *_first_pins(user),
            *_cases(user),
            *_explanation_requests(user),
            *_consent_texts(user),
            *_corrections(user),
            *_support_questions(user),
            *_to_check(user),
            *_notice_receipts(user),
            *operation_tiles(user),
        ],
        "waiting": [(row, reverse("admin:helpline_open", args=[row.pk])) for row in waiting],
        "warnings": warnings_for(user),
        "drills": drills.drills_to_acknowledge(user),
        "queue": case_queue.queue_for(user),
        "sees_cases": may(user, "cases.view"),
        "follow_ups": follow_ups.follow_ups_for(user),
        "sees_people": may(user, "cases.view") or may(user, "help.answer"),
    }


def _help(user, waiting):
    if may(user, "help.answer"):
        url = reverse("admin:helpline_helprequest_changelist")
        n_unseen = sum(row.seen_at is None for row in waiting)
        yield TodayTile(str(n_unseen), "話したい(だれも見ていない)", url, is_now=n_unseen > 0)
        yield TodayTile(str(len(waiting) - n_unseen), "話したい(返事を待っている)", url)


def _family_requests(user):
    """What guardians asked this person's role and nobody has answered."""
    n_open = len(family_requests.open_requests_for(user)) if may(user, READ_VERB) else 0
    if n_open:
        url = reverse("admin:helpline_familyrequest_changelist")
        yield TodayTile(str(n_open), "保護者からの相談(連絡を待っている)", url)


def _routes(user):
    """Versions of the city's route that wait for this person."""
    n_waiting = routes.versions_waiting_for(user).count()
    if n_waiting:
        url = reverse("admin:helpline_protectionroute_changelist")
        yield TodayTile(str(n_waiting), "確認を待つ、学校の大人のことの相談先", url)


def _words_past_the_school(user):
    """What students wrote past their school, for the readers of the city's route alone."""
    if not is_outside_reader(user):
        return
    n_unopened = withheld_words.unopened_for(user)
    if n_unopened or cities_read_by(user):
        url = reverse("admin:checkins_withheldwords_changelist")
        words = "チェックインに書かれた言葉(開いていない)"
        yield TodayTile(str(n_unopened), words, url, is_now=n_unopened > 0)


def _urgent(user):
    """Emergencies nobody has reviewed, and accesses that wait for a second person."""
    n_open = emergencies_to_review(user).count() if may(user, "emergency.review") else 0
    if n_open:
        url = reverse("admin:people_emergencyaccess_changelist") + "?reviewed_at__isempty=1"
        yield TodayTile(str(n_open), "緊急の閲覧(確かめていない)", url, is_now=True)
    may_decide = may(user, "access_log.decide")
    n_hidden = access_log.entries_awaiting_decision(user).count() if may_decide else 0
    if n_hidden:
        url = reverse("admin:disclosure_hiddenaccessentry_waiting")
        yield TodayTile(str(n_hidden), "見せない閲覧(二人目まち)", url)


def _pending(user):
    """Acts that end something and wait for this person's agreement."""
    n_waiting = len(act_queries.acts_waiting_for(user))
    if n_waiting:
        url = reverse("admin:people_pendingact_changelist") + "?open=1"
        yield TodayTile(str(n_waiting), "確認を待つ変更", url, is_now=True)
    may_decide = may(user, "guardians.keep_out")
    n_guardianships = guardian_standings.guardianships_to_decide(user).count() if may_decide else 0
    if n_guardianships:
        url = reverse("admin:people_guardianship_changelist") + "?standing__exact=kept_out"
        yield TodayTile(str(n_guardianships), "新しい続柄(二人が確かめるまで開かない)", url)
    n_to_review = guardian_standings.standings_to_review(user).count() if may_decide else 0
    if n_to_review:
        url = reverse("admin:people_guardianship_changelist") + "?review=due"
        yield TodayTile(str(n_to_review), "見なおす日が来た、保護者にできること", url)


def _posts(user):
    """Posts not renewed this school year, and those kept because nobody else holds one."""
    if not may(user, APPOINT_VERB):
        return
    url = reverse("admin:staffing_renewals")
    n_due, n_held = (
        renewals.renewals_due_for(user).count(),
        renewals.postponed_ends_for(user).count(),
    )
    if n_due:
        last = renewals.next_last_day()
        yield TodayTile(str(n_due), f"続けるか確かめる担当({last.month}月{last.day}日まで)", url)
    if n_held:
        yield TodayTile(str(n_held), "ほかにいないため続いている担当", url)


def _registrations(user):
    """Registrations that wait for this person's confirmation."""
    if not may(user, "registrations.confirm"):
        return
    url = reverse("admin:registration_waiting")
    n_waiting, n_late = confirmation_queue.count_waiting_for(user), reminders.count_late_for(user)
    if n_to_call := safe_contacts.count_to_call(user):
        yield TodayTile(str(n_to_call), "管理職の連絡を待つ保護者", url, is_now=True)
    if n_waiting:
        yield TodayTile(str(n_waiting), "確かめを待つ保護者", url)
    if n_late:
        words = "3授業日より長く待っている保護者"
        yield TodayTile(str(n_late), words, url, is_now=True)


def _missing_guardians(user):
    """Homes without a confirmed guardian."""
    n_homes = missing_guardians.count_missing(user) if may(user, missing_guardians.VERB) else 0
    if n_homes:
        url = reverse("admin:registration_missing_guardians")
        yield TodayTile(str(n_homes), "学校が確かめた保護者がまだいない家庭", url)


def _telephone(user):
    """Statements by telephone: waiting for this person's confirmation, or lapsed without one."""
    url = reverse("admin:consent_telephoneanswer_changelist")
    if n_waiting := len(telephone_answers.calls_awaiting(user)):
        yield TodayTile(str(n_waiting), "電話の返事(二人目まち)", f"{url}?state__exact=waiting")
    if n_lapsed := telephone_answers.lapsed_refusals(user).count():
        words = "確かめないまま期限がすぎ、また使われている電話の取り下げ"
        yield TodayTile(str(n_lapsed), words, f"{url}?state__exact=lapsed", is_now=True)


def _first_pins(user):
    """First PINs that a member of staff must confirm."""
    n_waiting = first_pins.count_first_pins(user)
    if n_waiting:
        url = reverse("admin:signin_first_pins")
        yield TodayTile(str(n_waiting), "本人が決めたか確かめる、はじめの暗証番号", url)


def _cases(user):
    if may(user, "cases.view"):
        load = case_load.load_for(user)
        url = reverse("admin:cases_supportcase_changelist")
        yield TodayTile(str(load.n_unseen), "だれも見ていない気づき", f"{url}?state=new")
        if load.n_holders:
            yield TodayTile(f"{load.n_held / load.n_holders:.1f}", "1人あたりの対応中(件)")
        yield from _led_cases(user, url)


def _led_cases(user, url):
    """For the lead of a school: what waits too long, and how long a first look takes."""
    load = case_load.school_load_for(user)
    if load is None:
        return
    if load.n_late:
        words = "3授業日より長く、だれも見ていないケース"
        yield TodayTile(str(load.n_late), words, f"{url}?state=new", is_now=True)
    if load.n_overdue:
        words = "次の確認の日をすぎたケース"
        yield TodayTile(str(load.n_overdue), words, f"{url}?due=over", is_now=True)
    if load.to_first_look is not None:
        hours = load.to_first_look.total_seconds() / 3600
        yield TodayTile(f"{hours:.0f}", "はじめて開くまでの時間(平均、時間)")


def _explanation_requests(user):
    """Students who want an explanation before they answer."""
    if may(user, "consent.explain"):
        n_waiting = decisions.explanation_requests_waiting(user).count()
        if n_waiting:
            url = reverse("admin:consent_explanationrequest_changelist") + "?talked_at__isempty=1"
            yield TodayTile(str(n_waiting), "説明を聞きたい生徒", url)


def _consent_texts(user):
    """Texts of the city to which the project has added a sentence since."""
    n_behind = len(project_texts.documents_behind(user)) if may(user, "consent.edit") else 0
    if n_behind:
        url = reverse("admin:consent_consentdocument_changelist")
        words = "説明文書に、案の新しい文がある項目(新しい版の下書きを作る)"
        yield TodayTile(str(n_behind), words, url)


def _corrections(user):
    if may(user, "corrections.answer"):
        n_open = corrections.corrections_visible_to(user).exclude(state="answered").count()
        if n_open:
            url = reverse("admin:disclosure_correctionrequest_changelist")
            yield TodayTile(str(n_open), "まちがいの連絡(答えていない)", url)


def _support_questions(user):
    """Questions about the portal that the helpdesk has not ended."""
    n_open = question_queue.count_open(user) if may(user, ANSWER_VERB) else 0
    if n_open:
        url = reverse("admin:helpdesk_supportquestion_changelist")
        yield TodayTile(str(n_open), "使い方の質問(終わっていない)", url)


def _to_check(user):
    """Notices that wait for a second person, and organisations not checked for long."""
    n_waiting = publication_rules.notices_awaiting_check(user).count()
    if n_waiting:
        url = reverse("admin:notices_notice_changelist") + "?state__exact=waiting"
        yield TodayTile(str(n_waiting), "確認を待つお知らせ", url)
    n_questions = question_drafts.drafts_to_check(user).count()
    if n_questions:
        url = reverse("admin:checkins_questionset_changelist")
        yield TodayTile(str(n_questions), "確認を待つ質問", url)
    n_cards = self_help.cards_to_approve(user)
    if n_cards:
        url = reverse("admin:notices_self_help")
        yield TodayTile(str(n_cards), "確認を待つカード", url)
    n_overdue = organisations.organisations_to_verify(user).count()
    if n_overdue:
        url = reverse("admin:notices_supportorganisation_changelist") + "?check=due"
        yield TodayTile(str(n_overdue), "確かめなおす窓口", url)


def _notice_receipts(user):
    """The newest notice to this person's schools: how many of all its students received it."""
    if not may(user, "notices.view"):
        return
    notice = inbox.newest_notice_for(user)
    if notice is not None:
        reach = notice_reach.count_reach(notice)
        words = f"お知らせが届いた生徒(全 {reach.n_students}人のうち {reach.shown})"
        url = reverse("admin:notices_notice_review", args=[notice.pk])
        yield TodayTile(reach.share, words, url)
