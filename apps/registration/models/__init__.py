"""Letters, print records, and guardians who registered."""
# ruff: noqa: F401

from apps.registration.models.guardian_lists import GuardianList, GuardianListState, ListedGuardian
from apps.registration.models.letter_files import LetterFile, LetterFileState
from apps.registration.models.letters import InvitationLetter
from apps.registration.models.printed_sheets import PrintedCode, PrintedSheet, SheetKind
from apps.registration.models.registrations import (
    EvidenceKind,
    GuardianObjection,
    GuardianRegistration,
    RegistrationConfirmation,
    RegistrationEvidence,
    RegistrationState,
)
