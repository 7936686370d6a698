"""The API below /api/v1/modules/links/ and the pages below /console/modules/links/."""

from django.urls import path

from modules.links import api, auto_reply_api, pages
from rest.base.views import Router

router = Router()
router.register("auto-replies", auto_reply_api.AutoReplyViewSet)
router.register("", api.LinkViewSet)
api_urlpatterns = router.urls

app_name = "links"
urlpatterns = [
    path("", pages.listing, name="list"),
    path("new/", pages.new, name="new"),
    path("<int:pk>/", pages.link, name="link"),
    path("<int:pk>/delete/", pages.delete, name="delete"),
    path("auto-replies/", pages.auto_replies, name="auto_replies"),
    path("auto-replies/new/", pages.new_auto_reply, name="new_auto_reply"),
    path("auto-replies/<int:pk>/", pages.auto_reply, name="auto_reply"),
    path("auto-replies/<int:pk>/delete/", pages.delete_auto_reply, name="delete_auto_reply"),
]
