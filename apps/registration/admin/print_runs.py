"""Staff pages for cards and letters: printing (codes stay the same) and new codes.

Every POST redirects, so that a reload prints nothing, records nothing twice and changes no code.
"""

from functools import partial

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import Count, Q
from django.http import Http404, QueryDict
from django.shortcuts import get_object_or_404, redirect
from django.urls import path, reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from apps.core import clock
from apps.core.subqueries import aggregate_of
from apps.people.act_types import ActTiming
from apps.people.admin_bases.proposals import (
    PROPOSED_MESSAGES,
    ProposalReasonForm,
    confirmers_context,
    preview_context,
)
from apps.people.admin_bases.staff import ReadOnlyAdmin
from apps.people.permissions import classes_where, may, schools_where
from apps.people.services.pending_acts import CannotAct
from apps.people.services.protection_checks import why_no_letters
from apps.registration import letter_text
from apps.registration.admin.lead_letters import LeadLettersMixin
from apps.registration.admin.revocations import REVOKE, RevocationMixin
from apps.registration.forms.letters import HandOutForm
from apps.registration.models import PrintedCode, PrintedSheet, SheetKind
from apps.registration.print_lists import CardPrintList, LetterPrintList, print_list_rows
from apps.registration.printable_sheets import printable_sheets
from apps.registration.services import code_renewals, print_runs
from apps.signin.services import pin_resets

PRINT_LISTS = {SheetKind.CARDS: CardPrintList, SheetKind.LETTERS: LetterPrintList}
NOBODY = "だれも選ばれていません。"
NOT_PRINTABLE = "{names} の番号は印刷できません。「新しい番号にする」を使ってください。"
NONE_WORKS = "使える番号を持つ人が選ばれていません。「印刷する」で作れます。"
ALREADY_NEW = "選ばれた番号は、もう新しくなっているか、使えなくなっています。何も変えませんでした。"
ONE_AT_A_TIME = "暗証番号は、一人ずつ決めなおします。本人がいるときに、一人だけ選んでください。"
PIN_RESET = (
    "いまのカードで、本人があたらしい暗証番号を決められます。ほかの立場の人が、本人がいたことを"
    "確かめるまで、前に書いたものは開きません。"
)
STOPPED = "{names} は、名簿でサインインを止めているため、手紙を作れません。"
BY_LEAD_ONLY = "{names} への手紙は、ここでは印刷できません。管理職に聞いてください。"
NOT_ANY_MORE = "手紙を作れる人がいませんでした。名簿が変わったかもしれません。"
SHEET_CLOSED = (
    "印刷のページは30分で閉じます。もう一度「印刷する」を押してください。番号は変わりません。"
)


@admin.register(PrintedSheet)
class PrintedSheetAdmin(LeadLettersMixin, RevocationMixin, ReadOnlyAdmin):
    """Print, or ask for new codes; and the record of what was printed."""

    view_verb = "cards.print"
    list_display = [
        "printed_at",
        "kind",
        "school",
        "school_class",
        "n_codes",
        "printed_by",
        "printed_role",
    ]
    list_filter = ["kind"]
    list_select_related = ["school", "school_class", "printed_by"]
    fields = list_display

    def get_queryset(self, request):
        found = super().get_queryset(request)
        of_own_groups = Q(pk__in=[])
        for kind, papers in PRINT_LISTS.items():
            of_own_groups |= Q(kind=kind, school_class__in=classes_where(request.user, papers.verb))
        of_own_groups |= Q(kind=SheetKind.LETTERS) & Q(
            school__in=schools_where(request.user, LetterPrintList.verb)
        )
        of_own_groups |= Q(kind=SheetKind.LETTERS) & Q(
            school__in=schools_where(request.user, REVOKE)
        )
        codes = aggregate_of(PrintedCode.objects.all(), "sheet", Count("pk"))
        return found.filter(of_own_groups).annotate(n=codes)

    def has_view_permission(self, request, obj=None):
        kinds = PRINT_LISTS if obj is None else [obj.kind]
        verbs = [PRINT_LISTS[kind].verb for kind in kinds]
        verbs += [REVOKE] if SheetKind.LETTERS in kinds else []
        return any(may(request.user, verb, obj) for verb in verbs)

    @admin.display(description="枚数")
    def n_codes(self, sheet):
        return sheet.n or 0

    def get_urls(self):
        view = self.admin_site.admin_view
        own = [
            path(
                "sheet/<uuid:pk>/",
                view(never_cache(require_safe(self.sheet))),
                name="registration_sheet",
            )
        ]
        own.append(
            path(
                "cards/<uuid:class_pk>/pin/<uuid:pk>/", view(never_cache(self.pin)),
                name="registration_pin_reset",
            )
        )  # fmt: skip
        for papers in PRINT_LISTS.values():
            own += [
                path(
                    f"{papers.name}/<uuid:class_pk>/",
                    view(partial(self.choose, papers=papers)), name=f"registration_{papers.name}",
                ),
                path(
                    f"{papers.name}/<uuid:class_pk>/renew/",
                    view(partial(self.renew, papers=papers)), name=f"registration_{papers.name}_renew",
                ),
            ]  # fmt: skip
        return own + super().get_urls()

    def choose(self, request, class_pk, papers):
        """The people of a class; a POST prints for the chosen ones or leads to the question about
        new codes.
        """
        of_class = self._class(request, class_pk, papers)
        people = papers.people(request.user, of_class)
        if request.method != "POST":
            form = HandOutForm(initial={"hand_out_on": clock.today()})
            return self._choice(request, papers, of_class, people, form)
        selected_ids = set(request.POST.getlist("person"))
        chosen = [person for person in people if str(person.pk) in selected_ids]
        if not chosen:
            messages.warning(request, NOBODY)
            return redirect(f"admin:registration_{papers.name}", of_class.pk)
        if request.POST.get("verb") == "pin" and papers is CardPrintList:
            if len(chosen) == 1:
                return redirect("admin:registration_pin_reset", of_class.pk, chosen[0].pk)
            messages.warning(request, ONE_AT_A_TIME)
            return redirect("admin:registration_cards", of_class.pk)
        if request.POST.get("verb") == "renew":
            return redirect(_question(papers, of_class, chosen))
        form = HandOutForm(request.POST)
        if not form.is_valid():
            return self._choice(request, papers, of_class, people, form, selected_ids)
        return self._print(request, papers, of_class, chosen, form.cleaned_data["hand_out_on"])

    def _choice(self, request, papers, of_class, people, form, selected_ids=()):
        is_letters = papers is LetterPrintList
        context = {
            "of_class": of_class, "rows": print_list_rows(papers, people), "form": form, "asked": selected_ids,
            "why_none": why_no_letters(of_class.school) if is_letters else "",
            "may_check": may(request.user, "protection.record", of_class.school),
        }  # fmt: skip
        page = self._page(request, papers.name, f"{of_class} {papers.title}", context)
        page.status_code = 422 if form.errors else 200
        return page

    def renew(self, request, class_pk, papers):
        """Ask which codes to replace and why; those of several people need a second person."""
        of_class = self._class(request, class_pk, papers)
        people = papers.people(request.user, of_class)
        is_post = request.method == "POST"
        selected_ids = set(request.POST.get("what", "").split() or request.GET.getlist("person"))
        listed = [
            row
            for row in print_list_rows(papers, people)
            if row.paper is not None and not row.is_by_lead_only
        ]
        ending = [row for row in listed if _name(row, is_post) in selected_ids]
        if not ending:
            messages.info(request, ALREADY_NEW if is_post else NONE_WORKS)
            return redirect(f"admin:registration_{papers.name}", of_class.pk)
        form = ProposalReasonForm(request.POST if is_post else None)
        if is_post and form.is_valid():
            answer = self._propose(request, papers, of_class, ending, form)
            if answer is not None:
                return answer
        return self._question_page(request, papers, of_class, ending, form)

    def pin(self, request, class_pk, pk):
        """Ask why a student's PIN is reset; a POST with a reason does it."""
        of_class = self._class(request, class_pk, CardPrintList)
        known = CardPrintList.people(request.user, of_class)
        student = next((one for one in known if one.pk == pk), None)
        if student is None:
            raise Http404("no student of this class")
        form = ProposalReasonForm(request.POST if request.method == "POST" else None)
        if request.method == "POST" and form.is_valid():
            try:
                pin_resets.reset_pin(student, by=request.user, reason=form.cleaned_data["reason"])
                messages.success(request, PIN_RESET)
                return redirect("admin:registration_cards", of_class.pk)
            except CannotAct as error:
                form.add_error(None, str(error))
        context = {"of_class": of_class, "student": student, "form": form}
        page = self._page(request, "pin_reset", "暗証番号を決めなおす", context)
        page.status_code = 422 if form.errors else 200
        return page

    def sheet(self, request, pk):
        """The sheet to print; open for half an hour to the person who printed it."""
        sheet = print_runs.open_sheet(pk, by=request.user)
        if sheet is None:
            closed = get_object_or_404(self.get_queryset(request), pk=pk)
            self._check(request, PRINT_LISTS[closed.kind])
            messages.info(request, SHEET_CLOSED)
            if closed.school_class_id is None:
                return redirect("admin:registration_letters_school", closed.school_id)
            return redirect(f"admin:registration_{closed.kind}", closed.school_class_id)
        if sheet.school_class_id is None:
            return redirect("admin:registration_letters_school", sheet.school_id)
        papers = PRINT_LISTS[sheet.kind]
        self._check(request, papers)
        shown = printable_sheets(sheet, by=request.user)
        context = {"of_class": sheet.school_class, "words": letter_text, **shown}
        context["back"] = reverse(f"admin:registration_{papers.name}", args=[sheet.school_class_id])
        title = f"{sheet.school_class} {papers.title}"
        return self._page(request, f"{papers.name}_sheet", title, context)

    def _print(self, request, papers, of_class, chosen, hand_out_on):
        listed = print_list_rows(papers, chosen)
        stopped = [str(row.person) for row in listed if row.is_stopped]
        by_lead = [row for row in listed if row.is_by_lead_only and not row.is_stopped]
        lost = [
            str(row.person)
            for row in listed
            if not (row.is_printable or row.is_stopped or row.is_by_lead_only)
        ]
        shut = [str(row.person) for row in by_lead]
        for names, words in ((stopped, STOPPED), (shut, BY_LEAD_ONLY), (lost, NOT_PRINTABLE)):
            if names:
                messages.warning(request, words.format(names="、".join(names)))
        printable = [row.person for row in listed if row.is_printable]
        if not printable:
            return redirect(f"admin:registration_{papers.name}", of_class.pk)
        return self._to_sheet(request, papers, of_class, printable, hand_out_on)

    def _to_sheet(self, request, papers, of_class, people, hand_out_on=None):
        try:
            sheet = papers.print(people, of_class, request.user, hand_out_on)
        except print_runs.CannotPrint as error:
            messages.error(request, str(error))
            return redirect(f"admin:registration_{papers.name}", of_class.pk)
        if sheet is None:
            messages.warning(request, NOT_ANY_MORE)
            return redirect(f"admin:registration_{papers.name}", of_class.pk)
        return redirect("admin:registration_sheet", sheet.pk)

    def _propose(self, request, papers, of_class, ending, form):
        """Renew the codes or propose it, and redirect; None with the reason on the form."""
        whose = {row.paper.pk: row.person for row in ending}
        try:
            act = code_renewals.propose_renewal(
                papers.kind, whose, of_class=of_class, by=request.user,
                reason=form.cleaned_data["reason"],
            )  # fmt: skip
        except CannotAct as error:
            form.add_error(None, str(error))
            return None
        if act.needs_second:
            messages.success(request, PROPOSED_MESSAGES[ActTiming.ON_CONFIRMATION])
            return redirect("admin:people_pendingact_change", act.pk)
        messages.success(request, "番号を新しくしました。前の番号は使えません。")
        return self._to_sheet(request, papers, of_class, list(whose.values()))

    def _question_page(self, request, papers, of_class, ending, form):
        people = [row.person for row in ending]
        effects = code_renewals.effects_of_renewal(papers.kind, people, of_class)
        context = {
            "of_class": of_class,
            "rows": ending,
            "form": form,
            "token": " ".join(str(row.paper.pk) for row in ending),
            **preview_context(effects.kind, effects.preview, effects.names),
            **confirmers_context(effects, of_class, request.user),
        }
        page = self._page(request, f"{papers.name}_renew", f"{of_class} 新しい番号にする", context)
        page.status_code = 422 if form.errors else 200
        return page

    def _class(self, request, pk, papers):
        self._check(request, papers)
        return get_object_or_404(
            classes_where(request.user, papers.verb).select_related("school"), pk=pk
        )

    def _check(self, request, papers):
        if not may(request.user, papers.verb):
            raise PermissionDenied("この ことを する 立場では ありません。")

    def _page(self, request, name, title, context):
        return self.render_page(request, f"admin/registration/{name}.html", title, context)


def _name(row, is_post):
    """The row's name: by card or letter where codes are renewed, by person where one asks."""
    return str(row.paper.pk if is_post else row.person.pk)


def _question(papers, of_class, chosen):
    query = QueryDict(mutable=True)
    query.setlist("person", [str(person.pk) for person in chosen])
    page = reverse(f"admin:registration_{papers.name}_renew", args=[of_class.pk])
    return f"{page}?{query.urlencode()}"
