"""Sentences about signing in that are used in more than one place."""

from functools import reduce

from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from apps.core.clock import JST
from apps.core.counters import with_readings
from apps.core.templatetags.japanese import day
from apps.people.models import Role
from apps.signin.codes import PinProblem, pin_problem

SESSIONS_ENDED_SUBJECT = _("サインインを終わらせました")
SESSIONS_ENDED_MAIL = _(
    "%(role)sが、あなたのアカウントのサインインを、すべての端末で終わらせました。"
    "通知の登録も終わりました。\n\n"
    "使いつづけるときは、もう一度サインインしてください。"
    "心当たりがないときは、学校または市の担当に聞いてください。\n"
)
SESSIONS_ENDED = _(
    "%(when)sに、%(role)sが、あなたのサインインをすべて終わらせました(理由: %(reason)s)。"
    "心当たりがないときは、担当に聞いてください。"
)
SESSIONS_ENDED_TO_STUDENT = _(
    "%(when)sに、%(role)sが、あなたのサインインを全部終わらせました。カードで入り直せば、使えます。"
    "通知は、入り直した端末にまた届きます。わけがわからないときは、ほかの先生か保健室に聞いてください。"
)
METHOD_LABELS = {
    "card": _("カードと暗証番号"),
    "password": _("パスワード"),
    "totp": _("認証アプリ"),
    "webauthn": _("セキュリティキー"),
    "recovery_codes": _("リカバリーコード"),
}


def method_label(method: str) -> str:
    """「パスワードと認証アプリ」 for "password+totp"."""
    known = [str(METHOD_LABELS[part]) for part in method.split("+") if part in METHOD_LABELS]
    return (
        reduce(lambda one, more: gettext("%(one)sと%(more)s") % {"one": one, "more": more}, known)
        if known
        else "—"
    )


def session_ended_mail(role: str) -> tuple[str, str]:
    """(subject, text) of the mail to an account's owner when staff ended their sign-ins."""
    return str(SESSIONS_ENDED_SUBJECT), SESSIONS_ENDED_MAIL % {"role": Role(role).label}


def session_ended_message(ending, *, is_student: bool) -> str:
    """The message at the next sign-in after staff ended the sign-ins."""
    at = ending.ended_at.astimezone(JST)
    when = with_readings(f"{day(at)} {at:%H:%M}") if is_student else f"{day(at)} {at:%H:%M}"
    sentence = SESSIONS_ENDED_TO_STUDENT if is_student else SESSIONS_ENDED
    reason = ending.get_reason_display()
    return sentence % {"when": when, "role": Role(ending.by_role).label, "reason": reason}


TOO_MANY_TRIES = _("今、何度も試されています。少し待ってください。")
PIN_PROBLEMS = {
    PinProblem.NO_PIN: _("4桁から6桁の数字を入れてください。"),
    PinProblem.EASY_TO_GUESS: _("人にすぐわかる番号です。ほかの番号にしてください。"),
}


def pin_problem_words(pin: str) -> str:
    """Why a PIN is refused, as a sentence for the student, or "" where it is accepted."""
    problem = pin_problem(pin)
    return str(PIN_PROBLEMS[problem]) if problem else ""
