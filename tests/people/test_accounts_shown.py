"""Accounts of staff on admin pages are shown by name and role."""

from django.urls import reverse

from apps.people.models import ProtectionCheck


def test_staff_are_shown_by_name_and_role_not_by_address(cast, sign_in):
    desk = sign_in(cast.principal.user)
    page = desk.get(reverse("admin:people_protectioncheck_changelist")).content.decode()
    assert "市の担当(市の担当者)" in page
    assert cast.officer.user.email not in page
    row = ProtectionCheck.objects.get()
    page = desk.get(reverse("admin:people_protectioncheck_change", args=[row.pk]))
    assert "市の担当(市の担当者)" in page.content.decode()
    assert cast.officer.user.email not in page.content.decode()
