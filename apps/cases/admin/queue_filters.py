"""The filters of the queue: state, class, rule, who holds it, what is overdue."""

from django.contrib import admin
from django.db.models import Exists, OuterRef, Q

from apps.cases.models import CaseState, Sign
from apps.cases.rule_kinds import POSITIVE_CODES, RULE_KINDS
from apps.cases.services import case_queue
from apps.people.admin_bases.paged_lists import DefaultListFilter
from apps.people.permissions import classes_where

OPEN_STATES = "open"


class StateFilter(DefaultListFilter):
    """What is not over, or one state of it. Closed ones have a list of their own."""

    title, parameter_name = "状態", "state"

    def lookups(self, request, model_admin):
        states = [pair for pair in CaseState.choices if pair[0] != CaseState.CLOSED]
        return [(OPEN_STATES, "終わっていない"), *states]

    def queryset(self, request, queryset):
        cases = case_queue.waiting(queryset)
        return cases if self.chosen == OPEN_STATES else cases.filter(state=self.chosen)


class ClassFilter(admin.SimpleListFilter):
    title, parameter_name = "学級", "class"

    def lookups(self, request, model_admin):
        classes = classes_where(request.user, case_queue.VERB).order_by("grade", "title")
        return [(str(each.pk), each.title) for each in classes]

    def queryset(self, request, queryset):
        known = {value for value, _ in self.lookup_choices}
        if self.value() not in known:
            return queryset
        return queryset.filter(student__home_class=self.value())


class RuleFilter(admin.SimpleListFilter):
    title, parameter_name = "決まり", "rule"

    def lookups(self, request, model_admin):
        return [(code, code) for code in RULE_KINDS if code not in POSITIVE_CODES]

    def queryset(self, request, queryset):
        return queryset.filter(has_sign_of(self.value())) if self.value() else queryset


class HolderFilter(admin.SimpleListFilter):
    title, parameter_name = "担当", "holder"

    def lookups(self, request, model_admin):
        return [("me", "わたし"), ("nobody", "だれもいない"), ("others", "ほかの人")]

    def queryset(self, request, queryset):
        asked = {
            "me": Q(holder=request.user),
            "nobody": Q(holder=None),
            "others": Q(holder__isnull=False) & ~Q(holder=request.user),
        }
        return queryset.filter(asked.get(self.value(), Q()))


class DueFilter(admin.SimpleListFilter):
    title, parameter_name = "おくれ", "due"

    def lookups(self, request, model_admin):
        return [("over", "次の確認の日が来た")]

    def queryset(self, request, queryset):
        return queryset.overdue() if self.value() == "over" else queryset


def has_sign_of(code):
    """A condition for cases with an open sign of this rule that can be read."""
    signs = Sign.objects.open().filter(case=OuterRef("pk"), rule__code=code)
    return Exists(signs.readable_one_by_one())


def found_by(word):
    """A Q for cases whose class, rule, state or holder this word names."""
    states = [value for value, label in CaseState.choices if word in str(label).replace(" ", "")]
    found = Q(student__home_class__title__icontains=word) | Q(state__in=states)
    found |= Q(holder_role__icontains=word)
    found |= Q(holder__staff_posts__name__icontains=word)
    code = word.upper()
    return found | Q(has_sign_of(code)) if code in RULE_KINDS else found
