"""The doctor: what a copy is, whether it was edited, and what a newer one changes for its users."""

from __future__ import annotations

import ast
import dataclasses
import functools
import io
import json
import os
import re
import shutil
import subprocess
import sys
import zipfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import redirect_stderr, redirect_stdout
from copy import deepcopy
from pathlib import Path
from typing import Any

import pytest

import pollinations_client
from generator import generate
from pollinations_client import doctor
from pollinations_conformance.contract import load

PACKAGE = Path(pollinations_client.__file__).parent
ROOT = Path(__file__).parents[2]

Json = dict[str, Any]


@pytest.fixture(autouse=True, scope="module")
def parse_once() -> Iterator[None]:
    """Read equal files and their functions once: copies are nearly the same again and again."""
    functions: Any = vars(doctor)["_functions"]
    found: dict[tuple[int, bool], Any] = {}

    def remembered(body: Sequence[ast.stmt], method: bool) -> Any:
        key = id(body), method  # of a file's tree, which stays
        if key not in found:
            found[key] = functions(body, method)
        return dict(found[key])

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(ast, "parse", functools.cache(ast.parse))
        patch.setattr(doctor, "_functions", remembered)
        yield


@pytest.fixture
def copied(tmp_path: Path) -> Path:
    """Return a copy under another name, in a package of its own."""
    folder = tmp_path / "app" / "_vendor" / "bees"
    shutil.copytree(PACKAGE, folder, ignore=shutil.ignore_patterns("__pycache__"))
    return folder


def run(
    command: list[str], path: Path | None = None, cwd: Path | None = None, **env: str
) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-B", *command],
        capture_output=True,
        text=True,
        check=False,
        cwd=cwd,
        timeout=60,
        env={"PYTHONPATH": str(path or PACKAGE.parent), **env},
    )


def start(copied: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Start the doctor of a copy as its user would."""
    return run(["-m", "app._vendor.bees.doctor", *arguments], copied.parents[2])


def examine(place: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run the doctor of this package on a copy, in this process."""
    out, error = io.StringIO(), io.StringIO()
    with redirect_stdout(out), redirect_stderr(error):
        try:
            code = doctor.main(
                [*(arguments if "--copy" in arguments else ("--copy", str(place), *arguments))]
            )
        except SystemExit as end:
            code = int(end.code or 0)
    return subprocess.CompletedProcess([], code, out.getvalue(), error.getvalue())


# --- what a copy is -----------------------------------------------------------------------------


def test_installed_client_says_what_it_is() -> None:
    done = run(["-m", "pollinations_client.doctor"])
    assert done.returncode == 0
    version = pollinations_client.__version__
    assert done.stdout.splitlines()[:4] == [
        f"client     pollinations-contract {version}, licence MIT",
        f"contract   {version}, sha256 {pollinations_client.__contract_sha256__}",
        f"API        {pollinations_client.__api_version__}",
        f"generator  openapi-python-client {generate.GENERATOR_VERSION}",
    ]
    assert done.stdout.splitlines()[4].endswith(", as generated")
    assert done.stderr == ""


def test_every_edit_is_named(copied: Path) -> None:
    assert start(copied).returncode == 0
    (copied / "client.py").write_text("mine = 1\n", encoding="utf-8")
    (copied / "models" / "voice.py").unlink()
    (copied / "models" / "mine.py").touch()
    (copied / "linked").symlink_to(copied.parent)
    done = start(copied)
    assert done.returncode == 1
    assert done.stdout.splitlines()[4:] == [
        f"files      {len(list_of(copied)['files'])}, not as generated:",
        "  edited   client.py",
        "  missing  models/voice.py",
        "  added    linked",
        "  added    models/mine.py",
    ]
    reasons_of = json.loads(start(copied, "--json").stdout)["copy"]
    assert reasons_of["edited"] == ["client.py"]
    assert reasons_of["missing"] == ["models/voice.py"]
    assert reasons_of["added"] == ["linked", "models/mine.py"]
    assert reasons_of["contract"] == list_of(copied)["contract"]


def list_of(copied: Path) -> Json:
    found: Json = json.loads((copied / "manifest.json").read_text(encoding="utf-8"))
    return found


def test_caches_and_rewritten_line_ends_are_no_edits(copied: Path) -> None:
    (copied / "models" / "__pycache__").mkdir()
    (copied / "models" / "__pycache__" / "voice.cpython-312.pyc").write_bytes(b"")
    for path in copied.rglob("*.py"):
        path.write_bytes(path.read_bytes().replace(b"\n", b"\r\n"))
    done = start(copied)
    assert (done.returncode, done.stderr) == (0, "")


def test_changed_line_ends_do_not_hide_an_edit(copied: Path) -> None:
    path = copied / "client.py"
    path.write_bytes(path.read_bytes().replace(b"\n", b"\r\n").replace(b"gen.", b"my."))
    assert start(copied).returncode == 1


def test_it_is_not_loaded_with_the_package_and_loads_no_library() -> None:
    reasons_of = run(
        [
            "-c",
            "import runpy, sys, pollinations_client as p\n"
            "p.Pollinations(api_key='k')\n"
            "assert 'pollinations_client.doctor' not in sys.modules\n"
            "before = set(sys.modules)\n"
            "sys.argv = ['doctor']\n"
            "try: runpy.run_module('pollinations_client.doctor', run_name='__main__')\n"
            "except SystemExit as end: assert end.code == 0\n"
            "loaded = {name.partition('.')[0] for name in set(sys.modules) - before}\n"
            "print(loaded - sys.stdlib_module_names)",
        ]
    )
    assert reasons_of.stdout.splitlines()[-1] == "set()", reasons_of.stderr


@pytest.mark.parametrize("options", [[], ["-I"], ["-P"], ["-O"]])
def test_it_can_be_started_as_a_file(copied: Path, options: list[str]) -> None:
    """Its folder has modules named `types` and `errors`, which must not be taken for others."""
    (copied / "__init__.py").write_text("<<<<<<< cannot be imported", encoding="utf-8")
    done = run([*options, str(copied / "doctor.py")], cwd=copied)
    assert done.returncode == 1, done.stderr
    assert "  edited   __init__.py" in done.stdout


def test_inside_an_archive_it_says_so(copied: Path, tmp_path: Path) -> None:
    archive = Path(shutil.make_archive(str(tmp_path / "app"), "zip", tmp_path, "app"))
    done = run(["-m", "app._vendor.bees.doctor"], archive)
    assert done.returncode == 2
    assert "is inside the archive app.zip; unpack it" in done.stderr
    assert done.stderr.count("\n") == 1
    done = run(["-m", "app._vendor.bees.doctor", "--copy", str(copied)], archive)
    assert done.returncode == 0


def without(*path: str) -> Callable[[Json], None]:
    def change(manifest: Json) -> None:
        inner = manifest
        for part in path[:-1]:
            inner = inner[part]
        del inner[path[-1]]

    return change


def naming(name: str, digest: str = "0" * 64) -> Callable[[Json], None]:
    def change(manifest: Json) -> None:
        manifest["files"][name] = digest

    return change


def empty(manifest: Json) -> None:
    manifest["files"] = {}


@pytest.mark.parametrize(
    "change",
    [
        without("contract"),
        without("contract", "version"),
        without("contract", "sha256"),
        without("generator", "name"),
        without("files"),
        without("distribution"),
        empty,
        naming("../outside.py"),
        naming("/outside.py"),
        naming("a//b.py"),
        naming("..\\outside.py"),
        naming("client.py", "no digest"),
    ],
)
def test_manifest_that_says_too_little_or_too_much_is_one_line(
    copied: Path, change: Callable[[Json], None]
) -> None:
    manifest = list_of(copied)
    change(manifest)
    (copied / "manifest.json").write_text(json.dumps(manifest), encoding="utf-8")
    done = examine(copied)
    assert (done.returncode, done.stdout) == (2, "")
    assert "its manifest.json is damaged" in done.stderr
    assert done.stderr.count("\n") == 1


@pytest.mark.parametrize("text", ["", "{", "[]", "null", '"text"', "[" * 100_000, "\udc80"])
def test_manifest_that_is_no_object_is_one_line(copied: Path, text: str) -> None:
    (copied / "manifest.json").write_text(text, encoding="utf-8", errors="surrogateescape")
    done = examine(copied)
    assert (done.returncode, done.stdout) == (2, "")
    assert "its manifest.json is damaged" in done.stderr
    assert done.stderr.count("\n") == 1


def test_copy_without_a_manifest_is_one_line(copied: Path) -> None:
    (copied / "manifest.json").unlink()
    done = examine(copied)
    assert done.returncode == 2
    assert "holds no manifest.json" in done.stderr


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--against", "nowhere"], "is not there"),
        (["--against", "{empty}"], "holds no manifest.json"),
        (["--against", "/"], "/: holds no manifest.json"),  # without a look at all that is there
        (["--against", os.devnull], "neither a folder nor a wheel"),
        (["--against", "{text}"], "neither a folder nor a wheel"),
        (["--against", "{zip}"], "holds no pollinations_client/manifest.json"),
        (["--against", "{text}/inner"], "is inside"),
        (["--against", "a\0b"[:1] + "x" * 5000], "cannot be read"),
        (["--copy", "{broken}", "--against", "{whole}"], "client.py cannot be read as Python"),
        (["--against"], "expected one argument"),
        (["--nonsense"], "unrecognized arguments"),
    ],
)
def test_bad_input_is_one_line(
    copied: Path, tmp_path: Path, arguments: list[str], said: str
) -> None:
    places = {name: tmp_path / name for name in ("empty", "text", "zip", "broken", "whole")}
    places["empty"].mkdir()
    places["text"].write_text("text", encoding="utf-8")
    zipfile.ZipFile(places["zip"], "w").close()
    shutil.copytree(copied, places["whole"])
    shutil.copytree(copied, places["broken"])
    (places["broken"] / "client.py").write_text("<<<<<<<", encoding="utf-8")
    done = examine(copied, *[text.format(**places) for text in arguments])
    assert (done.returncode, done.stdout) == (2, "")
    assert said in done.stderr
    assert done.stderr.startswith("Error: ")
    assert done.stderr.count("\n") == 1


def test_reader_that_leaves_is_no_error(copied: Path) -> None:
    command = f"{sys.executable} -B {copied / 'doctor.py'} --json | true"
    done = subprocess.run(command, shell=True, capture_output=True, text=True, check=False)
    assert done.stderr == ""


# --- what a newer copy changes ------------------------------------------------------------------


def change_contract(document: Json) -> None:
    image = document["paths"]["/image/{prompt}"]["get"]["parameters"]
    of = {parameter.get("name"): parameter for parameter in image}
    image.append(
        {"name": "style", "in": "query", "description": "Manner.", "schema": {"type": "string"}}
    )
    image.append({"name": "frames", "in": "query", "required": True, "schema": {"type": "integer"}})
    of["width"]["required"] = True
    of["seed"]["schema"]["maximum"] = 1000
    of["height"]["schema"]["default"] = 512
    of["safe"]["schema"] = {"type": "integer"}
    of["quality"]["schema"]["enum"] = ["low", "medium", "high", "é"]
    image.remove(of["audio"])
    schemas = document["components"]["schemas"]
    schemas["Balance"]["properties"]["currency"] = {"type": "string"}
    schemas["Balance"]["properties"]["balance"] = {"type": "string"}
    del schemas["KeyInfo"]["properties"]["expiresIn"]
    schemas["KeyInfo"]["required"].remove("expiresIn")
    schemas["Upload"]["properties"]["size"]["type"] = ["integer", "null"]
    schemas["AudioFormat"]["enum"].append("ogg")
    schemas["TextPart"]["properties"]["text"]["type"] = ["string", "null"]
    schemas["CreateSpeechRequest"]["properties"]["instrumental"] = {"type": "string"}
    schemas["ModelList"]["properties"]["extra"] = {"type": "string"}
    schemas["ModelList"]["required"].append("extra")
    schemas["ChatChoice"]["required"] = ["index"]
    del document["paths"]["/{hash}"]["head"]
    document["paths"]["/account/profile"]["get"]["security"] = []
    document["info"]["version"] = "9.9.9"


@pytest.fixture(scope="module")
def newer(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Generate a client from a changed contract."""
    folder = tmp_path_factory.mktemp("newer")
    document = deepcopy(load().document)
    change_contract(document)
    contract = folder / "openapi.yaml"
    contract.write_text(json.dumps(document), encoding="utf-8")
    generate.generate(folder / "generated", contract, ROOT / "generator-config.yaml")
    return folder / "generated" / "pollinations_client"


EXPECTED = """\
breaking (12)
  operations
    headMedia (HEAD /{hash}): is gone, and with it client.media.head, client.media.exists, api.media.head_media
  parameters
    client.image.generate: parameter width is required now
    client.image.generate: parameter height is 512 for the service instead of 1024 when it is not given
    client.image.generate: parameter seed is from -1 to 1000 instead of from -1 to 2147483647
    client.image.generate: parameter safe takes int instead of bool
    client.image.generate: parameter audio is gone
    client.image.generate: parameter frames is new and required
    client.audio.speech.create: parameter instrumental takes str instead of bool
  models and their fields
    models.Balance.balance: is str instead of float
    models.KeyInfo.expires_in: is gone
    models.Upload.size: is None as well
  values
    client.image.generate: parameter quality no longer lists 'hd'
compatible (8)
  operations
    getAccountProfile (GET /account/profile): does not send the key now
  parameters
    client.image.generate: parameter style is new
  models and their fields
    models.Balance.currency: is new
    models.ChatChoice.index: is required now of who makes one
    models.ModelList.extra: is new and required of who makes one
    models.TextPart.text: also takes None
  values
    client.image.generate: parameter quality also lists 'é'
    models.AudioFormat: also lists 'ogg'
"""


def test_newer_client_is_compared_by_what_its_users_notice(copied: Path, newer: Path) -> None:
    done = start(copied, "--against", str(newer))
    assert done.returncode == 1
    head, _, changes = done.stdout.partition("\nbreaking")
    assert f"against    {newer}: contract 9.9.9, sha256 " in head
    assert f"breaking{changes}" == EXPECTED


def test_changes_as_json_name_group_place_and_class(copied: Path, newer: Path) -> None:
    reasons_of = json.loads(examine(copied, "--against", str(newer), "--json").stdout)
    assert reasons_of["against"]["contract"]["version"] == "9.9.9"
    assert len(reasons_of["changes"]) == 20
    assert {
        "group": "parameters",
        "where": "client.image.generate",
        "what": "parameter audio is gone",
        "breaking": True,
    } in reasons_of["changes"]


def test_the_way_back_undoes_every_change(newer: Path) -> None:
    there = doctor.compare(doctor.read(PACKAGE), doctor.read(newer))
    back = doctor.compare(doctor.read(newer), doctor.read(PACKAGE))
    assert {change.where.partition(" (")[0] for change in there} == {
        change.where.partition(" (")[0] for change in back
    }
    assert "models.Upload.size: is no longer None" in [f"{c.where}: {c.what}" for c in back]


def test_renamed_operation_does_not_take_its_method_along(whole: doctor.Surface) -> None:
    copy = doctor.read(PACKAGE)
    old, new = "api/image/generate_image.py", "api/image/create_image.py"
    files = {name: text for name, text in copy.files.items() if name != old}
    files[new] = copy.files[old].replace(b'id="generateImage"', b'id="createImage"')
    files["resources/image.py"] = files["resources/image.py"].replace(
        b"generate_image", b"create_image"
    )
    other = doctor.Surface(dataclasses.replace(copy, files=files))
    assert [f"{c.where}: {c.what}" for c in doctor.Comparison(whole, other).changes] == [
        "generateImage (GET /image/{prompt}): is gone, and with it api.image.generate_image",
        "createImage (GET /image/{prompt}): is new, and with it api.image.create_image",
    ]


def test_resources_that_lead_in_a_circle_are_compared_all_the_same(few: doctor.Surface) -> None:
    looping = doctor.Surface(
        edited(
            "resources/media.py",
            (
                "    def upload(",
                "    again: MediaResource\n    more: MediaResource\n    def upload(",
            ),
        )
    )
    assert not any(change.breaking for change in doctor.Comparison(few, looping).changes)


def test_wheel_can_stand_for_the_newer_copy(copied: Path, newer: Path, tmp_path: Path) -> None:
    wheel = tmp_path / "client.whl"
    with zipfile.ZipFile(wheel, "w") as archive:
        for path in newer.rglob("*"):
            archive.write(path, f"pollinations_client/{path.relative_to(newer).as_posix()}")
        archive.writestr("pollinations_conformance/__init__.py", "")
    done = examine(copied, "--against", str(wheel))
    assert done.returncode == 1
    assert done.stdout.endswith(EXPECTED)


def test_same_copy_changes_nothing(copied: Path) -> None:
    done = start(copied, "--against", str(PACKAGE))
    assert done.returncode == 0
    assert done.stdout.endswith("the same files\n")


def test_words_alone_change_nothing_for_users(copied: Path, tmp_path: Path) -> None:
    other = tmp_path / "other"
    shutil.copytree(copied, other)
    path = other / "resources" / "image.py"
    path.write_text(
        path.read_text(encoding="utf-8").replace("Generate an image", "Draw an image"),
        encoding="utf-8",
    )
    done = examine(copied, "--against", str(other))
    assert done.returncode == 0
    assert "nothing changes for users of the client" in done.stdout
    assert "not as generated either" in done.stdout


EARLIER = {
    "models/balance.py": """
class Balance(ApiModel):
    \"\"\"What is left.\"\"\"

    _fields: ClassVar[Mapping[str, str]] = {"balance": "balance"}

    def __init__(self, *, balance: float) -> None:
        self._set({"balance": balance})

    @property
    def balance(self) -> float:
        \"\"\"What the key may still spend.\"\"\"
        value: float = self._need("balance")
        return value
""",
    "models/user_message.py": """
class UserMessage(ApiModel):
    \"\"\"The user's text, images, audio, videos and files.\"\"\"

    _fields: ClassVar[Mapping[str, str]] = {"role": "role", "content": "content", "name": "name"}

    def __init__(
        self,
        *,
        content: MessageContentInput,
        role: Literal["user"] | str = "user",
        name: str | Unset = UNSET,
    ) -> None:
        self._set({"role": role, "content": content, "name": name})

    @property
    def role(self) -> Literal["user"] | str:
        return self._need("role")

    @property
    def content(self) -> MessageContent:
        return as_message_content(self._need("content"))

    @property
    def name(self) -> str | None:
        return self._data.get("name")
""",
    "models/price.py": """
Price: TypeAlias = "float | str"
""",
}
"""Models as earlier clients had them: properties over decoded JSON, with a constructor written out."""


def test_models_of_earlier_clients_are_understood(whole: doctor.Surface) -> None:
    def against(old: str = "", new: str = "") -> list[tuple[bool, str]]:
        files = {name: text.replace(old, new).encode() for name, text in EARLIER.items()}
        here = doctor.read(PACKAGE)
        earlier = doctor.Surface(dataclasses.replace(here, files={**here.files, **files}))
        changes = doctor.Comparison(earlier, whole).changes
        return [(change.breaking, f"{change.where}: {change.what}") for change in changes]

    assert against() == []
    assert against("-> float", "-> str") == [
        (True, "models.Balance.balance: is float instead of str")
    ]
    assert against("name: str | Unset = UNSET", "name: str") == [
        (False, "models.UserMessage.name: is no longer required")
    ]
    assert against('"name": "name"', '"name": "name", "mood": "mood"') == [
        (True, "models.UserMessage.mood: is gone")
    ]


@pytest.fixture(scope="module")
def whole() -> doctor.Surface:
    """Read what this client offers."""
    return doctor.Surface(doctor.read(PACKAGE))


PART = re.compile(r"[^/]+|api/media/.*|resources/media\.py|models/upload\.py")
"""Files in which every kind of change can be made but those of models, which need all of them."""


def part() -> doctor.Copy:
    """Read some of this client's files."""
    copy = doctor.read(PACKAGE)
    files = {name: content for name, content in copy.files.items() if PART.fullmatch(name)}
    return dataclasses.replace(copy, files=files)


@pytest.fixture(scope="module")
def few() -> doctor.Surface:
    """Read what these files offer."""
    return doctor.Surface(part())


def edited(name: str, *replacements: tuple[str, str]) -> doctor.Copy:
    """Return these files, or all, with the text of one of them replaced."""
    copy = doctor.read(PACKAGE) if name.startswith("models/") else part()
    text = copy.files[name].decode()
    for old, new in replacements:
        assert old in text, f"{name} has no {old!r}"
        text = text.replace(old, new)
    return dataclasses.replace(copy, files={**copy.files, name: text.encode()})


B, C = "breaking", "compatible"


@pytest.mark.parametrize(
    ("name", "replacements", "forth", "back"),
    [
        (
            "errors.py",
            [("class RateLimitError(APIStatusError)", "class RateLimitError(PollinationsError)")],
            [(B, "RateLimitError: is no longer caught as APIStatusError")],
            [(C, "RateLimitError: is also caught as APIStatusError")],
        ),
        (
            "errors.py",
            [("402: PaymentRequiredError,", "402: BadRequestError,")],
            [(B, "status 402: raises BadRequestError instead of PaymentRequiredError")],
            [(B, "status 402: raises PaymentRequiredError instead of BadRequestError")],
        ),
        (
            "errors.py",
            [("        413: RequestTooLargeError,\n", "")],
            [(B, "status 413: raises APIStatusError instead of RequestTooLargeError")],
            [(C, "status 413: raises RequestTooLargeError instead of APIStatusError")],
        ),
        (
            "errors.py",
            [("        self.retry_after =", "        self.wait =")],
            [
                (B, "APIStatusError.retry_after: is gone"),
                (C, "APIStatusError.wait: is new"),
            ],
            [
                (B, "APIStatusError.wait: is gone"),
                (C, "APIStatusError.retry_after: is new"),
            ],
        ),
        (
            "__init__.py",
            [('    "RateLimitError": "errors",\n', "")],
            [(B, "RateLimitError: is gone")],
            [(C, "RateLimitError: is new, a kind of APIStatusError")],
        ),
        (
            "client.py",
            [("        retry_paid: bool = False,\n", "")],
            [
                (B, "Pollinations: parameter retry_paid is gone"),
                (B, "AsyncPollinations: parameter retry_paid is gone"),
            ],
            [
                (C, "Pollinations: parameter retry_paid is new"),
                (C, "AsyncPollinations: parameter retry_paid is new"),
            ],
        ),
        (
            "client.py",
            [("https://gen.pollinations.ai", "https://example.org")],
            [
                (
                    C,
                    "the gateway host: is at https://example.org by default instead of "
                    "https://gen.pollinations.ai",
                )
            ],
            [
                (
                    C,
                    "the gateway host: is at https://gen.pollinations.ai by default instead of "
                    "https://example.org",
                )
            ],
        ),
        (
            "_content.py",
            [("def content_type(self) -> str:", "def content_type(self) -> str | None:")],
            [
                (B, "Binary.content_type: is None as well"),
                (B, "Metadata.content_type: is None as well"),
                (B, "Text.content_type: is None as well"),
            ],
            [
                (C, "Binary.content_type: is no longer None"),
                (C, "Metadata.content_type: is no longer None"),
                (C, "Text.content_type: is no longer None"),
            ],
        ),
        (
            "resources/media.py",
            [("        hash: str,\n        *,\n", "        *,\n        hash: str,\n")],
            [
                (B, f"client.media.{name}: parameter hash can be given by name only")
                for name in ("retrieve", "head", "exists")
            ],
            [],
        ),
        (
            "resources/media.py",
            [("def retrieve(", "def fetch("), ("resource.retrieve", "resource.fetch")],
            [(B, "client.media.retrieve: is gone"), (C, "client.media.fetch: is new")],
            [(B, "client.media.fetch: is gone"), (C, "client.media.retrieve: is new")],
        ),
        (
            "resources/media.py",
            [("async def exists", "def exists")],
            [(B, "client.media.exists: is now a method instead of an async method")],
            [(B, "client.media.exists: is now an async method instead of a method")],
        ),
        (
            "resources/media.py",
            [
                (
                    'Literal["multipart", "raw", "json"] = "multipart"',
                    'Literal["raw", "json"] = "raw"',
                )
            ],
            [
                (
                    B,
                    "client.media.upload: parameter form is 'raw' instead of 'multipart' when it is not given",
                ),
                (B, "client.media.upload: parameter form no longer takes 'multipart'"),
            ],
            [
                (
                    B,
                    "client.media.upload: parameter form is 'multipart' instead of 'raw' when it is not given",
                ),
                (C, "client.media.upload: parameter form also takes 'multipart'"),
            ],
        ),
        (
            "resources/media.py",
            [(") -> Binary:", ") -> Binary | None:")],
            [(B, "client.media.retrieve: returns None as well")],
            [(C, "client.media.retrieve: no longer returns None")],
        ),
        (
            "api/media/get_media.py",
            [('auth="none"', 'auth="required"'), ('path="/{hash}"', 'path="/files/{hash}"')],
            [
                (B, "getMedia (GET /files/{hash}): needs a key now"),
                (
                    C,
                    "getMedia (GET /files/{hash}): is sent with path /files/{hash} instead of /{hash}",
                ),
            ],
            [
                (C, "getMedia (GET /{hash}): does not send the key now"),
                (C, "getMedia (GET /{hash}): is sent with path /{hash} instead of /files/{hash}"),
            ],
        ),
        (
            "api/media/get_media.py",
            [("def sync_detailed(", "def sync_whole(")],
            [(B, "api.media.get_media.sync_detailed: is gone")],
            [(B, "api.media.get_media.sync_whole: is gone")],
        ),
        (
            "models/chat_message.py",
            [("FunctionMessage", "OddMessage")],
            [
                (B, "models.ChatMessage: no longer stands for FunctionMessage"),
                (C, "models.ChatMessage: also stands for OddMessage"),
                (B, "models.ChatMessageInput: no longer stands for FunctionMessage"),
                (C, "models.ChatMessageInput: also stands for OddMessage"),
            ],
            [
                (B, "models.ChatMessage: no longer stands for OddMessage"),
                (C, "models.ChatMessage: also stands for FunctionMessage"),
                (B, "models.ChatMessageInput: no longer stands for OddMessage"),
                (C, "models.ChatMessageInput: also stands for FunctionMessage"),
            ],
        ),
    ],
)
def test_each_kind_of_change_is_reported_and_classed(
    few: doctor.Surface,
    whole: doctor.Surface,
    name: str,
    replacements: list[tuple[str, str]],
    forth: list[tuple[str, str]],
    back: list[tuple[str, str]],
) -> None:
    old = whole if name.startswith("models/") else few
    new = doctor.Surface(edited(name, *replacements))

    def reasons_of(one: doctor.Surface, other: doctor.Surface) -> set[tuple[str, str]]:
        return {
            (B if change.breaking else C, f"{change.where}: {change.what}")
            for change in doctor.Comparison(one, other).changes
        }

    assert reasons_of(old, new) == set(forth)
    assert reasons_of(new, old) == set(back)


@pytest.mark.parametrize(
    "name",
    [
        "__init__.py",
        "client.py",
        "types.py",
        "errors.py",
        "_content.py",
        "resources/chat.py",
        "api/chat/create_chat_completion.py",
        "models/chat_message.py",
    ],
)
def test_copy_that_lost_a_file_can_still_be_compared(whole: doctor.Surface, name: str) -> None:
    copy = doctor.read(PACKAGE)
    files = {key: text for key, text in copy.files.items() if key != name}
    part = doctor.Surface(dataclasses.replace(copy, files=files))
    assert any(change.breaking for change in doctor.Comparison(whole, part).changes)
    assert doctor.Comparison(part, whole).changes


@pytest.mark.parametrize(
    ("wide", "narrow", "expected"),
    [
        ("str | None", "str", True),
        ("str", "str | None", False),
        ("Any", "int", True),
        ("float", "int", True),
        ("int", "float", False),
        ("int", "bool", False),
        ("Literal['a'] | str", "str", True),
        ("Literal['a', 'b']", "Literal['a']", True),
        ("Literal['a']", "str", False),
        ("Sequence[float]", "list[int]", True),
        ("list[int]", "Sequence[int]", False),
        ("Mapping[str, Any]", "dict[str, int]", True),
        ("Optional[int]", "None | int", True),
        ("'str | int'", "int", True),
        ("Name", "str", True),
        ("str", "Name", True),
        ("int", "Name", False),
        ("Loop", "Loop", True),
        ("Loop", "int", True),
    ],
)
def test_types_are_compared_by_what_they_let_through(
    wide: str, narrow: str, expected: bool
) -> None:
    def kind(text: str) -> doctor.Type:
        return doctor.type_of(ast.parse(text, mode="eval").body)

    names = {"Name": kind("Literal['a'] | str"), "Loop": kind("Sequence[Loop] | int")}
    assert doctor.covers(kind(wide), names, kind(narrow), names) is expected


def test_character_that_the_terminal_cannot_show_is_written_out(copied: Path, newer: Path) -> None:
    done = run(
        ["-m", "app._vendor.bees.doctor", "--against", str(newer)],
        copied.parents[2],
        PYTHONIOENCODING="ascii",
        PATH=os.environ.get("PATH", ""),
    )
    assert done.returncode == 1
    assert "also lists '\\xe9'" in done.stdout
