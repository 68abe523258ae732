"""Letters, print records, and guardians who registered."""
# ruff: noqa: F401

from apps.registration.models.choices import (
    EvidenceKind,
    GuardianListState,
    LetterFileState,
    RegistrationState,
    SheetKind,
)
from apps.registration.models.guardian_lists import GuardianList, ListedGuardian
from apps.registration.models.letter_files import LetterFile
from apps.registration.models.letters import InvitationLetter
from apps.registration.models.printed_sheets import PrintedCode, PrintedSheet
from apps.registration.models.registrations import (
    GuardianObjection,
    GuardianRegistration,
    RegistrationConfirmation,
    RegistrationEvidence,
)
