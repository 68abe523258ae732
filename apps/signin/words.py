"""Sentences about signing in that are used in more than one place."""

from functools import reduce
from typing import Any, NamedTuple

from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from apps.core.clock import JST
from apps.core.counters import with_readings
from apps.core.templatetags.japanese import day
from apps.people.models import Role
from apps.signin.codes import PinProblem, pin_problem


class Mail(NamedTuple):
    """A mail to the owner of an account."""

    subject: Any
    text: Any


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
ADDRESS_REPLACED = Mail(
    _("メールアドレスが変わりました"),
    _(
        "学校が本人を確かめて、加賀ポータルのメールアドレスを変えました。"
        "このメールアドレスでは、もう入れません。\n\n"
        "心当たりがないときは、すぐに学校に連絡してください。"
    ),
)
ADDRESS_GIVEN = Mail(
    _("メールアドレスが変わりました"),
    _(
        "学校が本人を確かめて、このメールアドレスを加賀ポータルの登録にしました。\n\n"
        "サインインの画面の「パスワードを忘れた」に、このメールアドレスを入れてください。"
        "コードが届きます。コードを入れると、パスワードを新しく決められます。\n\n"
        "心当たりがないときは、何もしないでください。"
    ),
)
ADDRESS_TAKEN = Mail(
    _("このメールアドレスは、もう使われています"),
    _(
        "学校が本人を確かめて、このメールアドレスを加賀ポータルの保護者の登録にしようとしました。"
        "このメールアドレスは、もう別のアカウントで使われているので、何も変わっていません。\n\n"
        "あなたがたのんだときは、このメールアドレスのアカウントで入るか、"
        "ほかのメールアドレスを学校に伝えてください。\n\n"
        "心当たりがないときは、何もしないでください。"
    ),
)
NEW_DEVICE = Mail(
    _("新しい端末でサインインがありました"),
    _(
        "%(when)sに、今まで使っていない端末(%(device)s)で、あなたのアカウントにサインインがありました。\n\n"
        "あなたなら、何もしなくてだいじょうぶです。\n\n"
        "心当たりがないときは、「サインイン中の端末」でそのサインインを終わらせ、"
        "パスワードを変えてください。学校または市の担当にも伝えてください。"
    ),
)
MYNA_LINKED = Mail(
    _("マイナンバーカードとつながりました"),
    _(
        "あなたのアカウントが、マイナンバーカードとつながりました。ほかの機器でのサインインは終わっています。\n\n"
        "心当たりがないときは、すぐにパスワードを変え、学校または市の担当に伝えてください。"
    ),
)
MYNA_UNLINKED = Mail(
    _("マイナンバーカードとのつながりが外れました"),
    _(
        "あなたのアカウントと、マイナンバーカードのつながりが外れました。ほかの機器でのサインインは終わっています。\n\n"
        "心当たりがないときは、すぐにパスワードを変え、学校または市の担当に伝えてください。"
    ),
)
METHOD_LABELS = {
    "card": _("カードと暗証番号"),
    "school_account": _("学校のアカウント"),
    "lti": _("学習用のページ"),
    "password": _("パスワード"),
    "totp": _("認証アプリ"),
    "webauthn": _("パスキーかセキュリティキー"),
    "passkey": _("パスキー"),
    "myna": _("マイナンバーカード"),
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
