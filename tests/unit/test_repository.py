"""The repository keeps its own promises."""

import re
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest

MAX_FILE_LINES = 400
MAX_STATEMENTS = 40
MAX_COMPLEXITY = 10
QUICK_START_LINES = 8

GENERATED = {"web/wire.ts"}
"""Written by a committed script, so their length is nobody's choice."""

WEB_HOSTS = {"localhost", "127.0.0.1", "[::1]", "www.w3.org"}
"""This machine, and the names of XML namespaces, which nothing fetches."""

VAGUE_NAMES = re.compile(r"(Manager|Helper|Utils?)(?![a-z])")
ADDRESS = re.compile(r"\b(?:https?|wss?)://([^/\s\"'`<>)?#]+)")
LOADED_WITHOUT_SCHEME = re.compile(r"(?:src|href|url)\s*[=(]\s*[\"']?//([^/\s\"')]+)")

ROOT = Path(__file__).resolve().parents[2]


def ours(*suffixes: str) -> Iterator[str]:
    """Paths under version control or about to be, with one of the suffixes."""
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard", "-z"],
        cwd=ROOT,
        check=True,
        capture_output=True,
        text=True,
    )
    for path in sorted(set(listed.stdout.split("\0"))):
        if path.endswith(suffixes) and (ROOT / path).is_file():
            yield path


def text_of(path: str) -> str:
    return (ROOT / path).read_text(encoding="utf-8")


def test_no_source_file_is_longer_than_400_lines() -> None:
    long = {
        path: lines
        for path in ours(".py", ".pyi", ".pyx", ".pxd", ".ts")
        if path not in GENERATED and (lines := len(text_of(path).splitlines())) > MAX_FILE_LINES
    }
    assert long == {}


def test_generated_files_are_exempt_only_while_they_say_so() -> None:
    for path in GENERATED & set(ours(".ts")):
        assert "generated" in text_of(path)[:400].lower()


def test_the_linter_holds_functions_short_and_simple() -> None:
    lint = tomllib.loads(text_of("pyproject.toml"))["tool"]["ruff"]["lint"]
    assert lint["select"] == ["ALL"]
    assert lint["pylint"]["max-statements"] <= MAX_STATEMENTS
    assert lint["mccabe"]["max-complexity"] <= MAX_COMPLEXITY
    assert not {"PLR0915", "C901"} & {
        rule for rules in [lint["ignore"], *lint["per-file-ignores"].values()] for rule in rules
    }


def test_no_function_asks_to_be_exempt_from_length_or_complexity() -> None:
    exempt = re.compile(r"# noqa: [A-Z0-9, ]*(?:PLR0915|C901)")
    assert [path for path in ours(".py") if exempt.search(text_of(path))] == []


def test_each_lint_exception_has_a_reason() -> None:
    block = text_of("pyproject.toml").partition("[tool.ruff.lint]")[2]
    block = block.partition("[tool.ruff.lint.mccabe]")[0]
    lines = block.splitlines()
    unexplained = [
        line
        for line in lines
        if re.match(r'\s*(?:"[A-Z]+\d*",|"[^"]+" = \[.*\])', line) and "#" not in line
    ]
    assert unexplained == []


def test_classes_and_files_are_not_named_vaguely() -> None:
    classes = re.compile(r"^\s*(?:export )?(?:abstract )?class (\w+)", re.MULTILINE)
    vague = []
    for path in ours(".py", ".ts"):
        stem = "".join(part.title() for part in Path(path).stem.split("_"))
        names = [stem, *classes.findall(text_of(path))]
        vague += [f"{path}: {name}" for name in names if VAGUE_NAMES.search(name)]
    assert vague == []


def test_nothing_is_left_to_do_in_a_comment() -> None:
    left = re.compile(r"\b(?:" + "|".join(["TO" + "DO", "FIX" + "ME", "XX" + "X"]) + r")\b")
    assert [p for p in ours(".py", ".pyx", ".ts", ".css", ".html") if left.search(text_of(p))] == []


def test_pages_name_no_foreign_host() -> None:
    foreign = []
    for path in ours(".ts", ".html", ".css", ".svg", ".webmanifest"):
        if not path.startswith("web/"):
            continue
        content = text_of(path)
        hosts = ADDRESS.findall(content)
        if not path.endswith(".ts"):
            hosts += LOADED_WITHOUT_SCHEME.findall(content)
        foreign += [
            f"{path}: {host}"
            for host in hosts
            # A host that starts with an expression is computed from where the page came from.
            if not host.startswith("${") and re.sub(r":\d+$", "", host) not in WEB_HOSTS
        ]
    assert foreign == []


def test_locks_name_only_the_public_registry() -> None:
    python = set(re.findall(r'registry = "([^"]+)"', text_of("uv.lock")))
    assert python == {"https://pypi.org/simple"}
    assert "--index" not in text_of("constraints.txt")
    for path in ours("package-lock.json"):
        assert '"resolved": "http' not in text_of(path)


def test_constraints_repeat_the_lock() -> None:
    packages = tomllib.loads(text_of("uv.lock"))["package"]
    # One name may be locked to several versions, for several versions of Python.
    locked = {(package["name"], package.get("version")) for package in packages}
    exported = re.findall(r"^([\w.-]+)==([^\s;]+)", text_of("constraints.txt"), re.MULTILINE)
    assert len(exported) > 40
    assert set(exported) <= locked


def make_targets() -> set[str]:
    return set(re.findall(r"^([a-z]+):", text_of("Makefile"), re.MULTILINE))


@pytest.mark.parametrize("path", ["README.md", "CONTRIBUTING.md"])
def test_every_make_target_in_the_documents_exists(path: str) -> None:
    named = set(re.findall(r"`make ([a-z]+)|^make ([a-z]+)", text_of(path), re.MULTILINE))
    targets = {target for pair in named for target in pair if target}
    assert targets
    assert targets <= make_targets()


def test_the_makefile_offers_what_is_promised() -> None:
    promised = {"demo", "serve", "test", "check", "bench", "soak", "clean", "setup"}
    assert promised <= make_targets()


def test_continuous_integration_calls_make_test_only() -> None:
    commands = [
        line
        for line in text_of(".ci/run").splitlines()
        if line and not line.startswith(("#", "set ", "cd "))
    ]
    assert commands == ["exec make test"]
    assert (ROOT / ".ci/run").stat().st_mode & 0o111


def test_the_quick_start_is_quick() -> None:
    quick_start = text_of("README.md").partition("## Quick start")[2]
    block = re.search(r"```\w*\n(.*?)```", quick_start, re.DOTALL)
    assert block
    assert 1 <= len(block[1].splitlines()) <= QUICK_START_LINES


def test_links_between_documents_lead_somewhere() -> None:
    broken = []
    for path in ours(".md"):
        folder = (ROOT / path).parent
        for target in re.findall(r"\]\(([^)#\s]+)(?:#[^)]*)?\)", text_of(path)):
            if not target.startswith(("http:", "https:", "mailto:")):
                broken += [] if (folder / target).exists() else [f"{path}: {target}"]
    assert broken == []


def test_no_function_is_too_long_or_too_complex() -> None:
    linted = subprocess.run(
        [sys.executable, "-m", "ruff", "check", "--select", "PLR0915,C901", "--quiet", "."],
        cwd=ROOT,
        check=False,
        capture_output=True,
        text=True,
    )
    assert linted.returncode == 0, linted.stdout + linted.stderr


def test_every_condition_has_a_text_in_both_languages() -> None:
    told = re.compile(r'(?:Condition\(\s*id=|onditions\.set\(\s*)"([\w.]+)"')
    ids = {
        found
        for path in ours(".py")
        if not path.startswith("tests/")
        for found in told.findall(text_of(path))
    }
    assert len(ids) > 8
    text = text_of("web/text/conditions.ts")
    texts = set(re.findall(r'^  "([\w.]+)": both\(', text, re.MULTILINE))
    assert ids - texts == set()
