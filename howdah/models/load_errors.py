"""What it means where a model's file can't be loaded: which library it misses, what to try next."""

import re
from collections.abc import Callable, Mapping

from howdah.errors import ModelError

__all__ = ["loading_error"]

# modules whose names begin like this belong to a distribution, of which versions differ
DISTRIBUTIONS = {
    "sklearn": "scikit-learn",
    "numpy": "numpy",
    "scipy": "scipy",
    "pandas": "pandas",
    "xgboost": "xgboost",
    "lightgbm": "lightgbm",
    "catboost": "catboost",
    "joblib": "joblib",
    "skops": "skops",
    "onnxruntime": "onnxruntime",
}
OWN_MODULE = (
    "put what it names into a module of its own (churn_steps.py), import it from there, fit and"
    " save the model again; then bin/models add … --code churn_steps.py"
)

Explained = tuple[str, str] | None  # what failed, and what to do next
Libraries = Mapping[str, str]


def loading_error(kind: str, words: str, libraries: Libraries) -> ModelError:
    """The error for a file that raised ``kind`` (an exception's class) with ``words`` when it was
    loaded where these ``libraries`` are, versions by distribution."""
    versions = ", ".join(f"{name} {version}" for name, version in libraries.items())
    for explain in EXPLANATIONS:
        if found := explain(kind, words, libraries):
            what, hint = found
            return ModelError(f"the model can't be loaded with {versions}: {what}", hint=hint)
    return ModelError(
        f"the model can't be loaded with {versions}: {kind}: {words[:500]}",
        hint="load it where it was made and ask which versions are there (pip freeze), then state"
        " them: --requires 'scikit-learn==1.5.2, numpy==1.26.4'",
    )


def _missing_module(kind: str, words: str, libraries: Libraries) -> Explained:
    match = re.search(r"No module named '([\w.]+)'", words)
    if not match:
        return None
    module = match[1]
    if module.startswith("numpy._core"):
        return (
            f"it was saved with numpy 2, and numpy {_version('numpy', libraries)} is there",
            "--requires with numpy 2 and a scikit-learn that runs with it: --requires"
            " 'scikit-learn==1.5.2, numpy==2.0.2'",
        )
    top = module.partition(".")[0]
    distribution = DISTRIBUTIONS.get(top)
    if distribution and top != module and distribution in libraries:
        return (
            f"it names the module {module}, which {distribution} {libraries[distribution]} doesn't"
            " have: it was saved with another version",
            _requires(distribution),
        )
    if distribution:
        return (
            f"it needs {distribution}, which isn't there",
            _requires(distribution),
        )
    return (
        f"it needs the module {module}, which isn't there",
        f"if its maker wrote {top}: --code {top}.py, or its folder; if it is a package's:"
        f" --requires '{top}==VERSION' with the version that it was saved with, besides what was"
        " there",
    )


def _missing_attribute(kind: str, words: str, libraries: Libraries) -> Explained:
    match = re.search(
        r"Can't get attribute '([\w.]+)' on <module '([\w.]+)'"
        r"|module '([\w.]+)' has no attribute '([\w.]+)'"
        r"|cannot import name '([\w.]+)' from '([\w.]+)'",
        words,
    )
    if not match:
        return None
    name = match[1] or match[4] or match[5]
    module = match[2] or match[3] or match[6]
    if module == "__main__":
        return f"it names {name}, which was defined in a notebook or a script", OWN_MODULE
    distribution = DISTRIBUTIONS.get(module.partition(".")[0])
    if distribution:
        return (
            f"it names {module}.{name}, which {distribution}"
            f" {_version(distribution, libraries)} doesn't have",
            _requires(distribution),
        )
    return (
        f"it names {name} of {module}, and {module} has no {name}",
        f"give the {module} that it was saved with: --code {module.partition('.')[0]}.py",
    )


def _trees(kind: str, words: str, libraries: Libraries) -> Explained:
    if "incompatible dtype" not in words:
        return None
    return (
        f"its trees were saved with a scikit-learn that stores them otherwise than"
        f" {_version('scikit-learn', libraries)}",
        _requires("scikit-learn"),
    )


def _random_state(kind: str, words: str, libraries: Libraries) -> Explained:
    if "BitGenerator" not in words:
        return None
    return (
        f"it holds a random state that numpy {_version('numpy', libraries)} can't read: it was"
        " saved with another major version of numpy",
        "--requires with that version besides the others: --requires 'scikit-learn==1.5.2,"
        " numpy==2.0.2', or numpy==1.26.4",
    )


def _system_library(kind: str, words: str, libraries: Libraries) -> Explained:
    match = re.search(r"(lib[\w.+-]+\.so[\w.]*): cannot open shared object", words)
    if not match:
        return None
    package = {"libgomp.so.1": "libgomp1"}.get(match[1], "")
    hint = f"apt install {package}" if package else f"install the package that has {match[1]}"
    return f"a library of this machine is missing, {match[1]}", f"{hint}, on every worker, too"


def _damaged(kind: str, words: str, libraries: Libraries) -> Explained:
    if kind not in ("EOFError", "UnpicklingError", "BadZipFile", "zlib.error", "LZMAError"):
        return None
    return (
        f"its bytes aren't whole, or no model's ({kind}: {words[:200]})",
        "copy it again, in binary, and compare sizes: ls -l",
    )


def _byte_code(kind: str, words: str, libraries: Libraries) -> Explained:
    if (
        "code() argument" not in words
        and "code expected at" not in words
        and ("opcode" not in words or kind != "SystemError")
    ):
        return None
    return "it holds byte code of another Python", OWN_MODULE


def _exit(kind: str, words: str, libraries: Libraries) -> Explained:
    """A module that was written as a script ends Python, and so the command, without a word."""
    if kind != "SystemExit":
        return None
    return (
        f"a module that it imports ends Python when it is imported: sys.exit({words})",
        "in its maker's modules, put what belongs to a script below: if __name__ == '__main__':",
    )


def _own_file(kind: str, words: str, libraries: Libraries) -> Explained:
    """A library that can't read its own format."""
    distribution = {"XGBoostError": "xgboost", "LightGBMError": "lightgbm",
                    "CatBoostError": "catboost"}.get(kind)  # fmt: skip
    if distribution is None:
        return None
    version = _version(distribution, libraries)
    return (
        f"{distribution} {version} says: {words.strip().splitlines()[0][:300]}",
        _requires(distribution),
    )


def _version(distribution: str, libraries: Libraries) -> str:
    spelled = (distribution, f"{distribution}-cpu")  # XGBoost comes without what GPUs need
    return next((libraries[name] for name in spelled if name in libraries), "of there")


def _requires(distribution: str) -> str:
    version = {
        "scikit-learn": "1.5.2",
        "xgboost": "2.1.4",
        "lightgbm": "4.5.0",
        "catboost": "1.2.7",
        "numpy": "1.26.4",
        "pandas": "2.2.3",
        "onnxruntime": "1.20.1",
    }.get(distribution, "VERSION")
    return (
        f"state the version that it was saved with, such as --requires '{distribution}=={version}'"
    )


EXPLANATIONS: tuple[Callable[[str, str, Libraries], Explained], ...] = (
    _missing_module,
    _missing_attribute,
    _trees,
    _random_state,
    _system_library,
    _byte_code,
    _exit,
    _own_file,
    _damaged,
)
