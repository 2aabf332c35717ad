"""Signals of Howdah's jobs, as its exporter tells them."""

from metrics.definition import Signal

__all__ = ["REJECTED", "SIGNALS"]

JOB = "{{pipeline}}/{{model}}"
BY = "sum by (pipeline, model)"
REJECTED = (
    f'{BY} (increase(howdah_records_total{{outcome="rejected"}}[1h]))'
    f" / {BY} (increase(howdah_records_total[1h]))"
)


def _last(
    name: str,
    title: str,
    unit: str,
    description: str,
    warn: float | None = None,
    critical: float | None = None,
) -> Signal:
    return Signal(
        f"last_job_{name}",
        title,
        f"howdah_last_job_{name}",
        unit,
        f"{description} Of the newest ended job of a pipeline and model.",
        JOB,
        warn,
        critical,
        until="a job has ended",
    )


SIGNALS: tuple[Signal, ...] = (
    Signal(
        "jobs_running",
        "Jobs running",
        'sum(howdah_jobs{state="running"})',
        "none",
        "Jobs that have begun and not ended.",
    ),
    Signal(
        "jobs_waiting",
        "Jobs waiting",
        'sum(howdah_jobs{state="waiting"})',
        "none",
        "Jobs that wait for their first container.",
    ),
    Signal(
        "jobs",
        "Jobs",
        "sum by (state, pipeline, model) (howdah_jobs)",
        "none",
        "Jobs that wait or run.",
        f"{{{{state}}}} {JOB}",
    ),
    Signal(
        "queue_wait",
        "Longest wait",
        "max(howdah_queue_seconds)",
        "s",
        "How long the job that has waited longest has waited for its first container; 0 if none"
        " waits.",
    ),
    Signal(
        "records_now",
        "Records now",
        "max(howdah_running_records_per_second)",
        "ops",
        "Records that the running jobs score in a second, all together.",
    ),
    Signal(
        "map_progress",
        "Maps done",
        "min(howdah_running_map_progress)",
        "percentunit",
        "How far the maps are of the running job that is furthest behind; 0 if none runs.",
    ),
    Signal(
        "reduce_progress",
        "Reduces done",
        "min(howdah_running_reduce_progress)",
        "percentunit",
        "How far the reduces are of the running job that is furthest behind; 0 if none runs.",
    ),
    Signal(
        "without_progress",
        "Without progress",
        "max(howdah_seconds_without_progress)",
        "s",
        "How long a running job has been as far as it is; 0 if none runs.",
        warn=300,
        critical=600,
    ),
    Signal(
        "records",
        "Records",
        f"{BY} (rate(howdah_records_total[5m]))",
        "ops",
        "Records of ended jobs, spread over 5 minutes.",
        JOB,
    ),
    Signal(
        "input_bytes",
        "Input",
        f"{BY} (rate(howdah_input_bytes_total[5m]))",
        "Bps",
        "Input of ended jobs, spread over 5 minutes.",
        JOB,
    ),
    Signal(
        "phases",
        "Seconds by phase",
        "sum by (phase) (increase(howdah_task_seconds_total[1h]))",
        "s",
        "What the tasks of jobs that ended within an hour spent their time on.",
        "{{phase}}",
    ),
    Signal(
        "rejected_records",
        "Rejected records",
        f'round({BY} (increase(howdah_records_total{{outcome="rejected"}}[1h])))',
        "none",
        "Records of jobs that ended within an hour that could not be scored; rejected.tsv of each"
        " job says why.",
        JOB,
    ),
    Signal(
        "jobs_ended",
        "Jobs ended",
        "round(sum by (state) (increase(howdah_jobs_ended_total[1d])))",
        "none",
        "How the jobs of a day have ended.",
        "{{state}}",
    ),
    Signal(
        "jobs_failed",
        "Jobs failed in a day",
        'round(sum(increase(howdah_jobs_ended_total{state="failed"}[1d])))',
        "none",
        "Jobs that have failed within a day.",
        warn=1,
    ),
    Signal(
        "attempts",
        "Attempts in vain",
        "round(sum by (outcome) (increase(howdah_attempts_total[1h])))",
        "none",
        "Attempts at tasks of jobs that ended within an hour that came to nothing: failed,"
        " overtaken by a second one, or killed.",
        "{{outcome}}",
    ),
    _last("seconds", "Took", "s", "From submission to end."),
    _last("wait_seconds", "Waited", "s", "From submission to the first container."),
    _last("records", "Records", "short", "Records scored and rejected."),
    _last(
        "rejected_ratio",
        "Rejected",
        "percentunit",
        "Share of the records that could not be scored.",
        warn=0.001,
        critical=0.01,
    ),
    _last("records_per_second", "Rate", "ops", "Records by the seconds that it ran."),
    _last("core_seconds", "Core seconds", "s", "Cores by the seconds that it had them."),
    _last("memory_mb_seconds", "MB seconds", "short", "Megabytes by the seconds it had them."),
    Signal(
        "sources_up",
        "Sources",
        "min by (source) (howdah_source_up)",
        "none",
        "Whether the daemons that the job exporter asks answer it: 1 if so.",
        "{{source}}",
        critical=1,
        low_is_bad=True,
    ),
    Signal(
        "scrape_seconds",
        "A look takes",
        "max(howdah_scrape_seconds)",
        "s",
        "How long the job exporter takes to ask about all jobs.",
        warn=5,
        critical=10,
    ),
)
