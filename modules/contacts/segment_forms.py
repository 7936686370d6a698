"""The console's forms of segments."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from accounts.models import Account
from modules.contacts import rules, selectors, uid_lists


class SegmentForm(forms.Form):
    """Name and description. The rules validate them."""

    name = forms.CharField(label=_("Name"), max_length=rules.TEXT_LIMIT)
    description = forms.CharField(label=_("Description"), max_length=rules.DESCRIPTION_LIMIT, required=False)

    def __init__(self, *args: Any, is_new: bool = True, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if not is_new and "file" in self.fields:
            self.fields["file"].required = False

    def details(self) -> dict[str, Any]:
        """Arguments of the services from the cleaned fields."""
        return dict(self.cleaned_data)


class TagsForm(SegmentForm):
    operator = forms.ChoiceField(
        label=_("Contacts of the segment"),
        choices=[(rules.AND, _("All conditions are true")), (rules.OR, _("At least one condition is true"))],
        initial=rules.AND,
    )
    with_tags = forms.MultipleChoiceField(label=_("With the tags"), required=False)
    without_tags = forms.MultipleChoiceField(label=_("Without the tags"), required=False)

    def __init__(self, account: Account, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        choices = [(str(pk), name) for pk, name in selectors.tags(account=account).values_list("pk", "name")]
        for name in ("with_tags", "without_tags"):
            self.fields[name].choices = choices  # type: ignore[attr-defined]

    def details(self) -> dict[str, Any]:
        given = super().details()
        wanted, unwanted = given.pop("with_tags"), given.pop("without_tags")
        filters = [{"status": rules.WITH, "tag_id": int(tag_id)} for tag_id in wanted]
        filters += [{"status": rules.WITHOUT, "tag_id": int(tag_id)} for tag_id in unwanted]
        return {**given, "filters": filters}


class ListForm(SegmentForm):
    file = forms.FileField(
        label=_("CSV file"),
        help_text=_("One LINE UID a line, at most 300,000. LINE UIDs of nobody are passed over."),
        allow_empty_file=True,
    )

    def details(self) -> dict[str, Any]:
        given = super().details()
        if file := given.pop("file"):
            given["content"] = file.read(uid_lists.SIZE_LIMIT + 1)
        return given
