"""Console blocks are read, run and compared as documents mean them."""

import os
from pathlib import Path

import pytest

from tests.end_to_end.console import Command, Unlike, console_blocks, follow, unlike

IDS = ("20261121-104851-09d5", "20261122-000000-ffff")


def test_blocks_of_a_document(tmp_path: Path) -> None:
    """Commands and what they print, with continued lines joined; other blocks are none."""
    text = "# A\n```console\n$ echo a \\\n  b\na b\n$ true\n```\n```python\n$ no\n```\n"
    (tmp_path / "a.md").write_text(text)
    (block,) = console_blocks(tmp_path, "a.md")
    assert (block.line, block.name) == (3, ("a.md", "echo a   b"))
    assert block.commands == (Command("echo a   b", ("a b",)), Command("true", ()))


@pytest.mark.parametrize(
    ("shown", "printed"),
    [
        ("a\n…\nc", "a\nb\nb\nc"),
        ("a\n…", "a"),
        ("…\nc\n…", "b\nc\nd"),
        ("done in 24 s: 4 records", "done in 103 s: 4 records"),
        ("a: 62 ok, 24 changed, 78 s", "a: 3 ok, 100 changed, 7 s"),
        ("at http://127.0.0.1:8088/cluster", "at http://127.0.0.1:29088/cluster"),
        ("your own: /home/ann/.howdah/models/a", "your own: /tmp/clone/.howdah/models/a"),
        ("making it (once)\na", "a"),
        ("a", "making something else (once; a minute)\na"),
    ],
)
def test_what_varies_may_differ(shown: str, printed: str) -> None:
    """Times, ports, folders, what is left out, what is done once."""
    assert unlike(shown.splitlines(), printed.splitlines(), {}) == ""


@pytest.mark.parametrize(
    ("shown", "printed", "why"),
    [
        ("a", "a\nb", "this is printed, and not shown: b"),
        ("a\nb", "a", "this is shown, and not printed there: b"),
        ("a\nc", "a\nb\nc", "this is shown, and not printed there: c"),
        ("…\nb", "a\nb\nc", "this is printed, and not shown: c"),
        ("done in 24 s: 4 records", "done in 24 s: 5 records", "this is shown, and not printed"),
        ("1.5", "125", "this is shown, and not printed"),
    ],
)
def test_anything_else_may_not(shown: str, printed: str, why: str) -> None:
    """The first line that is too many, or missing, is told."""
    assert unlike(shown.splitlines(), printed.splitlines(), {}).startswith(why)


def test_an_id_stands_for_the_same_job_everywhere() -> None:
    """What was printed for it once has to be printed for it again."""
    ids: dict[str, str] = {}
    shown, other = IDS
    assert (
        unlike([f"run-{shown}", f"{shown}/a {shown}"], [f"run-{other}", f"{other}/a {other}"], ids)
        == ""
    )
    assert ids == {shown: other}
    assert unlike([shown], [shown], ids)


def test_commands_are_typed_with_the_ids_that_were_printed(tmp_path: Path) -> None:
    """An id of the document is replaced by the one in its place."""
    printed, later = IDS
    (tmp_path / "a.md").write_text(f"```console\n$ cat id\n{later}\n$ cat {later}\nhello\n```\n")
    (tmp_path / "id").write_text(f"{printed}\n")
    (tmp_path / printed).write_text("hello\n")
    follow(*console_blocks(tmp_path, "a.md"), tmp_path, os.environ, {})


def test_a_command_that_fails_is_told(tmp_path: Path) -> None:
    """With its document, its line and what it printed, even where nothing need be printed."""
    (tmp_path / "a.md").write_text("```console\n$ cat nothing\n…\n```\n")
    (block,) = console_blocks(tmp_path, "a.md")
    with pytest.raises(Unlike, match=r"a\.md, block at line 2: exit status 1\n(.*\n)*cat: nothing"):
        follow(block, tmp_path, os.environ, {})
