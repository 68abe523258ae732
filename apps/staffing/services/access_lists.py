"""Who has access now, and who was invited: lists for those who appoint, each recorded."""

from django.db.models import F, QuerySet

from apps.audit.models import Action, Audience
from apps.audit.services.audit_events import record
from apps.core import clock
from apps.people.models import StaffPost, User
from apps.people.permissions import role_of
from apps.people.services.staff_posts import APPOINT_VERB, posts_visible_to, where_appointing
from apps.staffing.models import MAX_WRONG_CODES, StaffInvitation


def posts_with_access(user: User) -> list[StaffPost]:
    """Today's posts with an account in use that this person may list, their own too."""
    posts = StaffPost.objects.current().filter(
        pk__in=posts_visible_to(user).values("pk"), user__is_active=True
    )
    posts = posts.select_related("school", "school_class", "municipality", "user")
    return list(posts.order_by(
        F("school__name").asc(nulls_first=True), "municipality__code", "school", "role", "name"
    ))  # fmt: skip


def record_listing(user: User, posts: list[StaffPost]) -> None:
    """Record the listing: whose list it was, and how many rows."""
    for municipality_id in {post.municipality_id for post in posts}:
        record(
            Action.STAFF_LISTED, actor=user, role=role_of(user, verb=APPOINT_VERB),
            municipality_id=municipality_id, audience=Audience.OFFICE,
        )  # fmt: skip


def invitations_for(user: User) -> QuerySet:
    """The invitations within this person's reach."""
    found = StaffInvitation.objects.filter(where_appointing(user))
    return found.select_related("school", "invited_by")


def voice_code_for(invitation: StaffInvitation, user: User) -> str:
    """The voice code, for the person who invited alone and while it is valid; else ""."""
    is_open = StaffInvitation.objects.usable().filter(pk=invitation.pk).exists()
    return invitation.voice_code if is_open and invitation.invited_by_id == user.pk else ""


def invitation_state_label(invitation: StaffInvitation) -> str:
    """The state of an invitation, in words."""
    if invitation.used_at:
        return "登録ずみ"
    if invitation.revoked_at:
        return "取り消し"
    if invitation.wrong_codes >= MAX_WRONG_CODES:
        return "まちがいが続いて止まった"
    return "期限切れ" if invitation.expires_at <= clock.now() else "待っている"
