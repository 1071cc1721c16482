"""The daemon's figures in Prometheus's text format (version 0.0.4): what ``status`` says, as numbers with units.

Times are seconds since 1970, as is the custom there; whoever wants an age takes it from ``time()``. Nothing of a
session is in it; folders are named by their labels.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from holdfast_protocol.messages import StatusReport

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"
SECOND = 1_000_000_000


class Metric(NamedTuple):
    """``samples``: labels to a number."""

    name: str
    kind: str
    help: str
    samples: list[tuple[dict[str, str], float]]


def text(report: StatusReport) -> str:
    """All of them."""
    return "".join(_written(metric) for metric in metrics(report))


def metrics(report: StatusReport) -> Iterator[Metric]:
    """Those of the daemon, then those of each folder."""
    yield Metric("holdfast_build_info", "gauge", "Which daemon this is; always 1.", [({"version": report.version}, 1)])
    for name, kind, words, value in (
        ("holdfast_start_time_seconds", "gauge", "When it started.", report.started / SECOND),
        ("holdfast_sessions", "gauge", "Live sessions.", report.sessions_count),
        ("holdfast_deleted_sessions", "gauge", "Deleted sessions that can be brought back.", report.deleted_count),
        ("holdfast_operations_total", "counter", "Rows of the log.", report.operations_count),
        ("holdfast_store_bytes", "gauge", "What the store takes on its disk.", report.store_bytes),
        ("holdfast_clients", "gauge", "Clients that are connected.", report.clients_count),
        ("holdfast_connections", "gauge", "Connections, of clients and others.", report.connections_count),
        ("holdfast_connections_limit", "gauge", "Connections that it takes.", report.connections_limit),
        ("holdfast_requests", "gauge", "Requests under way.", report.requests_count),
        ("holdfast_queued_changes", "gauge", "Changes that wait for the store.", report.queued_changes),
        ("holdfast_outbound_bytes", "gauge", "Answers and events that wait for clients.", report.outbound_bytes),
        ("holdfast_pending_files", "gauge", "Files that do not show yet what they should.", report.pending_files),
        ("holdfast_unindexed_operations", "gauge", "Not yet found by searching.", report.unindexed_count),
        ("holdfast_workspaces", "gauge", "Live states of applications.", report.workspaces_count),
        ("holdfast_loss_window_seconds", "gauge", "Longest until durable, last hour.", report.loss_window_ms / 1000),
        ("holdfast_unsaved_seconds", "gauge", "Longest in no snapshot, last hour.", report.unsaved_window_ms / 1000),
        ("holdfast_unsaved_bound_seconds", "gauge", "And its configured bound.", report.unsaved_bound_ms / 1000),
        ("holdfast_problems", "gauge", "What status has to complain of.", len(report.problems)),
        ("holdfast_check_problems", "gauge", "Damage that the last check left.", report.last_check_problems),
        ("holdfast_check_timestamp_seconds", "gauge", "When the last check ended.", _moment(report.last_check)),
        ("holdfast_backup_timestamp_seconds", "gauge", "The last whole backup began.", _moment(report.last_backup)),
        ("holdfast_rehearsal_timestamp_seconds", "gauge", "Last proven restorable.", _moment(report.last_rehearsal)),
    ):
        if value is not None:
            yield Metric(name, kind, words, [({}, value)])
    for name, words, values in (
        ("holdfast_folder_sessions", "Sessions of a folder.", [each.sessions_count for each in report.folders]),
        ("holdfast_folder_held", "1 where it is held.", [each.held is not None for each in report.folders]),
        ("holdfast_folder_missing", "Missing while it is held.", [each.missing_count for each in report.folders]),
    ):
        labels = [{"folder": each.label} for each in report.folders]
        yield Metric(name, "gauge", words, [*zip(labels, map(float, values), strict=True)])


def _moment(time: int | None) -> float | None:
    return None if time is None else time / SECOND


def _written(metric: Metric) -> str:
    lines = [f"# HELP {metric.name} {metric.help}", f"# TYPE {metric.name} {metric.kind}"]
    for labels, value in metric.samples:
        named = ",".join(f'{name}="{_escaped(label)}"' for name, label in labels.items())
        lines.append(f"{metric.name}{{{named}}} {value:.16g}" if named else f"{metric.name} {value:.16g}")
    return "\n".join([*lines, ""])


def _escaped(label: str) -> str:
    return label.replace("\\", r"\\").replace("\n", r"\n").replace('"', r"\"")
