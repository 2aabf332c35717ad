"""Files that are replaced as a whole."""

from pathlib import Path

import pytest

from howdah.atomic_files import replacing


def fill_disk(path: Path) -> None:
    """Write half of a file, and no more."""
    with replacing(path) as beside:
        beside.write_text("ne")
        Path("/dev/full").write_text("w")


def test_a_file_has_its_new_content_once_it_is_whole(tmp_path: Path) -> None:
    """Until then, whoever reads it sees the old one."""
    path = tmp_path / "record.json"
    path.write_text("old")
    with replacing(path) as beside:
        beside.write_text("new")
        assert path.read_text() == "old"
    assert path.read_text() == "new"
    assert list(tmp_path.iterdir()) == [path]


def test_a_file_stays_as_it_was_if_its_writer_fails(tmp_path: Path) -> None:
    """And the next one isn't kept from writing by what was left."""
    path = tmp_path / "record.json"
    path.write_text("old")
    with pytest.raises(OSError, match="No space left"):
        fill_disk(path)
    assert path.read_text() == "old"
    with replacing(path) as beside:
        beside.write_text("new")
    assert path.read_text() == "new"


def test_an_error_names_the_file(tmp_path: Path) -> None:
    """Also one of the machine's that doesn't say where it happened, as that of a full disk."""
    path = tmp_path / "record.json"
    with pytest.raises(OSError, match="No space left") as raised:
        fill_disk(path)
    assert raised.value.filename == str(path)
