"""Pickles, joblib's files among them: which libraries, in which versions, have made them."""

import re
from collections.abc import Iterable
from pathlib import Path

from howdah.errors import HowdahError, ModelError, UsageError
from howdah.models.provenance.byte_stream import (
    FEWEST_INSTRUCTIONS,
    UNREADABLE,
    ByteStream,
    open_unpacked,
)
from howdah.models.provenance.libraries import distribution_of, is_standard
from howdah.models.provenance.pickle_scan import scan_pickle
from howdah.models.provenance.pickle_stack import PickleContents
from howdah.models.provenance.provenance import Provenance

__all__ = ["provenance_of_names", "read_pickle", "scan_file"]

# numpy 1.26 has these, so that it can load arrays of numpy 2: numpy 1.26.1's release notes
IN_OLD_NUMPY = re.compile(r"numpy\._core(\.(_?multiarray(_umath)?|umath|_dtype|_internal))?")
BYTE_CODE = {
    "CodeType", "code", "_make_function", "_make_skel_func", "_fill_function", "_builtin_type",
    "_make_skeleton_class", "_create_code", "_create_function",
}  # fmt: skip
BYTE_CODE_OF = re.compile(r"(types|builtins|__builtin__|new|cloudpickle|dill)(\..*)?")
NOTEBOOK = "__main__"
# What no model has a use for when it is loaded: programs that are started, files that go
HARMFUL = re.compile(
    r"(os|posix|nt)\.(system|popen|exec\w+|spawn\w+|posix_spawnp?|fork\w*|kill|killpg|remove"
    r"|removedirs|unlink|rmdir|truncate)"
    r"|(subprocess|_posixsubprocess|commands|popen2|pty|runpy)\.\w+"
    r"|shutil\.(rmtree|move)"
)
EMBEDDED = {"torch": "PyTorch", "tensorflow": "TensorFlow", "keras": "Keras"}


def read_pickle(path: Path) -> Provenance:
    """What a pickle refers to; nothing of it is loaded.

    Raises ModelError for a damaged file, UsageError for one that can't be loaded elsewhere.
    """
    contents, is_at_end = scan_file(path)
    _refuse_harmful(path, contents.names)
    found = provenance_of_names(path, "joblib", contents.names, contents.versions)
    own = {*found.modules, *(one for one in contents.modules if _is_own(one))}
    libraries = dict.fromkeys(filter(None, map(distribution_of, contents.modules)))
    notes = [] if is_at_end else ["there is more in the file than its first object: never loaded"]
    return Provenance(
        "joblib",
        path,
        libraries={**libraries, **found.libraries},
        several=found.several,
        modules=tuple(sorted(own)),
        byte_code=_has_byte_code(contents.names),
        oldest_numpy=_oldest_numpy(module for module, _ in contents.names),
        notes=tuple(notes),
    )


def scan_file(path: Path) -> tuple[PickleContents, bool]:
    """What is in the file's first pickle, and whether nothing follows it."""
    contents = PickleContents()
    try:
        with open_unpacked(path) as file:
            stream = ByteStream(file, max(FEWEST_INSTRUCTIONS, 8 * path.stat().st_size))
            scan_pickle(stream, contents)
            return contents, stream.is_at_end()
    except HowdahError as error:
        raise type(error)(f"{path}: {error.message}", hint=error.hint) from None
    except UNREADABLE as error:
        raise ModelError(
            f"{path} is damaged, or not whole: {error}", hint="copy it again, or save it again"
        ) from None


def provenance_of_names(
    path: Path,
    format: str,
    names: Iterable[tuple[str, str]],
    versions: dict[str, set[str]],
) -> Provenance:
    """Of modules and names that a file refers to, and versions that it states."""
    names = list(names)
    _refuse_notebook(path, names)
    modules = {module for module, _ in names}
    libraries: dict[str, str | None] = dict.fromkeys(
        sorted({name for module in modules if (name := distribution_of(module))})
    )
    several = {name: tuple(sorted(all_)) for name, all_ in versions.items() if len(all_) > 1}
    for name, all_ in versions.items():
        libraries[name] = next(iter(all_)) if len(all_) == 1 else None
    own = tuple(sorted(filter(_is_own, modules)))
    for module in own:
        if (top := module.partition(".")[0]) in EMBEDDED:
            raise UsageError(
                f"{path} holds a model of {EMBEDDED[top]}, which Howdah doesn't run",
                hint="export it as ONNX: bin/models add NAME model.onnx",
            )
    return Provenance(format, path, libraries, several, own)


def _is_own(module: str) -> bool:
    return not is_standard(module) and distribution_of(module) is None


def _refuse_notebook(path: Path, names: Iterable[tuple[str, str]]) -> None:
    """What was defined in a notebook or a script is in no module that could be loaded."""
    defined = sorted(name for module, name in names if module == NOTEBOOK)
    if defined:
        raise UsageError(
            f"{path} needs {', '.join(defined)}, defined in a notebook or script (__main__): the"
            " file has no more of that than the name",
            hint="put it into a module of its own (steps.py), import it from there, fit and save"
            " the model again, and add it with --code steps.py",
        )


def _refuse_harmful(path: Path, names: Iterable[tuple[str, str]]) -> None:
    """UsageError for what is written to do something else than to make a model. This isn't all
    that a pickle can do: what isn't found isn't harmless."""
    called = sorted(name for name in map(".".join, names) if HARMFUL.fullmatch(name))
    if called:
        raise UsageError(
            f"{path} refers to {', '.join(called)[:200]}, which no model needs when it is loaded:"
            " it would start programs, remove files or run code. Nothing of it was loaded",
            hint="ask who made it; don't load it anywhere else either",
        )


def _has_byte_code(names: Iterable[tuple[str, str]]) -> bool:
    """Functions by value, as cloudpickle and dill save those that can't be imported."""
    return any(
        (name in BYTE_CODE and BYTE_CODE_OF.fullmatch(module))
        or (module, name) == ("marshal", "loads")
        for module, name in names
    )


def _oldest_numpy(modules: Iterable[str]) -> str:
    """The oldest numpy that can load what numpy 2 has made; empty for what any can load."""
    of_two = [one for one in modules if one == "numpy._core" or one.startswith("numpy._core.")]
    if not of_two:
        return ""
    return "1.26.1" if all(map(IN_OLD_NUMPY.fullmatch, of_two)) else "2.0.0"
