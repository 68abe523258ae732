"""An add form that is submitted twice makes one row."""

from django.db import transaction
from django.shortcuts import redirect

from apps.core import form_keys
from apps.core.clock import JST

ALREADY_SAVED = (
    "この画面からは、{at:%H:%M} にもう{row}保存しました。直すときは、保存したものを開いてください。"
    "別のものとして足すなら、もう一度保存してください。"
)


class AddOnceAdmin:
    """For a ModelAdmin: every add form carries a one-time key.

    The same form again (a double click) redirects as the first one did. Other content under a used
    key (Back, a change, save) is shown again with a new key and says what was saved already.
    """

    def changeform_view(self, request, object_id=None, form_url="", extra_context=None):
        about = self.model._meta.label
        key = form_keys.posted_key(request, about) if object_id is None else ""
        if request.method != "POST" or not key:
            return super().changeform_view(request, object_id, form_url, extra_context)
        with transaction.atomic():
            body = form_keys.body_digest(request)
            used, is_first = form_keys.use_key(key, body)
            if not is_first:
                added = self.get_queryset(request).filter(pk=used.thing_id).first()
                if used.body == body:
                    return self._as_before(request, added)
                row = f"「{added}」を" if added else ""
                at = used.used_at.astimezone(JST)
                request.database_refusal = ALREADY_SAVED.format(at=at, row=row)
            answer = super().changeform_view(request, object_id, form_url, extra_context)
            if is_first:
                self._keep(request, used)
            return answer

    def _as_before(self, request, added):
        if added is None:
            label = self.model._meta.label_lower.replace(".", "_")
            return redirect(f"admin:{label}_changelist")
        return self.response_add(request, added)

    def _keep(self, request, used):
        """Mark the key as used once a row was made; a refused form may use it again."""
        added = getattr(request, "added_row", None)
        if added is None:
            used.delete()
            return
        used.thing_id = str(added.pk)
        used.save(update_fields=["thing_id"])

    def log_addition(self, request, obj, message):
        request.added_row = obj
        return super().log_addition(request, obj, message)

    def render_change_form(self, request, context, *args, obj=None, **kwargs):
        if obj is None and self.has_add_permission(request):
            context[form_keys.FIELD_NAME] = form_keys.new_key(request, self.model._meta.label)
        return super().render_change_form(request, context, *args, obj=obj, **kwargs)
