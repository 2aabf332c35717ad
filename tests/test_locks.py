"""The locks: they fit together, and each command declares those of whatever it imports."""

import ast
import re
import sys
from functools import cache
from importlib.metadata import packages_distributions

import pytest

from howdah.__main__ import COMMANDS
from howdah.bootstrap import ALL, ALSO
from howdah.environment import LOCKS
from howdah.installer import ORDER
from tests.test_structure import FILES, TREES, imports

OWN = {"bench", "howdah", "lab", "metrics", "mr", "tests"}
# models bring these in environments of their own (mr/models/native)
OF_MODELS = {"catboost", "lightgbm", "onnxruntime", "skl2onnx", "xgboost"}
PIN = re.compile(r"^([\w.-]+)==([^\s\\]+)(?: ; ([^\\\n]+?))? \\$", re.MULTILINE)


@cache
def pins(lock: str) -> frozenset[tuple[str, str, str]]:
    """Name, version and marker of all that a lock pins."""
    return frozenset(PIN.findall((LOCKS / f"{lock}.lock").read_text()))


@cache
def packages(lock: str) -> frozenset[str]:
    """What can be imported of a lock, by the names of the packages' folders."""
    names = {name for name, *_ in pins(lock)}
    return frozenset(
        package
        for package, distributions in packages_distributions().items()
        if names & {re.sub("[-_.]+", "-", name).lower() for name in distributions}
    )


@cache
def needs(module: str) -> frozenset[str]:
    """The modules that a module imports at any depth, or names, as those that it starts."""
    tree = ast.walk(TREES[module])
    named = {node.value for node in tree if isinstance(node, ast.Constant)}
    return frozenset({*imports(module)} | (named & FILES.keys()))


def foreign(module: str) -> set[str]:
    """The packages of others among them."""
    return {one.partition(".")[0] for one in needs(module)} - OWN - sys.stdlib_module_names


def reached(start: str) -> set[str]:
    """The project's modules that a module needs, and what these need."""
    found, waiting = set[str](), {start}
    while waiting:
        module = waiting.pop()
        found.add(module)
        waiting |= needs(module) & FILES.keys() - found
    return found


@cache
def ensured(module: str) -> frozenset[str]:
    """The locks that a module has installed before it imports what they have."""
    if "howdah.installer" not in needs(module):
        return frozenset()
    calls = (n for n in ast.walk(TREES[module]) if isinstance(n, ast.Call))
    return frozenset(
        str(argument.value)
        for call in calls
        if isinstance(call.func, ast.Name) and call.func.id == "ensure"
        for argument in call.args
        if isinstance(argument, ast.Constant)
    )


def test_each_lock_is_in_the_order_of_installation() -> None:
    """Besides the one that has what installs them."""
    assert {path.stem for path in LOCKS.iterdir()} == {*ORDER, "installer"}


@pytest.mark.parametrize("lock", ORDER)
def test_locks_agree(lock: str) -> None:
    """Whatever two of them pin is the same, so both fit into one environment."""
    assert pins(lock)
    for other in ORDER:
        shared = {name for name, *_ in pins(lock)} & {name for name, *_ in pins(other)}
        here, there = ({pin for pin in pins(one) if pin[0] in shared} for one in (lock, other))
        assert here == there


@pytest.mark.parametrize("command", [name for name in COMMANDS if name != "test"])
def test_a_command_imports_only_what_its_locks_have(command: str) -> None:
    """Itself, and all modules that it may come to, unless they have another lock installed."""
    declared = {*ALL, *ALSO.get(command, ())}
    for module in reached(COMMANDS[command]):
        allowed = {name for lock in declared | ensured(module) for name in packages(lock)}
        assert foreign(module) - OF_MODELS <= allowed, module


@pytest.mark.parametrize("module", [name for name in FILES if name.partition(".")[0] == "mr"])
def test_tasks_import_only_what_workers_get(module: str) -> None:
    """The lock of tasks, and nothing else, is installed on workers."""
    own = OF_MODELS if module.startswith("mr.models.native.") else set()
    assert foreign(module) - own <= packages("tasks")


@pytest.mark.parametrize("lock", ["ansible_runner", "grafana_api", "matplotlib", "pytest"])
def test_workers_get_nothing_of_the_hosts(lock: str) -> None:
    """Ansible, plots and tests stay where commands run."""
    assert lock not in packages("tasks")
