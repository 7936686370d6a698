"""The API below /api/v1/modules/messages/ and the pages below /console/modules/messages/."""

from django.urls import path

from modules.messages import api, click_api, click_pages, pages, template_pages
from rest.base.views import Router

router = Router()
router.register("templates", api.TemplateViewSet)
router.register("events", api.EventViewSet)
router.register("broadcasts", api.BroadcastViewSet)
router.register("direct-messages", api.DirectMessageViewSet)
router.register("opens", api.OpenViewSet)
api_urlpatterns = [
    path("templates/<int:template_id>/links/", click_api.LinksView.as_view()),
    path("templates/<int:template_id>/links/<int:link_id>/", click_api.LinkView.as_view()),
    path("clicks/", click_api.ClicksView.as_view()),
    *router.urls,
]

app_name = "messages"
urlpatterns = [
    path("", pages.listing, name="list"),
    path("broadcasts/new/", pages.broadcast_new, name="broadcast_new"),
    path("broadcasts/<int:pk>/", pages.broadcast, name="broadcast"),
    path("broadcasts/<int:pk>/open/", pages.broadcast_open, name="broadcast_open"),
    path("direct/", pages.direct_messages, name="direct_messages"),
    path("direct/<int:pk>/", pages.direct_message, name="direct_message"),
    path("direct/<int:pk>/click/", click_pages.click, name="click"),
    path("templates/<int:pk>/links/add/", click_pages.link_add, name="link_add"),
    path("templates/<int:pk>/links/<int:link_pk>/delete/", click_pages.link_delete, name="link_delete"),
    path("direct/<int:pk>/open/", pages.direct_message_open, name="direct_message_open"),
    path("opens/", pages.opens, name="opens"),
    path("templates/", template_pages.templates, name="templates"),
    path("templates/new/", template_pages.template_new, name="template_new"),
    path("templates/<int:pk>/", template_pages.template, name="template"),
    path("templates/<int:pk>/edit/", template_pages.template_edit, name="template_edit"),
    path("events/", template_pages.events, name="events"),
    path("events/<int:pk>/archive/", template_pages.event_archive, name="event_archive"),
]
