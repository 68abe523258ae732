"""Addresses of this room."""

app_name = "push"
urlpatterns = []
