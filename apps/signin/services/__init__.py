"""How people come to be known: rosters, cards, letters, posts."""

from apps.signin.services.arrival_looks import known_to as arrivals_known_to
from apps.signin.services.arrival_queue import n_waiting_for as n_arrivals_waiting_for
from apps.signin.services.arrival_queue import waiting_for as arrivals_waiting_for
from apps.signin.services.arrival_reminders import n_late_for as n_arrivals_late_for
from apps.signin.services.arrivals import (
    CannotConfirm,
    children_shown,
    lapse_unconfirmed,
    seen_of,
)
from apps.signin.services.arrivals import confirm as confirm_arrival
from apps.signin.services.arrivals import refuse as refuse_arrival
from apps.signin.services.arrivals_to_call import n_to_call as n_arrivals_to_call
from apps.signin.services.arrivals_told import (
    arrivals_of,
    arrivals_waiting_as,
)
from apps.signin.services.asking import ask, case_words
from apps.signin.services.cards import (
    CannotEnter,
    card_of,
    change_pin,
    enter_with_card,
    issue_cards,
    prove_pin,
    replace_cards,
    set_first_pin,
)
from apps.signin.services.child_letters import (
    ensure_child_letters,
    issue_child_letters,
    replace_child_letters,
)
from apps.signin.services.conditions import Word, year_words
from apps.signin.services.feeding import Fed, Outcome, take_feed
from apps.signin.services.first_pins import (
    FirstPin,
    classes_with_first_pins,
    confirm_first_pins,
    first_pins_of,
    n_first_pins,
    pin_told,
)
from apps.signin.services.importing import (
    DROPPED,
    CannotImport,
    check_roster,
    forget,
    forget_drafts,
    import_roster,
    preview,
    take_roster,
)
from apps.signin.services.letters import (
    CannotAccept,
    accept_invitation,
    children_of,
    has_arrived,
    invitation_of,
    issue_invitations,
    replace_invitations,
)
from apps.signin.services.locking import (
    accounts_lockable_by,
    effects_of_lock,
    follow_acts,
    lock_account,
)
from apps.signin.services.pin_resets import follow_resets, reset_pin, resets_told
from apps.signin.services.printing import (
    CannotPrint,
    Printing,
    card_printing,
    codes_on,
    letter_printing,
    print_cards,
    print_letters,
    printings_of,
    sheet_to_show,
)
from apps.signin.services.renewing import (
    effects_of_renewal,
    propose_renewal,
    renew_agreed,
)
from apps.signin.services.wording import tell

__all__ = [
    "DROPPED",
    "CannotConfirm",
    "arrivals_known_to",
    "arrivals_of",
    "arrivals_waiting_as",
    "arrivals_waiting_for",
    "children_shown",
    "confirm_arrival",
    "has_arrived",
    "lapse_unconfirmed",
    "n_arrivals_late_for",
    "n_arrivals_to_call",
    "n_arrivals_waiting_for",
    "refuse_arrival",
    "seen_of",
    "CannotAccept",
    "CannotEnter",
    "CannotImport",
    "CannotPrint",
    "Fed",
    "FirstPin",
    "Outcome",
    "Printing",
    "Word",
    "accept_invitation",
    "accounts_lockable_by",
    "effects_of_lock",
    "follow_acts",
    "follow_resets",
    "lock_account",
    "ask",
    "card_of",
    "change_pin",
    "card_printing",
    "case_words",
    "check_roster",
    "children_of",
    "classes_with_first_pins",
    "confirm_first_pins",
    "first_pins_of",
    "n_first_pins",
    "pin_told",
    "codes_on",
    "ensure_child_letters",
    "enter_with_card",
    "issue_child_letters",
    "replace_child_letters",
    "forget",
    "forget_drafts",
    "import_roster",
    "invitation_of",
    "issue_cards",
    "prove_pin",
    "reset_pin",
    "resets_told",
    "issue_invitations",
    "letter_printing",
    "preview",
    "print_cards",
    "print_letters",
    "printings_of",
    "effects_of_renewal",
    "propose_renewal",
    "renew_agreed",
    "replace_cards",
    "replace_invitations",
    "set_first_pin",
    "sheet_to_show",
    "take_feed",
    "take_roster",
    "tell",
    "year_words",
]
