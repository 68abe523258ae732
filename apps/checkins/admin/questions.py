"""Admin pages of question sets: read by staff who care for students, edited by the city."""

from django.contrib import admin, messages
from django.http import Http404
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.html import format_html
from django.views.decorators.http import require_http_methods

from apps.checkins.admin.forms import QuestionForm, QuestionSetForm
from apps.checkins.models import Question, QuestionSet
from apps.checkins.services import question_drafts, question_retirement
from apps.core.clock import today
from apps.core.templatetags.japanese import plain
from apps.people.admin_bases.pages import page
from apps.people.admin_bases.proposals import ProposalAdmin
from apps.people.admin_bases.staff import StaffAdmin
from apps.people.models import Municipality
from apps.people.permissions import may, municipalities_where

CANNOT_RETIRE = (
    "いま使っている版ではないか、毎日の質問です。毎日の質問は、次の版で置きかえます。"
    "やめることはできません。"
)


class QuestionInline(admin.StackedInline):
    """The questions of a draft, with their choices as lines of text."""

    model = Question
    form = QuestionForm
    extra = 0
    fields = ["order", "code", "kind", "text", "hint", "options"]

    def has_view_permission(self, request, obj=None):
        return may(request.user, "questions.view", obj)

    def _edits(self, request, obj=None):
        is_draft = obj is None or (obj.municipality_id and obj.published_at is None)
        return bool(is_draft and may(request.user, "questions.edit", obj))

    has_add_permission = has_change_permission = has_delete_permission = _edits


@admin.register(QuestionSet)
class QuestionSetAdmin(ProposalAdmin, StaffAdmin):
    """Versions of question sets. A published version is never edited; a new version follows it."""

    view_verb, edit_verb = "questions.view", "questions.edit"
    is_small = True
    list_display = ["__str__", "title_words", "whose", "standing", "page_link"]
    list_display_links = None
    form = QuestionSetForm
    inlines = [QuestionInline]

    def get_queryset(self, request):
        return (
            super()
            .get_queryset(request)
            .known_to(municipalities_where(request.user, self.view_verb))
        )

    def get_fields(self, request, obj=None):
        more = ["permission"] if obj and obj.needs_permission else []
        return [*([] if obj else ["code"]), "title", "lead", "every_days", *more]

    def has_change_permission(self, request, obj=None):
        own = obj is None or obj.municipality_id is not None
        is_draft = obj is None or obj.published_at is None
        return own and is_draft and super().has_change_permission(request, obj)

    def get_form(self, request, obj=None, change=False, **kwargs):
        form = super().get_form(request, obj, change, **kwargs)
        form.cities = municipalities_where(request.user, self.edit_verb)
        return form

    def save_model(self, request, obj, form, change):
        if change:
            super().save_model(request, obj, form, change)
        else:
            question_drafts.begin_first_version(
                obj, municipality=_city_of(request.user), by=request.user
            )

    def save_related(self, request, form, formsets, change):
        super().save_related(request, form, formsets, change)
        fields = list(form.changed_data)
        fields += ["questions"] if any(formset.has_changed() for formset in formsets) else []
        for each in (f for formset in formsets for f in formset.forms):
            if each.instance.pk and "options" in each.changed_data and not _is_deleted(each):
                question_drafts.replace_choices(each.instance, each.cleaned_data["options"])
        if change and fields:
            question_drafts.note_edited(form.instance, by=request.user, fields=fields)

    def response_add(self, request, obj, post_url_continue=None):
        return redirect("admin:checkins_questionset_review", obj.pk)

    def response_change(self, request, obj):
        return redirect("admin:checkins_questionset_review", obj.pk)

    @admin.display(description="題")
    def title_words(self, question_set):
        return plain(question_set.title)

    @admin.display(description="だれの")
    def whose(self, question_set):
        return "自治体の版" if question_set.municipality_id else "はじめから入っている版"

    @admin.display(description="状態")
    def standing(self, question_set):
        if question_set.published_at is None:
            if question_set.municipality_id is None:
                return "使っていない"
            return "確かめた(まだ使っていない)" if question_set.checked_by_id else "書きかけ"
        return "おわった版" if question_set.retired_at else "使っている"

    @admin.display(description="見本")
    def page_link(self, question_set):
        url = reverse("admin:checkins_questionset_review", args=[question_set.pk])
        return format_html('<a href="{}">見本と操作</a>', url)

    @page("<uuid:pk>/look/", "checkins_questionset_review", require_http_methods(["GET", "POST"]))
    def review_page(self, request, pk):
        """Page with the questions as students see them, open problems, and buttons."""
        if not self.has_view_permission(request):
            raise Http404
        question_set = get_object_or_404(self.get_queryset(request), pk=pk)
        if request.method == "POST":
            return self._act(request, question_set)
        is_draft = question_set.published_at is None
        context = {
            **self.admin_site.each_context(request),
            "title": "質問の見本",
            "question_set": question_set,
            "standing": self.standing(question_set),
            "questions": question_set.questions.prefetch_related("choices"),
            "problems": list(dict.fromkeys(question_drafts.draft_problems(question_set)))
            if is_draft
            else [],
            "may_edit": may(request.user, "questions.edit", question_set),
            "is_draft": is_draft and question_set.municipality_id is not None,
            "is_checked": question_drafts.is_draft_checked(question_set),
            "may_check": question_drafts.may_check_draft(request.user, question_set),
            "checkers": question_drafts.possible_checkers(question_set) if is_draft else [],
            "seen": question_drafts.question_set_digest(question_set),
            "may_change": self.has_change_permission(request, question_set),
            "act_open": question_retirement.retirement_act(question_set),
        }
        return render(request, "admin/checkins/question_set.html", context)

    def effects_of(self, row, changes):
        return question_retirement.effects_of_retirement(
            row, Municipality.objects.get(pk=changes["municipality"])
        )

    def propose(self, row, changes, *, by, reason):
        city = _city_of(by, row)
        return question_retirement.propose_retirement(row, municipality=city, by=by, reason=reason)

    def back_url(self, row):
        return reverse("admin:checkins_questionset_review", args=[row.pk])

    def _begin_retiring(self, request, question_set):
        """Redirect to the page that previews retiring and asks for a reason."""
        if not may(request.user, "questions.edit", question_set):
            raise Http404
        city = _city_of(request.user, question_set)
        if not question_retirement.effects_of_retirement(question_set, city).kind:
            messages.error(request, CANNOT_RETIRE)
            return redirect(self.back_url(question_set))
        changes = {"retired_at": today().isoformat(), "municipality": str(city.pk)}
        before = {"retired_at": self.stored_value(question_set, "retired_at")}
        return redirect(self.proposal_url(question_set, changes, before))

    def _act(self, request, question_set):
        if request.POST.get("verb") == "retire":
            return self._begin_retiring(request, question_set)
        act, verb = _VERBS.get(request.POST.get("verb"), (None, ""))
        if act is None or not may(request.user, verb, question_set):
            raise Http404
        try:
            question_set, done = act(question_set, request.user, request.POST.get("seen", ""))
            messages.success(request, done)
        except question_drafts.CannotPublishQuestions as error:
            messages.error(request, str(error))
        return redirect("admin:checkins_questionset_review", question_set.pk)


def _draft(question_set, user, seen):
    next_version = question_drafts.draft_next_version(
        question_set, municipality=_city_of(user, question_set), by=user
    )
    return next_version, "次の版の書きかけです。直したら、ほかの人に確かめてもらってください。"


def _check(question_set, user, seen):
    if question_set.municipality_id not in municipalities_where(user, "questions.check"):
        raise question_drafts.CannotPublishQuestions(str(question_drafts.NOT_OF_THIS_CITY))
    done = question_drafts.check_draft(question_set, by=user, seen=seen)
    return done, "確かめたことを記録しました。市の担当者が使いはじめられます。"


def _publish(question_set, user, seen):
    if question_set.municipality_id is None:
        raise question_drafts.CannotPublishQuestions(
            "はじめから入っている版は、次の版を作って使います。"
        )
    return question_drafts.publish_draft(
        question_set, by=user
    ), "使いはじめました。前の版はおわりました。"


_VERBS = {  # name of a button -> the service, and who may use it
    "draft": (_draft, "questions.edit"),
    "check": (_check, "questions.check"),
    "publish": (_publish, "questions.edit"),
}


def _city_of(user, question_set=None):
    """The municipality of a version; for one that comes with the portal that of the person."""
    own = min(municipalities_where(user, "questions.edit"))
    return Municipality.objects.get(pk=getattr(question_set, "municipality_id", None) or own)


def _is_deleted(form):
    return form.cleaned_data.get("DELETE", False)
