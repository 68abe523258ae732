"""LTI platforms: their settings, what their tokens prove, whom a launch signs in."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from apps.audit.models import Action
from apps.audit.services.audit_events import record
from apps.core.municipality_scope import across_municipalities, opens_municipality
from apps.core.network_addresses import origin_of
from apps.people.models import Student, User
from apps.signin.lti_claims import Launch, LaunchRefused, read_launch
from apps.signin.models import LtiPlatform
from apps.signin.oidc.fault_words import fault_in_words
from apps.signin.oidc.metadata import ServiceFailed, fetch_keys, public_key
from apps.signin.oidc.outbound import one_sign_in
from apps.signin.oidc.tokens import BadToken, ExpectedToken, verify_id_token
from apps.signin.services import lti_keys
from apps.signin.services.access import access_of
from apps.signin.services.cards import ensure_user
from apps.signin.services.sessions import end_sessions_begun_by
from apps.signin.services.sign_in_services import (
    CannotUseService,
    changed_fields,
    mark_tested,
    save_settings,
    stored_row,
)
from apps.signin.sign_in_methods import SignInMethod, may_use_method

TESTED = {"issuer", "client_id", "auth_url", "keyset_url"}
START_PAGES = ("portal:home", "checkins:today", "notices:inbox")  # where a launch may begin
NOT_TESTED = _("使いはじめる前に、「公開鍵を読めるか確かめる」を押してください。")


@across_municipalities
def is_taken(issuer: str, client_id: str, *, but: UUID) -> bool:
    """Whether a platform, of whichever municipality, has these: a launch names nothing else."""
    return LtiPlatform.objects.filter(issuer=issuer, client_id=client_id).exclude(pk=but).exists()


@transaction.atomic
def save_platform(platform: LtiPlatform, *, by: User) -> str:
    """Save the settings; another address or issuer has to be tested again.

    Why it is off though the row said on, or "". Switching off ends the sign-ins that platforms of
    this municipality began.
    """
    if changed_fields(platform, stored_row(platform)) & TESTED:
        platform.tested_at = None
    why = save_settings(
        platform, by=by, missing="" if platform.tested_at else str(NOT_TESTED),
        end_sessions=lambda: _end_sessions_in(platform.municipality_id),
    )  # fmt: skip
    lti_keys.ensure_key()  # the platform reads it before anything is signed
    return why


def _end_sessions_in(municipality_id: UUID) -> None:
    students = Student.objects.filter(municipality=municipality_id, user__isnull=False)
    end_sessions_begun_by(SignInMethod.LTI, students.values("user"))


def test_platform(platform: LtiPlatform, *, by: User) -> str:
    """Ask for the platform's keys: a sentence about the result. Raises CannotUseService."""
    try:
        n_keys = len(fetch_keys(platform.keyset_url))
    except ServiceFailed as error:
        raise CannotUseService(fault_in_words(str(error))) from error
    mark_tested(platform, by=by)
    return _("公開鍵を%(n)d個読めました。") % {"n": n_keys}


@opens_municipality()
def platform_of_request(issuer: str, client_id: str) -> LtiPlatform | None:
    """The platform that asks to begin a launch; without a client id the only one of its issuer."""
    found = LtiPlatform.objects.filter(issuer=issuer, is_on=True)
    found = found.filter(client_id=client_id) if client_id else found
    rows = list(found[:2])
    return rows[0] if len(rows) == 1 else None


@opens_municipality()
def platform_in_use(pk: str) -> LtiPlatform | None:
    """The platform of an id that only our sealed cookie or form says, while it is on."""
    return LtiPlatform.objects.filter(pk=pk, is_on=True).first()


def start_paths() -> dict[str, str]:
    """{path: URL name} of the pages with which a launch may begin."""
    return {reverse(name): name for name in START_PAGES}


def verified_claims(platform: LtiPlatform, token: str, nonce: str) -> dict[str, Any]:
    """What a platform's token says, once it is proved. Raises LaunchRefused."""
    expected = ExpectedToken(platform.issuer, platform.client_id, nonce, frozenset({"RS256"}))
    try:
        with one_sign_in(platform.municipality_id):
            return verify_id_token(
                token, expected, lambda key_id: public_key(platform.keyset_url, key_id)
            )
    except (BadToken, ServiceFailed) as error:
        raise LaunchRefused(str(error)) from error


def launch_of(platform: LtiPlatform, claims: Mapping[str, Any]) -> Launch:
    """The launch of a student that verified claims name. Raises LaunchRefused."""
    root = settings.PORTAL_URL
    return read_launch(claims, platform.deployment_ids, root, start_paths())


@across_municipalities
def form_origins() -> list[str]:
    """The origins of the platforms in use: their pages may show ours that lead out of a frame."""
    rows = LtiPlatform.objects.filter(is_on=True).only("auth_url", "issuer")
    return sorted({origin for platform in rows for origin in origins_of(platform)})


def origins_of(platform: LtiPlatform) -> list[str]:
    """The origins of a platform's own pages."""
    return sorted({origin_of(url) for url in (platform.auth_url, platform.issuer)} - {""})


@transaction.atomic
def user_of_launch(platform: LtiPlatform, launch: Launch) -> User:
    """The user of the student whom a launch names; recorded. Raises LaunchRefused."""
    students = Student.objects.filter(
        municipality=platform.municipality_id, master_id=launch.master_id, left_at=None
    )
    student = students.select_for_update(of=("self",), no_key=True).first()
    if student is None or not student.is_enabled:
        raise LaunchRefused("student")
    user = ensure_user(student)
    if not may_use_method(access_of(user).kind, SignInMethod.LTI):
        raise LaunchRefused("kind")
    record(
        Action.SIGNED_IN, actor=user, role="student", municipality_id=student.municipality_id,
        subject_id=student.pk, thing=platform, detail="lti",
    )  # fmt: skip
    return user
