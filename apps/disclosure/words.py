"""The texts of the pages and the file of disclosure. Pure."""

from apps.consent.words import (
    GUARDIAN,
    PURPOSE_NAMES,
    ROLE_NAMES,
    UNKNOWN_ROLE,
    for_party,
    purpose_name,
)

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


STUDENT_REASONS = {  # label kept in the record -> to the student (to the guardian it stands as kept)
    "面談の準備": "｜面談《めんだん》の ｜準備《じゅんび》",
    "支援を 考える 会議": "｜支援《しえん》を ｜考《かんが》える ｜会議《かいぎ》",
    "気づきの 確認": "｜気《き》づきの ｜確認《かくにん》",
    "本人からの 相談": "あなたからの ｜相談《そうだん》",
    "保護者からの 相談": "｜保護者《ほごしゃ》からの ｜相談《そうだん》",
    "命や 体の 安全の 確認": "｜命《いのち》や ｜体《からだ》の ｜安全《あんぜん》の ｜確認《かくにん》",
}


URGENT = "緊急: "


URGENT_TO_STUDENT = "いそいで、ほかの ｜先生《せんせい》が ｜見《み》ました"


def event_words(action, role, purpose, party):
    """One line of the page "who looked". Whose answer began or ended a link is not said."""
    return for_party(EVENT_SENTENCES[action], party).format(
        who=for_party(ROLE_NAMES.get(role, UNKNOWN_ROLE), party),
        purpose=purpose_name(purpose, party) if purpose in PURPOSE_NAMES else "",
    )


def reason_words(reason, party):
    """The reason as kept for the guardian, with ruby for the student ("" where there is none)."""
    urgent = reason.startswith(URGENT)
    said = reason.removeprefix(URGENT)
    if party == GUARDIAN:
        return f"{said}(緊急に、担当ではない職員が見ました)" if urgent else said
    said = STUDENT_REASONS.get(said, "")
    return f"{said}({URGENT_TO_STUDENT})" if urgent else said


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
