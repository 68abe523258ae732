"""What can happen to a check-in: asked, answered, delivered later, looked at, swept."""

from apps.checkins.services.form_context import FormContext, load_form_context
from apps.checkins.services.frequencies import (
    AskingStatus,
    asking_status,
    choose_frequency,
    frequency_of,
)
from apps.checkins.services.late_deliveries import (
    LateDeliveryState,
    SealedItem,
    SealingEnvelope,
    delete_expired_keys,
    deliver_items,
    sealing_envelope,
    storage_key_id,
)
from apps.checkins.services.question_retirement import (
    carry_out_retirements,
    effects_of_retirement,
    propose_retirement,
    retirement_act,
)
from apps.checkins.services.question_sets import (
    current_question_set,
    current_question_sets,
    published_question_set,
    seed_questions,
)
from apps.checkins.services.reading import (
    OwnDay,
    answers_in_words,
    first_views_of,
    just_sent,
    open_for_staff,
    open_many,
    own_days,
)
from apps.checkins.services.retention import delete_expired_checkins
from apps.checkins.services.storage import PURPOSE, CannotSubmitCheckIn, CheckInNotOffered
from apps.checkins.services.submissions import TEXT_LIMIT, answered_today, is_offered, submit

__all__ = [
    "CannotSubmitCheckIn",
    "SealingEnvelope",
    "SealedItem",
    "CheckInNotOffered",
    "FormContext",
    "OwnDay",
    "PURPOSE",
    "AskingStatus",
    "LateDeliveryState",
    "TEXT_LIMIT",
    "answered_today",
    "choose_frequency",
    "current_question_set",
    "current_question_sets",
    "deliver_items",
    "effects_of_retirement",
    "sealing_envelope",
    "carry_out_retirements",
    "delete_expired_keys",
    "answers_in_words",
    "seed_questions",
    "is_offered",
    "storage_key_id",
    "just_sent",
    "open_for_staff",
    "load_form_context",
    "open_many",
    "own_days",
    "propose_retirement",
    "retirement_act",
    "published_question_set",
    "frequency_of",
    "first_views_of",
    "asking_status",
    "submit",
    "delete_expired_checkins",
]
