"""Addresses of this room."""

app_name = "consent"
urlpatterns = []
