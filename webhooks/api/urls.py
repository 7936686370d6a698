"""The paths of /api/v1/."""

from django.urls import path

from webhooks.api import (
    check_views,
    event_views,
    fault_views,
    log_views,
    notice_views,
    publish_views,
    sandbox_views,
    schema,  # noqa: F401 - its extension registers itself
    views,
)

urlpatterns = [
    path("account/", views.AccountView.as_view()),
    path("accounts/", sandbox_views.SandboxesView.as_view()),
    path("accounts/<int:account_id>/", sandbox_views.SandboxView.as_view()),
    path("audit/", views.AuditView.as_view()),
    path("event-types/", views.EventTypesView.as_view()),
    path("endpoints/", views.EndpointsView.as_view()),
    path("endpoints/<int:endpoint_id>/", views.EndpointView.as_view()),
    path("endpoints/<int:endpoint_id>/pause/", views.PauseView.as_view()),
    path("endpoints/<int:endpoint_id>/resume/", views.ResumeView.as_view()),
    path("endpoints/<int:endpoint_id>/secret/", views.SecretView.as_view()),
    path("endpoints/<int:endpoint_id>/secret/rotate/", views.RotateSecretView.as_view()),
    path("endpoints/<int:endpoint_id>/test/", event_views.SendTestView.as_view()),
    path("endpoints/<int:endpoint_id>/faults/", fault_views.EndpointFaultsView.as_view()),
    path("faults/<int:fault_id>/", fault_views.FaultView.as_view()),
    path("events/", publish_views.EventsView.as_view()),
    path("events/batch/", publish_views.EventBatchView.as_view()),
    path("events/<int:event_id>/", event_views.EventView.as_view()),
    path("events/<int:event_id>/wait/", event_views.EventWaitView.as_view()),
    path("deliveries/", event_views.DeliveriesView.as_view()),
    path("deliveries/redeliver/", log_views.RedeliverFoundView.as_view()),
    path("deliveries/<int:delivery_id>/", event_views.DeliveryView.as_view()),
    path("deliveries/<int:delivery_id>/redeliver/", event_views.RedeliverView.as_view()),
    path("checks/", check_views.ChecksView.as_view()),
    path("checks/<int:check_id>/", check_views.CheckView.as_view()),
    path("checks/<int:check_id>/junit/", check_views.JUnitView.as_view()),
    path("checks/<int:check_id>/html/", check_views.HtmlView.as_view()),
    path("explain/", check_views.ExplainView.as_view()),
    path("notices/", notice_views.NoticesView.as_view()),
    path("notices/<int:notice_id>/read/", notice_views.NoticeReadView.as_view()),
]
