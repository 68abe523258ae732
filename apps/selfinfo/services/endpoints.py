"""The マイナポータル of the settings, and the meaning of a city's codes."""

from django.conf import settings
from django.urls import reverse

from apps.selfinfo.models import SelfInfoCode
from apps.selfinfo.mynaportal import MynaPortalClient, MynaPortalEndpoint
from apps.selfinfo.reduction import purpose_of_meaning

TRIAL_CLIENT_ID = "SP00000000_AB0000"
# Invented for the stand-in of the trial; no real 特定個人情報名 has these numbers.
TRIAL_CODES = {
    "member_birth": ("TM00000000000991", "9910000010"),
    "tax_year": ("TM00000000000992", "9920000010"),
    "levy_on_income": ("TM00000000000992", "9920000020"),
    "levy_flat": ("TM00000000000992", "9920000030"),
    "child_allowance_receiving": ("TM00000000000993", "9930000010"),
    "child_allowance_from": ("TM00000000000993", "9930000020"),
    "child_allowance_until": ("TM00000000000993", "9930000030"),
    "child_rearing_allowance_receiving": ("TM00000000000994", "9940000010"),
    "child_rearing_allowance_from": ("TM00000000000994", "9940000020"),
    "child_rearing_allowance_until": ("TM00000000000994", "9940000030"),
    "school_aid_receiving": ("TM00000000000995", "9950000010"),
    "school_aid_from": ("TM00000000000995", "9950000020"),
    "school_aid_until": ("TM00000000000995", "9950000030"),
}


def configured_endpoint():
    """The endpoint of the settings; the stand-in where the trial has one; None without either."""
    if url := settings.SELF_INFO_SANDBOX_URL:
        return MynaPortalEndpoint(url, f"{url}/authorise", TRIAL_CLIENT_ID, is_trial=True)
    if not settings.SELF_INFO_URL:
        return None
    return MynaPortalEndpoint(
        settings.SELF_INFO_URL,
        settings.SELF_INFO_AUTHORISE_URL,
        settings.SELF_INFO_CLIENT_ID,
        (settings.SELF_INFO_CERTIFICATE, settings.SELF_INFO_CERTIFICATE_KEY),
        settings.SELF_INFO_CA_FILE,
    )


def mynaportal_client():
    """A client of that endpoint. Raises AuthError where the settings cannot be used."""
    return MynaPortalClient(configured_endpoint())


def redirect_uri():
    """The URL that マイナポータル redirects the guardian to; never taken from request headers."""
    return f"{settings.PORTAL_URL}{reverse('selfinfo:callback')}"


def notify_uri():
    """The URL for notifications that an answer is ready; None where the settings turn them off."""
    uri = f"{settings.PORTAL_URL}{reverse('selfinfo:notify')}"
    return uri if settings.SELF_INFO_NOTIFY else None


def codes_by_purpose(municipality_id, *, is_trial):
    """{purpose: {(name code, item code): meaning}} as this city has entered them."""
    found = {}
    rows = SelfInfoCode.objects.filter(municipality=municipality_id, is_trial=is_trial)
    for code in rows:
        codes = found.setdefault(purpose_of_meaning(code.meaning), {})
        codes[(code.name_code, code.item_code)] = code.meaning
    return found


def install_trial_codes(municipality):
    """Add the stand-in's codes to a city of the trial; existing ones are kept."""
    SelfInfoCode.objects.bulk_create(
        (
            SelfInfoCode(
                municipality=municipality,
                meaning=means,
                name_code=name,
                item_code=item,
                is_trial=True,
            )
            for means, (name, item) in TRIAL_CODES.items()
        ),
        ignore_conflicts=True,
    )
