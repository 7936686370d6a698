"""The API below /api/v1/modules/binding/ and the pages below /console/modules/binding/."""

from django.urls import path

from modules.binding import api, pages

api_urlpatterns = [
    path("templates/", api.BindingTemplatesView.as_view()),
    path("templates/<int:template_id>/", api.BindingTemplateView.as_view()),
    path("links/", api.BindLinksView.as_view()),
    path("links/<int:link_id>/open/", api.OpenBindLinkView.as_view()),
]

app_name = "binding"
urlpatterns = [
    path("", pages.listing, name="list"),
    path("templates/new/", pages.template_new, name="template_new"),
    path("templates/<int:pk>/delete/", pages.template_delete, name="template_delete"),
    path("<int:pk>/open/", pages.open_as, name="open"),
]
