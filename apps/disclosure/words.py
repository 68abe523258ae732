"""The texts of the pages and the file of disclosure."""

from django.apps import apps
from django.core.exceptions import FieldDoesNotExist
from django.utils.translation import gettext, ngettext, npgettext
from django.utils.translation import gettext_lazy as _

from apps.audit.models import Action, EventReason
from apps.consent.models import RowSource
from apps.consent.words import PURPOSE_NAMES, purpose_name, role_name
from apps.people.services.recorded_changes import DONE_ELSEWHERE

RULE_ACTIONS = (Action.SEALED_EVALUATED, Action.SIGN_RAISED)
ACCESS_SENTENCES = {  # what happened on a day -> sentence; who a group or party, purpose a purpose
    "looked": _("%(who)sが、見まもりのために見ました"),
    "checked": _("しくみが、自動で確かめました"),
    "key.made": _("「%(purpose)s」をつなぎはじめました"),
    "key.paused": _("「%(purpose)s」を止めました(消していません)"),
    "key.resumed": _("止めた「%(purpose)s」をもどしました"),
    "key.destroyed": _("「%(purpose)s」をやめ、読めないようにしました"),
    "consent.decided": _("%(who)sが返事をしました"),
}
ACCESS_GROUPS = {"school": _("学校の先生"), "city": _("市の担当者")}
EMERGENCY_TO_STAFF = _("緊急: %(reason)s")


def access_words(what, who, purpose, party):
    """One line of the page "who looked". Whose answer began or ended a link is not said."""
    values = {
        "who": ACCESS_GROUPS.get(who) or (role_name(who, party) if who else ""),
        "purpose": purpose_name(purpose) if purpose in PURPOSE_NAMES else "",
    }
    return ACCESS_SENTENCES[what] % values


def staff_reason_words(event):
    """Why an AuditEvent happened, or what its code in ``detail`` means, for staff."""
    if event.reason_code:
        label = EventReason(event.reason_code).label
        return EMERGENCY_TO_STAFF % {"reason": label} if event.is_emergency else label
    if event.action == Action.ROWS_SWEPT:
        return f"{RowSource(event.detail).label} {deleted_rows(event.n_rows)}"
    if event.action in RULE_ACTIONS:
        rules = (rule.partition("/") for rule in event.detail.split())
        one = gettext("%(code)s 第%(version)s版")
        words = [one % {"code": code, "version": version} for code, _, version in rules]
        return "・".join(words)  # no sentence
    return (
        gettext("ほかの自治体の人が行った")
        if event.detail == DONE_ELSEWHERE
        else _state_label(event)
    )


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
    "staff_words": _("先生からのひとこと"),
    "helps": _("「話したい」と送ったもの"),
    "looks": _("だれが見たか"),
    "certificates": _("消した記録の証明"),
    "corrections": _("まちがいの連絡"),
    "family": _("学校や市に相談したもの"),
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


def subject_name(about):
    """What a correction is about: the roster, or a purpose."""
    return str(PART_NAMES["roster"]) if about == "roster" else purpose_name(about)
