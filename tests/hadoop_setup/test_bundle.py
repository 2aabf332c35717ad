"""The jars that Hadoop is made of are pinned, every one."""

import re
import xml.etree.ElementTree as ElementTree

from howdah.cluster.configuration import read_variables
from howdah.settings import SETUP

BUNDLE = SETUP / "bundle"
MAVEN = {"maven": "http://maven.apache.org/POM/4.0.0"}


def locked() -> dict[str, str]:
    """Return each locked file's name with its sha256."""
    lines = (BUNDLE / "jars.lock").read_text().splitlines()
    return {name: digest for digest, name in (line.split() for line in lines)}


def asked_for() -> list[str]:
    """Return the file names of the artifacts that the pom names itself."""
    pom = ElementTree.parse(BUNDLE / "pom.xml")
    names = []
    for dependency in pom.findall("maven:dependencies/maven:dependency", MAVEN):
        parts = [dependency.findtext(f"maven:{part}", None, MAVEN)
                 for part in ("artifactId", "version", "classifier")]  # fmt: skip
        names.append("-".join(part for part in parts if part) + ".jar")
    return names


def test_every_artifact_of_the_pom_is_in_the_lock() -> None:
    """What is asked for by name has a checksum."""
    assert set(asked_for()) <= locked().keys()


def test_every_artifact_of_the_pom_has_the_version_of_the_settings() -> None:
    """The streaming jar's name, which comes from the settings, is a file that gets installed."""
    version = read_variables(SETUP / "inventory" / "local")["hadoop_version"]
    assert f"hadoop-streaming-{version}.jar" in asked_for()
    assert all(f"-{version}" in name for name in asked_for())


def test_every_lock_line_is_a_sha256_and_a_jar() -> None:
    """The lock is what sha256sum --check reads."""
    assert len(locked()) > 100
    for name, digest in locked().items():
        assert name.endswith(".jar")
        assert re.fullmatch("[0-9a-f]{64}", digest)


def test_the_agent_is_locked_in_the_version_of_the_settings() -> None:
    """What shows a daemon's metrics is fetched, verified and installed under one name."""
    pom = ElementTree.parse(BUNDLE / "pom.xml")
    (item,) = pom.iterfind(".//maven:artifactItem", MAVEN)
    name, version = (
        item.findtext(f"maven:{part}", "", MAVEN) for part in ("artifactId", "version")
    )
    digest, locked_name = (BUNDLE / "agent.lock").read_text().split()
    assert version == read_variables(SETUP / "inventory" / "local")["jmx_exporter_version"]
    assert locked_name == f"{name}-{version}.jar"
    assert re.fullmatch("[0-9a-f]{64}", digest)
