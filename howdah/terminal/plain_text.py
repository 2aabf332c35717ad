"""Texts from files of others', which may hold what controls a terminal."""

__all__ = ["printable"]


def printable(text: str) -> str:
    """The text, with a mark in place of each character that moves a cursor, colours or clears."""
    return "".join(each if each.isprintable() or each in "\n\t" else "\ufffd" for each in text)
