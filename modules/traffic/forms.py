"""The console's form for a play."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from modules.traffic.scenario import HIGHEST_RATE, LONGEST, LOWEST_RATE, SHORTEST
from modules.traffic.services import SEED_LIMIT
from modules.traffic.shipped import WORDS


class PlayForm(forms.Form):
    """A scenario, and values that override its own."""

    scenario = forms.ChoiceField(
        label=_("Scenario"),
        choices=[(name, title) for name, (title, _about) in WORDS.items()],
        widget=forms.RadioSelect,
    )
    rate = forms.FloatField(
        label=_("Events a second"),
        required=False,
        min_value=LOWEST_RATE,
        max_value=HIGHEST_RATE,
        help_text=_("Left empty: as the scenario says."),
    )
    seconds = forms.FloatField(
        label=_("Length in seconds"),
        required=False,
        min_value=SHORTEST,
        max_value=LONGEST,
        help_text=_("Left empty: as the scenario says."),
    )
    seed = forms.CharField(
        label=_("Seed"),
        required=False,
        max_length=SEED_LIMIT,
        help_text=_("The same seed plays the same people, receipts and answers in the same order."),
        widget=forms.TextInput(attrs={"autocomplete": "off", "spellcheck": "false"}),
    )

    def options(self) -> dict[str, Any]:
        """Arguments of the service from the cleaned fields."""
        return dict(self.cleaned_data)
