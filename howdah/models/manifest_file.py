"""Writes a manifest as a model's ``model.toml``."""

import json
from dataclasses import fields
from pathlib import Path
from typing import Any

from mr.models.manifest import Manifest
from mr.spec import MODEL_FILE

__all__ = ["as_toml", "write_manifest"]


def write_manifest(manifest: Manifest, folder: Path) -> None:
    """Write ``model.toml`` into the model's folder."""
    (folder / MODEL_FILE).write_text(as_toml(manifest), "utf-8")


def as_toml(manifest: Manifest) -> str:
    """The manifest as TOML, tables last; one that it doesn't have is left out."""
    lines, tables = [], []
    for field in fields(Manifest):
        value = getattr(manifest, field.name)
        if isinstance(value, dict):
            tables += ["", f"[{field.name}]"]
            tables += [f"{_value(name)} = {_value(each)}" for name, each in value.items()]
        elif value is not None:
            lines.append(f"{field.name} = {_value(value)}")
    return "\n".join(lines + tables) + "\n"


def _value(value: Any) -> str:
    """JSON's strings, numbers and lists are TOML's, too, but for DEL and surrogates' escapes."""
    return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")
