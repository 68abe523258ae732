"""Staff page of failed mails, without content or address."""

from django.contrib import admin

from apps.mail.models import OutgoingMail
from apps.mail.services.failures import failed_for
from apps.mail.words import kind_label
from apps.people.admin_bases.staff import ReadOnlyAdmin


@admin.register(OutgoingMail)
class OutgoingMailAdmin(ReadOnlyAdmin):
    """The failed mails of a municipality; waiting ones are shown to nobody."""

    view_verb = "mail.view"
    list_display = ["ended_at", "what", "fault", "account"]
    list_filter = ["fault"]
    ordering = ["-ended_at"]
    fields = readonly_fields = [
        "created_at", "ended_at", "what", "fault", "attempts", "account",
    ]  # fmt: skip

    def get_queryset(self, request):
        return failed_for(request.user)

    @admin.display(description="種類")
    def what(self, mail):
        return kind_label(mail.kind)

    @admin.display(description="アカウントの番号")
    def account(self, mail):
        return mail.user_id
