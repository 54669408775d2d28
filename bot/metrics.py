"""What is counted for those who run the bot, in the form that Prometheus reads. No question and no user is in it."""

from __future__ import annotations

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, ProcessCollector, generate_latest
from prometheus_client.exposition import CONTENT_TYPE_PLAIN_0_0_4

from index.answer import Answer, IndexStatus
from index.live import Reload

CONTENT_TYPE = CONTENT_TYPE_PLAIN_0_0_4

_SECONDS = (0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10)


class Metrics:
    """Counts since the process began; safe to call from any thread. Memory and CPU are the process's own (Linux)."""

    def __init__(self) -> None:
        self._registry = CollectorRegistry()
        ProcessCollector(registry=self._registry)
        self._questions = Counter(
            "verbatim_questions",
            "Questions answered, by the way they were asked and by what came of it (answer, abstention, small talk)",
            ["way", "kind"],
            registry=self._registry,
        )
        self._refusals = Counter(
            "verbatim_refusals", "Questions that were not looked at, by the reason", ["reason"], registry=self._registry
        )
        self._seconds = Histogram(
            "verbatim_answer_seconds", "Seconds an answer took", buckets=_SECONDS, registry=self._registry
        )
        self._stages = Histogram(
            "verbatim_stage_seconds",
            "Seconds that a stage of answering took",
            ["stage"],
            buckets=_SECONDS,
            registry=self._registry,
        )
        self._feedback = Counter(
            "verbatim_feedback", "Opinions on answers (helpful, not helpful)", ["verdict"], registry=self._registry
        )
        self._reloads = Counter(
            "verbatim_reloads",
            "New generations of the index, by whether they were loaded or refused",
            ["outcome"],
            registry=self._registry,
        )
        self._heartbeat = Gauge(
            "verbatim_heartbeat_seconds",
            "Seconds between the last heartbeat and its acknowledgement, the slowest shard's",
            registry=self._registry,
        )
        self._heard = Gauge(
            "verbatim_gateway_silence_seconds", "Seconds since Discord was last heard of", registry=self._registry
        )
        self._waiting = Gauge("verbatim_waiting", "Questions that wait or are being answered", registry=self._registry)
        self._documents = Gauge("verbatim_index_documents", "Documents of the index", registry=self._registry)
        self._passages = Gauge("verbatim_index_passages", "Passages of the index", registry=self._registry)
        self._built = Gauge(
            "verbatim_index_built_timestamp_seconds", "When the index was built", registry=self._registry
        )
        # What has not happened yet is told as zero: an alert on a rate needs a first value.
        for verdict in ("helpful", "not helpful"):
            self._feedback.labels(verdict)
        for outcome in ("loaded", "refused"):
            self._reloads.labels(outcome)
        for reason in ("bad_question", "queue_full", "too_soon"):
            self._refusals.labels(reason)

    def answered(self, answer: Answer, way: str) -> None:
        """A question was answered, or found to have no answer."""
        self._questions.labels(way, answer.kind).inc()
        self._seconds.observe(answer.elapsed_ms / 1000)
        for stage, milliseconds in answer.stages.items():
            self._stages.labels(stage).observe(milliseconds / 1000)

    def refused(self, reason: str) -> None:
        """A question was not looked at: the person asked too fast, too many wait, it is none."""
        self._refusals.labels(reason).inc()

    def opinion(self, *, helpful: bool) -> None:
        """Somebody pressed a button under an answer."""
        self._feedback.labels("helpful" if helpful else "not helpful").inc()

    def reloaded(self, reload: Reload) -> None:
        """A new generation was loaded or refused."""
        self._reloads.labels("refused" if reload.error else "loaded").inc()

    def index_is(self, status: IndexStatus) -> None:
        """The generation that answers."""
        self._documents.set(status.documents)
        self._passages.set(status.passages)
        self._built.set(status.created)

    def gateway_is(self, *, heartbeat_seconds: float, silence_seconds: float, waiting: int) -> None:
        """How the connection is, and how many questions wait."""
        self._heartbeat.set(heartbeat_seconds)
        self._heard.set(silence_seconds)
        self._waiting.set(waiting)

    def text(self) -> bytes:
        """Everything, as Prometheus reads it."""
        return generate_latest(self._registry)
