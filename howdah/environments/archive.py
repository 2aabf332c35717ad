"""The archive of an environment: a tar.gz that the same folder of packages always makes.

It is written and read as a stream of bytes, so that none has to be kept on this machine's disk.
"""

import os
import tarfile
import zlib
from collections.abc import Iterator
from pathlib import Path, PurePosixPath

from howdah.errors import IntegrityError

__all__ = ["archive_chunks", "unpack"]

LEVEL = 1  # what takes longer saves little of machine code
GZIP = 31  # zlib's word for a gzip header; the time in it is 0
CHUNK = 1 << 20
TIME = 1_000_000_000  # of every file, in seconds since 1970
# of a compiled module that is used whatever the time of its source
UNCHECKED = (1).to_bytes(4, "little")
LARGEST_RATIO = 100  # of what is unpacked to the archive


def archive_chunks(packages: Path) -> Iterator[bytes]:
    """The bytes of the archive of a folder of packages: its files by name, without their times and
    owners, and of compiled modules those alone that the building of an environment makes."""
    packer = zlib.compressobj(LEVEL, zlib.DEFLATED, GZIP)
    for piece in _members(packages):
        if packed := packer.compress(piece):
            yield packed
    yield packer.flush()


def unpack(archive: Path, folder: Path) -> None:
    """Make ``folder`` of an archive's files, readable by all; raise IntegrityError for one that has
    anything but folders and files below it."""
    folder.mkdir()
    folder.chmod(0o755)
    left = archive.stat().st_size * LARGEST_RATIO
    try:
        with tarfile.open(archive, "r:gz") as members:
            for member in members:
                left -= member.size
                target = folder / _name(member)
                if left < 0 or not (member.isdir() or member.isreg()) or target.exists():
                    raise _unfit(archive, f"{member.name} can't be a package's file")
                if member.isdir():
                    target.mkdir()
                    target.chmod(0o755)
                else:
                    _write(members, member, target)
    except (tarfile.TarError, zlib.error, EOFError, FileNotFoundError, NotADirectoryError) as error:
        raise _unfit(archive, str(error)) from None


def _members(packages: Path) -> Iterator[bytes]:
    """The bytes of the tar file."""
    for folder, folders, files in os.walk(packages):
        folders.sort()
        names = [(name, True) for name in folders] + [(name, False) for name in sorted(files)]
        for name, is_folder in names:
            path = Path(folder, name)
            if is_folder or _belongs(path):
                yield _header(path, packages, is_folder=is_folder)
            if not is_folder and _belongs(path):
                yield from _content(path)
    yield bytes(2 * tarfile.BLOCKSIZE)


def _belongs(path: Path) -> bool:
    """Whether a file is a package's, or compiled when the environment was built."""
    if path.suffix != ".pyc" or path.parent.name != "__pycache__":
        return True
    with path.open("rb") as file:
        return file.read(8)[4:] == UNCHECKED


def _header(path: Path, packages: Path, *, is_folder: bool) -> bytes:
    info = tarfile.TarInfo(path.relative_to(packages).as_posix())
    info.mtime = TIME
    info.mode = 0o755
    if is_folder:
        info.type = tarfile.DIRTYPE
    else:
        info.size = path.stat().st_size
        info.mode = 0o755 if path.stat().st_mode & 0o100 else 0o644
    return info.tobuf(tarfile.GNU_FORMAT, "utf-8", "surrogateescape")


def _content(path: Path) -> Iterator[bytes]:
    """A file's bytes, up to the end of a block."""
    size = 0
    with path.open("rb") as file:
        while chunk := file.read(CHUNK):
            size += len(chunk)
            yield chunk
    yield bytes(-size % tarfile.BLOCKSIZE)


def _name(member: tarfile.TarInfo) -> PurePosixPath:
    name = PurePosixPath(member.name)
    if name.is_absolute() or ".." in name.parts or not name.parts:
        raise tarfile.TarError(f"{member.name} is outside of it")
    return name


def _write(members: tarfile.TarFile, member: tarfile.TarInfo, target: Path) -> None:
    content = members.extractfile(member)
    assert content
    with content, target.open("xb") as file:
        while chunk := content.read(CHUNK):
            file.write(chunk)
        os.fchmod(file.fileno(), 0o755 if member.mode & 0o100 else 0o644)


def _unfit(archive: Path, why: str) -> IntegrityError:
    return IntegrityError(
        f"{archive.name} is no archive of an environment: {why}",
        hint="whoever put it there knows; without it, the environment is made again from its lock",
    )
