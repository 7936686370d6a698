"""The paths of /api/v1/."""

from django.urls import path

from rest.v1 import bulk_redelivery, checks, endpoints, event_list, events, faults, notices, publish, sandboxes

urlpatterns = [
    path("account/", endpoints.AccountView.as_view()),
    path("accounts/", sandboxes.SandboxesView.as_view()),
    path("accounts/<int:account_id>/", sandboxes.SandboxView.as_view()),
    path("audit/", endpoints.AuditView.as_view()),
    path("event-types/", endpoints.EventTypesView.as_view()),
    path("endpoints/", endpoints.EndpointsView.as_view()),
    path("endpoints/<int:endpoint_id>/", endpoints.EndpointView.as_view()),
    path("endpoints/<int:endpoint_id>/pause/", endpoints.PauseView.as_view()),
    path("endpoints/<int:endpoint_id>/resume/", endpoints.ResumeView.as_view()),
    path("endpoints/<int:endpoint_id>/secret/", endpoints.SecretView.as_view()),
    path("endpoints/<int:endpoint_id>/secret/rotate/", endpoints.RotateSecretView.as_view()),
    path("endpoints/<int:endpoint_id>/test/", events.SendTestView.as_view()),
    path("endpoints/<int:endpoint_id>/faults/", faults.EndpointFaultsView.as_view()),
    path("faults/<int:fault_id>/", faults.FaultView.as_view()),
    path("events/", event_list.EventsView.as_view()),
    path("events/batch/", publish.EventBatchView.as_view()),
    path("events/<int:event_id>/", events.EventView.as_view()),
    path("events/<int:event_id>/wait/", events.EventWaitView.as_view()),
    path("deliveries/", events.DeliveriesView.as_view()),
    path("deliveries/redeliver/", bulk_redelivery.RedeliverFoundView.as_view()),
    path("deliveries/<int:delivery_id>/", events.DeliveryView.as_view()),
    path("deliveries/<int:delivery_id>/redeliver/", events.RedeliverView.as_view()),
    path("checks/", checks.ChecksView.as_view()),
    path("checks/<int:check_id>/", checks.CheckView.as_view()),
    path("checks/<int:check_id>/junit/", checks.JUnitView.as_view()),
    path("checks/<int:check_id>/html/", checks.HtmlView.as_view()),
    path("explain/", checks.ExplainView.as_view()),
    path("notices/", notices.NoticesView.as_view()),
    path("notices/<int:notice_id>/read/", notices.NoticeReadView.as_view()),
]
