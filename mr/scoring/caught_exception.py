"""What a model has raised: what is told of it, and what tells which records it was raised for."""

from dataclasses import dataclass

__all__ = ["CaughtException"]


@dataclass(frozen=True)
class CaughtException:
    """An exception of the model: the name of its class, ``kind``, and its message, ``words``."""

    kind: str
    words: str

    @classmethod
    def of(cls, error: BaseException) -> "CaughtException":
        """Without the traceback, which would keep the features."""
        try:
            words = str(error)
        except Exception as worse:  # a model may have exceptions of its own
            words = f"and its text raised {type(worse).__name__}"
        return cls(type(error).__name__, words)
