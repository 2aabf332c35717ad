"""What a task may import: the host's side never, heavy things only where they are needed."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

from tests.test_structure import TREES

ROOT = Path(__file__).resolve().parents[2]
SETUPTOOLS = {"setuptools"} if sys.version_info < (3, 12) else set()
MODULES = [module for module in TREES if module.partition(".")[0] == "mr"]


@pytest.mark.parametrize("module", MODULES)
def test_a_task_never_imports_the_hosts_side(module: str) -> None:
    """Tasks ship mr/ only, so nothing in it, at any depth, imports howdah."""
    imported = set()
    for node in ast.walk(TREES[module]):
        if isinstance(node, ast.Import):
            imported |= {alias.name.split(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0
            imported.add(str(node.module).split(".")[0])
    assert imported.isdisjoint({"howdah", "tests"})


@pytest.mark.parametrize(
    ("module", "absent"),
    [
        ("mr.job", {"sklearn", "numpy", "pandas", "pyarrow"} | SETUPTOOLS),
        ("mr.task.map_task", {"sklearn", "pandas", "pyarrow", "simdjson", "hdfs"}),
        ("mr.pipelines.tabular", {"sklearn", "pandas", "pyarrow"}),
        ("mr.model_process.remote", {"sklearn", "pandas", "pyarrow", "joblib"}),
        ("mr.model_process.child", {"numpy"}),
    ],
)
def test_a_module_imports_nothing_heavy(module: str, absent: set[str]) -> None:
    """What a task may not need is imported where it is needed."""
    program = f"import sys, {module}; print(*sys.modules)"
    loaded = subprocess.run(
        [sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=True
    ).stdout.split()
    assert absent.isdisjoint(loaded)


def test_scikit_learn_is_loaded_without_pandas() -> None:
    """A model that takes no frames doesn't pay for an import of pandas; it can come later."""
    program = (
        "import sys; from mr.models.loading import import_without_pandas as load; load();"
        "from sklearn.linear_model import LogisticRegression as L;"
        "L().fit([[0], [1]], [0, 1]).predict_proba([[0]]);"
        "assert 'pandas' not in sys.modules; import pandas; pandas.DataFrame()"
    )
    subprocess.run([sys.executable, "-c", program], cwd=ROOT, check=True)


def test_requests_are_counted_without_pandas() -> None:
    """Arrow imports it in more than one place, and takes longer for that than for a small log."""
    program = (
        "import sys; from pathlib import Path; from mr.records.block import Block;"
        "from mr.counting.tally import TaskContext;"
        "from mr.pipelines.requests_by_os.pipeline import RequestsByOs;"
        "names = ['date', 'time', 'sc-status', 'sc-bytes', 'cs(User-Agent)'];"
        "options = {'by': 'os,hour', 'from': '2026-03-14', 'to': '2026-03-15', 'fields': [names]};"
        "w3c, combined = (RequestsByOs({**options, 'log': log}) for log in ('w3c', 'combined'));"
        "context = TaskContext(Path(), print, print, print, None, '0.txt', 1);"
        "w3c.load(context); combined.load(context);"
        "line = b'2026-03-14 09:26:53 200 1 curl\\n';"
        "assert not w3c.add(Block(line, range(1))) and w3c.add(Block(b'#\\n- \\n', range(2)));"
        'line = b\'h - - [14/Mar/2026:09:26:53 +0000] "GET / HTTP/1.1" 200 1 "-" "curl"\\n\';'
        "assert combined.add(Block(line + b'x\\n', range(2)));"
        "assert w3c.counts() == combined.counts();"
        "assert 'pandas' not in sys.modules"
    )
    subprocess.run([sys.executable, "-c", program], cwd=ROOT, check=True)
