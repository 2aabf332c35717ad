"""README and docs, followed by their own words: every console block does what it shows."""

import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.conftest import ROOT
from tests.end_to_end.console import Block, console_blocks, follow

LISTED = ("git", "ls-files", "-z", "--cached", "--others", "--exclude-standard")
DOCUMENTS = ("README.md", *sorted(f"docs/{path.name}" for path in (ROOT / "docs").glob("*.md")))
BLOCKS = {block.name: block for name in DOCUMENTS for block in console_blocks(ROOT, name)}
# Blocks that are followed on Hadoop, behind the one that they need
ON_HADOOP = {("README.md", "bin/cluster up"): ("README.md", "cat examples/comments.txt")}
# Blocks that aren't followed here: why not, and the test that does what they do
ELSEWHERE = {
    ("README.md", "cp -r hadoop-setup/inventory/example hadoop-setup/inventory/mine"): (
        "it needs several machines",
        "tests/lab/test_install.py::test_install_goes_on_where_it_was_cut_off",
    ),
    ("docs/monitoring.md", "bin/top --once"): (
        "it shows the measures of a busy moment",
        "tests/howdah/commands/test_top.py::test_daemons_of_a_real_cluster",
    ),
    ("docs/performance.md", "bin/status --timeline"): (
        "it shows the seconds of one job on Hadoop",
        "tests/end_to_end/test_status.py::test_timeline_of_the_newest_job",
    ),
}
LOCAL = [name for name in DOCUMENTS if {key for key in BLOCKS if key[0] == name} - {*ELSEWHERE}]
PORTS_AWAY = 1_000  # from those of the tests' cluster, which may be up


@pytest.fixture
def clone(tmp_path: Path) -> Path:
    """What a clone of this checkout has, uncommitted files included, with what it once fetched."""
    folder = tmp_path / "howdah"
    listed = subprocess.run(LISTED, cwd=ROOT, check=True, capture_output=True, text=True).stdout
    fetched = [str(path.relative_to(ROOT)) for path in (ROOT / "models").glob("*/*.joblib")]
    for name in [*listed.split("\0"), *fetched]:
        if (ROOT / name).is_file():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(ROOT / name, folder / name)
    (folder / ".venv").symlink_to(ROOT / ".venv")
    (tmp_path / "home").mkdir()
    return folder


def environ_of(clone: Path) -> dict[str, str]:
    """A reader's environment: nothing of Howdah's is set, and lines are printed at once, in the
    order in which a terminal shows them."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("HOWDAH_")}
    return kept | {"HOME": str(clone.parent / "home"), "PYTHONUNBUFFERED": "1"}


def follow_all(blocks: list[Block], clone: Path) -> None:
    ids: dict[str, str] = {}
    for block in blocks:
        follow(block, clone, environ_of(clone), ids)


@pytest.mark.parametrize("document", LOCAL)
def test_blocks_do_what_they_show(document: str, clone: Path) -> None:
    """From top to bottom, in a fresh clone, without a cluster."""
    apart = ON_HADOOP.keys() | ELSEWHERE.keys()
    blocks = [block for key, block in BLOCKS.items() if key[0] == document and key not in apart]
    follow_all(blocks, clone)


@pytest.mark.hadoop
@pytest.mark.parametrize("name", ON_HADOOP)
def test_blocks_for_hadoop_do_what_they_show(name: tuple[str, str], clone: Path) -> None:
    """On a cluster of the clone's own, brought up and taken down as the block says."""
    tests = (ROOT / "tests/cluster/group_vars/cluster.yml").read_text()
    moved = re.sub(r"(?<=_port: )\d+", lambda port: f"{int(port[0]) + PORTS_AWAY}", tests)
    local = clone / "hadoop-setup/inventory/local/group_vars/cluster.yml"
    local.write_text(moved)
    try:
        follow_all([BLOCKS[ON_HADOOP[name]], BLOCKS[name]], clone)
    finally:
        down = [clone / "bin" / "cluster", "down", "--purge"]
        subprocess.run(down, env=environ_of(clone), check=True, capture_output=True)


def test_blocks_that_are_not_followed_are_tested_elsewhere() -> None:
    """No block is left out that isn't there, or whose test isn't."""
    assert ELSEWHERE.keys() | ON_HADOOP.keys() | {*ON_HADOOP.values()} <= BLOCKS.keys()
    for _, test in ELSEWHERE.values():
        file, _, function = test.partition("::")
        assert f"def {function}(" in (ROOT / file).read_text()


def test_every_block_has_a_name_of_its_own() -> None:
    """Two that begin with the same command would be one for these tests."""
    assert len(BLOCKS) == sum(len(console_blocks(ROOT, name)) for name in DOCUMENTS)
