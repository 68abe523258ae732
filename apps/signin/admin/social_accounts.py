"""allauth's own admin of accounts of other services is not offered."""

from allauth.socialaccount.models import SocialAccount, SocialApp, SocialToken
from django.contrib import admin

UNUSED_MODELS = (SocialApp, SocialToken, SocialAccount)
for model in UNUSED_MODELS:
    if admin.site.is_registered(model):
        admin.site.unregister(model)
