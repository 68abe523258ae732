"""Mails to who asked: whether the address is theirs, and the replies."""

from datetime import timedelta
from uuid import UUID

from allauth.account.models import EmailAddress
from django.conf import settings
from django.core.mail import EmailMessage
from django.urls import reverse
from django.utils.translation import gettext as _

from apps.core import clock
from apps.core.email_addresses import mail_subject
from apps.core.languages import speaking
from apps.core.sealed_tokens import open_token, seal_token
from apps.core.templatetags.japanese import plain
from apps.helpdesk.models import SupportQuestion, SupportReply
from apps.mail.services.queue import queue_mail

PURPOSE, VALID_FOR = "helpdesk.mail", timedelta(days=3)


def question_of_token(token: str) -> UUID | None:
    """The id of the question whose address a link confirms; None for any other text."""
    content = open_token(PURPOSE, token, int(VALID_FOR.total_seconds()))
    return UUID(bytes=content) if content is not None and len(content) == 16 else None


def may_mail_reply(question: SupportQuestion) -> bool:
    """Whether a reply goes to the address now.

    An account's own address counts only while it is the account's: it may have been given up
    because somebody else reads that mailbox. The reply stands in the portal all the same.
    """
    if not question.may_mail or question.asked_by_id is None or question.entered_by_id:
        return question.may_mail
    own = EmailAddress.objects.filter(user=question.asked_by_id, verified=True)
    return own.filter(email__iexact=question.mail).exists()


def mail_confirmation(question: SupportQuestion) -> None:
    """Ask the address whether the answer may be sent there."""
    link = reverse("helpdesk:confirm_mail", args=[seal_token(PURPOSE, question.pk.bytes)])
    with speaking(question.language):
        subject = _("メールアドレスを確かめてください")
        words = _(
            "加賀ポータルの使い方の質問の返事を、このメールアドレスで受け取るには、"
            "3日のうちに次のページを開いて、ボタンを押してください。\n\n%(link)s\n\n"
            "心当たりがないときは、何もしないでください。ほかのメールは届きません。"
        ) % {"link": f"{settings.PORTAL_URL}{link}"}
        _queue(question, "support_confirm", subject, words, VALID_FOR)


def mail_reply(question: SupportQuestion, reply: SupportReply) -> None:
    """Mail a reply to the confirmed address, in the language of who asked."""
    with speaking(question.language):
        subject = _("質問への返事")
        words = _(
            "加賀ポータルの使い方の質問に、返事があります。\n\n%(reply)s\n\n"
            "このメールには返信できません。続けて聞くときは、もう一度質問を送ってください。"
        ) % {"reply": reply.text}
        _queue(question, "support_reply", subject, words)
    reply.mailed_at = clock.now()
    reply.save(update_fields=["mailed_at"])


def _queue(
    question: SupportQuestion, kind: str, subject: str, words: str, lasts: timedelta | None = None
) -> None:
    message = EmailMessage(mail_subject(plain(subject)), plain(words), to=[question.mail])
    message.kind = kind  # type: ignore[attr-defined]
    if lasts is not None:
        message.lasts_s = int(lasts.total_seconds())  # type: ignore[attr-defined]
    queue_mail(message)
