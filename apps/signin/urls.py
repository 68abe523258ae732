"""Addresses of this room."""

app_name = "signin"
urlpatterns = []
