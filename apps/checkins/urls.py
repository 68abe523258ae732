"""Addresses of this room."""

app_name = "checkins"
urlpatterns = []
