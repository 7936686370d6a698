"""The console's forms of links and auto replies. The rules validate the values."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from accounts.models import Account
from modules.contacts.contact_fields import ContactReferenceForm
from modules.links import rules
from modules.links.models import AutoReply, AutoReplyAct, AutoReplyPart, Link


class UtmForm(forms.Form):
    utm_campaign = forms.CharField(label="utm_campaign", required=False, max_length=rules.NAME_LIMIT)
    utm_source = forms.CharField(label="utm_source", required=False, max_length=rules.NAME_LIMIT)
    utm_medium = forms.CharField(label="utm_medium", required=False, max_length=rules.NAME_LIMIT)
    utm_content = forms.CharField(label="utm_content", required=False, max_length=rules.NAME_LIMIT)
    tags = forms.CharField(
        label=_("Tags"), required=False, help_text=_("Whoever clicks gets them. Separated by commas.")
    )

    def clean_tags(self) -> list[str]:
        return [tag.strip() for tag in self.cleaned_data["tags"].split(",") if tag.strip()]


class LinkForm(UtmForm):
    kind = forms.ChoiceField(
        label=_("Kind"),
        choices=((Link.Kind.TRACELINK, _("Tracelink")), (Link.Kind.DEEPLINK, _("Deeplink"))),
        help_text=_("A deeplink also adds the official account as a friend."),
    )
    name = forms.CharField(label=_("Name"), max_length=rules.NAME_LIMIT)
    description = forms.CharField(label=_("Description"), max_length=rules.DESCRIPTION_LIMIT, required=False)
    url = forms.CharField(label=_("Address"), max_length=rules.URL_LIMIT)
    field_order = ("kind", "name", "description", "url")


class AutoReplyForm(UtmForm):
    name = forms.CharField(label=_("Name"), max_length=rules.NAME_LIMIT)
    url = forms.CharField(label=_("Address of a link in it"), max_length=rules.URL_LIMIT, required=False)
    message = forms.CharField(label=_("Text of a quick reply"), max_length=rules.MESSAGE_LIMIT, required=False)
    field_order = ("name", "message", "url")

    def details(self) -> dict[str, Any]:
        """Arguments of the service: the UTM parameters belong to the link, the tags to both."""
        given = self.cleaned_data
        utm = {name: given[name] for name in rules.UTM}
        return {
            "name": given["name"],
            "urls": [{"url": given["url"], "tags": given["tags"], **utm}] if given["url"] else [],
            "messages": [{"message": given["message"], "tags": given["tags"]}] if given["message"] else [],
        }


class SalesForm(ContactReferenceForm):
    adds_to_cart = forms.IntegerField(
        label=_("Products put into the cart"), min_value=0, max_value=rules.MOST_SALES, initial=0
    )
    transactions = forms.IntegerField(label=_("Purchases"), min_value=0, max_value=rules.MOST_SALES, initial=0)
    transaction_revenue = forms.FloatField(
        label=_("Sum of the purchases"), min_value=0, max_value=rules.MOST_REVENUE, initial=0
    )


class ClickForm(SalesForm):
    authorizes = forms.BooleanField(label=_("Lets the account read its data"), required=False)
    is_new_friend = forms.BooleanField(label=_("Adds the official account as a friend"), required=False)

    def __init__(self, account: Account, link: Link, *args: Any, **kwargs: Any) -> None:
        super().__init__(account, *args, **kwargs)
        if link.kind != Link.Kind.DEEPLINK:
            del self.fields["authorizes"], self.fields["is_new_friend"]


class ActForm(SalesForm):
    kind = forms.ChoiceField(
        label=_("What the contact does"),
        choices=(
            (AutoReplyAct.Kind.TRIGGER, _("Triggers it")),
            (AutoReplyAct.Kind.OPEN, _("Opens it")),
            (AutoReplyAct.Kind.CLICK, _("Clicks in it")),
        ),
    )
    part = forms.ModelChoiceField(
        label=_("Link or quick reply"), queryset=AutoReplyPart.objects.none(), required=False,
        help_text=_("Only for a click."),
    )  # fmt: skip
    field_order = ("contact", "kind", "part")

    def __init__(self, account: Account, reply: AutoReply, *args: Any, **kwargs: Any) -> None:
        super().__init__(account, *args, **kwargs)
        self.fields["part"].queryset = reply.parts.order_by("id")  # type: ignore[attr-defined]
