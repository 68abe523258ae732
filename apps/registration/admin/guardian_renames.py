"""「名前を直す」: correct the name of a guardian who registered with a letter."""

from dataclasses import astuple

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.shortcuts import get_object_or_404, redirect
from django.template.response import TemplateResponse

from apps.people.act_rules import ActEffects
from apps.people.admin_bases.proposals import ProposalAdmin
from apps.people.models import Guardianship
from apps.people.permissions import may
from apps.registration.forms.newcomers import NamesForm
from apps.registration.services import guardian_renames
from apps.registration.services.guardian_names import FIELDS, GuardianNames, names_of_guardian

RENAMED = "名前を直しました。"


class RenameMixin(ProposalAdmin):
    """Mixin of the registrations' admin: corrects the name of a registration's guardian."""

    refusals = (guardian_renames.CannotRename,)

    def rename(self, request, pk):
        """Ask for the corrected name; applied at once where the guardian decides for nobody."""
        registration = get_object_or_404(self.get_queryset(request), pk=pk)
        guardianship = guardianship_of(registration)
        if guardianship is None or not guardian_renames.may_rename(guardianship, request.user):
            raise PermissionDenied("この保護者の名前を直す立場ではありません。")
        before = names_of_guardian(guardianship.guardian)
        initial = {field: getattr(before, field) for field in FIELDS}
        form = NamesForm(request.POST if request.method == "POST" else None, initial=initial)
        if request.method == "POST" and form.is_valid():
            names = GuardianNames(*(form.cleaned_data[field] for field in FIELDS))
            if guardian_renames.decides(guardianship.guardian):
                old = {"names": list(astuple(before))}
                changes = {"names": list(astuple(names))}
                return redirect(self.proposal_url(registration, changes, old))
            try:
                guardian_renames.rename_informed(
                    guardianship, names, before=before, by=request.user
                )
                messages.success(request, RENAMED)
                return redirect("admin:registration_guardianregistration_change", registration.pk)
            except guardian_renames.CannotRename as error:
                form.add_error(None, str(error))
        context = {**self.admin_site.each_context(request), "title": "保護者の名前を直す",
                   "form": form, "registration": registration, "guardianship": guardianship,
                   "decides": guardian_renames.decides(guardianship.guardian)}  # fmt: skip
        page, status = "admin/registration/guardian_rename.html", 422 if form.errors else 200
        return TemplateResponse(request, page, context, status=status)

    def may_propose(self, request):
        return may(request.user, guardian_renames.VERB)

    def stored_value(self, row, name):
        return (
            list(astuple(names_of_guardian(row.guardian)))
            if name == "names"
            else super().stored_value(row, name)
        )

    def line_of(self, row, name, change):
        before, after = (
            GuardianNames(*change["before"]["names"]),
            GuardianNames(*change["changes"]["names"]),
        )
        return "名前", guardian_renames.in_words(before), guardian_renames.in_words(after)

    def people_named(self, row):
        names = [("だれを", [row.guardian.full_name])]
        return [*names, ("だれについて", [row.student.full_name])] if row.student else names

    def effects_of(self, row, changes):
        guardianship = guardianship_of(row)
        return (
            guardian_renames.effects_of_renaming(guardianship)
            if guardianship
            else ActEffects("", {})
        )

    def propose(self, row, changes, *, by, reason):
        guardianship = guardianship_of(row)
        if guardianship is None:
            raise guardian_renames.CannotRename(guardian_renames.NOT_HERE)
        before, names = names_of_guardian(guardianship.guardian), GuardianNames(*changes["names"])
        return guardian_renames.propose_renaming(
            guardianship, names, before=before, by=by, reason=reason
        )


def guardianship_of(registration) -> Guardianship | None:
    """The confirmed guardianship of somebody who registered with a child's letter."""
    guardianships = Guardianship.objects.current().select_related("guardian", "student")
    return guardianships.filter(
        guardian=registration.guardian_id, student=registration.student_id
    ).first()
