"""Sentences about signing in that are used in more than one place."""

from django.utils.translation import gettext_lazy as _

from apps.core.clock import JST
from apps.core.counters import with_readings
from apps.people.models import Role
from apps.signin.codes import PinProblem, pin_problem

MAIL_SUBJECT = "サインインを終わらせました"
ROLES_FOR_STUDENTS = {
    Role.HOMEROOM: "｜担任《たんにん》の ｜先生《せんせい》",
    Role.CITY: "｜市《し》の ｜人《ひと》",
    Role.HELPDESK: "｜市《し》の ヘルプデスクの ｜人《ひと》",
}
METHOD_LABELS = {
    "card": "カードと暗証番号",
    "password": "パスワード",
    "totp": "認証アプリ",
    "webauthn": "セキュリティキー",
    "recovery_codes": "リカバリーコード",
}


def method_label(method: str) -> str:
    """「パスワードと認証アプリ」 for "password+totp"."""
    return (
        "と".join(METHOD_LABELS[part] for part in method.split("+") if part in METHOD_LABELS) or "—"
    )


def session_ended_mail(role: str) -> str:
    """The mail to an account's owner when staff ended their sign-ins."""
    return (
        f"{Role(role).label}が、あなたのアカウントのサインインを、すべての端末で終わらせました。通知の登録も終わりました。\n\n"
        "使いつづけるときは、もう一度サインインしてください。"
        "心当たりがないときは、学校または市の担当に聞いてください。\n"
    )


def session_ended_message(ending, *, is_student: bool) -> str:
    """The message at the next sign-in after staff ended the sign-ins."""
    at = ending.ended_at.astimezone(JST)
    when, who = f"{at.month}月{at.day}日 {at:%H:%M}", Role(ending.by_role).label
    if is_student:
        who = ROLES_FOR_STUDENTS.get(ending.by_role, "｜学校《がっこう》の ｜人《ひと》")
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


TOO_MANY_TRIES = _("今、何度も試されています。少し待ってください。")
PIN_PROBLEMS = {
    PinProblem.NO_PIN: _("4桁から6桁の数字を入れてください。"),
    PinProblem.EASY_TO_GUESS: _("人にすぐわかる番号です。ほかの番号にしてください。"),
}


def pin_problem_words(pin: str) -> str:
    """Why a PIN is refused, as a sentence for the student, or "" where it is accepted."""
    problem = pin_problem(pin)
    return str(PIN_PROBLEMS[problem]) if problem else ""
