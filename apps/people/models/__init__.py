"""Models of the roster, and of access rights."""

from apps.people.models.access_rights import EmergencyAccess, ReadingRight
from apps.people.models.choices import (
    ActState,
    EmergencyVerdict,
    FamilyTie,
    GuardianOrigin,
    GuardianshipEndReason,
    GuardianStanding,
    IdentifierKind,
    Language,
    NeutralPage,
    Relation,
    Role,
    StandingReason,
)
from apps.people.models.former_identifiers import FormerIdentifier
from apps.people.models.guardians import INFORMED_STANDINGS, Guardian, Guardianship
from apps.people.models.guardianship_ends import GuardianshipEnd
from apps.people.models.kept_out_people import KeptOutPerson
from apps.people.models.pending_acts import PendingAct
from apps.people.models.places import Municipality, School, SchoolClass
from apps.people.models.protection_checks import ProtectionCheck
from apps.people.models.school_breaks import SchoolBreak
from apps.people.models.staff_conflicts import StaffConflict
from apps.people.models.staff_posts import CITY_WIDE_ROLES, PostFields, StaffPost
from apps.people.models.standing_changes import StandingChange
from apps.people.models.students import Student
from apps.people.models.users import User

__all__ = [
    "CITY_WIDE_ROLES",
    "ActState",
    "EmergencyAccess",
    "FormerIdentifier",
    "INFORMED_STANDINGS",
    "Guardian",
    "GuardianOrigin",
    "Language",
    "NeutralPage",
    "ProtectionCheck",
    "Relation",
    "GuardianStanding",
    "Guardianship",
    "GuardianshipEnd",
    "GuardianshipEndReason",
    "Municipality",
    "IdentifierKind",
    "PendingAct",
    "PostFields",
    "ReadingRight",
    "Role",
    "School",
    "SchoolBreak",
    "SchoolClass",
    "StaffPost",
    "KeptOutPerson",
    "StaffConflict",
    "StandingChange",
    "StandingReason",
    "Student",
    "User",
    "EmergencyVerdict",
    "FamilyTie",
]
