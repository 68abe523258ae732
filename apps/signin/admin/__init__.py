"""Accounts, first PINs and sessions."""
# ruff: noqa: F401

from apps.signin.admin.accounts import StaffAccountAdmin
from apps.signin.admin.first_pins import PinEventAdmin
from apps.signin.admin.lti_platforms import LtiPlatformAdmin
from apps.signin.admin.myna_services import MynaServiceAdmin
from apps.signin.admin.school_accounts import SchoolAccountServiceAdmin
from apps.signin.admin.sessions import UserSessionAdmin
from apps.signin.admin.social_accounts import UNUSED_MODELS
