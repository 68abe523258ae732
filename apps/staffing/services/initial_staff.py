"""The first two staff members of an installation: a city post and a privacy officer confirm each
other.

An operator gives each a one-time URL. Until both have joined and confirmed each other neither has
any right. It works again only while fewer than two hold these posts; everybody who holds a city
post or leads a school is mailed.
"""

from datetime import timedelta

from django.core.mail import EmailMessage
from django.db import connection, transaction
from django.db.models import Q, QuerySet
from django.template.loader import render_to_string
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from apps.audit.models import Action
from apps.audit.services.audit_events import record
from apps.core import clock
from apps.core.email_addresses import mail_subject
from apps.core.limits import allow
from apps.people.languages import speaking_to
from apps.people.models import CITY_WIDE_ROLES, Municipality, Role, StaffPost, User
from apps.people.normalisation import normalise_mail
from apps.people.services.person_accounts import accounts_of_person
from apps.people.services.recorded_changes import record_change
from apps.staffing.models import StaffInvitation
from apps.staffing.services.invitations import (
    NOT_STAFF,
    NOT_USABLE,
    CannotJoin,
    NotUsable,
    find_invitation,
    give_post,
    may_receive_post,
    new_number,
)

INITIAL_ROLES = (Role.CITY, Role.PRIVACY)
INVITATION_LIFETIME = timedelta(days=7)
LOCK = "SELECT pg_advisory_xact_lock(hashtextextended('signin.first_two', 0))"
SAME_PERSON = gettext_lazy("もう一人と同じアドレスです。二人は、べつの人でなければなりません。")


class AlreadyStaffed(Exception):
    """Two people hold these posts: everything else is done on pages."""


def role_holders(municipality: Municipality) -> dict[Role, list[StaffPost]]:
    """{role: today's posts with an account in use} of the two initial roles."""
    posts = StaffPost.objects.current().filter(
        municipality=municipality, role__in=INITIAL_ROLES, school=None, user__is_active=True
    )
    return {role: [post for post in posts if post.role == role] for role in INITIAL_ROLES}


@transaction.atomic
def invite_initial_staff(municipality: Municipality) -> dict[Role, str]:
    """{role: number of its one-time URL} of each of the two that nobody holds.

    Earlier URLs end, and so do unconfirmed posts taken with them. Raises AlreadyStaffed.
    """
    with connection.cursor() as cursor:
        cursor.execute(LOCK)
    holders = role_holders(municipality)
    missing = [role for role in INITIAL_ROLES if not holders[role]]
    if not missing:
        raise AlreadyStaffed
    _end_earlier(municipality)
    numbers = {role: _new(municipality, role) for role in missing}
    record_change(
        municipality, None, ["first_two"], role="command line", municipality_id=municipality.pk
    )
    mail_officers(municipality, "first_two_begun")
    return numbers


def _end_earlier(municipality):
    now = clock.now()
    firsts = StaffInvitation.objects.filter(municipality=municipality, is_first=True)
    firsts.unused().update(revoked_at=now)
    waiting = StaffPost.objects.filter(municipality=municipality, is_waiting=True, ended_at=None)
    waiting.update(ended_at=now, ends_on=clock.today() - timedelta(days=1))


def _new(municipality, role):
    invitation = StaffInvitation(
        municipality=municipality,
        role=role,
        is_first=True,
        expires_at=clock.now() + INVITATION_LIFETIME,
    )
    number = new_number(invitation)
    invitation.save(force_insert=True)
    return number


def join_initial_staff(number: str, mail: str, name: str) -> StaffPost:
    """Take one of the two posts; it gives no right until the other confirms. Raises CannotJoin."""
    invitation, mail = find_invitation(number), normalise_mail(mail)
    if not allow("staff_invitation", str(invitation.pk)):
        raise NotUsable(NOT_USABLE)
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute(LOCK)
        rows = StaffInvitation.objects.usable().select_for_update(of=["self"])
        row = rows.filter(pk=invitation.pk, is_first=True).first()
        if row is None:
            raise NotUsable(NOT_USABLE)
        owner = User.objects.filter(email__iexact=mail).first()
        if owner is not None and not may_receive_post(owner):
            raise CannotJoin(NOT_STAFF)
        if owner is not None and _is_one_of(owner, row.municipality):
            raise CannotJoin(SAME_PERSON)
        return give_post(row, mail, name, is_waiting=True)


def _is_one_of(owner, municipality):
    return any(
        set(accounts_of_person(owner)) & {post.user_id} for post in _initial_posts(municipality)
    )


def _initial_posts(municipality):
    """The initial posts, confirmed or not."""
    waiting = StaffPost.objects.filter(
        municipality=municipality, is_waiting=True, ended_at=None, role__in=INITIAL_ROLES
    )
    holders = role_holders(municipality)
    return [*waiting, *(post for posts in holders.values() for post in posts)]


def unconfirmed_post_of(user: User) -> StaffPost | None:
    """The unconfirmed initial post of this account."""
    return StaffPost.objects.filter(user=user.pk, is_waiting=True, ended_at=None).first()


def posts_to_confirm(user: User) -> QuerySet:
    """The other one's initial post that this person may confirm and has not confirmed."""
    own = unconfirmed_post_of(user)
    places = {own.municipality_id} if own else set()
    places |= {post.municipality_id for post in user.current_posts if post.role in INITIAL_ROLES}
    open_ = StaffPost.objects.filter(municipality__in=places, is_waiting=True, ended_at=None)
    already_confirmed = StaffInvitation.objects.filter(
        confirmed_by__in=accounts_of_person(user)
    ).values("post")
    return open_.exclude(user__in=accounts_of_person(user)).exclude(pk__in=already_confirmed)


@transaction.atomic
def confirm_post(post_id, *, by: User) -> StaffPost:
    """Confirm that the other one is the right person. Raises CannotJoin.

    Two newcomers get their rights once each has confirmed the other; one newcomer beside an
    existing holder of such a post once that one has.
    """
    with connection.cursor() as cursor:
        cursor.execute(LOCK)
    post = posts_to_confirm(by).select_for_update(of=["self"]).filter(pk=post_id).first()
    if post is None:
        raise NotUsable(NOT_USABLE)
    StaffInvitation.objects.filter(post=post).update(confirmed_by=by)
    own = unconfirmed_post_of(by)
    if own is None:
        _activate(by, post)
    elif StaffInvitation.objects.filter(post=own, confirmed_by=post.user_id).exists():
        _activate(by, post, own)
    return post


def _activate(by, *posts):
    for post in posts:
        post.is_waiting = False
        post.save(update_fields=["is_waiting"])
        record(Action.STAFF_APPOINTED, actor=by, role=Role(posts[-1].role),
               municipality_id=post.municipality_id, thing=post)  # fmt: skip
    mail_officers(posts[0].municipality, "first_two_done")


def mail_officers(municipality: Municipality, kind: str) -> None:
    """Mail everybody who holds a city post or leads a school there."""
    officers = StaffPost.objects.current().filter(
        Q(role__in=CITY_WIDE_ROLES) | Q(role=Role.PRINCIPAL), municipality=municipality,
        user__is_active=True,
    )  # fmt: skip
    people = {post.user.email: post.user for post in officers.select_related("user")}
    for address in sorted(people.keys() - {""}):
        with speaking_to(people[address]):
            words = render_to_string(f"staffing/{kind}_mail.txt", {"municipality": municipality})
            subject = mail_subject(_("市の担当者を決める手続き"))
        message = EmailMessage(subject, words, to=[address])
        message.kind = "first_two"
        message.send()
