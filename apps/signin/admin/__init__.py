"""The staff's pages of this app: rosters in, cards and letters out, accounts of staff."""

from apps.signin.admin.accounts import StaffAccountAdmin
from apps.signin.admin.arrivals import GuardianArrivalAdmin
from apps.signin.admin.first_pins import PinEventAdmin
from apps.signin.admin.guardian_lists import GuardianListAdmin
from apps.signin.admin.letters import LetterFileAdmin
from apps.signin.admin.posts import StaffPostAdmin
from apps.signin.admin.printing import PrintedSheetAdmin
from apps.signin.admin.rosters import RosterImportAdmin
from apps.signin.admin.sessions import UserSessionAdmin
from apps.signin.admin.staff_invitations import StaffInvitationAdmin

__all__ = [
    "GuardianArrivalAdmin",
    "GuardianListAdmin",
    "LetterFileAdmin",
    "PinEventAdmin",
    "PrintedSheetAdmin",
    "RosterImportAdmin",
    "StaffAccountAdmin",
    "StaffInvitationAdmin",
    "StaffPostAdmin",
    "UserSessionAdmin",
]
