"""What must be in a wheel and in a source distribution, and what must not."""

from __future__ import annotations

import base64
import csv
import email
import hashlib
import io
import os
import re
import subprocess
import tarfile
import tomllib
import zipfile
from collections.abc import Iterable, Mapping
from pathlib import Path, PurePosixPath

from hatch_build import VARIABLE, absolute
from tools.dist_report import DistError

ROOT = Path(__file__).resolve().parent.parent
NAME = "pollinations-contract"
FILE = NAME.replace("-", "_")
CLIENT, SUITE = "pollinations_client", "pollinations_conformance"
PACKAGES = {CLIENT: f"generated/{CLIENT}", SUITE: f"conformance/{SUITE}"}
CONTRACT = "openapi.yaml"
BESIDE = ("conformance/", "generated/")  # folders that the source distribution holds as a whole
LOOSE = (
    CONTRACT,
    "CHANGELOG.md",
    "LICENSE",
    "README.md",
    "pyproject.toml",
    ".gitignore",
    "hatch_build.py",
)
BASE_REQUIREMENTS = {"attrs", "httpx"}

UNWANTED = re.compile(
    r"(^|/)(tests?|typing_tests|benchmarks|__pycache__|\.git|\.github|\.venv|node_modules"
    r"|(?<!pollinations_conformance/)reports|\.[a-z_]+_cache|\.hypothesis|\.schemathesis)(/|$)"
    r"|\.(pyc|pyo|orig|rej|swp|log|har|pem|key|env)$|(^|/)(\.DS_Store|\.env|conftest\.py)$"
)
MACHINE_PATH = re.compile(rb"(?:/(?:home|Users|root)/|[A-Z]:\\Users\\)[\w.-]+")
SECRET = re.compile(
    rb"\b[sp]k_[A-Za-z0-9]{20,}|\bgh[pousr]_[A-Za-z0-9]{30,}|\bpypi-[\w-]{40,}|\bAKIA[A-Z0-9]{16}\b"
    rb"|-----BEGIN [A-Z ]*PRIVATE KEY"
)
NO_SECRET = {
    b"sk_ThisIsNotAKeyOfAnybodyAtAll00000"
}  # says so itself; the suite tries it on servers


def tracked(root: Path) -> list[str]:
    """List the files under version control that are there.

    Raises:
        DistError: the folder is no checkout.
    """
    done = subprocess.run(
        ["git", "-C", str(root), "ls-files", "-z"], capture_output=True, check=False
    )
    if done.returncode:
        raise DistError(
            f"{root} is not a git checkout, which defines what belongs into the packages"
        )
    names = done.stdout.decode().split("\0")
    return [name for name in names if name and (root / name).is_file()]


def version(root: Path) -> str:
    """Read the version from the contract.

    Raises:
        DistError: it has none.
    """
    text = (root / CONTRACT).read_text(encoding="utf-8")
    found = re.search(r"^info:\n(?:  .*\n)*?  version: (\S+)$", text, re.MULTILINE)
    if found is None:
        raise DistError(f"{CONTRACT}: info.version is missing")
    return found[1]


def wheel_files(root: Path, names: Iterable[str]) -> dict[str, str]:
    """Return which file of the checkout belongs to which name in the wheel, metadata aside."""
    found = {f"{SUITE}/{CONTRACT}": CONTRACT}
    for name in names:
        for package, folder in PACKAGES.items():
            if name.startswith(f"{folder}/"):
                found[f"{package}/{name.removeprefix(f'{folder}/')}"] = name
    found[f"{FILE}-{version(root)}.dist-info/licenses/LICENSE"] = "LICENSE"
    return found


def check_wheel(wheel: Path, root: Path, names: Iterable[str]) -> dict[str, list[str]]:
    """Look into a wheel.

    Args:
        wheel: the file.
        root: the checkout it was built from.
        names: the checkout's files under version control.

    Returns:
        The problems found, by what was looked at; empty lists where there are none.
    """
    info = f"{FILE}-{version(root)}.dist-info"
    made = {f"{info}/{name}" for name in ("METADATA", "WHEEL", "RECORD", "entry_points.txt")}
    try:
        with zipfile.ZipFile(wheel) as archive:
            content = {
                item.filename: archive.read(item)
                for item in archive.infolist()
                if not item.is_dir()
            }
    except (OSError, zipfile.BadZipFile) as error:
        return {"wheel: files": [f"{wheel.name} cannot be read: {error}"]}
    same = content.get(f"{SUITE}/{CONTRACT}") == (root / CONTRACT).read_bytes()
    return {
        "wheel: contract": [] if same else [f"{SUITE}/{CONTRACT} is not {CONTRACT}, byte for byte"],
        "wheel: files": compare(content, wheel_files(root, names), made, root),
        "wheel: nothing unwanted": unwanted(content, root),
        "wheel: type markers": [
            f"{package}/py.typed is missing"
            for package in PACKAGES
            if f"{package}/py.typed" not in content
        ],
        "wheel: metadata": check_metadata(content.get(f"{info}/METADATA", b""), root),
        "wheel: RECORD": check_record(content, f"{info}/RECORD"),
    }


def check_sdist(sdist: Path, root: Path, names: Iterable[str]) -> dict[str, list[str]]:
    """Look into a source distribution; see `check_wheel`."""
    top = f"{FILE}-{version(root)}"
    content: dict[str, bytes] = {}
    odd: list[str] = []
    try:
        with tarfile.open(sdist) as archive:
            for item in archive:
                path = PurePosixPath(item.name)
                data = archive.extractfile(item) if item.isreg() else None
                if (
                    path.parts[0] != top
                    or ".." in path.parts
                    or (data is None and not item.isdir())
                ):
                    odd.append(f"{item.name} does not lie below {top}/, or is no plain file")
                elif data is not None:
                    content[path.relative_to(top).as_posix()] = data.read()
    except (OSError, tarfile.TarError, EOFError) as error:
        return {"sdist: files": [f"{sdist.name} cannot be read: {error}"]}
    wanted = {name: name for name in names if name.startswith(BESIDE) or name in LOOSE}
    return {
        "sdist: files": odd + compare(content, wanted, {"PKG-INFO"}, root),
        "sdist: nothing unwanted": unwanted(content, root),
        "sdist: metadata": check_metadata(content.get("PKG-INFO", b""), root),
    }


def compare(
    content: Mapping[str, bytes], wanted: Mapping[str, str], made: set[str], root: Path
) -> list[str]:
    """Compare an archive with the checkout: nothing missing, nothing more, the same bytes."""
    return [
        *(f"{name} is missing" for name in sorted((wanted.keys() | made) - content.keys())),
        *(
            f"{name} is not under version control"
            for name in sorted(content.keys() - wanted.keys() - made)
        ),
        *(
            f"{name} differs from {source}"
            for name, source in sorted(wanted.items())
            if name in content and content[name] != (root / source).read_bytes()
        ),
    ]


def unwanted(content: Mapping[str, bytes], root: Path) -> list[str]:
    """Find tests, caches, paths of a machine and secrets."""
    here = {str(folder).encode() for folder in (root, Path.home()) if len(folder.parts) > 2}
    key = os.environ.get("POLLINATIONS_API_KEY", "").encode()
    problems: list[str] = []
    for name, data in sorted(content.items()):
        if UNWANTED.search(name):
            problems.append(f"{name} does not belong into a distribution")
        path = MACHINE_PATH.search(data)
        if path or any(folder in data for folder in here):
            problems.append(f"{name} holds a path of a machine{_line(data, path)}")
        secret = next((m for m in SECRET.finditer(data) if m[0] not in NO_SECRET), None)
        if secret or (key and key in data):  # which is not shown
            problems.append(f"{name} holds what looks like a secret{_line(data, secret)}")
    return problems


def _line(data: bytes, found: re.Match[bytes] | None) -> str:
    return f", line {data.count(10, 0, found.start()) + 1}" if found else ""


def check_metadata(data: bytes, root: Path) -> list[str]:
    """Compare METADATA or PKG-INFO with pyproject.toml, README.md and the contract."""
    project = tomllib.loads((root / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    found = email.message_from_bytes(data)
    extras = project["optional-dependencies"]
    wanted = {
        "Name": [NAME],
        "Version": [version(root)],
        "Summary": [project["description"]],
        "License-Expression": [project["license"]],
        "License-File": ["LICENSE"],
        "Requires-Python": [project["requires-python"]],
        "Description-Content-Type": ["text/markdown"],
        "Provides-Extra": list(extras),
    }
    problems = [
        f"{name} is {', '.join(found.get_all(name, [])) or 'missing'}, not {', '.join(values)}"
        for name, values in wanted.items()
        if found.get_all(name, []) != values
    ]
    stated = found.get_all("Requires-Dist", [])
    base = {requirement_name(text) for text in stated if ";" not in text}
    if base != BASE_REQUIREMENTS:
        problems.append(f"the client requires {', '.join(sorted(base)) or 'nothing'}")
    for extra, requirements in extras.items():
        has = {requirement_name(text) for text in stated if f"extra == '{extra}'" in text}
        if has != {requirement_name(text) for text in requirements}:
            problems.append(f"the extra {extra} requires {', '.join(sorted(has)) or 'nothing'}")
    readme = (root / "README.md").read_text(encoding="utf-8")
    if url := os.environ.get(VARIABLE, "").rstrip("/"):
        readme = absolute(readme, url, f"v{version(root)}")
    body = data.replace(b"\r\n", b"\n").partition(b"\n\n")[2].decode("utf-8", "replace")
    if body.strip() != readme.strip():
        problems.append("the description is not README.md")
    return problems


def requirement_name(text: str) -> str:
    """Return the name that a requirement begins with."""
    found = re.match(r"[\w.-]+", text)
    return re.sub(r"[-_.]+", "-", found[0]).lower() if found else text


def check_record(content: Mapping[str, bytes], record: str) -> list[str]:
    """Check the hash and size of every file in a wheel's RECORD."""
    rows = list(csv.reader(io.StringIO(content.get(record, b"").decode("utf-8", "replace"))))
    problems = [f"the row {','.join(row)} has not three columns" for row in rows if len(row) != 3]
    said = {row[0]: (row[1], row[2]) for row in rows if len(row) == 3}
    for name, data in sorted(content.items()):
        digest = base64.urlsafe_b64encode(hashlib.sha256(data).digest()).rstrip(b"=").decode()
        right = ("", "") if name == record else (f"sha256={digest}", str(len(data)))
        if said.get(name) != right:
            problems.append(
                f"{name} is not as RECORD lists it" if name in said else f"{name} is unlisted"
            )
    return problems + [f"{name} is listed, and absent" for name in sorted(said.keys() - content)]


def check_release(tag: str, root: Path) -> list[str]:
    """Compare a tag with the version and the changelog."""
    problems: list[str] = []
    number = version(root)
    if tag != f"v{number}":
        problems.append(f"the tag is {tag}; for version {number} it is v{number}")
    heading = re.search(
        r"^## (.*)$", (root / "CHANGELOG.md").read_text(encoding="utf-8"), re.MULTILINE
    )
    if heading is None or heading[1].split()[0] != number or "unreleased" in heading[1]:
        said = heading[1] if heading else "missing"
        problems.append(
            f"the first heading of CHANGELOG.md is '{said}'; write '## {number} (date)'"
        )
    if changed := changes(root):
        more = f" and {len(changed) - 5} more" if len(changed) > 5 else ""
        problems.append(f"not committed: {', '.join(changed[:5])}{more}")
    if not os.environ.get(VARIABLE):
        problems.append(
            f"{VARIABLE} is not set: the README's links would lead nowhere; set it to the project's URL"
        )
    return problems


def changes(root: Path) -> list[str]:
    """List what differs from the last commit."""
    command = ["git", "-C", str(root), "status", "--porcelain", "--untracked-files=all"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    return [line[3:] for line in done.stdout.splitlines()]
