"""The nouns of the roster, and the rights that hang on them."""

from apps.people.models.acts import ActState, PendingAct
from apps.people.models.ended_ties import GuardianshipEnd, GuardianshipEndReason
from apps.people.models.former_holders import FormerHolder, NameKind
from apps.people.models.guardians import (
    MAY_KNOW,
    Guardian,
    GuardianOrigin,
    Guardianship,
    GuardianStanding,
    Language,
    Relation,
)
from apps.people.models.protection import ProtectionCheck
from apps.people.models.rights import (
    EmergencyAccess,
    Entrusted,
    ReadingRight,
    Verdict,
)
from apps.people.models.roster import (
    CITY_WIDE,
    Municipality,
    Role,
    School,
    SchoolBreak,
    SchoolClass,
    StaffPost,
    Student,
    User,
)
from apps.people.models.standing_changes import StandingChange, StandingReason

__all__ = [
    "CITY_WIDE",
    "ActState",
    "EmergencyAccess",
    "Entrusted",
    "FormerHolder",
    "MAY_KNOW",
    "Guardian",
    "GuardianOrigin",
    "Language",
    "ProtectionCheck",
    "Relation",
    "GuardianStanding",
    "Guardianship",
    "GuardianshipEnd",
    "GuardianshipEndReason",
    "Municipality",
    "NameKind",
    "PendingAct",
    "ReadingRight",
    "Role",
    "School",
    "SchoolBreak",
    "SchoolClass",
    "StaffPost",
    "StandingChange",
    "StandingReason",
    "Student",
    "User",
    "Verdict",
]
