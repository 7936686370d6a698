"""MAAC's Open API, below /openapi/v1/."""

from django.urls import path

from modules.openapi import (
    binding_views,
    event_views,
    import_views,
    link_views,
    member_views,
    pnp_views,
    prize_views,
    segment_views,
    tag_views,
)
from modules.openapi.base import NothingHere

urlpatterns = [
    path("event/", event_views.EventsView.as_view()),
    path("event/<int:event_id>/", event_views.EventView.as_view()),
    path("event/<int:event_id>/report/", event_views.EventReportView.as_view()),
    path("template/", event_views.TemplatesView.as_view()),
    path("direct_message/push/", event_views.PushView.as_view()),
    path("direct_message/multicast/", event_views.MulticastView.as_view()),
    path("direct_message/enhanced_multicast/", event_views.EnhancedMulticastView.as_view()),
    path("direct_message/<int:message_id>/", event_views.DirectMessageView.as_view()),
    path("prize/<str:code>/redeem/", prize_views.RedeemView.as_view()),
    path("pnp/setting/", pnp_views.SettingsView.as_view()),
    path("pnp/setting/<int:setting_id>/", pnp_views.SettingView.as_view()),
    path("pnp/message/push/", pnp_views.PnpPushView.as_view()),
    path("pnp/message/multicast/", pnp_views.PnpMulticastView.as_view()),
    path("pnp/message/", pnp_views.PnpMessagesView.as_view()),
    path("member/", member_views.MembersView.as_view()),
    path("member/import/", import_views.ImportsView.as_view()),
    path("member/import/<int:task_id>/", import_views.ImportView.as_view()),
    path("member/<str:line_uid>/", member_views.MemberView.as_view()),
    path("binding/bindlink/", binding_views.BindLinkView.as_view()),
    path("tag/", tag_views.TagsView.as_view()),
    path("tag/<int:tag_id>/", tag_views.TagView.as_view()),
    path("taglinemember/", tag_views.TaggingView.as_view()),
    path("segment/", segment_views.SegmentsView.as_view()),
    path("segment/<int:segment_id>/", segment_views.SegmentView.as_view()),
    path("segment/<int:segment_id>/members/", segment_views.SegmentMembersView.as_view()),
    path("custom_segment/", segment_views.ListSegmentsView.as_view()),
    path("custom_segment/<int:segment_id>/", segment_views.ListSegmentView.as_view()),
    path("behavior/download/<str:day>/pageview/", link_views.BehaviorView.as_view(kind="pageview")),
    path("behavior/download/<str:day>/product/", link_views.BehaviorView.as_view(kind="product")),
    path("behavior/download/<str:day>/transaction/", link_views.BehaviorView.as_view(kind="transaction")),
    path("deeplink/", link_views.DeeplinkView.as_view()),
    path("tracelink/", link_views.TracelinkView.as_view()),
    path("auto_reply/search/", link_views.AutoReplySearchView.as_view()),
    path("", NothingHere.as_view()),
    path("<path:anything>", NothingHere.as_view()),
]
