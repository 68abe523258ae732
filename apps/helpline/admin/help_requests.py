"""Admin pages of help requests: opened with a reason, answered, and closed."""

from django.contrib import admin, messages
from django.http import HttpResponseNotAllowed
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils.timesince import timesince

from apps.core import clock
from apps.core.reason_grants import grant_reason, granted_reason, require_recent_proof
from apps.helpline import words
from apps.helpline.admin.state_filter import HelpStateFilter, list_order
from apps.helpline.admin.student_page_preview import render_admin_page
from apps.helpline.forms import CloseRequestForm, ReplyForm
from apps.helpline.models import HelpRequest, MeetingAnswer
from apps.helpline.services import replies as helpline_replies
from apps.helpline.services import talk, transitions
from apps.people.admin_bases.edit_conflicts import staff_name
from apps.people.admin_bases.pages import page
from apps.people.admin_bases.staff import ReadOnlyAdmin
from apps.people.models import Role
from apps.people.permissions import may
from apps.vault.forms import OpeningReasonForm
from apps.vault.words import content_words, why_unreadable

REASON_LABEL = "開く理由(記録に残ります)"
WORK_FORMS = {  # name of a button -> its form, the permission verb, the message afterwards
    "answer": (ReplyForm, helpline_replies.send_reply, "返事を送りました。生徒の画面に出ます。"),
    "close": (CloseRequestForm, helpline_replies.close_request, "記録を書いて、おわりにしました。"),
}


@admin.register(HelpRequest)
class HelpRequestAdmin(ReadOnlyAdmin):
    """Help requests, the longest waiting first; name and content only with a reason."""

    view_verb = "help.answer"
    row_page = "helpline_open"
    list_display = [
        "state",
        "waited",
        "school_class",
        "calling_progress",
        "seen_by_role",
        "answered_at",
    ]
    list_filter = [HelpStateFilter]
    list_select_related = ["student__home_class"]

    def has_view_permission(self, request, obj=None):
        if obj is not None:
            return HelpRequest.objects.filter(pk=obj.pk).visible_to(request.user).exists()
        return super().has_view_permission(request)

    def get_queryset(self, request):
        visible = super().get_queryset(request).visible_to(request.user)
        return visible.prefetch_related("steps")

    def get_ordering(self, request):
        return list_order(request)

    def changelist_view(self, request, extra_context=None):
        links = {
            "may_measure": may(request.user, "duty.drill"),
            "may_promise": may(request.user, "duty.view"),
            "may_see_route": may(request.user, "route.view"),
        }
        return super().changelist_view(request, {**links, **(extra_context or {})})

    @page("<uuid:pk>/open/", "helpline_open")
    def open_page(self, request, pk):
        """Ask for the reason; afterwards the student sees that this role has read it."""
        row = self._row(request, pk)
        form = OpeningReasonForm(request.POST or None, label=REASON_LABEL)
        if form.is_valid():
            grant_reason(request, _place(row), form.cleaned_data["reason"])
            return redirect("admin:helpline_open", row.pk)
        if (reason := granted_reason(request, _place(row))) and not form.is_bound:
            return self._opened(request, row, reason)
        context = {"row": row, "form": form}
        return self._page(request, context, status=422 if form.is_bound else 200)

    @page("<uuid:pk>/answer/", "helpline_answer")
    def answer_page(self, request, pk):
        """Send the reply; submitted twice it is one."""
        return self._work(request, pk, "answer")

    @page("<uuid:pk>/close/", "helpline_close")
    def close_page(self, request, pk):
        """Close the request with a note of what was done."""
        return self._work(request, pk, "close")

    def _work(self, request, pk, what):
        if request.method != "POST":
            return HttpResponseNotAllowed(["POST"])
        row = self._row(request, pk)
        form_class, verb, said = WORK_FORMS[what]
        form = form_class(request.POST, prefix=what)
        if not form.is_valid():
            return self._again(request, row, what, form)
        facts = {name: value for name, value in form.cleaned_data.items() if name != "reason"}
        try:
            verb(row, actor=request.user, **facts)
        except transitions.CannotChangeRequest as error:
            form.add_error(None, str(error))
            return self._again(request, row, what, form)
        messages.success(request, said)
        return redirect("admin:helpline_helprequest_changelist")

    def _again(self, request, row, what, form):
        """The form with its errors; with content only under a valid reason."""
        if "reason" in form.errors:
            return self._ask_again(request, row, what, form)
        require_recent_proof(request)
        reason = form.cleaned_data["reason"]
        return self._opened(request, row, reason, {what: form}, status=422)

    def _ask_again(self, request, row, what, work):
        """Without a valid reason: the text is shown again on the page that asks for it."""
        reason_form = OpeningReasonForm(request.POST, prefix=what, label=REASON_LABEL)
        context = {
            "row": row,
            "form": reason_form,
            "work": work,
            "action": f"admin:helpline_{what}",
        }
        return self._page(request, context, status=422)

    def _opened(self, request, row, reason, forms=None, status=200):
        actor = request.user
        content, replies = helpline_replies.open_request(row, actor=actor, reason=reason)
        notes = helpline_replies.open_notes(row, actor=actor, reason=reason)
        messages_of = talk.open_messages(row, actor=actor, reason=reason)
        row.refresh_from_db()
        hidden = {"reason": reason, "seen": helpline_replies.written_so_far(row)}
        for form in (forms or {}).values():  # the form has seen what is on this page
            form.data = form.data.copy()
            form.data[form.add_prefix("seen")] = hidden["seen"]
        context = {
            "row": row,
            "is_open": True,
            "content": content,
            "unreadable": why_unreadable(content),
            "wanted": _wanted(content),
            "topic": _topic(content),
            "friend": content.get("friend", "") if content else "",
            "kept_words": content.get("kept_words", "") if content else "",
            "talk": _talk(replies, messages_of),
            "notes": [
                (_writer(n.noted_by, n.noted_role), n.noted_at, content_words(said))
                for n, said in notes
            ],
            "may": {state.value for state in helpline_replies.possible_ends(row)},
            **{what: WORK_FORMS[what][0](prefix=what, initial=hidden) for what in WORK_FORMS},
            **(forms or {}),
        }
        context["drafts"] = _unsent(forms or {}, context["may"])
        return self._page(request, context, status)

    def _page(self, request, context, status=200):
        context["title"] = "話したい(相談の希望)"
        context["back"] = reverse("admin:helpline_helprequest_changelist")
        context["steps"] = helpline_replies.steps_with_calls(context["row"])
        others = helpline_replies.opened_by_others(context["row"], but=request.user)
        context["others"] = [(staff_name(user), at) for user, at in others]
        return render_admin_page(self.admin_site, request, "open", context, status)

    def _row(self, request, pk):
        rows = self.get_queryset(request).select_related("student__home_class")
        return get_object_or_404(rows, pk=pk)

    @admin.display(description="待っている時間", ordering="sent_at")
    def waited(self, row):
        until = row.seen_at or clock.now()
        return timesince(row.sent_at, until)

    @admin.display(description="学級")
    def school_class(self, row):
        return row.student.home_class

    @admin.display(description="知らせた人")
    def calling_progress(self, row):
        return row.calling_progress

    @admin.display(description="見た人の立場")
    def seen_by_role(self, row):
        return row.seen_label


def _talk(replies, messages_of):
    """[(what, by whom, when, meeting, words)] of replies and what the student wrote, in order."""
    said = [
        ("返事", _writer(r.replied_by, r.replied_role), r.replied_at, talk.meeting_in(content),
         content_words(content))
        for r, content in replies
    ]  # fmt: skip
    written = [
        ("生徒", _answer(content), m.sent_at, None, content_words(content))
        for m, content in messages_of
    ]
    return sorted([*said, *written], key=lambda entry: entry[2])


def _answer(content):
    answer = (content or {}).get("answer")
    return MeetingAnswer(answer).label if answer else ""


def _writer(user, role):
    return staff_name(user) if user.current_posts else Role(role).label


def _unsent(forms, may_go):
    """The text of forms that cannot be sent any more, shown to be copied."""
    able = {"answer": "answered", "close": "closed"}
    lost = (form for what, form in forms.items() if able[what] not in may_go)
    return [words for form in lost if (words := form["words"].value())]


def _wanted(content):
    if not content:
        return ""
    return content.get("person") or words.WANTED.get(content["wanted"], "")


def _topic(content):
    return {**words.TOPICS, "adult": words.ADULT_TOPIC}.get(content["topic"]) if content else ""


def _place(row):
    return f"help request {row.pk}"
