"""Turns errors of database constraints into form errors."""

import logging

from django.apps import apps
from django.db import DatabaseError, OperationalError, transaction
from django.db.models import BaseConstraint

logger = logging.getLogger(__name__)
NOT_SAVED = (
    "保存できませんでした。同じ内容のものがもうあるか、ここには入れられない値があります。"
    "ほかの人が同時に直したのかもしれません。見なおして、もう一度保存してください。"
)


def refusal_sentence(error: DatabaseError) -> str:
    """The message of the constraint that was violated, where it has its own."""
    name = getattr(getattr(error.__cause__, "diag", None), "constraint_name", None)
    for model in apps.get_models():
        for constraint in model._meta.constraints:
            if constraint.name == name and has_own_message(constraint):
                return str(constraint.violation_error_message)
    return NOT_SAVED


def has_own_message(constraint: BaseConstraint) -> bool:
    """Whether the constraint has its own message instead of Django's 「制約 … に違反しています」."""
    return constraint.violation_error_message != BaseConstraint.default_violation_error_message


class DatabaseRefusalAdmin:
    """For a ModelAdmin: a violated constraint becomes a form error, and nothing is saved."""

    def changeform_view(self, request, object_id=None, form_url="", extra_context=None):
        try:
            with transaction.atomic():
                return super().changeform_view(request, object_id, form_url, extra_context)
        except OperationalError:
            raise  # the database is away or busy: no form error would help
        except DatabaseError as error:
            logger.warning("%s refused: %s", self.model._meta.label, type(error).__name__)
            request.database_refusal = refusal_sentence(error)
            return super().changeform_view(request, object_id, form_url, extra_context)

    def get_form(self, request, obj=None, change=False, **kwargs):
        base = super().get_form(request, obj, change=change, **kwargs)
        refusal = getattr(request, "database_refusal", "")
        return type(base.__name__, (_Refused, base), {"refusal": refusal}) if refusal else base


class _Refused:
    """Mixed into a form whose save the database has just refused."""

    refusal = ""

    def clean(self):
        data = super().clean()
        self.add_error(None, self.refusal)
        return data
