"""The paths of the shop."""

from django.urls import path
from hooks import views

urlpatterns = [path("webhook", views.webhook), path("points/<line_uid>", views.points)]
