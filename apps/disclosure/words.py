"""The texts of the pages and the file of disclosure."""

from django.apps import apps
from django.core.exceptions import FieldDoesNotExist

from apps.audit.models import Action, EventReason
from apps.consent.models import RowSource
from apps.consent.words import (
    GUARDIAN,
    PURPOSE_NAMES,
    ROLE_NAMES,
    UNKNOWN_ROLE,
    for_party,
    purpose_name,
)

RULE_ACTIONS = (Action.SEALED_EVALUATED, Action.SIGN_RAISED)
EVENT_SENTENCES = {  # action -> sentence; {who} a role, {purpose} a purpose
    "sealed.opened": (
        "{who}が「{purpose}」を見ました",
        "{who}が {purpose}を ｜見《み》ました",
    ),
    "sealed.evaluated": (
        "しくみが「{purpose}」を自動で確かめました",
        "しくみが {purpose}を ｜自動《じどう》で ｜確《たし》かめました",
    ),
    "key.made": (
        "「{purpose}」をつなぎはじめました",
        "{purpose}を ｜使《つか》いはじめました",
    ),
    "key.paused": (
        "「{purpose}」を止めました(消していません)",
        "{purpose}を ｜止《と》めました(まだ ｜消《け》して いません)",
    ),
    "key.resumed": (
        "止めた「{purpose}」をもどしました",
        "｜止《と》めた {purpose}を もどしました",
    ),
    "key.destroyed": (
        "「{purpose}」をやめ、読めないようにしました",
        "{purpose}を やめて、｜読《よ》めないように しました",
    ),
    "consent.decided": ("{who}が返事をしました", "{who}が ｜返事《へんじ》を しました"),
}


STUDENT_REASONS = {  # reason code -> to the student (the guardian reads the label)
    "meeting": "｜面談《めんだん》の ｜準備《じゅんび》",
    "conference": "｜支援《しえん》を ｜考《かんが》える ｜会議《かいぎ》",
    "sign": "｜気《き》づきの ｜確認《かくにん》",
    "student_asked": "あなたからの ｜相談《そうだん》",
    "guardian_asked": "｜保護者《ほごしゃ》からの ｜相談《そうだん》",
    "safety": "｜命《いのち》や ｜体《からだ》の ｜安全《あんぜん》の ｜確認《かくにん》",
}

EMERGENCY = "緊急: "  # before the reason, for staff
EMERGENCY_TO_GUARDIAN = "緊急に、担当ではない職員が見ました"
EMERGENCY_TO_STUDENT = "いそいで、ほかの ｜先生《せんせい》が ｜見《み》ました"


def event_words(action, role, purpose, party):
    """One line of the page "who looked". Whose answer began or ended a link is not said."""
    return for_party(EVENT_SENTENCES[action], party).format(
        who=for_party(ROLE_NAMES.get(role, UNKNOWN_ROLE), party),
        purpose=purpose_name(purpose, party) if purpose in PURPOSE_NAMES else "",
    )


def reason_words(reason, is_emergency, party):
    """The reason (an EventReason or ""), with ruby for the student ("" where there is none)."""
    if party == GUARDIAN:
        words, emergency = (EventReason(reason).label if reason else ""), EMERGENCY_TO_GUARDIAN
    else:
        words, emergency = STUDENT_REASONS.get(reason, ""), EMERGENCY_TO_STUDENT
    return f"{words}({emergency})" if is_emergency else words


def staff_reason_words(event):
    """Why an AuditEvent happened, or what its code in ``detail`` means, for staff."""
    if event.reason_code:
        label = EventReason(event.reason_code).label
        return f"{EMERGENCY}{label}" if event.is_emergency else label
    if event.action == Action.ROWS_SWEPT:
        return f"{RowSource(event.detail).label} {event.n_rows}件"
    if event.action in RULE_ACTIONS:
        code, _, version = event.detail.partition("/")
        return f"{code} 第{version}版"
    return _state_label(event)


def _state_label(event):
    """The label of the state that ``detail`` holds, or ``detail`` itself."""
    try:
        states = apps.get_model(event.thing)._meta.get_field("state").flatchoices
    except (LookupError, ValueError, FieldDoesNotExist):
        return event.detail
    return str(dict(states).get(event.detail, event.detail))


PART_NAMES = {  # code -> (to the guardian, to the student)
    "roster": ("名前・学級などの登録", "｜名前《なまえ》や ｜学級《がっきゅう》"),
    "answers": ("データの同意の返事", "データに ついての ｜返事《へんじ》"),
    "linked": ("つないでいる記録", "｜学校《がっこう》などから もらった ｜記録《きろく》"),
    "checkins": ("チェックインの答え", "「きょうの わたし」の ｜答《こた》え"),
    "helps": ("", "「｜話《はな》したい」と ｜送《おく》った もの"),
    "looks": ("だれが見たか", "だれが ｜見《み》たか"),
    "certificates": ("消した記録の証明", "｜消《け》した ｜記録《きろく》"),
    "corrections": ("まちがいの連絡", "まちがいを ｜伝《つた》えた もの"),
    "read": ("画面に出した説明とお知らせ", "｜見《み》た ｜説明《せつめい》と お｜知《し》らせ"),
    "devices": ("通知を受け取る端末", "｜通知《つうち》を うけとる きかい"),
}
N_PURPOSES = ("の項目", "の もの")
ROW_COUNTER = ("件", "こ")
NOTICE = ("お知らせ", "お｜知《し》らせ")
CHECKIN_ANSWERED = ("チェックイン", "「きょうの わたし」に ｜答《こた》えました")
PART_NOTES = {
    "paused": (
        "いま止めているものが {}件あります。中身は、いまはだれも見られません。",
        "いま ｜止《と》めて いる ものが {}こ あります。いまは だれも ｜見《み》られません。",
    ),
    "students_own": (
        "お子さんが学校のためだけに答えたものが {}件あります。中身はお子さん本人だけが見られます。",
        "",
    ),
}
