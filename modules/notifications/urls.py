"""The API below /api/v1/modules/notifications/ and the pages below /console/modules/notifications/."""

from django.urls import path

from modules.notifications import api, message_api, pages
from rest.base.views import Router

router = Router()
router.register("templates", api.TemplateViewSet)
router.register("messages", message_api.MessageViewSet)
router.register("bindings", api.BindingViewSet)
api_urlpatterns = [
    *router.urls,
    path("conditions/", api.ConditionsView.as_view()),
    path("magic-numbers/", api.MagicNumbersView.as_view()),
]

app_name = "notifications"
urlpatterns = [
    path("", pages.listing, name="list"),
    path("live/", pages.live, name="live"),
    path("conditions/", pages.conditions, name="conditions"),
    path("templates/new/", pages.template_new, name="template_new"),
    path("templates/<int:pk>/", pages.template, name="template"),
    path("templates/<int:pk>/edit/", pages.template_edit, name="template_edit"),
    path("messages/<int:pk>/", pages.message, name="message"),
    path("messages/<int:pk>/live/", pages.message_live, name="message_live"),
    path("messages/<int:pk>/advance/", pages.advance, name="advance"),
    path("messages/<int:pk>/bind/", pages.bind, name="bind"),
]
