"""The first step of a record's way: each input read once, checked, counted and stored."""

from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from howdah.errors import UsageError
from howdah.hadoop.segmented_file import SEGMENT
from howdah.hadoop.store import SegmentSink
from howdah.inputs.input_file import STDIN, InputFile, display_name
from howdah.jobs.layout import INPUT
from howdah.jobs.stored_input import Input
from howdah.submission.columnar_upload import store_columnar
from howdah.submission.counted_text import CountedText, HashedBytes, NoRecordsError
from howdah.submission.packing import Pack, packable, read_small_ones
from howdah.submission.record_counter import settle_cuts
from howdah.submission.stored_bytes import ended_on_error, is_large, link_to, open_part
from mr.counting.tally import TextWatcher
from mr.records.split import CHUNK
from mr.storage.part_file import Sink

__all__ = ["store_input", "store_inputs"]

READ_BYTES = 1 << 20
SMALL_FILE = 8 << 20  # such files take round trips rather than bandwidth
UPLOADS_AT_ONCE = 4
SHOWN = 3  # of several notes of a kind


@dataclass
class _Storing:
    """What has been stored so far, and the pack that small files are added to."""

    inputs: list[Input] = field(default_factory=list)
    files: list[tuple[str, int, str]] = field(default_factory=list)  # name, bytes, SHA-256
    empty: list[NoRecordsError] = field(default_factory=list)
    pack: Pack | None = None

    def add(self, stored: Input) -> None:
        self.close_pack()
        self.inputs.append(stored)
        self.files.append((stored.name, stored.bytes, stored.footer or stored.sha256))

    def close_pack(self) -> None:
        if self.pack:
            stored, files = self.pack.close()
            self.pack = None
            self.inputs.append(stored)
            self.files += [(file.name, file.bytes, file.sha256) for file in files]

    def notes(self) -> list[str]:
        """What people are told."""
        same = _same_files(self.files)
        return [*_shown([f"{error.message}: it is left out" for error in self.empty]), *same]


def store_inputs(
    sources: Sequence[InputFile],
    sink: Sink,
    *,
    links: Path | None,
    header: bool,
    delimiter: str = "",
    whole: bool = False,
    watcher: TextWatcher | None = None,
    index: Callable[[str], Path] | None = None,
    note: Callable[[str], None] = lambda _: None,
    progress: Callable[[int], None],
) -> tuple[Input, ...]:
    """Store ``sources`` under numbered names, small ones a few at once or, if ``index`` gives the
    file of this machine that is to tell of a stored one's files, together; files become links in
    the folder ``links`` if one is given, and those of HDFS stay where they are. Large ones and
    texts are padded for tasks that read them in chunks, if no other is among them; ``whole`` files
    aren't. ``delimiter``: what is between the fields of a table that may be quoted, if they are
    such. ``watcher`` is given the texts, ``note`` what people should know.
    Raises as ``store_input`` does, but for inputs without records if others have some."""
    columnar = any(source.footer for source in sources)
    together = packable(sources) if index and not (whole or columnar) else set[int]()
    padded = (
        not (whole or columnar)
        and isinstance(sink, SegmentSink)
        and _can_be_chunks(sources, together)
    )
    digits = max(5, len(str(len(sources))))
    places = {source.path: number for number, source in reversed([*enumerate(sources)])}

    def name_of(number: int, *, as_text: bool) -> str:
        return f"{number:0{digits}d}.txt{'' if as_text else sources[number].suffix}"

    def store(number: int, progress: Callable[[int], None]) -> Input:
        source = sources[number]
        as_text = not whole and (source.must_be_stored or (padded and not is_large(source)))
        name = name_of(number, as_text=as_text)
        # a file's parts are named after it: of one that is given twice, one is a copy
        stays = source.path and (whole or places[source.path] == number)
        link = links / name if links and source.name != STDIN else None
        return store_input(
            source,
            name,
            None if not as_text and (link or stays) else sink,
            link=None if as_text else link,
            header=header,
            delimiter=delimiter,
            padded=padded,
            whole=whole,
            watcher=watcher,
            as_text=as_text,
            progress=progress,
        )

    done = _Storing()
    with ThreadPoolExecutor(UPLOADS_AT_ONCE) as pool:
        small: dict[int, Future[Input]] = {
            number: pool.submit(store, number, lambda _: None)
            for number, source in enumerate(sources)
            if number not in together and source.size is not None and source.size <= SMALL_FILE
        }
        texts = read_small_ones(
            [sources[number] for number in sorted(together)],
            header=header,
            delimiter=delimiter,
            stands_alone=watcher.stands_alone if watcher else None,
        )
        try:
            for number in range(len(sources)):
                text = next(texts) if number in together else None
                if isinstance(text, NoRecordsError):
                    done.empty.append(text)
                elif text is not None:
                    if done.pack and not done.pack.has_room(text):
                        done.close_pack()
                    if done.pack is None:
                        assert index
                        name = name_of(number, as_text=True)
                        done.pack = Pack(sink, name, index(name), watcher, padded=padded)
                    done.pack.add(text)
                    progress(text.bytes)
                else:
                    try:
                        if number in small:
                            done.add(small[number].result())
                            progress(done.inputs[-1].bytes)
                        else:
                            done.add(store(number, progress))
                    except NoRecordsError as error:
                        if whole:
                            raise
                        done.empty.append(error)
            done.close_pack()
        except BaseException:
            if done.pack:
                with suppress(Exception):  # a file still being written would outlive its removal
                    done.pack.abort()
            raise
        finally:
            texts.close()
            pool.shutdown(cancel_futures=True)  # nothing comes into the store after an error
    if not done.inputs:
        raise done.empty[0]
    for told in done.notes():
        note(told)
    return settle_cuts(done.inputs)


def store_input(
    source: InputFile,
    stored: str,
    sink: Sink | None,
    *,
    link: Path | None = None,
    header: bool = False,
    delimiter: str = "",
    padded: bool = False,
    whole: bool = False,
    watcher: TextWatcher | None = None,
    as_text: bool = False,
    progress: Callable[[int], None],
) -> Input:
    """Read ``source`` to its end into ``sink``, or its text if it is stored ``as_text`` (or link to
    it, or leave it where it is), and say what was read.

    Raises UsageError for a compressed file that is cut off or damaged, for lines too long to
    be records and for a text without any; OSError if the store doesn't take every byte.
    """
    if source.footer:
        return store_columnar(source, source.footer, stored, sink, link, progress)
    name = display_name(source.name)
    header = header and not source.columns
    counted = CountedText(name, delimiter, header=header, whole=whole)
    counter = counted.counter
    with source.open() as stream:
        part = (
            open_part(source, stream, sink, f"{INPUT}/{stored}", padded, as_text) if sink else None
        )

        def each(data: bytes) -> None:
            if part and not as_text:
                part.write(data)
            progress(len(data))

        packed = HashedBytes(stream, source.head if source.name == STDIN else b"", each)
        reader = source.reader(packed, READ_BYTES)
        with ended_on_error(part):
            chunks = reader.chunks(with_mark=not as_text)
            text_bytes = 0
            for chunk in counted.read(chunks):
                text_bytes += len(chunk)
                if watcher:
                    watcher.add(stored, chunk)
                if part and as_text:
                    part.write(chunk)
            if part:
                if as_text and padded:
                    part.write(b"\n" * (-text_bytes % CHUNK))
                part.close()
    if source.path and packed.bytes != source.size:
        raise UsageError(f"{source.name} changed while it was read",
                         hint="submit it again once nothing writes to it")  # fmt: skip
    if link:
        link_to(source, link)
    return Input(
        name=source.recorded_name,
        stored=stored,
        bytes=packed.bytes,
        sha256=packed.sha256.hexdigest(),
        lines=counter.lines,
        breaks=counter.breaks,
        cuts=() if source.suffix and not as_text else counter.cuts,
        bom=counter.bom,
        header=header,
        padded=padded,
        whole=whole,
        path="" if sink else source.path,
        modified=source.modified,
        blank_lines=counted.blank_lines,
        text_bytes=text_bytes if as_text else None,
        skipped=reader.skipped,
        skipped_lines=source.form.skip_lines,
        encoding=source.form.encoding,
    )


def _can_be_chunks(sources: Sequence[InputFile], together: set[int]) -> bool:
    """Whether all that is stored may be padded, and is enough to make it worth while."""
    if any(source.path for source in sources):
        return False
    sizes = [source.size or 0 for source in sources]
    return sum(sizes) > SEGMENT and all(
        number in together or source.must_be_stored or is_large(source)
        for number, source in enumerate(sources)
    )


def _same_files(files: Iterable[tuple[str, int, str]]) -> list[str]:
    """Which files have the content of an earlier one."""
    first: dict[tuple[int, str], int] = {}
    names: list[str] = []
    again = []
    for place, (name, size, sha256) in enumerate(files):
        names.append(name)
        known = first.setdefault((size, sha256), place)
        if known != place:
            same = "given twice" if name == names[known] else f"{names[known]} again"
            again.append(f"{name} is {same}: its records count twice")
    return _shown(again)


def _shown(notes: list[str]) -> list[str]:
    more = [f"… and {len(notes) - SHOWN:,} more"] if len(notes) > SHOWN else []
    return notes[:SHOWN] + more
