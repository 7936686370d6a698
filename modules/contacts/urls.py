"""The API below /api/v1/modules/contacts/ and the pages below /console/modules/contacts/."""

from django.urls import path

from modules.contacts import api, pages, segment_api, segment_pages, tag_api, tag_pages
from rest.base.views import Router

router = Router()
router.register("", api.ContactViewSet)
router.register("imports", api.ImportViewSet)
api_urlpatterns = [
    path("tags/", tag_api.TagsView.as_view()),
    path("tags/<int:tag_id>/", tag_api.TagView.as_view()),
    path("segments/", segment_api.SegmentsView.as_view()),
    path("segments/lists/", segment_api.ListsView.as_view()),
    path("segments/<int:segment_id>/", segment_api.SegmentView.as_view()),
    path("segments/<int:segment_id>/members/", segment_api.MembersView.as_view()),
    path("<int:contact_id>/tags/", tag_api.ContactTagsView.as_view()),
    path("<int:contact_id>/tags/<int:tag_id>/", tag_api.ContactTagView.as_view()),
    *router.urls,
]

app_name = "contacts"
urlpatterns = [
    path("", pages.listing, name="list"),
    path("new/", pages.new, name="new"),
    path("demo/", pages.seed_demo, name="seed_demo"),
    path("export/", pages.export_csv, name="export"),
    path("import/", pages.import_csv, name="import"),
    path("imports/", pages.import_list, name="imports"),
    path("imports/<int:pk>/", pages.import_page, name="import_page"),
    path("imports/<int:pk>/progress/", pages.import_progress, name="import_progress"),
    path("tags/", tag_pages.listing, name="tags"),
    path("tags/<int:pk>/delete/", tag_pages.delete, name="tag_delete"),
    path("segments/", segment_pages.listing, name="segments"),
    path("segments/new/", segment_pages.new, name="segment_new"),
    path("segments/upload/", segment_pages.upload, name="segment_upload"),
    path("segments/<int:pk>/", segment_pages.segment, name="segment"),
    path("segments/<int:pk>/state/", segment_pages.state, name="segment_state"),
    path("segments/<int:pk>/members/", segment_pages.members, name="segment_members"),
    path("segments/<int:pk>/delete/", segment_pages.delete, name="segment_delete"),
    path("<int:pk>/tags/", tag_pages.put_on, name="tag"),
    path("<int:pk>/tags/<int:tag_id>/delete/", tag_pages.take_off, name="untag"),
    path("<int:pk>/", pages.contact, name="contact"),
    path("<int:pk>/delete/", pages.delete, name="delete"),
]
