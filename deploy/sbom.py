"""Writes the bill of materials (CycloneDX 1.6): every locked package and every known weights file, with hashes.

    make sbom            -> dist/auth-service.cdx.json

cyclonedx-py reads the lock; this adds who needs what (from the lock's `# via`), licences (from the installed packages)
and the weights, and takes out addresses and texts of the machine. The same lock gives the same bytes.
"""

from __future__ import annotations

import json
import re
import subprocess
import sys
import tomllib
import uuid
from collections import defaultdict
from importlib import metadata
from pathlib import Path
from typing import Any, cast

from cyclonedx.schema import SchemaVersion
from cyclonedx.validation.json import JsonStrictValidator

ROOT = Path(__file__).resolve().parents[1]
LOCK = ROOT / "requirements.lock"
ITSELF = "auth-service"
_PINNED = re.compile(r"^([a-z0-9][a-z0-9._-]*)==", re.IGNORECASE)
_VIA = re.compile(r"^    #(?: via)?\s+(?:via\s+)?([A-Za-z0-9._-]+)(?:\s+\(pyproject\.toml\))?\s*$")


def bill() -> dict[str, Any]:
    """The whole document."""
    document = _from_lock()
    root = document["metadata"]["component"]
    refs: dict[str, list[str]] = defaultdict(list)  # several versions of one package: for different Pythons
    for component in document["components"]:
        refs[component["name"]].append(component["purl"])
    document["components"] = sorted(map(_plain, document["components"]), key=lambda one: str(one["bom-ref"]))
    weights = _weights()
    document["components"] += weights
    root["bom-ref"] = f"pkg:generic/{ITSELF}@{root['version']}"
    needs = _needs()
    direct = sorted({ref for name in needs.pop(ITSELF, ()) for ref in refs[name]} | {one["bom-ref"] for one in weights})
    document["dependencies"] = [{"ref": root["bom-ref"], "dependsOn": direct}] + [
        {"ref": ref, "dependsOn": sorted(other for needed in needs.get(name, ()) for other in refs[needed])}
        for name, versions in sorted(refs.items())
        for ref in versions
    ]
    tools = [{"type": "application", "name": "cyclonedx-py", "version": metadata.version("cyclonedx-bom")}]
    document["metadata"]["tools"] = {"components": tools}
    content = json.dumps(document, sort_keys=True)
    document["serialNumber"] = f"urn:uuid:{uuid.uuid5(uuid.NAMESPACE_URL, content)}"
    return document


def _from_lock() -> dict[str, Any]:
    options = ["--pyproject", str(ROOT / "pyproject.toml"), "--output-reproducible", "--short-PURLs"]
    command = [
        sys.executable,
        "-W",
        "ignore",
        "-m",
        "cyclonedx_py",
        "requirements",
        str(LOCK),
        *options,
        "--sv",
        "1.6",
        "--no-validate",
        "-o",
        "-",
    ]
    done = subprocess.run(command, capture_output=True, text=True, check=True)  # noqa: S603 - our own words
    return cast("dict[str, Any]", json.loads(done.stdout))


def _plain(component: dict[str, Any]) -> dict[str, Any]:
    """One package, with the hashes of its files and its licence; no address of a registry."""
    hashes = [digest for reference in component["externalReferences"] for digest in reference.get("hashes", ())]
    found = {
        "type": component["type"],
        "bom-ref": component["purl"],
        "name": component["name"],
        "version": component["version"],
        "purl": component["purl"],
        "externalReferences": [{"type": "distribution", "url": component["purl"], "hashes": hashes}],
    }
    licence = _licence(component["name"], component["version"])
    return {**found, "licenses": [licence]} if licence else found


def _licence(name: str, version: str) -> dict[str, Any] | None:
    """As the installed package declares it; None where another platform's package is not installed here."""
    try:
        about = metadata.metadata(name)
    except metadata.PackageNotFoundError:
        return None
    if about["Version"] != version:
        return None
    if expression := about.get("License-Expression"):
        return {"expression": expression}
    classifiers = [
        value.rpartition(" :: ")[2] for value in about.get_all("Classifier", []) if value.startswith("License ::")
    ]
    told = ", ".join(sorted(set(classifiers))) or (about.get("License") or "").splitlines()[:1]
    text = told if isinstance(told, str) else "".join(told)
    return {"license": {"name": text}} if text.strip() else None


def _needs() -> dict[str, set[str]]:
    """Who needs whom: package -> packages, and `auth-service` -> direct ones."""
    needs: dict[str, set[str]] = defaultdict(set)
    current = ""
    for line in LOCK.read_text(encoding="utf-8").splitlines():
        if pinned := _PINNED.match(line):
            current = pinned[1]
        elif via := _VIA.match(line):
            needs[via[1]].add(current)
        elif line.startswith("    #") and f"{ITSELF} (pyproject.toml" in line:
            needs[ITSELF].add(current)
    return dict(needs)


def _weights() -> list[dict[str, Any]]:
    """The weights that a service may use, by digest; they are installed apart (auth-service models install)."""
    manifest = tomllib.loads((ROOT / "models" / "manifest.toml").read_text(encoding="utf-8"))
    return [
        {
            "type": "machine-learning-model",
            "bom-ref": f"weights:{name}",
            "name": name,
            "version": entry["sha256"][:12],
            "description": entry["source"],
            "hashes": [{"alg": "SHA-256", "content": entry["sha256"]}],
            "licenses": [{"license": {"name": entry["licence"]}}],
        }
        for name, entry in sorted(manifest["weights"].items())
    ]


def main() -> None:
    """Writes the file named on the command line, once it has proved valid."""
    out = Path(sys.argv[1])
    text = json.dumps(bill(), indent=1, sort_keys=True, ensure_ascii=False) + "\n"
    fault = JsonStrictValidator(SchemaVersion.V1_6).validate_str(text)
    if fault is not None:
        sys.exit(f"not a valid CycloneDX document: {fault}")
    out.parent.mkdir(parents=True, exist_ok=True)
    out.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
