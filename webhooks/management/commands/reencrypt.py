"""`maac-sim manage reencrypt`: the second step of replacing an encryption key."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError

from webhooks.services.reencrypt import Progress, reencrypt

NAMED = 20


class Command(BaseCommand):
    help = (
        "Encrypts every share secret with the first of MAAC_SIM_ENCRYPTION_KEYS. To replace a key: add the new one at "
        "the end and restart every process, put it first and restart again, run this, then take the old one out."
    )

    def handle(self, **_options: Any) -> None:
        progress = Progress()
        for progress in reencrypt():
            self.stdout.write(f"{progress.seen} read, {progress.rewritten} re-encrypted")
        if progress.unreadable:
            raise CommandError(_lost(progress.unreadable))
        self.stdout.write("Every share secret is encrypted with the first key; the others are no longer needed.")


def _lost(endpoints: tuple[int, ...]) -> str:
    named = ", ".join(map(str, endpoints[:NAMED]))
    more = f" and {len(endpoints) - NAMED} more" if len(endpoints) > NAMED else ""
    return (
        f"No key decrypts the share secrets of these endpoints: {named}{more}. "
        "List the key that they were stored with, or change their share secrets."
    )
