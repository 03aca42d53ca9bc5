"""The package as a whole: cheap to import, copied anywhere, several copies side by side."""

from __future__ import annotations

import importlib
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

import pollinations_client

PACKAGE = Path(pollinations_client.__file__).parent


def run(code: str, folder: Path | None = None) -> str:
    done = subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        text=True,
        check=False,
        cwd=folder,
        env={"PYTHONPATH": str(folder or PACKAGE.parent), "PYTHONDONTWRITEBYTECODE": "1"},
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_making_a_client_loads_neither_the_http_library_nor_a_model() -> None:
    reported = run(
        "import sys, pollinations_client as p\n"
        "p.Pollinations(api_key='k'); p.AsyncPollinations(api_key='k')\n"
        "print([n for n in sys.modules if n in ('httpx', 'anyio', 'asyncio', 'attrs', 'ssl')"
        " or n.startswith('pollinations_client.models.')])"
    )
    assert reported.strip() == "[]"


def test_every_name_of_the_package_can_be_loaded() -> None:
    for name in pollinations_client.__all__:
        assert getattr(pollinations_client, name) is not None
    assert set(pollinations_client.__all__) == set(dir(pollinations_client))
    with pytest.raises(AttributeError, match="nonsense"):
        _ = pollinations_client.nonsense


def test_copied_package_works_under_any_name_beside_another(tmp_path: Path) -> None:
    (tmp_path / "vendor").mkdir()
    (tmp_path / "vendor" / "__init__.py").write_text("", encoding="utf-8")
    ignore = shutil.ignore_patterns("__pycache__")
    shutil.copytree(PACKAGE, tmp_path / "vendor" / "first", ignore=ignore)
    shutil.copytree(PACKAGE, tmp_path / "second", ignore=ignore)
    reported = run(
        """
import sys, httpx
import vendor.first as first, second
assert not any(name.startswith('pollinations_client') for name in sys.modules)
transport = httpx.MockTransport(lambda request: httpx.Response(401))
for copy, other in ((first, second), (second, first)):
    client = copy.Pollinations(api_key='k', http_client=httpx.Client(transport=transport))
    try:
        client.account.balance()
    except other.PollinationsError:
        print('mixed up')
    except copy.AuthenticationError:
        print('apart')
assert first.UNSET is not second.UNSET
assert first.models.Balance is not second.models.Balance
assert not any(name.startswith('pollinations_client') for name in sys.modules)
""",
        tmp_path,
    )
    assert reported.split() == ["apart", "apart"]


def test_everything_public_is_documented() -> None:
    undocumented: list[str] = []
    for name in pollinations_client.__all__:
        value = getattr(pollinations_client, name)
        if isinstance(value, type):
            for member, inner in vars(value).items():
                function = inner.fget if isinstance(inner, property) else inner
                if callable(function) and not member.startswith("_") and not function.__doc__:
                    undocumented.append(f"{name}.{member}")
    for resource in ("account", "audio", "chat", "image", "media", "models", "text"):
        module = importlib.import_module(f"pollinations_client.resources.{resource}")
        for name, value in vars(module).items():
            if isinstance(value, type) and value.__module__ == module.__name__:
                undocumented += [
                    f"{name}.{member}"
                    for member, inner in vars(value).items()
                    if callable(inner) and not member.startswith("_") and not inner.__doc__
                ]
    assert undocumented == []


def test_moving_to_the_successor_of_the_http_library_is_one_line(tmp_path: Path) -> None:
    pytest.importorskip("httpx2", reason="httpx2 is not installed")
    moved = tmp_path / "moved"
    shutil.copytree(PACKAGE, moved, ignore=shutil.ignore_patterns("__pycache__"))
    seam = moved / "_http.py"
    text = seam.read_text(encoding="utf-8")
    assert text.count("\nimport httpx\n") == 1
    seam.write_text(
        text.replace("\nimport httpx\n", "\nimport httpx2 as httpx\n"), encoding="utf-8"
    )
    reported = run(
        """
import sys, httpx2, moved
def handler(request):
    if 'stream' in request.content.decode():
        body = b'data: {"choices":[{"delta":{"content":"Hi"},"finish_reason":"stop"}]}' + bytes([10, 10])
        return httpx2.Response(200, content=body, headers={'content-type': 'text/event-stream'})
    return httpx2.Response(429, headers={'retry-after': '90'})
pool = httpx2.Client(transport=httpx2.MockTransport(handler))
client = moved.Pollinations(api_key='k', http_client=pool, key_in_query=True)
print(client.chat.completions.create(messages=[], stream=True).final().choices[0].message.content)
try:
    client.account.balance()
except moved.RateLimitError as error:
    print(error.retry_after)
print('httpx' in sys.modules)
""",
        tmp_path,
    )
    assert reported.split() == ["Hi", "90.0", "False"]
