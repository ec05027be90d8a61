"""Figures for Prometheus: counted at the moment they are asked for, from the database.

In a registry of its own, without a label for each source or subscriber: their number must not
become the number of series.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from syndicate import __version__, reporting
from syndicate.adapters.store import claims, entries, figures, outbox, placements, subscribers
from syndicate.core import latency
from syndicate.errors import StoreError

if TYPE_CHECKING:
    from syndicate.web.site import Site
    from syndicate.wiring import Application


_DAY = timedelta(days=1)
_QUANTILES = (0.5, 0.9, 0.99)


class Figures(Collector):
    """Everything that is counted; `served` is kept by the application, by kind and status."""

    def __init__(self, site: Site) -> None:
        self.site = site
        self.served: Counter[tuple[str, int]] = Counter()
        self._registry = CollectorRegistry(auto_describe=False)
        self._registry.register(self)

    def text(self) -> bytes:
        return generate_latest(self._registry)

    def describe(self) -> Iterator[Metric]:
        return iter(())

    def collect(self) -> Iterator[Metric]:
        info = GaugeMetricFamily("syndicate_info", "Version in use.", labels=["version"])
        info.add_metric([__version__], 1)
        yield info
        yield from self._jobs()
        yield self._requests()
        up = GaugeMetricFamily("syndicate_database_up", "Whether the database answers.")
        try:
            with self.site.application() as app:
                found = list(_stored(app))
        except StoreError:
            up.add_metric([], 0)
            yield up
            return
        up.add_metric([], 1)
        yield up
        yield from found

    def _jobs(self) -> Iterator[Metric]:
        runs = CounterMetricFamily("syndicate_job_runs", "Runs of a job.", labels=["job"])
        failed = CounterMetricFamily("syndicate_job_failures", "Runs that failed.", labels=["job"])
        spent = CounterMetricFamily("syndicate_job_seconds", "Time taken.", labels=["job"])
        last = GaugeMetricFamily(
            "syndicate_job_last_timestamp_seconds", "When it ran last.", labels=["job"]
        )
        for job in self.site.jobs():
            runs.add_metric([job.kind], job.runs)
            failed.add_metric([job.kind], job.failed)
            spent.add_metric([job.kind], job.seconds)
            if job.last is not None:
                last.add_metric([job.kind], job.last.timestamp())
        yield from (runs, failed, spent, last)

    def _requests(self) -> Metric:
        made = CounterMetricFamily(
            "syndicate_http_requests", "Answers given.", labels=["part", "status"]
        )
        for (part, status), count in sorted(self.served.items()):
            made.add_metric([part, str(status)], count)
        return made


def _stored(app: Application) -> Iterator[Metric]:
    with app.database.read() as conn:
        by_status = entries.count_by_status(conn)
        yield _gauge("syndicate_entries", "Entries.", "status", by_status)
        yield _gauge("syndicate_messages", "Messages.", "state", outbox.totals(conn))
        yield _gauge("syndicate_subscribers", "Subscribers.", "state", subscribers.counts(conn))
        yield _gauge("syndicate_claims", "Claims.", "state", claims.counts(conn))
        overdue = sum(1 for c in claims.listed(conn, "open") if c.due < app.now)
        late = GaugeMetricFamily("syndicate_claims_overdue", "Open claims past their date.")
        late.add_metric([], overdue)
        yield late
        mails = CounterMetricFamily("syndicate_claim_mails", "Mails about claims, taken in.")
        mails.add_metric([], claims.count_mails(conn))
        yield mails
        yield _latencies(figures.since(conn, app.now - _DAY))
        touched = GaugeMetricFamily("syndicate_unpublished", "Changes that wait to be published.")
        touched.add_metric([], placements.count_touched(conn))
        yield touched
    health = reporting.source_health(app)
    states = Counter(row["status"] for row in health)
    yield _gauge("syndicate_sources", "Sources.", "status", states)
    took = sorted(row["took"] / 1000 for row in health if row["took"] is not None)
    if took:
        polls = GaugeMetricFamily(
            "syndicate_poll_seconds", "Time that sources' last polls took.", labels=["quantile"]
        )
        for share in _QUANTILES:
            polls.add_metric([str(share)], took[min(int(share * len(took)), len(took) - 1)])
        yield polls
    times = [datetime.fromisoformat(row["last"]) for row in health if row["last"]]
    if times:
        age = GaugeMetricFamily(
            "syndicate_last_poll_timestamp_seconds", "When a source was polled last."
        )
        age.add_metric([], max(times).timestamp())
        yield age


def _latencies(counted: dict[str, dict[int, int]]) -> Metric:
    made = GaugeMetricFamily(
        "syndicate_latency_seconds",
        "Time taken, over a day: arrival (published to received), out (to its page), mail.",
        labels=["part", "quantile"],
    )
    for part, counts in sorted(counted.items()):
        for share in _QUANTILES:
            found = latency.quantile(counts, share)
            if found is not None:
                made.add_metric([part, str(share)], round(found, 3))
    return made


def _gauge(name: str, text: str, label: str, values: dict[str, int]) -> Metric:
    made = GaugeMetricFamily(name, text, labels=[label])
    for value, count in sorted(values.items()):
        made.add_metric([value], count)
    return made
