"""Addresses of this room."""

app_name = "notices"
urlpatterns = []
