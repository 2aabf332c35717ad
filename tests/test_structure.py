"""The rules of the layout in docs/design.md: who may import whom, and what each package is."""

import ast
import sys
from collections.abc import Iterator

import pytest

from tests.conftest import ROOT

# Each part imports only itself and parts of lower lines
LAYERS = {
    "howdah": """
        bootstrap
        __main__
        commands
        workflows
        submission diagnosis
        tracking results cluster monitoring
        models
        jobs
        inputs
        environments
        hadoop
        http_client
        terminal
        atomic_files
        scratch_folder
        privacy os_errors suggestions
        settings
        installer
        environment errors file_lock answer
    """,
    "mr": """
        job
        task
        pipelines
        model_process
        evaluation
        counting
        scoring
        storage
        models
        columnar
        records
        summary spec
        exact
        supervision
        log_lines stages
    """,
    "metrics": """
        export pages
        firing reading
        catalog
        dashboards alerts
        signals
        definition series units
    """,
}
FOREIGN = {
    "howdah": {"mr", "metrics"},
    "mr": set[str](),
    "metrics": set[str](),
    "lab": {"howdah", "metrics", "mr"},
    "bench": {"howdah", "lab", "mr"},
}
# howdah/__main__.py starts these by name
STARTED = {"bench", "lab", "tests"}
LONGEST = 300

FILES = {
    ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__"): path
    for top in FOREIGN
    for path in sorted((ROOT / top).rglob("*.py"))
}
# Parsed before any test has begun: in Python 3.11 ast.parse fails at times while another thread,
# such as one that a test has left, parses, too (SystemError, recursion depth mismatch)
TREES = {name: ast.parse(path.read_text()) for name, path in FILES.items()}
PACKAGES = sorted({name.rpartition(".")[0] for name in FILES} - {""})  # folders of modules


def imports(module: str) -> Iterator[str]:
    """The project's own modules that a module imports, at any depth."""
    for node in ast.walk(TREES[module]):
        if isinstance(node, ast.ImportFrom):
            for alias in node.names:
                full = f"{node.module}.{alias.name}"
                yield full if full in FILES else str(node.module)
        elif isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)


def layer(module: str) -> tuple[int, str]:
    """The line of a module's part in its package's layers, and the part's name."""
    package, _, rest = module.partition(".")
    part = rest.partition(".")[0]
    lines = LAYERS[package].split("\n")
    return next(number for number, line in enumerate(lines) if part in line.split()), part


@pytest.mark.parametrize("module", FILES)
def test_a_module_imports_only_what_is_below_it(module: str) -> None:
    """No arrow goes up, none goes sideways, and no package imports what it shouldn't know of."""
    package = module.partition(".")[0]
    own = {one for one in imports(module) if one.partition(".")[0] == package}
    others = {one.partition(".")[0] for one in imports(module)} - {package}
    assert others & (set(FOREIGN) | STARTED) <= FOREIGN[package]
    if package not in LAYERS or module == package:
        return
    line, part = layer(module)
    for one in own - {package}:
        below, other = layer(one)
        assert below > line or other == part, f"{module} imports {one}"


def test_no_modules_import_each_other() -> None:
    """A circle would mean that neither can be understood without the other."""
    waiting = {module: set(imports(module)) & set(FILES) - {module} for module in FILES}
    while ready := {module for module, needed in waiting.items() if not needed & set(waiting)}:
        waiting = {module: needed for module, needed in waiting.items() if module not in ready}
    assert not waiting


@pytest.mark.parametrize("module", FILES)
def test_a_module_is_short(module: str) -> None:
    """What has more lines has more than one noun in it."""
    assert len(FILES[module].read_text().splitlines()) <= LONGEST


@pytest.mark.parametrize("package", PACKAGES)
def test_a_package_says_what_may_be_in_it(package: str) -> None:
    """In the first sentence of its docstring."""
    said = ast.get_docstring(TREES[package]) or ""
    assert said.split("\n")[0].endswith(".")


@pytest.mark.parametrize("module", FILES)
def test_no_script_hides_a_module_of_pythons_own(module: str) -> None:
    """A program's own folder is the first place where it and its libraries look for modules."""
    assert FILES[module].stem not in sys.stdlib_module_names - {"__main__"}
