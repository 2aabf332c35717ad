"""Ray Data on this machine alone: ``with_ray.py SOURCE MODEL TARGET``.

Tuned: tasks read their own blocks, where ``read_csv`` is one task for a whole file; a few tasks
a core keep both busy to the end; no dashboard, no bars, no log of workers.
"""

import os
import secrets
import sys
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import ray
from scoring import BLOCK, lines_at, open_results, score

TASKS_A_CORE = 4
STARTS = 4


def main(source: str, model: str, target: str) -> None:
    """Score ``source``."""
    cores = os.cpu_count() or 1
    starts = [{"start": start} for start in range(0, Path(source).stat().st_size, BLOCK)]

    def scored(batch: dict[str, Any]) -> dict[str, Any]:
        return {
            "lines": [score(lines_at(source, start), model) for start in batch["start"].tolist()]
        }

    with TemporaryDirectory(prefix="ray-") as scratch, open_results(target) as results:
        start_ray(cores, scratch)
        blocks = ray.data.from_items(starts, override_num_blocks=TASKS_A_CORE * cores)
        tables = blocks.map_batches(scored, batch_size=1)
        for table in tables.iter_batches(batch_size=None, batch_format="pyarrow"):
            results.writelines(lines.as_buffer() for lines in table["lines"])
        ray.shutdown()


def start_ray(cores: int, scratch: str) -> None:
    """Start Ray's processes."""
    os.environ["RAY_USAGE_STATS_ENABLED"] = "0"
    os.environ["RAY_AUTH_TOKEN"] = secrets.token_hex(32)  # or it would leave one in the home
    for left in reversed(range(STARTS)):
        try:
            ray.init(
                num_cpus=cores, include_dashboard=False, log_to_driver=False, _temp_dir=scratch
            )
            break
        except Exception:  # a node has 30 s to start, too few where others use the machine
            ray.shutdown()
            if not left:
                raise
    context = ray.data.DataContext.get_current()
    context.execution_options.preserve_order = True
    context.enable_progress_bars = False


if __name__ == "__main__":
    main(*sys.argv[1:])
