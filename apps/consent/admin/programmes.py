"""Staff page for the programme's term; what begins or ends by a change is proposed first."""

from django.contrib import admin
from django.http import Http404
from django.urls import reverse

from apps.consent.admin.base import CityAdmin
from apps.consent.forms.terms import ProgrammeForm
from apps.consent.models import Programme
from apps.consent.services import change_effects, documents, policy_changes
from apps.people.admin_bases.proposals import ProposalAdmin
from apps.people.models import Municipality
from apps.people.permissions import municipalities_where


@admin.register(Programme)
class ProgrammeAdmin(ProposalAdmin, CityAdmin):
    form = ProgrammeForm
    is_small = True
    list_display = ("title", "municipality", "begins_on", "ends_on")
    fields = (
        "municipality", "title", "begins_on", "ends_on", "contact", "address", "email", "phone",
    )  # fmt: skip

    def get_readonly_fields(self, request, obj=None):
        return ("municipality",) if obj else ()

    def formfield_for_foreignkey(self, db_field, request, **kwargs):
        own_municipalities = municipalities_where(request.user, self.edit_verb)
        kwargs["queryset"] = Municipality.objects.filter(pk__in=own_municipalities)
        return super().formfield_for_foreignkey(db_field, request, **kwargs)

    def effects_of(self, row, changes):
        return change_effects.effects_of_programme(row, changes)

    def propose(self, row, changes, *, by, reason):
        return policy_changes.propose_policy_change(row, changes, by=by, reason=reason)

    def is_proposal(self, request, obj, form, change):
        if change:
            return super().is_proposal(request, obj, form, change)
        changes = {name: self.stored_value(obj, name) for name in self.fields}
        if not self.effects_of(obj, changes).kind:
            return False
        request.proposal = self.proposal_url(obj, changes, {})
        return True

    def proposed_row(self, request, pk, changes):
        """The stored programme, or the one that is about to be added."""
        stored = self.get_queryset(request).filter(pk=pk).first()
        row = stored or policy_changes.unsaved_programme(pk, changes)
        if row.municipality_id not in municipalities_where(request.user, self.edit_verb):
            raise Http404("a term of another municipality")
        return row

    def back_url(self, row):
        if row._state.adding:
            return reverse("admin:consent_programme_add")
        return super().back_url(row)

    def save_model(self, request, obj, form, change):
        if not self.is_proposal(request, obj, form, change):
            documents.change_programme(obj, by=request.user, fields=form.changed_data)
