"""Contact, its tags, ContactImport, and segments of contacts."""

from datetime import datetime

from django.db import models
from django.db.models import Q, QuerySet

from accounts.models import Account
from modules.contacts import rules

PENDING_COUNT = -1
"""The number of members that MAAC shows of a segment until they have been counted."""


class Contact(models.Model):
    """A friend of the brand's LINE official account. `customer_id` is their id in the brand's own system."""

    account = models.ForeignKey(Account, on_delete=models.CASCADE, related_name="contacts")
    line_uid = models.CharField(max_length=33)
    line_display_name = models.CharField(max_length=rules.TEXT_LIMIT, default="", blank=True)
    display_name = models.CharField(max_length=rules.TEXT_LIMIT, default="", blank=True)
    customer_id = models.CharField(max_length=rules.TEXT_LIMIT, null=True, blank=True)  # noqa: DJ001 - null: not bound
    mobile = models.CharField(max_length=16, default="", blank=True)
    email = models.CharField(max_length=rules.TEXT_LIMIT, default="", blank=True)
    gender = models.CharField(max_length=10, default="unknown", choices=[(word, word) for word in rules.GENDERS])
    birthday = models.DateField(null=True, blank=True)
    status = models.CharField(max_length=10, default=rules.FOLLOW, choices=[(word, word) for word in rules.STATUSES])
    blocked_at = models.DateTimeField(null=True, blank=True)
    created_at = models.DateTimeField()
    updated_at = models.DateTimeField()
    loaded_taggings: "list[Tagging]"

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["account", "line_uid"], name="contact_once"),
            models.UniqueConstraint(
                fields=["account", "customer_id"], name="contact_of_customer", condition=Q(customer_id__isnull=False)
            ),
        ]
        indexes = [
            models.Index(fields=["account", "-updated_at", "-id"], name="contact_newest_update"),
            models.Index(fields=["account", "mobile"], name="contact_of_mobile", condition=~Q(mobile="")),
        ]

    def __str__(self) -> str:
        return self.display_name or self.line_display_name or self.line_uid

    @property
    def is_bound(self) -> bool:
        return self.customer_id is not None

    @property
    def tags(self) -> list[str]:
        """Names of the tags that `selectors.with_tags` or a service has loaded, in the order of tagging."""
        return [tagging.tag.name for tagging in self.loaded_taggings]


class Tag(models.Model):
    """A label that contacts bear for `available_days` days, or for ever if that is null."""

    account = models.ForeignKey(Account, on_delete=models.CASCADE, related_name="tags", db_index=False)
    name = models.CharField(max_length=rules.TAG_LENGTH)
    available_days = models.PositiveIntegerField(null=True, blank=True)
    created_at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["account", "name"], name="tag_once")]
        indexes = [models.Index(fields=["account", "-id"], name="tag_newest")]

    def __str__(self) -> str:
        return self.name


class TaggingQuerySet(QuerySet["Tagging"]):
    def valid_at(self, now: datetime) -> "TaggingQuerySet":
        return self.filter(Q(expires_at=None) | Q(expires_at__gt=now))


class Tagging(models.Model):
    """A tag on a contact. Tagging again moves `tagged_at` and `expires_at`, and leaves `first_tagged_at`.

    An expired row counts as no tag; when its contact is tagged again, everything starts anew.
    """

    contact = models.ForeignKey(Contact, on_delete=models.CASCADE, related_name="taggings", db_index=False)
    tag = models.ForeignKey(Tag, on_delete=models.CASCADE, related_name="taggings", db_index=False)
    first_tagged_at = models.DateTimeField()
    tagged_at = models.DateTimeField()
    expires_at = models.DateTimeField(null=True, blank=True)

    objects = TaggingQuerySet.as_manager()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["contact", "tag"], name="tagging_once")]
        indexes = [
            models.Index(fields=["tag", "contact"], name="tagging_of_tag"),
            models.Index(fields=["expires_at"], name="tagging_expiry", condition=Q(expires_at__isnull=False)),
        ]

    def __str__(self) -> str:
        return f"{self.tag} on {self.contact}"


class ContactImport(models.Model):
    """An import that a worker stores in chunks. While it is running, the row is its own queue entry.

    `rows` holds the lines or entries and is emptied at the end; `done` is the number of those that are stored. An
    import from the Open API has an `import_key`, one from a CSV file has none. `problems` counts the faults of an
    import that was refused as a whole; `mismatches` are pairs of a LINE UID and why its entry changed nothing.
    """

    class Status(models.TextChoices):
        RUNNING = "running"
        FINISHED = "finished"
        FAILED = "failed"

    account = models.ForeignKey(Account, on_delete=models.CASCADE, related_name="contact_imports", db_index=False)
    status = models.CharField(max_length=10, default=Status.RUNNING, choices=Status.choices)
    fault = models.TextField(default="", blank=True)
    rows = models.JSONField(default=list)
    total = models.PositiveIntegerField()
    done = models.PositiveIntegerField(default=0)
    created = models.PositiveIntegerField(default=0)
    updated = models.PositiveIntegerField(default=0)
    import_key = models.CharField(max_length=20, default="", blank=True)
    tags = models.JSONField(default=list, blank=True)
    mismatched = models.PositiveIntegerField(default=0)
    mismatches = models.JSONField(default=list, blank=True)
    problems = models.JSONField(default=dict, blank=True)
    begun_at = models.DateTimeField(null=True)
    changed_at = models.DateTimeField(null=True)
    started_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["account"], name="contact_import_one_at_a_time", condition=Q(status="running")
            )
        ]
        indexes = [
            models.Index(fields=["account", "-id"], name="contact_import_newest"),
            models.Index(fields=["id"], name="contact_import_running", condition=Q(status="running")),
        ]

    def __str__(self) -> str:
        return f"import {self.pk}"

    @property
    def is_running(self) -> bool:
        return self.status == self.Status.RUNNING


class Segment(models.Model):
    """A worker determines its members once `due_at` has come: soon after a change, and daily if it is made from tags.

    `filters` are `{"status": "with" or "without", "tag_id": number}`; `uploaded` is a list of LINE UIDs, one a line,
    until the worker has read it. `member_count` is -1 until the members are known.
    """

    class Kind(models.IntegerChoices):
        TAGS = 1
        LIST = 2

    class Status(models.IntegerChoices):
        PENDING = 1
        READY = 2

    account = models.ForeignKey(Account, on_delete=models.CASCADE, related_name="segments", db_index=False)
    name = models.CharField(max_length=255)
    description = models.CharField(max_length=1000, default="", blank=True)
    kind = models.PositiveSmallIntegerField(choices=Kind.choices)
    operator = models.CharField(max_length=3, default="AND")
    filters = models.JSONField(default=list, blank=True)
    uploaded = models.BinaryField(null=True)
    status = models.PositiveSmallIntegerField(choices=Status.choices, default=Status.PENDING)
    member_count = models.IntegerField(default=PENDING_COUNT)
    due_at = models.DateTimeField(null=True)
    counted_at = models.DateTimeField(null=True)
    created_at = models.DateTimeField()

    class Meta:
        indexes = [
            models.Index(fields=["account", "-id"], name="segment_newest"),
            models.Index(fields=["due_at"], name="segment_due", condition=models.Q(due_at__isnull=False)),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def is_ready(self) -> bool:
        return self.status == self.Status.READY


class SegmentMember(models.Model):
    """A contact of a segment, as of the segment's last count."""

    segment = models.ForeignKey(Segment, on_delete=models.CASCADE, related_name="members", db_index=False)
    contact = models.ForeignKey(Contact, on_delete=models.CASCADE, related_name="+")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["segment", "contact"], name="segment_member_once")]

    def __str__(self) -> str:
        return f"{self.contact} in {self.segment}"
