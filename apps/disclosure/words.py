"""The texts of the pages and the file of disclosure."""

from django.apps import apps
from django.core.exceptions import FieldDoesNotExist
from django.utils.translation import gettext, ngettext, npgettext
from django.utils.translation import gettext_lazy as _

from apps.audit.models import Action, EventReason
from apps.consent.models import RowSource
from apps.consent.words import PURPOSE_NAMES, for_party, purpose_name, role_name

RULE_ACTIONS = (Action.SEALED_EVALUATED, Action.SIGN_RAISED)
EVENT_SENTENCES = {  # action -> sentence; who a role, purpose a purpose
    "sealed.opened": _("%(who)sが「%(purpose)s」を見ました"),
    "sealed.evaluated": _("しくみが「%(purpose)s」を自動で確かめました"),
    "key.made": _("「%(purpose)s」をつなぎはじめました"),
    "key.paused": _("「%(purpose)s」を止めました(消していません)"),
    "key.resumed": _("止めた「%(purpose)s」をもどしました"),
    "key.destroyed": _("「%(purpose)s」をやめ、読めないようにしました"),
    "consent.decided": _("%(who)sが返事をしました"),
}
ACCESS_REASONS = {  # reason code -> why somebody looked
    "meeting": _("面談の準備"),
    "conference": _("支援を考える会議"),
    "sign": _("気づきの確認"),
    "student_asked": (_("本人からの相談"), _("あなたからの相談")),
    "guardian_asked": _("保護者からの相談"),
    "safety": _("命や体の安全の確認"),
}
EMERGENCY = _("緊急に、担当ではない職員が見ました")
EMERGENCY_TO_STAFF = _("緊急: %(reason)s")


def event_words(action, role, purpose, party):
    """One line of the page "who looked". Whose answer began or ended a link is not said."""
    return EVENT_SENTENCES[action] % {
        "who": role_name(role, party),
        "purpose": purpose_name(purpose) if purpose in PURPOSE_NAMES else "",
    }


def reason_words(reason, is_emergency, party):
    """The reason (an EventReason or "") for this reader ("" where there is none)."""
    words = for_party(ACCESS_REASONS.get(reason, ""), party)
    if not is_emergency:
        return words
    values = {"reason": words, "emergency": EMERGENCY}
    return gettext("%(reason)s(%(emergency)s)") % values if words else f"({EMERGENCY})"


def staff_reason_words(event):
    """Why an AuditEvent happened, or what its code in ``detail`` means, for staff."""
    if event.reason_code:
        label = EventReason(event.reason_code).label
        return EMERGENCY_TO_STAFF % {"reason": label} if event.is_emergency else label
    if event.action == Action.ROWS_SWEPT:
        return f"{RowSource(event.detail).label} {deleted_rows(event.n_rows)}"
    if event.action in RULE_ACTIONS:
        code, _, version = event.detail.partition("/")
        return gettext("%(code)s 第%(version)s版") % {"code": code, "version": version}
    return _state_label(event)


def _state_label(event):
    """The label of the state that ``detail`` holds, or ``detail`` itself."""
    try:
        states = apps.get_model(event.thing)._meta.get_field("state").flatchoices
    except (LookupError, ValueError, FieldDoesNotExist):
        return event.detail
    return str(dict(states).get(event.detail, event.detail))


PART_NAMES = {  # code -> its name
    "roster": _("名前・学級などの登録"),
    "answers": _("データの同意の返事"),
    "linked": _("つないでいる記録"),
    "checkins": _("チェックインの答え"),
    "helps": _("「話したい」と送ったもの"),
    "looks": _("だれが見たか"),
    "certificates": _("消した記録の証明"),
    "corrections": _("まちがいの連絡"),
    "read": _("画面に出した説明とお知らせ"),
    "devices": _("通知を受け取る端末"),
}
NOTICE = _("お知らせ")
CHECKIN_ANSWERED = _("「きょうのわたし」に答えました")


def many_purposes(n):
    """So many purposes, where they are not named one by one."""
    return ngettext("%(n)s個の項目", "%(n)s個の項目", n) % {"n": n}


def deleted_rows(n):
    """How many rows were deleted."""
    return npgettext("消した記録", "%(n)s件", "%(n)s件", n) % {"n": n}


def paused_note(n):
    """That ``n`` records are paused; "" for none."""
    if not n:
        return ""
    return ngettext(
        "いま止めているものが %(n)s件あります。中身は、いまはだれも見られません。",
        "いま止めているものが %(n)s件あります。中身は、いまはだれも見られません。",
        n,
    ) % {"n": n}


def students_own_note(n):
    """To a guardian: that ``n`` answers are the student's alone; "" for none."""
    if not n:
        return ""
    return ngettext(
        "お子さんが学校のためだけに答えたものが %(n)s件あります。"
        "中身はお子さん本人だけが見られます。",
        "お子さんが学校のためだけに答えたものが %(n)s件あります。"
        "中身はお子さん本人だけが見られます。",
        n,
    ) % {"n": n}


def subject_name(about):
    """What a correction is about: the roster, or a purpose."""
    return str(PART_NAMES["roster"]) if about == "roster" else purpose_name(about)
