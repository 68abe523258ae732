"""What people read about their sign-ins."""

from apps.core.clock import JST
from apps.core.counting import with_readings
from apps.people.models import Role

MAIL_SUBJECT = "サインインを終わらせました"
TO_STUDENTS = {
    Role.HOMEROOM: "｜担任《たんにん》の ｜先生《せんせい》",
    Role.CITY: "｜市《し》の ｜人《ひと》",
    Role.HELPDESK: "｜市《し》の ヘルプデスクの ｜人《ひと》",
}
WAYS = {
    "card": "カードと暗証番号",
    "password": "パスワード",
    "totp": "認証アプリ",
    "webauthn": "セキュリティキー",
    "recovery_codes": "リカバリーコード",
}


def way_words(way: str) -> str:
    """「パスワードと認証アプリ」 for "password+totp"."""
    return "と".join(WAYS[part] for part in way.split("+") if part in WAYS) or "—"


def mail_text(role: str) -> str:
    """What an account's owner gets by mail when staff ended their sign-ins."""
    return (
        f"{Role(role).label}が、あなたのアカウントのサインインを、すべての端末で終わらせました。通知の登録も終わりました。\n\n"
        "使いつづけるときは、もう一度サインインしてください。"
        "心当たりがないときは、学校または市の担当に聞いてください。\n"
    )


def told_again(ending, *, is_student: bool) -> str:
    """What somebody reads who signs in after staff ended their sign-ins."""
    at = ending.ended_at.astimezone(JST)
    when, who = f"{at.month}月{at.day}日 {at:%H:%M}", Role(ending.by_role).label
    if is_student:
        who = TO_STUDENTS.get(ending.by_role, "｜学校《がっこう》の ｜人《ひと》")
        return with_readings(when) + (
            f"に、{who}が、あなたの サインインを ぜんぶ おわらせました。カードで ｜入《はい》りなおせば、"
            "つかえます。｜通知《つうち》は、｜入《はい》りなおした ｜端末《たんまつ》に また とどきます。"
            "わけが わからない ときは、ほかの ｜先生《せんせい》か ｜保健室《ほけんしつ》に "
            "｜聞《き》いて ください。"
        )
    return (
        f"{when}に、{who}が、あなたのサインインをすべて終わらせました"
        f"(理由: {ending.get_reason_display()})。心当たりがないときは、担当に聞いてください。"
    )
