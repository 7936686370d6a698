"""Fills the database that the environment names: endpoints at the given URLs, and events with their deliveries.

Every event goes to every endpoint, so that 100,000 deliveries to three endpoints are 33,334 events; what is left over
goes to the first endpoint alone. The payloads repeat after a thousand events. Prints the endpoints as JSON.
"""

import argparse
import json
import random
from datetime import UTC, datetime
from typing import Any

import django

django.setup()

import maac_sim.celery  # noqa: E402, F401 - the broker that publishing nudges over
from accounts.models import Account  # noqa: E402 - models exist once Django is set up
from maac_contract.contract import TOPICS  # noqa: E402
from maac_contract.samples import sample  # noqa: E402
from webhooks.models import Endpoint  # noqa: E402
from webhooks.services import endpoints as endpoint_services  # noqa: E402
from webhooks.services.publish import EventRequest, publish  # noqa: E402

SAMPLES = 1000
BATCH = 500
*SHARED, LEFT_OVER = TOPICS


def make_endpoints(account: Account, urls: list[str]) -> list[Endpoint]:
    """Endpoint n at the n-th URL; one that exists already is moved there."""
    now = datetime.now(UTC)
    account.endpoint_limit = max(account.endpoint_limit, len(urls))
    account.save(update_fields=["endpoint_limit"])
    made = []
    for number, url in enumerate(urls):
        topics = list(TOPICS) if number == 0 else SHARED
        found = account.endpoints.filter(name=f"Bench {number}").first()
        fields: dict[str, Any] = {"url": url, "event_types": topics, "now": now}
        if found:
            made.append(endpoint_services.edit(endpoint=found, **fields))
        else:
            made.append(endpoint_services.create(account=account, name=f"Bench {number}", **fields))
    return made


def make_due(account: Account, deliveries: int, endpoint_count: int, seed: int) -> None:
    """Leave so many deliveries due."""
    dice = random.Random(seed)  # noqa: S311 - not for secrecy
    topics = dice.choices(SHARED, k=SAMPLES)
    samples = [EventRequest(topic, data=sample(topic, seed=f"{seed}/{n}")) for n, topic in enumerate(topics)]
    event_requests = [samples[number % SAMPLES] for number in range(deliveries // endpoint_count)]
    event_requests += [EventRequest(LEFT_OVER, seed=seed)] * (deliveries % endpoint_count)
    for start in range(0, len(event_requests), BATCH):
        publish(account=account, event_requests=event_requests[start : start + BATCH], now=datetime.now(UTC))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("urls", nargs="+", help="one endpoint for each")
    parser.add_argument("--deliveries", type=int, required=True)
    parser.add_argument("--seed", type=int, required=True)
    options = parser.parse_args()
    account = Account.objects.earliest("id")
    made = make_endpoints(account, options.urls)
    make_due(account, options.deliveries, len(made), options.seed)
    print(json.dumps([{"id": each.pk, "url": each.url, "secret": each.share_secret} for each in made]))


if __name__ == "__main__":
    main()
