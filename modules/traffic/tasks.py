"""Celery tasks."""

from celery import shared_task
from celery.worker import state

from modules.traffic.player import Clock, play_while_due


@shared_task(name="modules.traffic.tasks.play")
def play() -> None:
    play_while_due(is_over=lambda: state.should_stop is not None, clock=Clock())
