"""Check what is installed, without network: pinned, consistent, and under licences this project can live with.

Whether a version has known holes can't be told offline: ``pip-audit -r constraints.txt`` asks for that where
there is a network.
"""

from __future__ import annotations

import re
import sys
import tomllib
from collections.abc import Iterator, Mapping
from importlib.metadata import Distribution, PackageNotFoundError, distribution
from pathlib import Path
from typing import Any

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from packaging.version import Version

ROOT = Path(__file__).parent.parent
PROJECT, EXTRA = "govreport-pipeline", "dev"


def main() -> None:
    """Print what is wrong; exit status 1 if anything is."""
    found, problems = closure(PROJECT)
    pins = read_pins(ROOT / "constraints.txt")
    licences = tomllib.loads((ROOT / "scripts" / "licences.toml").read_text(encoding="utf-8"))
    for name, package in sorted(found.items()):
        problems += [f"{name}: {problem}" for problem in check(name, package, pins, licences)]
    for problem in problems:
        print(f"audit: {problem}", file=sys.stderr)
    print(f"{len(found)} packages: {len(problems)} problems")
    raise SystemExit(bool(problems))


def closure(project: str) -> tuple[dict[str, Distribution], list[str]]:
    """Every installed package the project needs, however far down; and requirements that aren't met."""
    found: dict[str, Distribution] = {}
    problems: list[str] = []
    waiting: list[tuple[str, frozenset[str]]] = [(project, frozenset({EXTRA}))]
    seen = set(waiting)
    while waiting:
        name, extras = waiting.pop()
        package = found[name] = distribution(name)
        for text in package.requires or ():
            need = Requirement(text)
            if need.marker and not any(need.marker.evaluate({"extra": extra}) for extra in ("", *extras)):
                continue
            below = canonicalize_name(need.name), frozenset(need.extras)
            try:
                version = distribution(below[0]).version
            except PackageNotFoundError:
                problems.append(f"{name} needs {need}, which is not installed")
                continue
            if not need.specifier.contains(version, prereleases=True):
                problems.append(f"{name} needs {need}, but {version} is installed")
            if below not in seen:
                seen.add(below)
                waiting.append(below)
    del found[project]
    return found, problems


def read_pins(path: Path) -> dict[str, str]:
    """Versions that ``constraints.txt`` pins, by canonical name."""
    pins = re.findall(r"^([A-Za-z0-9._-]+)==([^\s;]+)", path.read_text(encoding="utf-8"), re.MULTILINE)
    return {canonicalize_name(name): version for name, version in pins}


def check(name: str, package: Distribution, pins: Mapping[str, str], licences: Mapping[str, Any]) -> Iterator[str]:
    """What is wrong with one package."""
    installed = Version(package.version).public  # without +cpu
    if name not in pins:
        yield "not in constraints.txt; pin it, or run 'make constraints'"
    elif Version(pins[name]) != Version(installed):
        yield f"{installed} is installed, constraints.txt has {pins[name]}"
    named = licence(name, package, licences)
    if not named:
        yield "names no licence; look into its files and add it to scripts/licences.toml"
    elif not allowed(named, licences["allowed"]):
        yield f"licence {named} is not allowed; see scripts/licences.toml"


def licence(name: str, package: Distribution, licences: Mapping[str, Any]) -> str:
    """A package's licence as an SPDX expression, as far as its metadata tell it."""
    if name in licences["packages"]:
        return str(licences["packages"][name])
    fields = package.metadata
    if "License-Expression" in fields:
        return fields["License-Expression"]
    names: Mapping[str, str] = licences["names"]
    text = (fields.get_all("License") or [""])[0].strip().split("\n")[0]
    if allowed(names.get(text, text), licences["allowed"]):
        return names.get(text, text)
    classifiers = [line.rpartition(" :: ")[2] for line in fields.get_all("Classifier") or () if "License ::" in line]
    known = [names.get(line, line) for line in classifiers if line != "OSI Approved"]
    return " AND ".join(known) or text


def allowed(expression: str, names: list[str]) -> bool:
    """Whether every part of an SPDX expression is allowed, or one side of each OR.

    Examples
    --------
    >>> allowed("MIT AND (GPL-2.0-only OR MPL-1.1)", ["MIT", "MPL-1.1"]), allowed("GPL-3.0-only", ["MIT"])
    (True, False)
    """
    parts = re.split(r"\s+AND\s+", re.sub(r"[()]|\s+WITH\s+\S+", " ", expression).strip())
    return all(any(choice.strip() in names for choice in re.split(r"\s+OR\s+", part)) for part in parts)


if __name__ == "__main__":
    main()
