"""Periodic tasks that stand still, in words for the staff who see it on きょう."""

from django.conf import settings
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from apps.core import heartbeat
from apps.people.permissions import may

# periodic task -> (the verb of whoever sees it, what stands still, where to look)
STALLED_TASKS = {
    "helpline.escalate": (
        "help.answer",
        _(
            "話したい: 自動の呼び出しが止まっています。だれも呼ばれていません。この一覧をこまめに開き、システムの担当に知らせてください。"
        ),
        "admin:helpline_helprequest_changelist",
    ),
    "helpline.deliver_mail": (
        "help.answer",
        _(
            "話したい: 当番へのメールを送るしくみが止まっています。システムの担当に知らせてください。"
        ),
        "admin:helpline_helprequest_changelist",
    ),
    "mail.send_due": (
        "mail.view",
        _(
            "メールを送るしくみが止まっています。コードのメールも届きません。システムの担当に知らせてください。"
        ),
        "admin:mail_outgoingmail_changelist",
    ),
    "push.deliver_due": (
        "notices.view",
        _(
            "端末への通知を送るしくみが止まっています。お知らせは画面には出ます。システムの担当に知らせてください。"
        ),
        "admin:index",
    ),
    "notices.publish_due": (
        "notices.edit",
        _("お知らせ: 予約した時刻に出すしくみが止まっています。システムの担当に知らせてください。"),
        "admin:notices_notice_changelist",
    ),
}
CLOCK_SET_BACK = _(
    "サーバーの時計が戻りました。その間に来るはずだった順番や予約は、いま行っています。システムの担当に知らせてください。"
)


BACKUP_LATE = _(
    "バックアップが、決めた時間のうちに取れていません。いまデータが失われると、もどせません。システムの担当に知らせてください。"
)


def warnings_of_stalled_work(user):
    """[(sentence, URL)] of periodic tasks that are late, and of a late backup."""
    is_responsible = may(user, "help.answer") or may(user, "linkage.view")
    if settings.BACKUP_EVERY_HOURS and may(user, "linkage.view") and heartbeat.is_backup_late():
        yield BACKUP_LATE, reverse("admin:index")
    if is_responsible and heartbeat.was_clock_set_back():
        yield CLOCK_SET_BACK, reverse("admin:index")
    late = heartbeat.late_tasks(STALLED_TASKS)
    for name, (verb, words, address) in STALLED_TASKS.items():
        if name in late and may(user, verb):
            yield words, reverse(address)
