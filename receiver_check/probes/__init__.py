"""Every probe of a run, in order. To add one, write its function and its entry in the file it belongs to."""

from receiver_check.probes import arrivals, signatures, stress, topics
from receiver_check.probes.probe import Probe as Probe

PROBES: dict[str, Probe] = {
    probe.id: probe for probe in (*topics.PROBES, *signatures.PROBES, *arrivals.PROBES, *stress.PROBES)
}
