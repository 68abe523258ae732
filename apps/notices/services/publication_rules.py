"""Conditions for publishing a notice or an organisation, and who may publish it."""

import hashlib
import json

from apps.audit.services.audit_events import record
from apps.core import clock
from apps.notices.models import Notice, NoticeState, PublishState
from apps.people.permissions import (
    cities_where,
    may,
    municipalities_where,
    role_of,
    schools_where,
)
from apps.people.services.person_accounts import accounts_of_person, is_same_person

EDIT_VERB = "notices.edit"


class PublicationRefused(Exception):
    """It may not be published (or changed, or withdrawn) now; the message says why."""


def may_address(user, notice):
    """Whether this user may address the whole audience: the city all schools, a school its own."""
    if notice.municipality_id in cities_where(user, EDIT_VERB):
        return True
    schools = set(notice.schools.values_list("pk", flat=True))
    own_ids = schools_where(user, EDIT_VERB).filter(municipality=notice.municipality_id)
    return bool(schools) and schools <= set(own_ids.values_list("pk", flat=True))


def may_change_draft(user, notice):
    """Whether this user may change the words of a draft: its author, and who may address all of it."""
    if not may(user, EDIT_VERB, notice):
        return False
    return is_same_person(user, notice.written_by_id) or may_address(user, notice)


def why_not_bound(municipality_id, schools, organisations):
    """Why a notice of this municipality may not name these; "" where it may.

    Its own schools, and organisations of its own or national ones.
    """
    if any(school.municipality_id != municipality_id for school in schools):
        return "ほかの 自治体の 学校は 選べません。"
    if any(one.municipality_id not in (None, municipality_id) for one in organisations):
        return "ほかの 自治体の 窓口は 選べません。"
    return ""


def content_digest(notice):
    """A digest of everything a reader gets, so that exactly what the second person saw is
    published.
    """
    content = [
        notice.title, notice.body, notice.change_note, sorted(notice.grades),
        notice.for_guardians, notice.is_urgent, notice.publish_at.isoformat(),
        notice.expires_at and notice.expires_at.isoformat(),
        sorted(str(pk) for pk in notice.schools.values_list("pk", flat=True)),
        sorted(str(pk) for pk in notice.organisations.values_list("pk", flat=True)),
    ]  # fmt: skip
    return hashlib.sha256(json.dumps(content, ensure_ascii=False).encode()).hexdigest()[:16]


def notices_awaiting_check(user):
    """Notices that this person may check: of their municipality, not written by them."""
    return Notice.objects.filter(
        state=NoticeState.WAITING, municipality__in=municipalities_where(user, EDIT_VERB)
    ).exclude(written_by__in=accounts_of_person(user))


def check_content(notice):
    """Raises PublicationRefused where a notice lacks what a reader needs."""
    if not notice.title.strip() or not notice.body.strip():
        raise PublicationRefused("題と 本文を 書いてから 公開して ください。")
    if notice.expires_at and notice.expires_at <= clock.now():
        raise PublicationRefused("おわる時が もう 過ぎています。")
    if notice.corrects_id and not notice.change_note.strip():
        raise PublicationRefused(
            "「なおした ところ」を 書いて ください。まえに 読んだ 人が 見ます。"
        )
    if why := why_not_bound(
        notice.municipality_id, notice.schools.all(), notice.organisations.all()
    ):
        raise PublicationRefused(why)
    for organisation in notice.organisations.all():
        if organisation.state != PublishState.PUBLISHED or organisation.is_stale:
            raise PublicationRefused(
                f"窓口「{organisation.name}」は 公開できる 状態では ありません。"
                "確かめるか、お知らせから 外して ください。"
            )


def record_action(action, thing, by, fields=()):
    """Record who did what to a notice or an organisation, in the caller's transaction."""
    own_ids = sorted(municipalities_where(by, "notices.view"))
    municipality_id = thing.municipality_id or next(iter(own_ids), None)
    record(
        action, actor=by, role=role_of(by, thing, "notices.view"), municipality_id=municipality_id, thing=thing,
        fields=fields,
    )  # fmt: skip
