"""Admin pages whose save may need a second person: previewed, then proposed with a reason."""

import json
import zlib
from datetime import date, time

from django import forms
from django.contrib import messages
from django.contrib.admin.utils import label_for_field
from django.core.exceptions import PermissionDenied
from django.db.models import Model
from django.http import Http404
from django.shortcuts import get_object_or_404, redirect
from django.template.response import TemplateResponse
from django.urls import path, reverse

from apps.core import sealed_tokens
from apps.people.act_kinds import ACT_KINDS
from apps.people.act_rules import needs_second_person
from apps.people.act_types import ActTiming
from apps.people.services import act_queries, pending_acts
from apps.people.services.solo_acts import people_reached_today

TOKEN_PURPOSE, TOKEN_VALID_S = "people.pending-act", 3600
CHANGED_BY_OTHERS = "ほかの人が、先に変えました。いまの内容を見て、もう一度変えてください。"
PAGE_TOO_OLD = (
    "このページを開いてから1時間がたったので、まだ何も変えていません。理由はのこしています。"
    "終わるものを、いまの数でもう一度確かめて、変更をはじめてください。"
)
PROPOSED_MESSAGES = {
    ActTiming.A_DAY_AFTER: "変更をはじめました。まだ何も消えていません。",
    ActTiming.ON_CONFIRMATION: "変更をはじめました。確かめる人が確かめるまで、いまのままです。",
    ActTiming.AT_ONCE: "変えました。確かめる人が、あとで確かめます。",
}


class ProposalReasonForm(forms.Form):
    """The reason for a proposal."""

    reason = forms.CharField(
        label="なぜ変えるのか",
        max_length=pending_acts.MAX_REASON_LENGTH,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text="確かめる人が読みます。生徒の名前は書かないでください。",
        error_messages={
            "required": "なぜ変えるのかを書いてください。",
            "max_length": f"{pending_acts.MAX_REASON_LENGTH}字までで書いてください。",
        },
    )

    def clean_reason(self):
        reason = " ".join(self.cleaned_data["reason"].split())
        if len(reason) < pending_acts.MIN_REASON_LENGTH:
            raise forms.ValidationError("なぜ変えるのかを、文で書いてください。")
        return reason


class ProposalAdmin:
    """For a ModelAdmin: a save that needs a second person becomes a proposal.

    ``effects_of(row, changes)`` says what saving ``changes`` ({field: JSON value}) would end,
    with ``kind``, ``preview`` and ``names``; ``propose(row, changes, by, reason)`` proposes it.
    """

    refusals: tuple[
        type[Exception], ...
    ] = ()  # exceptions of ``propose`` whose message is a sentence for the person

    def effects_of(self, row, changes):
        raise NotImplementedError

    def propose(self, row, changes, *, by, reason):
        raise NotImplementedError

    def people_named(self, row):
        """[(label, [names])] of students and guardians: shown on the page, never stored."""
        return []

    def may_propose(self, request):
        """Whether this person may propose such a change."""
        return self.has_change_permission(request)

    def proposed_row(self, request, pk, changes):
        """The row a proposal is about. Raises Http404."""
        return get_object_or_404(self.get_queryset(request), pk=pk)

    def stored_value(self, row, name):
        """A field of a row as JSON-able value."""
        return to_json_value(getattr(row, name))

    def line_of(self, row, name, change):
        """(label, value before, value after) of one changed field, in words."""
        return label_for_field(name, type(row), self), *_before_and_after(row, name, change)

    def is_proposal(self, request, obj, form, change):
        """Whether this save must be proposed; remembered for the response."""
        if not change or not form.changed_data:
            return False
        stored = type(obj).objects.get(pk=obj.pk)
        changes = {name: self.stored_value(obj, name) for name in form.changed_data}
        if not self.effects_of(stored, changes).kind:
            return False
        before = {name: self.stored_value(stored, name) for name in changes}
        request.proposal = self.proposal_url(obj, changes, before)
        return True

    def proposal_url(self, row, changes, before):
        """URL of the page that previews ``changes``."""
        change = {"pk": str(row.pk), "changes": changes, "before": before}
        what = _seal_token(change)
        name = f"admin:{self.opts.app_label}_{self.opts.model_name}_propose"
        return f"{reverse(name, args=[row.pk])}?what={what}"

    def back_url(self, row):
        """URL of the cancel link."""
        return reverse(f"admin:{self.opts.app_label}_{self.opts.model_name}_change", args=[row.pk])

    def response_change(self, request, obj):
        if hasattr(request, "proposal"):
            return redirect(request.proposal)
        return super().response_change(request, obj)

    def response_add(self, request, obj, post_url_continue=None):
        if hasattr(request, "proposal"):
            return redirect(request.proposal)
        return super().response_add(request, obj, post_url_continue)

    def log_addition(self, request, obj, message):
        """Log no addition where it became a proposal."""
        if not hasattr(request, "proposal"):
            return super().log_addition(request, obj, message)
        return None

    def log_change(self, request, obj, message):
        """Log no change where it became a proposal."""
        if not hasattr(request, "proposal"):
            return super().log_change(request, obj, message)
        return None

    def get_urls(self):
        view = self.admin_site.admin_view(self.propose_view)
        name = f"{self.opts.app_label}_{self.opts.model_name}_propose"
        return [path("<uuid:pk>/propose/", view, name=name), *super().get_urls()]

    def propose_view(self, request, pk):
        """Page with the preview of the change, the reason form, and who can confirm it."""
        if not self.may_propose(request):
            raise PermissionDenied("この変更をはじめる立場ではありません。")
        change, is_old = _open_token(request.POST.get("what") or request.GET.get("what", ""), pk)
        row = self.proposed_row(request, pk, change["changes"])
        back = self.back_url(row)
        if any(self.stored_value(row, name) != value for name, value in change["before"].items()):
            messages.error(request, CHANGED_BY_OTHERS)
            return redirect(back)
        form = ProposalReasonForm(request.POST or None)
        if is_old and form.is_bound:
            form.add_error(None, PAGE_TOO_OLD)
        if request.method == "POST" and form.is_valid():
            try:
                reason = form.cleaned_data["reason"]
                names = self.effects_of(row, change["changes"]).names
                with pending_acts.with_shown_lines(self._lines(row, change), names):
                    act = self.propose(row, change["changes"], by=request.user, reason=reason)
                messages.success(request, PROPOSED_MESSAGES[ACT_KINDS[act.kind].when])
                return redirect("admin:people_pendingact_change", act.pk)
            except (pending_acts.CannotAct, *self.refusals) as error:
                form.add_error(None, str(error))
        effects = self.effects_of(row, change["changes"])
        if not effects.kind:
            messages.info(
                request,
                "この変更で終わるもの・はじまるものは、いまはありません。もう一度保存してください。",
            )
            return redirect(back)
        return self._proposal_page(request, row, change, effects, form, back)

    def _lines(self, row, change):
        """[(label, before, after)] of the changed fields, in words."""
        return [self.line_of(row, name, change) for name in change["changes"]]

    def _proposal_page(self, request, row, change, effects, form, back):
        context = {
            **self.admin_site.each_context(request),
            "title": f"{row}: 変える前に確かめる",
            "form": form,
            "token": _seal_token(change),
            "lines": self._lines(row, change),
            "back": back,
            **preview_context(
                effects.kind, effects.preview, [*self.people_named(row), *effects.names]
            ),
            **confirmers_context(effects, row, request.user),
        }
        status = 422 if form.errors else 200
        return TemplateResponse(request, "admin/people/act_propose.html", context, status=status)


def preview_context(kind, preview, names):
    """Template context of a preview: the act kind, [(number, label)] and [(label, names)]."""
    act = ACT_KINDS[kind]
    counts = [(preview[n], words) for n, words in act.counts.items() if preview.get(n)]
    return {"act": act, "counts": counts, "names": names, "when": str(act.when)}


def confirmers_context(effects, row, user):
    """Template context: who may confirm, in words, and how many people could today."""
    school_id = getattr(effects, "school_id", None)
    school_id = school_id or getattr(row, "school_id", None)
    municipality_id = getattr(effects, "municipality_id", None) or row.municipality_id
    role = act_queries.proposing_role(effects.kind, user, municipality_id, school_id)
    found = act_queries.count_possible_confirmers(
        effects.kind, municipality_id, school_id, but=user, role=role
    )
    alone = people_reached_today(effects.kind, user, municipality_id, school_id)
    return {
        "second": needs_second_person(effects.kind, effects.preview, alone),
        "confirmers": act_queries.confirming_roles_in_words(effects.kind, role),
        "n_confirmers": found,
    }


def to_json_value(value):
    """A form value as JSON-able value."""
    if isinstance(value, Model):
        return str(value.pk)
    return value.isoformat() if isinstance(value, date | time) else value


def _before_and_after(row, name, change):
    """A field's value before and after, in words."""
    field = row._meta.get_field(name)
    if field.many_to_one:
        known = field.related_model._base_manager.filter
        return [known(pk=change[when].get(name)).first() or "空" for when in ("before", "changes")]
    choices = dict(getattr(field, "base_field", field).flatchoices)
    return [_in_words(change[when].get(name), choices) for when in ("before", "changes")]


def _in_words(value, choices):
    if isinstance(value, bool):
        return "はい" if value else "いいえ"
    if isinstance(value, list):
        return "、".join(str(choices.get(each, each)) for each in value) or "なし"
    return choices.get(value, "空" if value in (None, "") else str(value))


def _seal_token(change):
    """Encrypted, not only signed: it may reveal a guardianship or quote text, and is part of a URL."""
    packed = zlib.compress(json.dumps(change, separators=(",", ":")).encode())
    return sealed_tokens.seal_token(TOKEN_PURPOSE, packed)


def _open_token(what, pk):
    """(the change a page showed, whether the token has expired). Raises Http404 for a token not ours."""
    packed = sealed_tokens.open_token(TOKEN_PURPOSE, what)
    if packed is None:
        raise Http404("not a proposal of ours")
    change = json.loads(zlib.decompress(packed))
    if change["pk"] != str(pk):
        raise Http404("a proposal about another row")
    return change, sealed_tokens.open_token(TOKEN_PURPOSE, what, TOKEN_VALID_S) is None
