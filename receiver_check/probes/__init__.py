"""All probes in order. To add one, write its function and its entry in the file it belongs to."""

from maac_contract.sentences import gettext_noop
from receiver_check.probes import arrivals, effects, signatures, signed_bodies, stress, topics
from receiver_check.probes.probe import Probe as Probe

GROUPS: dict[str, tuple[Probe, ...]] = {
    gettext_noop("What is in an event"): topics.PROBES,
    gettext_noop("Its signature"): (*signatures.PROBES, *signed_bodies.PROBES),
    gettext_noop("How it arrives"): arrivals.PROBES,
    gettext_noop("Size, pace and number"): stress.PROBES,
    gettext_noop("How often its work is done"): effects.PROBES,
}
PROBES: dict[str, Probe] = {probe.id: probe for group in GROUPS.values() for probe in group}
