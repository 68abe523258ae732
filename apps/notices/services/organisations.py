"""The directory: finds organisations, verifies, publishes and withdraws them."""

from dataclasses import dataclass, field
from datetime import datetime

import jpholiday
from django.db import transaction

from apps.audit.models import Action
from apps.core import clock, phones
from apps.core.clock import JST, today
from apps.core.municipality_scope import opens_municipality
from apps.core.templatetags.japanese import plain
from apps.notices import hours_words, opening_hours, seed_organisations, text_search
from apps.notices.models import (
    HoursException,
    OpeningHours,
    PublishState,
    SupportNeed,
    SupportOrganisation,
    Verification,
)
from apps.notices.services.edit_expiry import expire_edit
from apps.notices.services.publication_rules import PublicationRefused, record_action
from apps.people.account_kinds import municipalities_of
from apps.people.models import Municipality, PendingAct
from apps.people.permissions import municipalities_where, posts_with
from apps.people.services.person_accounts import accounts_of_person

# Fields that a reader acts on: once changed, they are verified again before it is public.
VERIFIED_FIELDS = {
    "name", "phone", "chat_url", "line_url", "web_url", "place", "address", "hours_note",
    "is_always_open", "rests_on_holidays", "cost", "is_anonymous", "hours", "exceptions",
}  # fmt: skip
SHARED = "全国の 窓口は、ほかの 自治体にも 出ます。加賀ポータルを 運営する 人が 確かめます。"
NEEDS_ANOTHER_PERSON = (
    "公開していた窓口の内容を、あなたが変えました。ほかの人が確かめて、公開してください。"
)


@dataclass(frozen=True)
class OrganisationStatus:
    """An organisation and its state at ``now`` (naive, Japan), in words of the page's language."""

    organisation: SupportOrganisation
    state: opening_hours.OpenState
    now: datetime
    week: opening_hours.OpeningWeek = field(default_factory=opening_hours.OpeningWeek)

    @property
    def is_reachable(self):
        """Whether a reader is given a way to reach it."""
        return any(_contact_channels(self.organisation))

    @property
    def is_open(self):
        """Whether one can talk there now; None where its hours or a way to reach it are not known."""
        return self.state.is_open if self.is_reachable else None

    @property
    def words(self):
        if not self.is_reachable:
            return hours_words.NO_WAY_KNOWN
        return hours_words.state_words(self.state, self.now)

    @property
    def until(self):
        return hours_words.until_words(self.state, self.now) if self.is_reachable else ""

    @property
    def week_lines(self):
        return hours_words.week_lines(self.week)

    @property
    def special_lines(self):
        return hours_words.special_lines(self.week, today())

    @property
    def need_words(self):
        return [SupportNeed(need).label for need in self.organisation.needs]


# -- reading --------------------------------------------------------------------------------------


@opens_municipality("pk")
def reader_municipality(user, code=""):
    """The municipality whose organisations this person sees: their own, the one named by ``code``,
    or the only one there is; None for the national ones only.

    The request sees its rows from then on: who works for some city reads of no other one.
    """
    own = _own_municipality(user) if user.is_authenticated else None
    if own is not None:
        return own
    cities = Municipality.objects.all()
    if user.is_authenticated and (known := municipalities_of(user)):
        cities = cities.filter(pk__in=known)
    if code:
        return cities.filter(code=code).first()
    found = list(cities[:2])
    return found[0] if len(found) == 1 else None


def _own_municipality(user):
    own = Municipality.objects.filter(student__user=user) | Municipality.objects.filter(
        guardian__user=user
    )
    return own.first()


def find_organisations(municipality_id, now=None, *, query="", need="", now_only=False):
    """The organisations for a municipality (None: national), with their status; open ones first.

    ``query`` matches whatever the script or width; ``need`` is a SupportNeed. Emergency numbers are
    on the help pages, not in this list.
    """
    now = (now or clock.now()).astimezone(JST).replace(tzinfo=None)
    found = (
        SupportOrganisation.objects.published()
        .for_municipality(municipality_id)
        .filter(is_emergency=False)
        .prefetch_related("opening_hours", "exceptions")
    )
    if need in SupportNeed.values:
        found = found.filter(needs__overlap=[need, SupportNeed.ANY])
    places = [
        organisation_status(one, now)
        for one in found
        if text_search.matches_query(query, _texts(one))
    ]
    shown = [place for place in places if place.is_open or not now_only]
    return sorted(
        shown, key=lambda place: (not place.is_open, need not in place.organisation.needs)
    )


def _texts(one):
    labels = [SupportNeed(need).label for need in one.needs]
    return [one.name, one.summary, one.helps_with, one.for_whom, one.place, one.phone, *labels]


def organisation_status(organisation, now=None):
    """The OrganisationStatus of one organisation at ``now`` (naive, Japan; default: the present)."""
    now = now or clock.now().astimezone(JST).replace(tzinfo=None)
    week = opening_week(organisation)
    found = opening_hours.open_state(now, week, jpholiday.is_holiday)
    return OrganisationStatus(organisation, found, now, week)


def opening_week(organisation):
    """The OpeningWeek of an organisation's rows."""
    return opening_hours.OpeningWeek(
        openings=tuple(
            opening_hours.OpeningSlot(row.weekday, row.opens_at, row.closes_at)
            for row in organisation.opening_hours.all()
        ),
        specials=tuple(
            opening_hours.SpecialHours(
                row.begins_on, row.ends_on, row.every_year, row.opens_at, row.closes_at, row.note
            )
            for row in organisation.exceptions.all()
        ),
        always=organisation.is_always_open,
        rests_on_holidays=organisation.rests_on_holidays,
    )


def organisations_by_name(municipality_id):
    """{name_key: organisation} of a municipality and the national ones."""
    found = SupportOrganisation.objects.for_municipality(municipality_id)
    return {text_search.name_key(one.name): one for one in found}


def organisations_to_verify(user):
    """Organisations that somebody of this user's municipality should check again."""
    municipality_ids = municipalities_where(user, "notices.edit")
    if not municipality_ids:
        return SupportOrganisation.objects.none()
    found = SupportOrganisation.objects.stale()
    own = found.filter(municipality__in=municipality_ids)
    return own if _is_shared(None) else found.filter(municipality=None) | own


# -- changing -------------------------------------------------------------------------------------


@transaction.atomic
def change_organisation(organisation, *, by, fields):
    """Record a saved change; what readers act on must be verified again before it is public.

    Not for such changes of a public one: they wait (``pending_edits``).
    """
    reset_verification(organisation, fields, by=by)
    if VERIFIED_FIELDS & set(fields):
        organisation.save(update_fields=["verified_on", "verified_by", "changed_by"])
    record_action(Action.RECORD_CHANGED, organisation, by, fields)


def reset_verification(organisation, fields, *, by) -> None:
    """Reset its verification, in memory, where readers act on one of the changed ``fields``.

    Who changed them is recorded: another person must publish them again.

    Raises ValueError for a public one: an edit never makes it disappear.
    """
    if not VERIFIED_FIELDS & set(fields):
        return
    if organisation.state == PublishState.PUBLISHED:
        raise ValueError("An edit of a public organisation waits for a second person.")
    organisation.verified_on, organisation.verified_by = None, ""
    organisation.changed_by = sorted({*organisation.changed_by, by.pk})


@transaction.atomic
def verify_organisation(organisation, *, by, source_url):
    """Record that this person checked every line against the source today. Raises
    PublicationRefused.
    """
    if not source_url.strip():
        raise PublicationRefused("なにを 見て 確かめたか(もとの情報)を 入れて ください。")
    post = _verifier(by, organisation)
    Verification.objects.create(
        organisation=organisation, municipality_id=post.municipality_id, by=by,
        source_url=source_url.strip(),
    )  # fmt: skip
    organisation.verified_on = today()
    organisation.verified_by = f"{post.municipality.name} {post.get_role_display()}"[:80]
    organisation.source_url = source_url.strip()
    organisation.save(update_fields=["verified_on", "verified_by", "source_url"])
    record_action(Action.ORGANISATION_VERIFIED, organisation, by)


def may_be_verified(organisation):
    """Whether one city alone may say that it is right: no national one that others show too."""
    return not _is_shared(organisation.municipality_id)


def _is_shared(municipality_id):
    """Whether organisations of this municipality (None: national) are shown in several cities."""
    return municipality_id is None and Municipality.objects.count() > 1


def _verifier(by, organisation):
    posts = posts_with(by, "notices.edit")
    here = [p for p in posts if organisation.municipality_id in (None, p.municipality_id)]
    if not here:
        raise PublicationRefused("この 自治体の 窓口を 確かめる 立場では ありません。")
    if _is_shared(organisation.municipality_id):
        raise PublicationRefused(SHARED)
    return here[0]


@transaction.atomic
def publish_organisation(organisation, *, by):
    """Make an organisation public. Raises PublicationRefused without a fresh verification.

    One that was public before is published by another person than who changed it since.
    """
    if organisation.state != PublishState.PUBLISHED:
        expire_edit(organisation)
    if accounts_of_person(by) & set(organisation.changed_by) and _was_public(organisation):
        raise PublicationRefused(NEEDS_ANOTHER_PERSON)
    if not organisation.source_url or organisation.verified_on is None:
        raise PublicationRefused("もとの情報と、確かめた日を 入れてから 公開して ください。")
    if organisation.is_stale:
        raise PublicationRefused("確かめてから 180日を 過ぎています。もう一度 確かめて ください。")
    try:
        phones.parse_phones(organisation.phone)
    except phones.PhoneError as error:
        raise PublicationRefused(str(error)) from error
    if not any(_contact_channels(organisation)):
        raise PublicationRefused(
            "電話・チャット・LINE・ホームページ・場所の どれかを 入れて ください。"
        )
    organisation.state, organisation.changed_by = PublishState.PUBLISHED, []
    organisation.save(update_fields=["state", "changed_by"])
    record_action(Action.ORGANISATION_PUBLISHED, organisation, by)


@transaction.atomic
def withdraw_organisation(organisation, *, by):
    """Remove an organisation from the public directory. Raises PublicationRefused unless it is
    public.
    """
    changed = SupportOrganisation.objects.filter(
        pk=organisation.pk, state=PublishState.PUBLISHED
    ).update(state=PublishState.WITHDRAWN)
    if not changed:
        raise PublicationRefused("公開中の 窓口だけ 取り下げられます。")
    record_action(Action.ORGANISATION_WITHDRAWN, organisation, by)


def _was_public(organisation):
    hidings = PendingAct.objects.filter(kind="organisation.hide", thing_id=str(organisation.pk))
    return organisation.state == PublishState.WITHDRAWN or hidings.exists()


def _contact_channels(one):
    return one.phone, one.chat_url, one.line_url, one.web_url, one.place, one.address


# -- what a new municipality starts with ------------------------------------------------------------


@transaction.atomic
def install_seed_organisations(municipality):
    """Add the seed organisations that are missing."""
    shared, own = _names(None), _names(municipality)
    for one in seed_organisations.CONFIRMED_ORGANISATIONS:
        if plain(one.name) not in shared:
            _install(one)
    for name in seed_organisations.NAME_ONLY_ORGANISATIONS:
        if plain(name) not in own:
            SupportOrganisation.objects.create(name=name, municipality=municipality, order=200)


def _names(municipality):
    """The existing names, without readings: a corrected reading is the same name."""
    rows = SupportOrganisation.objects.filter(municipality=municipality)
    return {plain(name) for name in rows.values_list("name", flat=True)}


def _install(one):
    organisation = SupportOrganisation.objects.create(
        name=one.name, summary=one.summary, helps_with=one.helps_with, for_whom=one.for_whom,
        phone=one.phone, hours_note=one.hours_note, is_always_open=one.always, mark=one.mark,
        needs=list(one.needs), rests_on_holidays=one.days == seed_organisations.WORKDAYS,
        is_emergency=one.emergency, order=one.order, state=PublishState.PUBLISHED,
        verified_on=seed_organisations.VERIFIED_ON, verified_by="開発時に公開情報で確認",
        source_url=seed_organisations.SEED_SOURCE,
    )  # fmt: skip
    OpeningHours.objects.bulk_create(
        OpeningHours(
            organisation=organisation, weekday=day, opens_at=one.opens, closes_at=one.closes
        )
        for day in one.days or ()
    )
    if one.closed:
        begins, ends = one.closed
        HoursException.objects.create(
            organisation=organisation, begins_on=begins, ends_on=ends, every_year=True
        )
