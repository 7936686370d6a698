"""Survey, Question and Submission."""

from django.db import models
from django.db.models import Q

from accounts.models import Account
from maac_contract.payloads import SURVEY_QUESTION_TYPES
from modules.contacts.models import Contact
from modules.surveys import rules


class Survey(models.Model):
    """A SurveyCake form. `next_sn` only increases, so that numbers of deleted questions are not reused."""

    account = models.ForeignKey(Account, on_delete=models.CASCADE, related_name="surveys")
    title = models.CharField(max_length=100)
    svid = models.CharField(max_length=5)
    status = models.CharField(
        max_length=10, default=rules.OPEN, choices=[(word, word) for word in rules.SURVEY_STATUSES]
    )
    is_once = models.BooleanField(default=False)
    next_sn = models.PositiveIntegerField(default=0)
    created_at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["account", "svid"], name="survey_svid_once")]

    def __str__(self) -> str:
        return self.title


class Question(models.Model):
    """A question. Its position can change, its number (`sn`) cannot.

    `choices` is a list of `{"text", "alias", "label"}`.
    """

    survey = models.ForeignKey(Survey, on_delete=models.CASCADE, related_name="questions")
    sn = models.PositiveIntegerField()
    place = models.PositiveIntegerField()
    type = models.CharField(max_length=20, choices=[(word, word) for word in SURVEY_QUESTION_TYPES])
    subject = models.CharField(max_length=500)
    alias = models.CharField(max_length=50, default="", blank=True)
    label = models.CharField(max_length=200, default="", blank=True)
    choices = models.JSONField(default=list)
    has_other = models.BooleanField(default=False)
    is_required = models.BooleanField(default=False)
    minimum = models.IntegerField(null=True)
    maximum = models.IntegerField(null=True)
    default = models.CharField(max_length=rules.DEFAULT_LIMIT, default="", db_default="", blank=True)
    is_hidden = models.BooleanField(default=False, db_default=False)

    class Meta:
        ordering = ["place"]
        constraints = [
            models.UniqueConstraint(fields=["survey", "sn"], name="question_sn_once"),
            models.UniqueConstraint(fields=["survey", "alias"], name="question_alias_once", condition=~Q(alias="")),
        ]

    def __str__(self) -> str:
        return self.subject

    def asked(self) -> rules.Question:
        """The question as the rules' type."""
        return rules.Question(
            sn=self.sn,
            type=self.type,
            subject=self.subject,
            alias=self.alias,
            label=self.label,
            choices=tuple(rules.Choice(**choice) for choice in self.choices),
            has_other=self.has_other,
            is_required=self.is_required,
            minimum=self.minimum,
            maximum=self.maximum,
            default=self.default,
            is_hidden=self.is_hidden,
        )


class Submission(models.Model):
    """A contact's submission as it was sent. Its id is SurveyCake's number of the answer.

    `not_taken` says which of MAAC's own aliases did not update the contact, and why: alias to sentence.
    """

    account = models.ForeignKey(Account, on_delete=models.CASCADE, related_name="submissions", db_index=False)
    survey = models.ForeignKey(Survey, on_delete=models.CASCADE, related_name="submissions")
    contact = models.ForeignKey(Contact, on_delete=models.CASCADE, related_name="submissions")
    answer_hash = models.CharField(max_length=32)
    result = models.JSONField()
    not_taken = models.JSONField(default=dict)
    submitted_at = models.DateTimeField()
    webhook_event_id = models.BigIntegerField(null=True)

    class Meta:
        indexes = [models.Index(fields=["account", "-id"], name="submission_newest")]

    def __str__(self) -> str:
        return f"answer {self.pk} to {self.survey}"
