"""「名前を直す」: of a guardian who came by a letter, alone or by a second person's word."""

from dataclasses import astuple

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.shortcuts import get_object_or_404, redirect
from django.template.response import TemplateResponse

from apps.people.act_doors import ProposingDoor
from apps.people.acts import Effects
from apps.people.models import Guardianship
from apps.people.permissions import may
from apps.signin.newcomer_form import NamesForm
from apps.signin.services import renaming
from apps.signin.services.said_names import FIELDS, Names, of_row

RENAMED = "名前を直しました。"


class RenamingDoor(ProposingDoor):
    """Mixin of the arrivals' page: its guardian's name is corrected; the row is the arrival."""

    refusals = (renaming.CannotRename,)

    def rename(self, request, pk):
        """The name as it should be; at once where the guardian decides for nobody."""
        arrival = get_object_or_404(self.get_queryset(request), pk=pk)
        tie = tie_of(arrival)
        if tie is None or not renaming.may_rename(tie, request.user):
            raise PermissionDenied("この保護者の名前を直す立場ではありません。")
        was = of_row(tie.guardian)
        initial = {field: getattr(was, field) for field in FIELDS}
        form = NamesForm(request.POST if request.method == "POST" else None, initial=initial)
        if request.method == "POST" and form.is_valid():
            names = Names(*(form.cleaned_data[field] for field in FIELDS))
            if renaming.decides(tie.guardian):
                before = {"names": list(astuple(was))}
                changes = {"names": list(astuple(names))}
                return redirect(self.proposal_url(arrival, changes, before))
            try:
                renaming.rename_informed(tie, names, was=was, by=request.user)
                messages.success(request, RENAMED)
                return redirect("admin:signin_guardianarrival_change", arrival.pk)
            except renaming.CannotRename as error:
                form.add_error(None, str(error))
        context = {**self.admin_site.each_context(request), "title": "保護者の名前を直す",
                   "form": form, "arrival": arrival, "tie": tie,
                   "decides": renaming.decides(tie.guardian)}  # fmt: skip
        page, status = "admin/signin/rename.html", 422 if form.errors else 200
        return TemplateResponse(request, page, context, status=status)

    def may_propose(self, request):
        return may(request.user, renaming.VERB)

    def kept(self, row, name):
        return list(astuple(of_row(row.guardian))) if name == "names" else super().kept(row, name)

    def line_of(self, row, name, told):
        before, after = Names(*told["before"]["names"]), Names(*told["changes"]["names"])
        return "名前", renaming.in_words(before), renaming.in_words(after)

    def people_named(self, row):
        names = [("だれを", [row.guardian.full_name])]
        return [*names, ("だれについて", [row.student.full_name])] if row.student else names

    def effects_of(self, row, changes):
        tie = tie_of(row)
        return renaming.effects_of_renaming(tie) if tie else Effects("", {})

    def propose(self, row, changes, *, by, reason):
        tie = tie_of(row)
        if tie is None:
            raise renaming.CannotRename(renaming.NOT_HERE)
        was, names = of_row(tie.guardian), Names(*changes["names"])
        return renaming.propose_renaming(tie, names, was=was, by=by, reason=reason)


def tie_of(arrival) -> Guardianship | None:
    """The confirmed tie of who came by a child's letter."""
    ties = Guardianship.objects.current().select_related("guardian", "student")
    return ties.filter(guardian=arrival.guardian_id, student=arrival.student_id).first()
