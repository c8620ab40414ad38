"""The plan of the house: what imports what, and that everything is pinned."""

import ast
from pathlib import Path

import pytest
from django.conf import settings

ROOT = Path(settings.BASE_DIR)

# What each package may not import; by the end of a name all that is below it is meant.
FORBIDDEN = {
    "hub": ("bench",),
    "whatsapp": ("api", "dashboard", "hub", "bench"),
    "api": ("dashboard", "whatsapp.session", "whatsapp.simulator", "bench"),
    "dashboard": ("hub", "whatsapp.session", "whatsapp.simulator", "bench"),
    "bench": ("api", "dashboard", "tests", "whatsapp.models", "whatsapp.ingest", "whatsapp.session"),
    "whatsapp/ingest": ("whatsapp.session", "whatsapp.simulator"),
    "whatsapp/models": ("whatsapp.session", "whatsapp.simulator", "whatsapp.ingest"),
    "whatsapp/simulator": ("whatsapp.models", "whatsapp.ingest", "whatsapp.actions", "whatsapp.events"),
}


def imports_of(path: Path) -> set[str]:
    names: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            names |= {node.module, *(f"{node.module}.{alias.name}" for alias in node.names)}
    return names


def modules(folder: str) -> list[Path]:
    return sorted((ROOT / folder).rglob("*.py"))


@pytest.mark.parametrize("package", FORBIDDEN)
def test_imports_point_one_way(package: str) -> None:
    assert modules(package)
    wrong = [
        f"{path.relative_to(ROOT)} imports {name}"
        for path in modules(package)
        for name in imports_of(path)
        for forbidden in FORBIDDEN[package]
        if name == forbidden or name.startswith(forbidden + ".")
    ]
    assert wrong == []


def test_only_the_session_and_the_simulator_load_neonize() -> None:
    allowed = {ROOT / "whatsapp/session", ROOT / "whatsapp/simulator"}
    wrong = [
        str(path.relative_to(ROOT))
        for folder in ("hub", "api", "dashboard", "whatsapp")
        for path in modules(folder)
        if any(name.split(".")[0] == "neonize" for name in imports_of(path))
        and not allowed & set(path.parents)
    ]
    assert wrong == []


@pytest.mark.parametrize(
    "name", ["requirements.txt", "requirements-s3.txt", "requirements-dev.txt", "constraints.txt"]
)
def test_every_dependency_is_pinned(name: str) -> None:
    lines = [line.partition("#")[0].strip() for line in (ROOT / name).read_text().splitlines()]
    required = [line for line in lines if line and not line.startswith("-")]
    assert required
    assert [line for line in required if "==" not in line] == []


def test_every_dependency_says_why_it_is_there() -> None:
    for name in ("requirements.txt", "requirements-s3.txt", "requirements-dev.txt"):
        lines = [line for line in (ROOT / name).read_text().splitlines() if "==" in line]
        assert [line for line in lines if "  #" not in line] == []
