"""What Prometheus reads."""

from __future__ import annotations

import sys

import pytest
from prometheus_client.parser import text_string_to_metric_families

from bot.metrics import Metrics
from index.answer import Answer, IndexStatus
from index.live import Reload


def answer(kind="answer", milliseconds=12.0):
    stages = {"embed": 5.0, "search": 2.0}
    return Answer("1", "Who asks this?", kind, "en", 0.9, (), (), "000001-abcdef", milliseconds, stages)


def values(metrics) -> dict:
    return {
        (sample.name, *sorted(sample.labels.values())): sample.value
        for family in text_string_to_metric_families(metrics.text().decode())
        for sample in family.samples
    }


def test_everything_is_counted():
    metrics = Metrics()
    metrics.answered(answer(), "/ask")
    metrics.answered(answer("abstention", 40.0), "mention")
    metrics.refused("too_soon")
    metrics.opinion(helpful=True)
    metrics.reloaded(Reload("000002-abcdef", 3.0))
    metrics.reloaded(Reload("000003-abcdef", 0.0, "damaged"))
    metrics.index_is(IndexStatus("000002-abcdef", 1.5e9, 3, 40, 90, "builtin", 1000))
    metrics.gateway_is(heartbeat_seconds=0.05, silence_seconds=3, waiting=2)
    found = values(metrics)
    assert found["verbatim_questions_total", "/ask", "answer"] == 1
    assert found["verbatim_questions_total", "abstention", "mention"] == 1
    assert found["verbatim_answer_seconds_count",] == 2
    assert found["verbatim_answer_seconds_sum",] == pytest.approx(0.052)
    assert found["verbatim_answer_seconds_bucket", "0.02"] == 1
    assert found["verbatim_stage_seconds_count", "embed"] == 2
    assert found["verbatim_refusals_total", "too_soon"] == 1
    assert found["verbatim_feedback_total", "helpful"] == 1
    assert found["verbatim_feedback_total", "not helpful"] == 0
    assert found["verbatim_reloads_total", "loaded"] == 1
    assert found["verbatim_reloads_total", "refused"] == 1
    assert found["verbatim_index_documents",] == 3
    assert found["verbatim_heartbeat_seconds",] == 0.05
    assert found["verbatim_gateway_silence_seconds",] == 3
    if sys.platform == "linux":
        assert found["process_resident_memory_bytes",] > 1e6


def test_no_question_is_in_it():
    metrics = Metrics()
    metrics.answered(answer(), "/ask")
    assert b"Who asks" not in metrics.text()
