"""What is said where a model's file can't be loaded."""

import pytest

from howdah.models.load_errors import loading_error

LIBRARIES = {"scikit-learn": "1.2.2", "numpy": "1.24.2"}


@pytest.mark.parametrize(
    ("kind", "words", "said", "hint"),
    [
        ("ModuleNotFoundError", "No module named 'numpy._core'", "saved with numpy 2", "numpy==2"),
        ("ModuleNotFoundError", "No module named 'sklearn.foo'", "scikit-learn 1.2.2 doesn't have",
         "--requires 'scikit-learn=="),
        ("ModuleNotFoundError", "No module named 'steps'", "the module steps", "--code steps.py"),
        ("AttributeError", "Can't get attribute 'f' on <module '__main__' (built-in)>",
         "in a notebook or a script", "a module of its own"),
        ("ValueError", "node array from the pickle has an incompatible dtype:", "its trees",
         "--requires 'scikit-learn=="),
        ("OSError", "libgomp.so.1: cannot open shared object file", "libgomp.so.1", "libgomp1"),
        ("RuntimeError", "something else", "RuntimeError: something else", "pip freeze"),
    ],
)  # fmt: skip
def test_it_names_the_library_and_what_to_try(kind: str, words: str, said: str, hint: str) -> None:
    error = loading_error(kind, words, LIBRARIES)
    assert said in error.message
    assert hint in str(error.hint)
