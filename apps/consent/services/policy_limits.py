"""Limits of a policy: never wider than the document in force, which is what families agreed to."""

from apps.consent import effectiveness_rules
from apps.consent.document_terms import TERM_FIELDS
from apps.consent.models import ConsentDocument

READERS_OR_DAYS_TOO_WIDE = (
    "見る人や日数を、いまの説明文書より広げることはできません。"
    "広げるときは、新しい版の説明文書を公開して、あらためてたずねます。"
)
DECIDER_TOO_LAX = (
    "だれが決めるかを、いまの説明文書よりゆるくすることはできません。"
    "ゆるくするときは、新しい版の説明文書を公開して、あらためてたずねます。"
)


def why_too_wide(policy, terms):
    """Why a policy may not take these terms ({name of TERMS: value}); "" where it may."""
    for document in _words_of(policy):
        more_readers = set(terms.get("readers") or ()) - set(document.readers)
        if more_readers or (terms.get("kept_days") or 0) > document.kept_days:
            return READERS_OR_DAYS_TOO_WIDE
        wanted = terms.get("decider") or document.decider, terms.get("alone_from_age")
        if effectiveness_rules.asks_fewer(
            *wanted, than=(document.decider, document.alone_from_age)
        ):
            return DECIDER_TOO_LAX
    return ""


def narrow_policy(policy):
    """Cut a policy (not saved) down to what the document in force allows."""
    for document in _words_of(policy):
        policy.readers = [role for role in policy.readers if role in document.readers]
        policy.kept_days = min(policy.kept_days, document.kept_days)
        agreed = document.decider, document.alone_from_age
        if effectiveness_rules.asks_fewer(policy.decider, policy.alone_from_age, than=agreed):
            policy.decider, policy.alone_from_age = agreed


def apply_terms(policy, terms):
    """Save these terms ({name of TERMS: value}) as the policy's; unnamed ones stay."""
    named = [name for name in TERM_FIELDS if name in terms]
    for name in named:
        setattr(policy, name, terms[name])
    policy.save(update_fields=named)


def _words_of(policy):
    return ConsentDocument.objects.current().filter(
        municipality_id=policy.municipality_id, purpose=policy.purpose
    )
