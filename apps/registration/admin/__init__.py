"""Staff pages for printed cards and letters, registrations and lists of guardians."""
# ruff: noqa: F401

from apps.registration.admin.guardian_lists import GuardianListAdmin
from apps.registration.admin.letter_files import LetterFileAdmin
from apps.registration.admin.print_runs import PrintedSheetAdmin
from apps.registration.admin.registrations import GuardianRegistrationAdmin
