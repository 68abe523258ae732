"""Admin pages of the rules for signs: the list, and one rule with its draft and back-tests."""

from datetime import date, timedelta

from django import forms
from django.contrib import admin, messages
from django.http import Http404
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.views.decorators.http import require_POST

from apps.cases.models import BackTest, Rule
from apps.cases.rule_sentences import thresholds_of
from apps.cases.services import back_tests, rule_drafts
from apps.cases.services.back_tests import CannotBackTest
from apps.cases.services.rule_drafts import EDIT_VERB, CannotChangeRule
from apps.cases.words import purpose_in_short
from apps.core.clock import today
from apps.people.admin_bases.pages import page
from apps.people.admin_bases.proposals import ProposalAdmin
from apps.people.admin_bases.staff import ReadOnlyAdmin
from apps.people.permissions import may, municipalities_where

DAYS = ((30, "30日"), (60, "60日"), (90, "90日"), (180, "180日"))
TESTS_SHOWN = 3


class ThresholdsForm(forms.Form):
    """One number a threshold of a rule."""

    def __init__(self, *args, rule, draft=None, **kwargs):
        super().__init__(*args, **kwargs)
        now = (draft or rule).parameters
        for name, (label, least, most) in thresholds_of(rule.code, rule.parameters).items():
            is_whole = isinstance(rule.parameters[name], int)
            self.fields[name] = forms.FloatField(
                label=label,
                initial=now[name],
                help_text=f"{least:g}から{most:g}まで。いまの版は {rule.parameters[name]:g}。",
                widget=forms.NumberInput(attrs={"step": 1 if is_whole else 0.1}),
                error_messages={
                    "required": f"{label}を書いてください。",
                    "invalid": f"{label}は、数で書いてください。",
                },
            )


class BackTestForm(forms.Form):
    """How far back to count."""

    days = forms.TypedChoiceField(label="さかのぼる日数", choices=DAYS, coerce=int, initial=90)


class StartForm(forms.Form):
    """The first day on which a draft is used."""

    starts_on = forms.DateField(
        label="始まる日",
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
        error_messages={
            "required": "始まる日を選んでください。",
            "invalid": "日付を 2026-11-24 の形で書いてください。",
        },
    )


@admin.register(Rule)
class RuleAdmin(ProposalAdmin, ReadOnlyAdmin):
    """The rules, each in one sentence with its numbers; the city writes the next version."""

    view_verb = "reports.view"
    is_small = True
    row_page = "cases_rule"
    list_display = ("code", "version", "title", "reads", "sentence", "state_words", "activated_at")
    refusals = (CannotChangeRule,)

    def get_queryset(self, request):
        return super().get_queryset(request).filter(
            municipality__in=municipalities_where(request.user, self.view_verb)
        )  # fmt: skip

    @admin.display(description="使うもの")
    def reads(self, rule):
        return "・".join(purpose_in_short(one) for one in (rule.purpose, rule.also) if one)

    @admin.display(description="決まり")
    def sentence(self, rule):
        return rule.sentence

    @admin.display(description="状態")
    def state_words(self, rule):
        return rule.state_words

    # -- one rule ---------------------------------------------------------------------------------

    @page("<uuid:pk>/rule/", "cases_rule")
    def rule_page(self, request, pk):
        """The rule with its versions, the draft of the next one and its back-tests."""
        return self._page(request, self._rule(request, pk))

    @page("<uuid:pk>/draft/", "cases_rule_draft", require_POST)
    def draft_page(self, request, pk):
        """Write the draft; the same numbers again change nothing."""
        rule = self._editable(request, pk)
        form = ThresholdsForm(request.POST, rule=rule)
        return self._do(
            request, rule, form, "draft",
            lambda told: rule_drafts.draft_rule(rule, told, by=request.user), "書きかけを残しました。",
        )  # fmt: skip

    @page("<uuid:pk>/back-test/", "cases_rule_back_test", require_POST)
    def back_test_page(self, request, pk):
        """Ask for a back-test of the draft; asked twice it is one."""
        rule = self._editable(request, pk)
        form, draft = BackTestForm(request.POST), self._draft_or_404(rule)
        return self._do(
            request, rule, form, "test",
            lambda told: back_tests.ask_back_test(draft, told["days"], by=request.user),
            "試算をたのみました。終わると、このページに出ます。",
        )  # fmt: skip

    @page("<uuid:pk>/drop/", "cases_rule_drop", require_POST)
    def drop_page(self, request, pk):
        """End the draft; twice is once."""
        rule = self._editable(request, pk)
        draft = rule_drafts.draft_of(rule)
        try:
            if draft is not None:
                rule_drafts.drop_draft(draft, by=request.user)
            messages.success(request, "書きかけをやめました。いまの版のままです。")
        except CannotChangeRule as error:
            messages.error(request, str(error))
        return redirect("admin:cases_rule", rule.pk)

    @page("<uuid:pk>/start/", "cases_rule_start", require_POST)
    def start_page(self, request, pk):
        """Redirect to the page that previews the start and asks for a reason."""
        rule = self._editable(request, pk)
        form, draft = StartForm(request.POST), self._draft_or_404(rule)
        try:
            if form.is_valid():
                starts_on = form.cleaned_data["starts_on"]
                rule_drafts.check_start(draft, starts_on)
                changes = {"starts_on": starts_on.isoformat()}
                before = {"starts_on": None, "parameters": draft.parameters}
                return redirect(self.proposal_url(draft, changes, before))
        except CannotChangeRule as error:
            form.add_error(None, str(error))
        return self._page(request, rule, {"start": form}, status=422)

    def _do(self, request, rule, form, name, act, done):
        try:
            if form.is_valid():
                act(form.cleaned_data)
                messages.success(request, done)
                return redirect("admin:cases_rule", rule.pk)
        except (CannotChangeRule, CannotBackTest) as error:
            form.add_error(None, str(error))
        return self._page(request, rule, {name: form}, status=422)

    def _page(self, request, rule, bound=None, status=200):
        draft, may_edit = rule_drafts.draft_of(rule), may(request.user, EDIT_VERB, rule)
        is_active = rule.activated_at is not None and rule.retired_at is None
        is_first = draft == rule and not rule_drafts.is_in_use(rule)
        tests = BackTest.objects.filter(rule=draft or rule)[:TESTS_SHOWN]
        versions = self.get_queryset(request).filter(
            municipality=rule.municipality_id, code=rule.code
        )
        forms_shown = {
            "draft": ThresholdsForm(rule=rule, draft=draft) if is_active or is_first else None,
            "test": BackTestForm(),
            "start": StartForm(initial={"starts_on": today() + timedelta(days=1)}),
        }
        context = {
            "rule": rule, "reads": self.reads(rule), "versions": versions, "draft": draft,
            "may_edit": may_edit, "is_active": is_active or is_first, "forms": forms_shown | (bound or {}),
            "act_open": rule_drafts.start_act(draft) if draft else None,
            "tests": [
                (test, back_tests.table_of(test) if test.is_done else None) for test in tests
            ],
        }  # fmt: skip
        title = f"気づきの決まり {rule.code}"
        return self.render_page(request, "admin/cases/rule.html", title, context, status)

    def _rule(self, request, pk):
        if not self.has_view_permission(request):
            raise Http404
        return get_object_or_404(self.get_queryset(request), pk=pk)

    def _editable(self, request, pk):
        rule = self._rule(request, pk)
        if not may(request.user, EDIT_VERB, rule):
            raise Http404
        return rule

    def _draft_or_404(self, rule):
        draft = rule_drafts.draft_of(rule)
        if draft is None:
            raise Http404
        return draft

    # -- the proposal -----------------------------------------------------------------------------

    def effects_of(self, row, changes):
        return rule_drafts.effects_of_start(row)

    def propose(self, row, changes, *, by, reason):
        starts_on = date.fromisoformat(changes["starts_on"])
        return rule_drafts.propose_start(row, starts_on, by=by, reason=reason)

    def may_propose(self, request):
        return may(request.user, EDIT_VERB)

    def back_url(self, row):
        return reverse("admin:cases_rule", args=[row.pk])
