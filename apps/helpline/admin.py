"""The staff's door: who waits for a talk, and a school's duty roster."""

from django.contrib import admin, messages
from django.http import HttpResponseNotAllowed
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import path, reverse
from django.utils import timezone
from django.utils.timesince import timesince

from apps.helpline import services, wording
from apps.helpline.forms import DutyForm, ReasonForm, ReplyForm
from apps.helpline.models import UNSEEN_FIRST, DutyRoster, HelpRequest, HelpState
from apps.people.doors import RecordDoor, StaffDoor
from apps.people.models import Role, School


@admin.register(HelpRequest)
class HelpRequestAdmin(RecordDoor):
    """The longest waiting first, without name or content; both open with a reason."""

    view_verb = "help.answer"
    list_display = ["state", "waited", "school_class", "seen_by", "answered_at"]
    list_filter = ["state"]
    ordering = UNSEEN_FIRST
    list_select_related = ["student__home_class"]

    def get_queryset(self, request):
        return super().get_queryset(request).visible_to(request.user)

    def get_urls(self):
        view = self.admin_site.admin_view
        return [
            path("<uuid:pk>/open/", view(self.open_page), name="helpline_open"),
            path("<uuid:pk>/answer/", view(self.answer_page), name="helpline_answer"),
            *super().get_urls(),
        ]

    def change_view(self, request, object_id, form_url="", extra_context=None):
        return redirect("admin:helpline_open", object_id)

    def open_page(self, request, pk):
        """Asks for the reason; then the student can read that this role has seen it."""
        row = self._row(request, pk)
        form = ReasonForm(request.POST or None)
        if request.method == "POST" and form.is_valid():
            return self._opened(request, row, form.cleaned_data["reason"])
        context = {"row": row, "form": form}
        return self._page(request, context, status=422 if form.is_bound else 200)

    def answer_page(self, request, pk):
        """Sends the reply; sent twice it is one."""
        if request.method != "POST":
            return HttpResponseNotAllowed(["POST"])
        row = self._row(request, pk)
        form = ReplyForm(request.POST)
        if not form.is_valid():
            return self._again(request, row, form)
        words, form_key = form.cleaned_data["words"], form.cleaned_data["form_key"]
        try:
            services.answer(row, actor=request.user, words=words, form_key=form_key)
        except services.CannotMove as error:
            form.add_error(None, str(error))
            return self._again(request, row, form)
        messages.success(request, "返事を送りました。生徒の画面に出ます。")
        return redirect("admin:helpline_helprequest_changelist")

    def _again(self, request, row, form):
        """The form with its errors; content comes with it only under a valid reason."""
        if "reason" in form.errors:
            return redirect("admin:helpline_open", row.pk)
        return self._opened(request, row, form.cleaned_data["reason"], form, status=422)

    def _opened(self, request, row, reason, reply=None, status=200):
        content, replies = services.see(row, actor=request.user, reason=reason)
        row.refresh_from_db()
        context = {
            "row": row,
            "is_open": True,
            "content": content,
            "wanted": wording.WANTED.get(content["wanted"]) if content else "",
            "topic": wording.TOPICS.get(content["topic"]) if content else "",
            "replies": [(Role(r.replied_role).label, r.replied_at, said) for r, said in replies],
            "reply": reply or ReplyForm(initial={"reason": reason}),
            "may_answer": row.state != HelpState.CANCELLED,
        }
        return self._page(request, context, status)

    def _page(self, request, context, status=200):
        context |= self.admin_site.each_context(request)
        context["title"] = "話したい(相談の希望)"
        context["back"] = reverse("admin:helpline_helprequest_changelist")
        return render(request, "admin/helpline/open.html", context, status=status)

    def _row(self, request, pk):
        rows = self.get_queryset(request).select_related("student__home_class")
        return get_object_or_404(rows, pk=pk)

    @admin.display(description="待っている時間", ordering="sent_at")
    def waited(self, row):
        until = row.seen_at or timezone.now()
        return timesince(row.sent_at, until)

    @admin.display(description="学級")
    def school_class(self, row):
        return row.student.home_class

    @admin.display(description="見た人の立場")
    def seen_by(self, row):
        return Role(row.seen_role).label if row.seen_role else ""


@admin.register(DutyRoster)
class DutyRosterAdmin(StaffDoor):
    """Who looks, in which order and when. Switched on only when the promise can be kept."""

    view_verb = "help.answer"
    edit_verb = "duty.edit"
    form = DutyForm
    list_display = ["school", "is_on", "opens_at", "closes_at"]
    list_select_related = ["school"]

    def get_queryset(self, request):
        return super().get_queryset(request).filter(school__in=_schools(request))

    def get_form(self, request, obj=None, change=False, **kwargs):
        base = super().get_form(request, obj, change, **kwargs)

        class OwnSchools(base):
            def __init__(self, *args, **kwargs):
                super().__init__(*args, schools=_schools(request), **kwargs)

        return OwnSchools

    def save_model(self, request, obj, form, change):
        services.set_duty(obj, by=request.user, fields=form.changed_data)


def _schools(request):
    """The schools in which this user holds a post today."""
    ids = {post.school_id for post in request.user.current_posts if post.school_id}
    return School.objects.filter(pk__in=ids)
