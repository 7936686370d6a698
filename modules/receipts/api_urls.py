"""The calls below /api/v1/modules/receipts/."""

from django.urls import path

from modules.receipts import api, upload_api

urlpatterns = [
    path("campaigns/", api.CampaignsView.as_view()),
    path("campaigns/<int:campaign_id>/", api.CampaignView.as_view()),
    path("uploads/", upload_api.UploadsView.as_view()),
    path("uploads/<int:upload_id>/", upload_api.UploadView.as_view()),
]
