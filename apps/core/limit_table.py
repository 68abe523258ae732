"""Every rate limit in one table, read by code, tests and documents. Pure.

A row says what is counted, for whom, how often in which time, and why. ``core.limits.allow`` takes
the names of this table only; rows whose name begins with ``account.`` are counted by allauth.
"""

from dataclasses import dataclass

MINUTE, HOUR, DAY = 60, 60 * 60, 24 * 60 * 60


@dataclass(frozen=True)
class Limit:
    """``amount`` times in ``seconds`` for each ``per``.

    ``restarts``: the time begins anew with each counted try, so no period of ``seconds`` holds more
    than ``amount``, whenever it begins. For allauth's rows ``per`` is "ip", "user" or "key".
    """

    name: str
    per: str
    amount: int
    seconds: int
    reason: str
    restarts: bool = False


LIMIT_ROWS = (
    # -- answers of organisations to a referral ---------------------------------------------------
    Limit(
        "referral.answer", "address", 30, HOUR,
        "Guessed links, and a script that answers over and over.",
    ),
    # -- signing in with an address and a password ----------------------------------------------
    Limit(
        "signin.account", "account, over all devices it does not know", 6, HOUR,
        "Guessing from many addresses at once. Counts failed tries only, also those of known devices, "
        "which it does not refuse. With all known devices: 10 an hour, however many devices.",
        restarts=True,
    ),
    Limit(
        "signin.account_and_address", "account and address together", 5, HOUR,
        "Guessing from one address, which must not use up the tries of everybody else. Counts failed "
        "tries only.", restarts=True,
    ),
    Limit(
        "signin.known_device", "account and a device that has signed in to it", 4, HOUR,
        "An attack on an account must not lock out its owner's own device. Counts failed tries only.",
        restarts=True,
    ),
    Limit(
        "signin.known_devices", "account, over all devices that have signed in to it", 4, HOUR,
        "Many known devices must not mean many tries. Beyond it a known device is treated as unknown. "
        "Counts failed tries only.", restarts=True,
    ),
    Limit(
        "signin.known_device_slowly", "account and known device, while signin.account is used up",
        1, 20, "While the account is under attack its owner signs in more slowly, and is not locked out.",
    ),
    Limit(
        "signin.address", "address", 60, MINUTE,
        "One password tried on many accounts. Refuses nobody by itself: beyond it "
        "signin.account_at_busy_address applies. Counts failed tries only.",
    ),
    Limit(
        "signin.account_at_busy_address", "account and address beyond signin.address", 2, HOUR,
        "A school or hall shares one address: its people still sign in while somebody there guesses. "
        "Counts failed tries only.", restarts=True,
    ),
    Limit(
        "signin.requests", "address", 600, MINUTE,
        "Checking a password costs CPU. Does not refuse known devices.",
    ),
    Limit(
        "signin.passkey", "address", 600, MINUTE,
        "Checking a signature costs CPU; nothing can be guessed. Many people share one address.",
    ),
    Limit("myna.begin", "address", 600, MINUTE, "Each begins a session. Many people share one address; the card is proved elsewhere."),
    Limit("myna.return", "address", 600, MINUTE, "Answers of デジタル認証アプリ; each asks it for a token."),
    Limit("account.mfa_short", "key", 5, 5 * MINUTE, "Guessing a second factor (the key names the person)."),
    Limit("account.mfa", "key", 10, HOUR, "Guessing a second factor over a longer time."),
    Limit("account.change_password", "user", 10, HOUR, "Guessing the old password in an unattended session."),
    Limit("account.manage_email", "user", 10, HOUR, "Each added address is sent a mail."),
    Limit("account.reset_password_from_key", "ip", 300, MINUTE, "Setting a password costs CPU. Many people in a hall share one address."),
    Limit("account.confirm_email", "key", 1, 10, "One mail with a code at a time."),
    Limit("account.signup", "ip", 300, MINUTE, "Costs CPU. Guardians with letters in a hall share one address."),
    Limit("account.reset_password", "ip", 300, MINUTE, "The rows below limit the mails; this one limits the work."),
    # -- mails that somebody who is not signed in asks for --------------------------------------
    Limit("mail.address_and_network_hour", "mail address and network (/24, IPv6 /48)", 3, HOUR, "One network must not use up the mails of the address's owner elsewhere."),
    Limit("mail.address_and_network_day", "mail address and network", 8, DAY, "As before, for a day."),
    Limit("mail.address_hour", "mail address", 6, HOUR, "Nobody's mailbox is flooded. The same for known and unknown addresses."),
    Limit("mail.address_day", "mail address", 16, DAY, "As before, for a day."),
    Limit("mail.known_device_hour", "mail address and a device that has signed in to its account", 3, HOUR, "A reserve for known devices: the four rows above count these mails and refuse none."),
    Limit("mail.known_device_day", "mail address and known device", 8, DAY, "As before, for a day."),
    Limit("mail.unknown_address_day", "mail address without an account", 2, DAY, "People without an account are not sent mail repeatedly."),
    Limit("mail.unknown_network_day", "network (/24, IPv6 /48)", 60, DAY, "Mails to addresses without an account, over all of them."),
    Limit("mail.unknown_day", "the whole portal", 2000, DAY, "Mails to addresses without an account, over all networks."),
    Limit("mail.sign_up_network_day", "network (/24, IPv6 /48)", 1000, DAY, "Sign-up mails. A hall of 300 guardians behind one address needs one each in an evening, three where everybody mistypes twice."),
    Limit("mail.letter_day", "letter of invitation", 6, DAY, "Sign-up mails; only the holder of a letter can ask for one."),
    # -- cards and letters -------------------------------------------------------------------------
    Limit("card", "card, or student who is signed in", 20, MINUTE, "Guessing a PIN. The card itself locks after wrong PINs."),
    Limit("card.request", "card, or student whose session lacks the PIN", 3, HOUR, "A request to talk sent without the PIN; somebody else may hold the card.", restarts=True),
    Limit("card.request_address", "address", 60, HOUR, "As before. A whole school is behind one address."),
    Limit("school_account.begin", "address", 3000, MINUTE, "Each begins a session. A whole school is behind one address; the account itself is proved elsewhere."),
    Limit("school_account.return", "address", 3000, MINUTE, "Answers of a sign-in service; each asks that service for a token."),
    Limit("lti.begin", "address", 3000, MINUTE, "A whole school starts behind one address."),
    Limit("lti.launch", "address", 3000, MINUTE, "Checking signatures costs CPU."),
    Limit("letter", "letter", 30, MINUTE, "One letter opened repeatedly."),
    Limit("newcomer.correct", "person", 5, DAY, "A waiting guardian corrects a registration; each correction shows as a new one at the school."),
    Limit("letter.requests", "address", 3000, MINUTE, "300 guardians in a hall open about ten pages each within minutes."),
    Limit("letter.unknown", "address", 100, HOUR, "Guessing codes of letters (65 bits). Beyond it a wrong code is answered with a request to wait; a right one still opens."),
    Limit("staff_invitation", "invitation of staff", 20, HOUR, "Guessing the code given by telephone. The invitation itself ends after five wrong codes."),
    Limit("unsent", "person", 20, MINUTE, "Forms stored while their sender signs in again."),
    # -- what costs much, or fills something --------------------------------------------------------
    Limit("push.subscribe", "person", 60, HOUR, "Registering devices for push messages."),
    Limit("push.trial", "person", 5, 5 * MINUTE, "Sending a push message to try a device."),
    Limit("self_info.begin", "guardian", 10, HOUR, "Sessions with マイナポータル."),
    Limit("self_info.notify", "secret of a session", 10, MINUTE, "Notifications from マイナポータル."),
    Limit("self_info.notify_all", "the whole portal", 1000, MINUTE, "Notifications from マイナポータル, over all sessions."),
    Limit("correction", "person", 10, HOUR, "Each is read and answered by staff."),
    Limit("correction_day", "person", 30, DAY, "As before, for a day."),
    Limit("caller.child", "member of staff and child", 6, HOUR, "Guessing who the guardians of a child are, name by name."),
    Limit("caller.check", "member of staff", 30, HOUR, "As before, over many children."),
    Limit("family.request", "person", 10, DAY, "A guardian's wish to talk. Each is read by staff."),
    Limit("support.question", "person", 10, HOUR, "A question about using the portal. Each is read by the helpdesk."),
    Limit("support.question_address", "address", 30, HOUR, "As before, of who is not signed in. A whole school is behind one address."),
    Limit("support.question_visitors", "the whole portal", 300, HOUR, "As before, over all addresses."),
    Limit("support.guide_mail", "person", 3, DAY, "The mail that says once more how to sign in, sent by the helpdesk."),
    Limit("support.mail", "mail address", 3, DAY, "The mail that asks whether an answer may be sent there. Nobody's mailbox is flooded."),
    Limit("data.copy", "person", 10, HOUR, "A copy opens every record and leaves an audit row for each."),
    Limit("delivery", "address", 6000, MINUTE, "A whole school behind one address delivers its stored answers. A tablet keeps what is refused and tries again."),
    Limit("receipt.check", "address", 120, MINUTE, "Checking signatures costs CPU and needs no sign-in."),
)  # fmt: skip
LIMITS = {row.name: row for row in LIMIT_ROWS}

# allauth's action -> the rows that bound it (none: counted by us, see signin.sign_in_attempts).
_ACCOUNT_ACTIONS = {
    "login": (),
    "login_failed": ("account.mfa_short", "account.mfa"),
    "change_password": ("account.change_password",),
    "manage_email": ("account.manage_email",),
    "reset_password_from_key": ("account.reset_password_from_key",),
    "confirm_email": ("account.confirm_email",),
    "signup": ("account.signup",),
    "reset_password": ("account.reset_password",),
}


def account_rates() -> dict[str, str | None]:
    """The table in the format of allauth's ACCOUNT_RATE_LIMITS."""
    return {
        action: ",".join(_rate(LIMITS[name]) for name in names) or None
        for action, names in _ACCOUNT_ACTIONS.items()
    }


def _rate(row):
    return f"{row.amount}/{row.seconds}s/{row.per}"


def as_document() -> str:
    """The table as docs/security/limits.md shows it."""
    lines = [f"| `{r.name}` | {r.per} | {r.amount} | {_words(r.seconds)}{'*' if r.restarts else ''} | {r.reason} |" for r in LIMIT_ROWS]  # fmt: skip
    return "\n".join([DOCUMENT_HEAD, *lines, ""])


def _words(seconds):
    for size, word in ((DAY, "d"), (HOUR, "h"), (MINUTE, "min")):
        if seconds % size == 0:
            return f"{seconds // size} {word}"
    return f"{seconds} s"


DOCUMENT_HEAD = """\
# Limits

How often something may be done, from `apps/core/limit_table.py` (a test holds the two together).
Counted in the cache, by keys that hold a digest and no address or code; while the cache is away
each process counts for itself. A try beyond a limit is a security event (`core.limits.note_hit`).
Limits of size stand with what reads (`kaga_portal/upload_limits.py`, `DATA_UPLOAD_MAX_MEMORY_SIZE`).

An address is what the proxies of `TRUSTED_PROXY_COUNT` say (of IPv6 its /64). Times with *: the
time begins anew with each counted try, so no hour holds more, whenever it begins.

| Name | For each | Times | In | Why |
|---|---|---|---|---|"""
