"""There is no way to hand in a face and ask whose it is: not over HTTP, not on a page, not inside."""

from __future__ import annotations

import ast
import inspect
from dataclasses import fields
from pathlib import Path

import auth_service
from auth_service.flows.find_duplicates import FindDuplicates
from auth_service.matching.duplicates import FaceScanner
from auth_service.web.services import Captures, Desk, Kiosk, Money, Services

PACKAGE = Path(auth_service.__file__).parent
SERVED = ("channels", "console", "web", "app.py")
SCANNING = (
    "auth_service.flows.find_duplicates",
    "auth_service.flows.duplicate_pairs",
    "auth_service.engines.face_scan",
    "auth_service.matching.duplicates",
    "auth_service.matching.population",
    "auth_service.storage.records.face_scans",
    "auth_service.wiring.duplicates",
)
MAY_SCAN = ("cli/duplicates.py", "wiring/duplicates.py", "wiring/serving.py", "flows/find_duplicates.py",
            "flows/duplicate_pairs.py")  # fmt: skip
"""Who may use the scan: the command, what builds it, the worker's list of jobs, and itself."""


def _modules(*places: str) -> list[Path]:
    roots = [PACKAGE / place for place in places]
    return [path for root in roots for path in (root.rglob("*.py") if root.is_dir() else [root])]


def _imported(path: Path) -> set[str]:
    found: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found |= {name.name for name in node.names}
        if isinstance(node, ast.ImportFrom) and node.module:
            found |= {node.module, *(f"{node.module}.{name.name}" for name in node.names)}
    return found


def test_nothing_that_is_served_knows_of_the_scan() -> None:
    served = _modules(*SERVED)
    assert len(served) > 50
    assert [path.name for path in served if _imported(path) & set(SCANNING)] == []
    words = ("face_scans", "find_duplicates", "FaceScan", "declare_kin")
    assert [path.name for path in served if any(word in path.read_text(encoding="utf-8") for word in words)] == []


def test_no_bundle_that_the_server_is_built_from_holds_it() -> None:
    for bundle in (Services, Captures, Desk, Kiosk, Money):
        assert [
            field.name for field in fields(bundle) if "Duplicate" in str(field.type) or "Scan" in str(field.type)
        ] == []


def test_only_the_command_and_the_worker_reach_the_scan() -> None:
    using = {
        str(path.relative_to(PACKAGE))
        for path in _modules(".")
        if "find_duplicates" in path.read_text(encoding="utf-8") or "FaceScan(" in path.read_text(encoding="utf-8")
    }
    assert using <= {*MAY_SCAN, "engines/face_scan.py"}


def test_the_scan_takes_no_face_from_outside() -> None:
    given = {
        name: set(inspect.signature(getattr(FindDuplicates, name)).parameters) - {"self"} for name in ("run", "if_due")
    }
    assert given == {"run": {"actor", "progress"}, "if_due": set()}
    public = {name for name in vars(FindDuplicates) if not name.startswith("_")}
    assert public == {"run", "if_due"}
    assert set(inspect.signature(FaceScanner.near).parameters) == {"self", "begin", "end", "floor"}, "places, no face"
