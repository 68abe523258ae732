"""The nouns of the roster, and the rights that hang on them."""

from apps.people.models.acts import ActState, PendingAct
from apps.people.models.former_holders import FormerHolder, NameKind
from apps.people.models.guardians import (
    Guardian,
    Guardianship,
    GuardianStanding,
    StandingChange,
    StandingReason,
)
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

__all__ = [
    "CITY_WIDE",
    "ActState",
    "EmergencyAccess",
    "Entrusted",
    "FormerHolder",
    "Guardian",
    "GuardianStanding",
    "Guardianship",
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
