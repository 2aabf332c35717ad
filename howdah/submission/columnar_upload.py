"""A file that has its rows in columns on its way into the store."""

from collections.abc import Callable
from pathlib import Path

from howdah.inputs.input_file import InputFile
from howdah.jobs.layout import INPUT
from howdah.jobs.stored_input import Input
from howdah.submission.counted_text import HashedBytes, NoRecordsError
from howdah.submission.stored_bytes import ended_on_error, link_to, open_part
from mr.columnar.footer import Footer
from mr.storage.part_file import Sink

__all__ = ["store_columnar"]

READ_BYTES = 1 << 20


def store_columnar(
    source: InputFile,
    footer: Footer,
    stored: str,
    sink: Sink | None,
    link: Path | None,
    progress: Callable[[int], None],
) -> Input:
    """Copy the file into ``sink``, or link to it or leave it where it is, unread; what it has, its
    footer says. Raises NoRecordsError for one without rows."""
    if not footer.rows:
        raise NoRecordsError(f"{source.name} has columns and no rows",
                             hint="there is nothing to score in it")  # fmt: skip
    size, sha256 = source.size or 0, ""
    if sink:
        with source.open() as stream:
            part = open_part(source, stream, sink, f"{INPUT}/{stored}", padded=False, as_text=False)

            def each(data: bytes) -> None:
                part.write(data)
                progress(len(data))

            reader = HashedBytes(stream, b"", each)
            with ended_on_error(part):
                while reader.read(READ_BYTES):
                    pass
                part.close()
        size, sha256 = reader.bytes, reader.sha256.hexdigest()
    else:
        progress(size)
    if link:
        link_to(source, link)
    return Input(
        name=source.recorded_name,
        stored=stored,
        bytes=size,
        sha256=sha256,
        lines=footer.rows,
        path="" if sink else source.path,
        modified=source.modified,
        cuts=tuple(group.start for group in footer.groups[1:]),
        footer=footer.sha256,
    )
