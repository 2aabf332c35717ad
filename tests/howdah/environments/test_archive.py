"""Archives of environments: the same bytes from the same packages, and nothing but packages."""

import hashlib
import io
import os
import py_compile
import tarfile
from pathlib import Path

import pytest

from howdah.environments.archive import archive_chunks, unpack
from howdah.errors import IntegrityError

UNCHECKED = py_compile.PycInvalidationMode.UNCHECKED_HASH


@pytest.fixture
def packages(tmp_path: Path) -> Path:
    """A package with a compiled module, a program, and a file that is longer than a chunk."""
    folder = tmp_path / "packages"
    (folder / "churn" / ("long" * 40)).mkdir(parents=True)
    (folder / "churn" / "__init__.py").write_text("NAME = 'churn'\n")
    py_compile.compile(
        str(folder / "churn" / "__init__.py"), doraise=True, invalidation_mode=UNCHECKED
    )
    (folder / "churn" / ("long" * 40) / "größe.bin").write_bytes(os.urandom(3 << 20))
    (folder / "churn" / "program").write_text("#!/bin/sh\n")
    (folder / "churn" / "program").chmod(0o700)
    (folder / "empty").mkdir()
    return folder


def archive(packages: Path, path: Path) -> Path:
    path.write_bytes(b"".join(archive_chunks(packages)))
    return path


def content(folder: Path) -> dict[str, tuple[int, str]]:
    """The modes and digests of all that is in a folder, but for modules compiled by others."""
    return {
        str(path.relative_to(folder)): (
            path.stat().st_mode & 0o111,
            hashlib.sha256(path.read_bytes()).hexdigest() if path.is_file() else "",
        )
        for path in folder.rglob("*")
    }


def test_what_is_unpacked_is_what_was_packed(packages: Path, tmp_path: Path) -> None:
    """Readable by all, whatever the umask was; tar reads it, too."""
    packed = archive(packages, tmp_path / "packed.tar.gz")
    before = os.umask(0o077)
    try:
        unpack(packed, tmp_path / "unpacked")
    finally:
        os.umask(before)
    wanted = {name: digest for name, (_, digest) in content(packages).items()}
    found = content(tmp_path / "unpacked")
    assert {name: digest for name, (_, digest) in found.items()} == wanted
    assert found["churn/program"][0] == 0o111
    assert found["churn/__init__.py"][0] == 0
    assert (tmp_path / "unpacked" / "churn" / "__init__.py").stat().st_mode & 0o777 == 0o644
    with tarfile.open(packed) as members:
        assert sorted(members.getnames()) == sorted(wanted)


def test_the_same_packages_always_give_the_same_bytes(packages: Path, tmp_path: Path) -> None:
    """Whenever and by whomever they were installed, and whatever Python has compiled since."""
    first = b"".join(archive_chunks(packages))
    unpack(archive(packages, tmp_path / "packed.tar.gz"), tmp_path / "again")
    os.utime(tmp_path / "again" / "churn" / "__init__.py", (1, 1))
    (tmp_path / "again" / "empty").chmod(0o700)
    (tmp_path / "again" / "churn" / "other.py").write_text("")
    py_compile.compile(str(tmp_path / "again" / "churn" / "other.py"), doraise=True)
    (tmp_path / "again" / "churn" / "other.py").unlink()
    assert b"".join(archive_chunks(tmp_path / "again")) == first
    (tmp_path / "again" / "churn" / "__init__.py").write_text("NAME = 'other'\n")
    assert b"".join(archive_chunks(tmp_path / "again")) != first


def member(name: str, kind: bytes = tarfile.REGTYPE, link: str = "") -> tarfile.TarInfo:
    info = tarfile.TarInfo(name)
    info.type, info.linkname = kind, link
    return info


@pytest.mark.parametrize(
    "members",
    [
        [member("../outside.py")],
        [member("/tmp/howdah-outside.py")],
        [member("churn/../../outside.py")],
        [member("link", tarfile.SYMTYPE, "/tmp"), member("link/outside.py")],
        [member("hard", tarfile.LNKTYPE, "/etc/passwd")],
        [member("device", tarfile.CHRTYPE)],
        [member("pipe", tarfile.FIFOTYPE)],
        [member("twice.py"), member("twice.py")],
        [member("nowhere/a.py")],
    ],
)
def test_an_archive_of_anything_else_is_refused(
    members: list[tarfile.TarInfo], tmp_path: Path
) -> None:
    """Nothing is written outside of the folder, and nothing but files into it."""
    path = tmp_path / "hostile.tar.gz"
    with tarfile.open(path, "w:gz") as written:
        for each in members:
            written.addfile(each, io.BytesIO())
    with pytest.raises(IntegrityError, match=r"hostile.tar.gz is no archive of an environment"):
        unpack(path, tmp_path / "unpacked")
    assert {each.name for each in tmp_path.iterdir()} == {"hostile.tar.gz", "unpacked"}
    assert not any(each.is_symlink() for each in (tmp_path / "unpacked").rglob("*"))


def test_an_archive_that_grows_without_end_is_refused(tmp_path: Path) -> None:
    """Before the disk is full."""
    path = tmp_path / "grows.tar.gz"
    big = member("zeros.bin")
    big.size = 20 << 20
    with tarfile.open(path, "w:gz") as written:
        written.addfile(big, io.BytesIO(bytes(big.size)))
    with pytest.raises(IntegrityError, match="can't be a package's file"):
        unpack(path, tmp_path / "unpacked")


@pytest.mark.parametrize("data", [b"", b"no archive", None])
def test_what_is_no_archive_or_cut_off_is_told(
    data: bytes | None, packages: Path, tmp_path: Path
) -> None:
    """Whatever is in its place."""
    path = tmp_path / "cut.tar.gz"
    path.write_bytes(archive(packages, path).read_bytes()[:-3000] if data is None else data)
    with pytest.raises(IntegrityError, match="is no archive of an environment"):
        unpack(path, tmp_path / "unpacked")
