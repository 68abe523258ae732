"""Optimistic locking of admin forms: no form overwrites what somebody else saved meanwhile."""

from datetime import timedelta
from hashlib import sha256

from django.contrib.admin.utils import unquote
from django.db import transaction
from django.db.models import CharField, TextField
from django.http import QueryDict
from django.template.response import TemplateResponse

from apps.audit.models import READ_ACTIONS, AuditEvent
from apps.core import clock, edit_conflicts

LAST_CHANGE_WINDOW = timedelta(days=2)


class VersionCheckedAdmin:
    """For a ModelAdmin: every change form carries the version it was opened with; a stale one is refused.

    A POST locks the row before it is read, so of two at the same moment the second one sees
    what the first one saved. The page that comes back (422) says what changed and by whom,
    keeps what was typed, and takes over what this person has not touched.
    """

    def version_extras(self, obj):
        """{label: text} of what the form changes but does not show (a secret)."""
        return {}

    def changeform_view(self, request, object_id=None, form_url="", extra_context=None):
        if request.method != "POST" or object_id is None:
            return super().changeform_view(request, object_id, form_url, extra_context)
        with transaction.atomic():
            obj = self._locked(request, unquote(object_id))
            if obj is not None and self._stands_still(request, obj):
                return self._give_back(request, obj)
            if obj is not None and self.has_change_permission(request, obj):
                self._compare(request, obj)
            return super().changeform_view(request, object_id, form_url, extra_context)

    def delete_view(self, request, object_id, extra_context=None):
        """Deletes a row only if it is as its page showed it; else shows the page again."""
        with transaction.atomic():
            obj = self._locked(request, unquote(object_id))
            if obj is None:
                return super().delete_view(request, object_id, extra_context)
            seen, parts = (
                self.seen_of(request, obj),
                edit_conflicts.form_parts(*self._now(request, obj)),
            )
            is_stale = (
                request.method == "POST" and request.POST.get(edit_conflicts.FIELD_NAME) != seen
            )
            if is_stale:
                request.POST = QueryDict()  # not confirmed yet
            shown = {edit_conflicts.FIELD_NAME: seen, "parts": parts.values(), "is_stale": is_stale}
            answer = super().delete_view(request, object_id, {**shown, **(extra_context or {})})
            if is_stale:
                answer.status_code = 422
            return answer

    def get_actions(self, request):
        """No bulk delete: each row is deleted on its own page, as it was shown."""
        actions = super().get_actions(request)
        return {name: each for name, each in actions.items() if name != "delete_selected"}

    def seen_of(self, request, obj):
        """A short digest of the stored row: the version its page has shown."""
        token = edit_conflicts.parts_token(edit_conflicts.form_parts(*self._now(request, obj)))
        return sha256(token.encode()).hexdigest()[:16]

    def get_form(self, request, obj=None, change=False, **kwargs):
        base = super().get_form(request, obj, change=change, **kwargs)
        if getattr(request, "edit_conflict", None) is None:
            return base
        refusal = request.edit_conflict.sentence
        return type(base.__name__, (_RefusedForm, base), {"refusal": refusal})

    def save_form(self, request, form, change):
        if getattr(request, "edit_conflict", None) is not None:
            raise RuntimeError("a get_form of this admin does not call the one it overrides")
        return super().save_form(request, form, change)

    def render_change_form(self, request, context, *args, obj=None, **kwargs):
        if obj is not None and self.has_change_permission(request, obj):
            is_filled = (
                request.method == "POST"
            )  # changed by the form; the stored row is read again
            stored = self.get_object(request, str(obj.pk)) if is_filled else obj
            parts = edit_conflicts.form_parts(*self._now(request, stored))
            context[edit_conflicts.FIELD_NAME] = edit_conflicts.parts_token(parts)
            context["conflict"] = getattr(request, "edit_conflict", None)
        answer = super().render_change_form(request, context, *args, obj=obj, **kwargs)
        if context.get("errors"):
            answer.status_code = 422
        return answer

    def _locked(self, request, pk):
        """The row as stored now, locked until the request ends; None where there is none."""
        obj = self.get_object(request, pk)
        if obj is None or not self.has_change_permission(request):
            return obj
        rows = self.model._base_manager.select_for_update(of=("self",), no_key=True)
        rows.filter(pk=obj.pk).first()
        return self.get_object(request, pk)

    def _stands_still(self, request, obj):
        """Whether this person may edit such rows, but no longer this one."""
        return (
            self.has_view_permission(request, obj)
            and self.has_change_permission(request)
            and not self.has_change_permission(request, obj)
        )

    def _give_back(self, request, obj):
        """Saves nothing; what was typed is shown on the page, to be copied."""
        texts = (f for f in self.model._meta.fields if isinstance(f, CharField | TextField))
        typed = [(f.verbose_name, request.POST[f.name]) for f in texts if f.name in request.POST]
        context = {**self.admin_site.each_context(request), "title": str(obj), "typed": typed}
        return TemplateResponse(request, "admin/cannot_change.html", context, status=403)

    def _compare(self, request, obj):
        form, formsets, extras = self._now(request, obj)
        conflict = edit_conflicts.find_conflict(form, request.POST, formsets, extras)
        if conflict is not None:
            describe_last_change(conflict, obj, request.user)
            request.POST, request.edit_conflict = conflict.data, conflict

    def _now(self, request, obj):
        """(unbound form, its formsets, extras) of the row as it is stored."""
        form = self.get_form(request, obj, change=True)(instance=obj)
        return form, self._formsets(request, obj), self.version_extras(obj)

    def _formsets(self, request, obj):
        found = []
        for make, inline in self.get_formsets_with_inlines(request, obj):
            if inline.has_change_permission(request, obj):
                rows = inline.get_queryset(request)
                prefix = make.get_default_prefix()
                found.append(make(instance=obj, prefix=prefix, queryset=rows))
        return found


class _RefusedForm:
    """Mixed into a form whose row changed meanwhile: it is shown again instead of saved."""

    refusal = edit_conflicts.CHANGED_BY_OTHER

    def clean(self):
        data = super().clean()
        self.add_error(None, self.refusal)
        return data


def describe_last_change(conflict, obj, user):
    """Add to the conflict who changed this row last, when, and whether it was ``user``."""
    event = _last_event(obj)
    if event is not None:
        conflict.changed_by, conflict.changed_at = staff_name(event.actor), event.at
        conflict.is_own = event.actor_id == user.pk


def last_change(obj):
    """(name, time) of the latest recorded change of this row; ("", None) where none is known."""
    event = _last_event(obj)
    return (staff_name(event.actor), event.at) if event else ("", None)


def _last_event(obj):
    since = clock.now() - LAST_CHANGE_WINDOW
    events = AuditEvent.objects.filter(at__gt=since, thing=obj._meta.label, thing_id=str(obj.pk))
    changes = events.exclude(actor=None).exclude(action__in=READ_ACTIONS)
    return changes.select_related("actor").order_by("-id").first()


def listed_staff_name(user):
    """As ``staff_name``, also of who has left; reads prefetched ``staff_posts`` alone, for lists."""
    posts = sorted(user.staff_posts.all(), key=lambda post: post.pk)
    return f"{posts[-1].name}({posts[-1].get_role_display()})" if posts else "—"


def staff_name(user):
    """A member of staff by name and role: 山田 花(養護教諭)."""
    post = next(iter(user.current_posts), None)
    return f"{post.name}({post.get_role_display()})" if post else "ほかの人"
