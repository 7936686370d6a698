"""The keys of events that were taken, and the points that contacts were given."""

from django.db import models


class TakenEvent(models.Model):
    """An event whose work is done: the unique key lets a second row of it fail."""

    key = models.CharField(max_length=64, unique=True)
    topic = models.CharField(max_length=100)
    taken_at = models.DateTimeField(auto_now_add=True)

    def __str__(self) -> str:
        return f"{self.topic} {self.key}"


class Grant(models.Model):
    """Points of one grant, which MAAC names by points_id."""

    points_id = models.CharField(max_length=64, unique=True)
    line_uid = models.CharField(max_length=64, db_index=True)
    count = models.IntegerField()

    def __str__(self) -> str:
        return f"{self.count} points for {self.line_uid}"
