"""What of the portal's own work waits for somebody on きょう: sources, keys and records, mails."""

from collections.abc import Iterator
from dataclasses import dataclass

from django.urls import reverse
from django.utils.translation import gettext as _

from apps.linkage.services import data_sources, uploads
from apps.mail.services.failures import recently_failed_for
from apps.people.models import User
from apps.people.permissions import may
from apps.selfinfo.services import session_queries
from apps.vault.services import damage_reports


@dataclass(frozen=True)
class TodayTile:
    """One number, what it counts, and its link; ``is_now`` when it cannot wait."""

    value: str
    words: str
    url: str = ""
    is_now: bool = False


def operation_tiles(user: User) -> Iterator[TodayTile]:
    """The tiles about imports, マイナポータル, damage and mails, for who may see each."""
    yield from _sources(user)
    yield from _self_info(user)
    yield from _damage(user)
    yield from _mail(user)


def _sources(user):
    """Sources and files that need a person, and when data was last read."""
    if not may(user, "linkage.view"):
        return
    url = reverse("admin:linkage_datasource_changelist")
    n_troubled = len(data_sources.source_problems(user))
    if n_troubled:
        yield TodayTile(str(n_troubled), _("止まっている・遅れている連携"), url, is_now=True)
    n_waiting = uploads.uploads_awaiting_decision(user).count()
    if n_waiting:
        runs = reverse("admin:linkage_syncrun_changelist") + "?state__exact=held"
        yield TodayTile(str(n_waiting), _("決めるのを待つファイル"), runs)
    run = data_sources.last_run(user)
    if run is None:
        yield TodayTile("–", _("まだ連携していません"), url)
    else:
        words = _("最後の連携(%(state)s)") % {"state": run.get_state_display()}
        yield TodayTile(f"{run.started_at.astimezone():%H:%M}", words, url)


def _self_info(user):
    """マイナポータル refuses our client, or answers what we cannot read: a person must look."""
    n_refused = session_queries.count_refused_sessions(user)
    if n_refused:
        url = reverse("admin:selfinfo_selfinfosession_changelist") + "?state__exact=error"
        yield TodayTile(
            str(n_refused), _("マイナポータルに つながらない(設定を確かめる)"), url, is_now=True
        )


def _damage(user):
    """Damaged keys and records: unreadable though nobody withdrew."""
    n_open = damage_reports.reports_for(user).open().count()
    if n_open:
        url = reverse("admin:vault_damagereport_changelist") + "?noted_at__isempty=1"
        yield TodayTile(
            str(n_open), _("こわれていて読めない記録(手当てをしていない)"), url, is_now=True
        )


def _mail(user):
    """Mails to people of this municipality that failed within the last days."""
    n_failed = recently_failed_for(user).count() if may(user, "mail.view") else 0
    if n_failed:
        url = reverse("admin:mail_outgoingmail_changelist")
        yield TodayTile(str(n_failed), _("届かなかったメール(この7日)"), url)
