"""What a model requires, as its user states it: names of packages, each with its exact version."""

import codecs
import re
from collections.abc import Iterator
from pathlib import Path

from howdah.errors import UsageError

__all__ = ["is_release", "normalised", "read_requirements"]

NAME = r"[A-Za-z0-9](?:[A-Za-z0-9._-]*[A-Za-z0-9])?"
# of PEP 440, without local versions, which are builds of another index
VERSION = r"v?(?:\d+!)?\d+(?:\.\d+)*(?:(?:a|b|rc)\d+)?(?:\.post\d+)?(?:\.dev\d+)?"
PIN = re.compile(rf"({NAME})\s*==\s*({VERSION})", re.IGNORECASE)
BEGINNING = re.compile(rf"{NAME}(?=$|[\s\[=<>!~@;])")
PASSWORD = re.compile(r"//[^/@\s]*@")
FILE_SUFFIXES = (".txt", ".in", ".lock", ".toml", ".yaml", ".yml")
ENCODINGS = {codecs.BOM_UTF16_LE: "utf-16", codecs.BOM_UTF16_BE: "utf-16"}  # of PowerShell
LONGEST_FILE = 1 << 20
IMPORTED_AS = {"sklearn": "scikit-learn", "pil": "pillow", "cv2": "opencv-python", "yaml": "pyyaml"}
EXAMPLE = "--requires 'scikit-learn==1.5.2, xgboost==2.1.4', or a file with such lines"
ANOTHER_INDEX = ("--index-url", "-i ", "--extra-index-url", "--find-links", "-f ", "--trusted-host")


def read_requirements(words: str) -> tuple[str, ...]:
    """The requirements in ``words`` (``scikit-learn==1.5.2, xgboost==2.1.4``), or in the file that
    has this path, one a line: each as ``name==version``, its name as indexes spell it.

    Raises UsageError for anything else that pip would take, with what to write instead; of several
    such lines, all are named.
    """
    found: dict[str, str] = {}
    for place, (name, version) in _pins(words):
        if found.setdefault(name, version) != version:
            raise UsageError(
                f"{name} is required twice, as {found[name]} and as {version}",
                hint="state the one that the model was made with",
                where=place,
            )
    if not found:
        raise UsageError(f"{words.strip() or 'nothing'} states no package", hint=EXAMPLE)
    return tuple(f"{name}=={version}" for name, version in found.items())


def _pins(words: str) -> list[tuple[str, tuple[str, str]]]:
    """Each requirement's name and version, after the place where it is."""
    pins, refused = [], []
    for place, stated in _stated(words):
        try:
            pins.append((place, _pin(place, stated)))
        except UsageError as error:
            refused.append((place, error))
    if not refused:
        return pins
    (_, first), *others = refused
    if not others:
        raise first
    places = dict.fromkeys(place.rpartition(", line ")[2] for place, _ in others)
    more = f"lines {', '.join(places)}" if ", line " in first.where else f"{len(others)} more"
    raise UsageError(
        f"{first.message}; nor can {more} be taken"[:1000],
        hint=f"{first.hint}. What the model doesn't need can be left out",
        where=first.where,
    )


def normalised(name: str) -> str:
    """A distribution's name as indexes spell it (PEP 503)."""
    return re.sub(r"[-_.]+", "-", name).lower()


def is_release(version: str) -> bool:
    """Whether it can be the version of a release; whatever else a requirement has is no version."""
    return re.fullmatch(VERSION, version, re.IGNORECASE) is not None


def _stated(words: str) -> Iterator[tuple[str, str]]:
    """Each requirement, after the place where it is."""
    path = Path(words.strip())
    if "\n" not in words and len(words) < 4096 and words.strip() and path.is_file():
        for number, line in enumerate(_lines(path), 1):
            if line:
                yield f"{path}, line {number}", line
        return
    is_path = "/" in words or words.strip().endswith(FILE_SUFFIXES)
    if is_path and "==" not in words and "://" not in words:
        raise UsageError(f"{words.strip()}: there is no such file", hint="is the name right?")
    for piece in re.split(r"[,\n]", words):
        several = piece.split()
        if len(several) > 1 and all(PIN.fullmatch(each) for each in several):
            yield from (("--requires", each) for each in several)
        elif stripped := _without_comment(piece):
            yield "--requires", stripped


def _lines(path: Path) -> Iterator[str]:
    """The lines of a requirements file without comments; one that goes on is put together, and
    empty ones follow, so that numbers stay those of the file."""
    with path.open("rb") as file:
        data = file.read(LONGEST_FILE + 1)
    encoding = next((name for bom, name in ENCODINGS.items() if data.startswith(bom)), "utf-8-sig")
    try:
        text = data.decode(encoding)
    except UnicodeDecodeError:
        text = "\0"
    if "\0" in text or len(data) > LONGEST_FILE:
        raise UsageError(f"{path} is no requirements file: it isn't text", hint=EXAMPLE)
    begun, continued = "", 0
    for line in text.splitlines():
        if _without_comment(line).endswith("\\"):
            begun, continued = f"{begun}{_without_comment(line)[:-1]} ", continued + 1
            continue
        yield _without_comment(begun + line)
        yield from [""] * continued
        begun, continued = "", 0
    yield _without_comment(begun)


def _without_comment(line: str) -> str:
    return re.sub(r"(^|\s)#.*", "", line).strip()


def _pin(place: str, stated: str) -> tuple[str, str]:
    """The name and the version of a requirement; UsageError for one that is none."""
    pinned = PIN.fullmatch(stated)
    if not pinned:
        why, instead = _refusal(stated)
        shown = PASSWORD.sub("//…@", stated)
        shown = shown if len(shown) <= 100 else f"{shown[:99]}…"
        raise UsageError(f"{place}: {shown} {why}", hint=instead, where=place)
    name, version = normalised(pinned[1]), pinned[2].lower().removeprefix("v")
    if name in IMPORTED_AS:
        raise UsageError(
            f"{place}: {pinned[1]} is what the package {IMPORTED_AS[name]} is imported as",
            hint=f"{IMPORTED_AS[name]}=={version}",
            where=place,
        )
    if name == "python":
        raise UsageError(
            f"{place}: a model runs with the Python that Howdah runs with; it can't be required",
            hint="leave it out",
            where=place,
        )
    return name, version


def _refusal(stated: str) -> tuple[str, str]:
    """Why something is no requirement that can be met, and what to write instead."""
    beginning = BEGINNING.match(stated)
    name = normalised(beginning[0]) if beginning else "NAME"
    version = re.search(rf"==\s*({VERSION})(?=$|[\s;+])", stated)
    pin = f"{name}=={version[1] if version else 'VERSION'}"
    if stated.startswith(("-r", "-c", "--requirement", "--constraint")):
        return "is another file's name", "put that file's lines in its place"
    if stated.startswith(ANOTHER_INDEX):
        return "names an index", "leave it out: pip's own settings say which index is asked"
    if stated.startswith(("-e", "--editable")) or "://" in stated or re.search(r"\s@\s", stated):
        return "is a place and no release", f"{pin}, a release that the package index has"
    if "--hash" in stated:
        return "has hashes", f"{pin}: the index is asked for them"
    if stated.startswith("-"):
        return "is an option", "leave it out"
    if ";" in stated:
        return "depends on a condition", f"{pin}, if it is needed here; else leave it out"
    if stated.endswith((".whl", ".gz", ".zip")) or stated.startswith((".", "/", "~")):
        return "is a file", "NAME==VERSION, a release that the package index has"
    if "[" in stated:
        return "asks for an extra", f"{pin}, and what the extra needs, each with its version"
    if version and "+" in stated:
        return "is a build that the package index doesn't have", pin
    if re.search(r"[<>~!*]|===|,", stated):
        return "is no exact version", f"{pin}, the one that the model was made with (pip freeze)"
    if re.fullmatch(rf"{NAME}\s*=\s*{VERSION}(=\S+)?", stated):
        return "is conda's spelling", re.sub(r"\s*=\s*", "==", stated, count=1).split("=py")[0]
    if beginning and beginning[0] == stated:
        return "has no version", f"{pin}, the one that the model was made with (pip freeze)"
    return "is no package with its exact version", EXAMPLE
