"""What a verified LTI 1.3 launch says: who starts, and where. Pure: no Django.

1EdTech LTI Core 1.3, section 5.3; 学習eポータル標準: ``sub`` is the userMasterIdentifier (UUID v4).
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit
from uuid import UUID

CLAIM = "https://purl.imsglobal.org/spec/lti/claim/"
MESSAGE, VERSION = "LtiResourceLinkRequest", "1.3.0"
LEARNER = "http://purl.imsglobal.org/vocab/lis/v2/membership#Learner"
STUDENTS = {
    LEARNER,
    "Learner",
    "http://purl.imsglobal.org/vocab/lis/v2/institution/person#Student",
    "http://purl.imsglobal.org/vocab/lis/v2/institution/person#Learner",
}
ADULT_WORDS = ("Instructor", "Administrator", "Mentor", "Staff", "Faculty", "ContentDeveloper")
MASTER_ID = "userMasterIdentifier"  # of the custom claims, where ``sub`` is another number


class LaunchRefused(Exception):
    """The launch opens nothing; the message is a code for the log."""


@dataclass(frozen=True)
class Launch:
    """A student's 共通ID, and the path of the page to start with."""

    master_id: UUID
    path: str


def read_launch(
    claims: Mapping[str, Any], deployment_ids: Collection[str], origin: str, paths: Collection[str]
) -> Launch:
    """The launch of a student. Raises LaunchRefused.

    A target outside ``origin`` or not among ``paths`` starts with the first page.
    """
    if claims.get(f"{CLAIM}message_type") != MESSAGE or claims.get(f"{CLAIM}version") != VERSION:
        raise LaunchRefused("message")
    if claims.get(f"{CLAIM}deployment_id") not in deployment_ids:
        raise LaunchRefused("deployment")
    link = claims.get(f"{CLAIM}resource_link")
    if not isinstance(link, Mapping) or not isinstance(link.get("id"), str) or not link["id"]:
        raise LaunchRefused("resource_link")
    if not _is_student(claims.get(f"{CLAIM}roles")):
        raise LaunchRefused("role")
    target = claims.get(f"{CLAIM}target_link_uri")
    return Launch(_master_id(claims), path_of_target(target, origin, paths))


def path_of_target(target: Any, origin: str, paths: Collection[str]) -> str:
    """The path of a target of ours that may be started with; "/" for every other."""
    if not isinstance(target, str) or len(target) > 500:
        return "/"
    try:
        parts = urlsplit(target)
    except ValueError:
        return "/"
    is_ours = f"{parts.scheme}://{parts.netloc}" == origin
    return parts.path if is_ours and parts.path in paths else "/"


def _is_student(roles):
    """Whether all roles are a student's: who is an adult as well signs in as one."""
    if not isinstance(roles, list) or not all(isinstance(role, str) for role in roles):
        return False
    is_adult = any(word in role for role in roles for word in ADULT_WORDS)
    return not is_adult and any(role in STUDENTS for role in roles)


def _master_id(claims):
    """The one 共通ID; two that differ are none."""
    custom = claims.get(f"{CLAIM}custom")
    said = custom.get(MASTER_ID) if isinstance(custom, Mapping) else None
    found = {_uuid(text) for text in (claims.get("sub"), said)} - {None}
    if len(found) != 1:
        raise LaunchRefused("master_id")
    return found.pop()


def _uuid(text):
    """A UUID as it is written (36 letters), or None."""
    try:
        return UUID(text) if isinstance(text, str) and len(text) == 36 else None
    except ValueError:
        return None
