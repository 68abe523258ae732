"""Scenarios of acts about notices and organisations."""

from django.urls import reverse
from django.utils import timezone

from apps.notices.models import Notice, SupportOrganisation
from apps.notices.services import drafts, hidden_content, publication
from tests.people.act_scenarios import duty_form
from tests.people.base_act_scenario import ActScenario


class HideNotice(ActScenario):
    names = ("自治体の全校",)

    def __init__(self, *args):
        super().__init__(*args)
        self.row = Notice.objects.create(
            municipality=self.cast.city, title="お知らせ", body="みんなへ", written_by=self.first
        )
        drafts.submit_draft(self.row, by=self.first)
        publication.publish_notice(self.row, by=self.cast.principal.user)

    def save(self, client):
        url = reverse("admin:notices_notice_review", args=[self.row.pk])
        return client.post(url, {"verb": "withdraw", "words": ""})

    def work(self):
        hidden_content.follow_acts()

    def is_done(self):
        self.row.refresh_from_db()
        return self.row.state == "withdrawn"


class HideOrganisation(HideNotice):
    names = ()

    def __init__(self, *args):
        super().__init__(*args)
        self.row = SupportOrganisation.objects.create(
            name="まちがった窓口",
            municipality=self.cast.city,
            state="published",
            verified_on=timezone.localdate(),
            verified_by="市の担当者",
            source_url="https://example.com/",
        )

    def save(self, client):
        url = reverse("admin:notices_supportorganisation_review", args=[self.row.pk])
        return client.post(url, {"verb": "withdraw"})


class ChangeOrganisation(HideOrganisation):
    """One digit of a public place's number."""

    names = ("0761-00-0001", "いまの内容のまま、公開が続きます")

    def save(self, client):
        page = reverse("admin:notices_supportorganisation_change", args=[self.row.pk])
        return client.post(page, duty_form(client, page, phone="0761-00-0001"))

    def is_done(self):
        self.row.refresh_from_db()
        assert self.row.state == "published"
        return self.row.phone == "0761-00-0001"
