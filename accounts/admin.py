"""Users of the console have Django's own pages, for superusers; which brand one works for is on the account's page."""

from django.contrib import admin
from django.contrib.auth.models import Group

admin.site.unregister(Group)
