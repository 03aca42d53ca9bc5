"""Test that generated requests which failed are kept in Hypothesis' databases, and sent first the next time."""

import datetime
import json
import os
import subprocess
import sys
import types
from collections.abc import Generator
from pathlib import Path
from typing import Any, ClassVar
from zipfile import ZipFile

import pytest
from hypothesis.configuration import set_hypothesis_home_dir
from hypothesis.database import (
    DirectoryBasedExampleDatabase,
    GitHubArtifactDatabase,
    InMemoryExampleDatabase,
    MultiplexedDatabase,
)

from pollinations_conformance.cli import main as cli
from pollinations_conformance.cli.target import open_target
from pollinations_conformance.suite import generated, pricing
from pollinations_conformance.suite.corpus import Corpus, Stored, open_database
from pollinations_conformance.suite.errors import CorpusError
from pollinations_conformance.suite.exchange import Exchange
from pollinations_conformance.suite.execute import execute
from pollinations_conformance.suite.options import Options
from pollinations_conformance.suite.run import Run
from pollinations_conformance.suite.target import Target

DEFECT = "text-model-lenient"
EXAMPLE = Stored(
    method="GET",
    host="gateway",
    path="/text/hello%20you?model=nobody",
    headers=(("X-Own", "1"),),
    body=b"\xff\x00",
    keyed=True,
)


def run(place: str, *defects: str) -> Run:
    """Make the cases of GET /text/{prompt} with a database."""
    with open_target(None, None, {}, None, 20.0, 1, defects) as server:
        return run_against(server, place)


def run_against(server: Target, place: str) -> Run:
    options = Options(tags=frozenset({"text"}), examples=10)
    made = Run(server, options, pricing.Ledger(None), checks=[])
    made.corpus = Corpus(open_database(place))
    execute(made)
    assert made.corpus.said == []
    return made


def stored(place: str) -> list[Stored]:
    return list(Corpus(open_database(place)).fetch("generateText"))


@pytest.mark.whole_run
def test_what_failed_is_kept_while_it_is_served_from_the_cache(tmp_path: Path) -> None:
    place = str(tmp_path / "examples")
    with open_target(None, None, {}, None, 20.0, 1, (DEFECT,)) as server:
        run_against(server, place)
        kept = stored(place)
        assert kept
        run_against(server, place)
    assert stored(place) == kept


@pytest.mark.whole_run
def test_what_failed_is_sent_first_in_the_next_run_until_it_holds(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    place = str(tmp_path / "examples")
    first = run(place, DEFECT)
    assert first.violations
    assert first.cases.replayed == 0
    kept = stored(place)
    assert kept

    before: list[tuple[int, int]] = []
    execute = generated._execute  # pyright: ignore[reportPrivateUsage]

    def watched(run: Run, *more: Any) -> None:
        before.append((run.cases.replayed, len(run.violations)))
        execute(run, *more)

    monkeypatch.setattr(generated, "_execute", watched)
    second = run(place, DEFECT)
    # All of them were sent, and what they show was known, before anything was generated.
    assert before == [(len(kept), len(second.violations))]
    assert set(second.violations) == set(first.violations)
    assert second.cases.generated == first.cases.generated
    assert stored(place) == kept

    honest = run(place)
    assert honest.cases.replayed == len(kept)
    assert honest.violations == {}
    assert stored(place) == []


@pytest.mark.whole_run
def test_without_a_database_nothing_is_kept(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "pollinations_conformance", "check", "--tag", "models",
         "--examples", "1", "--report-dir", "out"],
        cwd=tmp_path, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    assert [file.name for file in tmp_path.iterdir()] == ["out"]


def test_the_command_line_takes_a_directory_and_counts_what_it_sends_again(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    Corpus(open_database(str(tmp_path / "db"))).save("listModels", example("/v1/models"))
    command = ["check", "--tag", "models", "--examples", "1", "--report-dir", str(tmp_path / "out")]
    assert cli.main([*command, "--database", str(tmp_path / "db")]) == 0
    value = json.loads((tmp_path / "out" / "report.json").read_text(encoding="utf-8"))
    assert value["cases"]["replayed"] == 1
    assert "From the example database: 1 request, sent first." in capsys.readouterr().out


def example(path: str, **more: Any) -> Stored:
    values: dict[str, Any] = {"method": "GET", "host": "gateway", "headers": (), "body": b"",
                              "keyed": False}  # fmt: skip
    return Stored(path=path, **{**values, **more})


@pytest.mark.parametrize(
    "planted",
    [
        example("/image/a-costly-one?model=veo", keyed=True),
        example("/nowhere"),
        example("/v1/models", method="POST"),
        example("/v1/models", host="media"),
    ],
)
def test_an_example_of_another_operation_is_not_sent(planted: Stored, tmp_path: Path) -> None:
    place = str(tmp_path)
    Corpus(open_database(place)).save("listModels", planted)
    with open_target(None, None, {}, None, 20.0, 1) as server:
        options = Options(tags=frozenset({"models"}), examples=1)
        made = Run(server, options, pricing.Ledger(None), checks=[])
        made.corpus = Corpus(open_database(place))
        execute(made)
    assert made.cases.replayed == 0


@pytest.mark.parametrize(
    "value",
    [
        b"",
        b"\x00\x01",
        b"[]",
        b"7",
        EXAMPLE.encode().replace(b"/text", b"http://elsewhere/text"),
        EXAMPLE.encode().replace(b"/text", b"//elsewhere/text"),
        EXAMPLE.encode().replace(b'"gateway"', b'"elsewhere"'),
        EXAMPLE.encode().replace(b"GET", b"GET / HTTP"),
        EXAMPLE.encode().replace(b'"X-Own", "1"', b'"X-Own"'),
    ],
)
def test_what_others_keep_in_the_database_is_left_alone(value: bytes) -> None:
    database = InMemoryExampleDatabase()
    database.save(b"pollinations-conformance generateText", value)
    assert list(Corpus(database).fetch("generateText")) == []
    assert list(database.fetch(b"pollinations-conformance generateText")) == [value]


def test_an_example_is_read_as_it_was_written_and_holds_no_key() -> None:
    assert Stored.decode(EXAMPLE.encode()) == EXAMPLE
    exchange = Exchange(
        method="POST",
        url="http://host/base/v1/chat/completions?a=1",
        request_headers=(("Authorization", "Bearer sk_secret"), ("Host", "host"), ("X-Own", "1")),
        request_body=b"{}",
        status=200,
        headers=(),
        content=b"",
        seconds=0.1,
        key="secret",
    )
    made = Stored.of(exchange, "gateway", "http://host/base")
    assert made.path == "/v1/chat/completions?a=1"
    assert made.headers == (("X-Own", "1"),)
    assert made.keyed
    assert b"sk_secret" not in made.encode()


# --- shared databases ---------------------------------------------------------------------------


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Generator[Path]:
    """Have Hypothesis keep its things here, wherever earlier tests of this process had it."""
    monkeypatch.chdir(tmp_path)
    set_hypothesis_home_dir(tmp_path / ".hypothesis")
    yield tmp_path / ".hypothesis"
    set_hypothesis_home_dir(None)


@pytest.fixture
def artifact(home: Path, tmp_path: Path) -> Path:
    """Have the artifact of somebody's workflow where Hypothesis keeps the ones it fetched."""
    shared = tmp_path / "shared"
    Corpus(DirectoryBasedExampleDatabase(shared)).save("generateText", EXAMPLE)
    stamp = datetime.datetime.now(datetime.UTC).isoformat().replace(":", "_")
    file = home / "github-artifacts" / "found" / f"{stamp}.zip"
    file.parent.mkdir(parents=True)
    with ZipFile(file, "w") as archive:
        for path in shared.rglob("*"):
            archive.write(path, path.relative_to(shared))
    return file


@pytest.mark.usefixtures("artifact")
def test_examples_of_a_github_artifact_are_read_and_new_ones_are_kept_here(tmp_path: Path) -> None:
    place = "github:us/ours/found"
    made = open_database(place)
    assert isinstance(made, MultiplexedDatabase)
    assert "ReadOnlyDatabase(GitHubArtifactDatabase(owner='us', repo='ours'" in repr(made)
    corpus = Corpus(made)
    assert list(corpus.fetch("generateText")) == [EXAMPLE]
    corpus.save("generateText", example("/text/mine"))
    assert stored(place) == sorted([EXAMPLE, example("/text/mine")], key=Stored.encode)
    assert stored(str(tmp_path / ".hypothesis" / "examples")) == [example("/text/mine")]
    corpus.delete("generateText", example("/text/mine"))
    assert stored(place) == [EXAMPLE]
    assert corpus.said == []


@pytest.mark.usefixtures("home")
def test_an_artifact_that_cannot_be_had_is_said_and_no_verdict(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    requested: list[str] = []

    def unreachable(_: object, url: str) -> None:
        requested.append(url)

    monkeypatch.setattr(GitHubArtifactDatabase, "_get_bytes", unreachable)
    corpus = Corpus(open_database("github:us/ours"))
    assert list(corpus.fetch("generateText")) == []
    assert requested == ["https://api.github.com/repos/us/ours/actions/artifacts"]
    assert ["Couldn't acquire" in text for text in corpus.said] == [True]


class Pipeline:
    """What Hypothesis asks of redis' pipelines, over sets in memory."""

    def __init__(self, sets: dict[bytes, set[bytes]]) -> None:
        self.sets = sets
        self.results: list[Any] = []

    def smembers(self, key: bytes) -> None:
        self.results.append(set(self.sets.get(key, set())))

    def sadd(self, key: bytes, value: bytes) -> None:
        self.results.append(int(value not in self.sets.get(key, set())))
        self.sets.setdefault(key, set()).add(value)

    def srem(self, key: bytes, value: bytes) -> None:
        self.results.append(int(value in self.sets.get(key, set())))
        self.sets.get(key, set()).discard(value)

    def expire(self, key: bytes, _: datetime.timedelta) -> None:
        self.results.append(key in self.sets)

    def execute(self) -> list[Any]:
        return self.results


class Redis:
    """A stand-in for the client of the package redis, which is not installed here."""

    sets: ClassVar[dict[bytes, set[bytes]]] = {}
    opened: ClassVar[list[str]] = []

    @classmethod
    def from_url(cls, url: str) -> "Redis":
        cls.opened.append(url)
        return cls()

    def ping(self) -> bool:
        if "down" in self.opened[-1]:
            raise ConnectionError(f"no connection to {self.opened[-1]}")
        return True

    def pipeline(self) -> Pipeline:
        return Pipeline(self.sets)

    def publish(self, channel: str, message: str) -> None:
        """Log nothing."""


@pytest.fixture
def redis(monkeypatch: pytest.MonkeyPatch) -> Generator[type[Redis]]:
    module: Any = types.ModuleType("redis")
    module.Redis = Redis
    monkeypatch.setitem(sys.modules, "redis", module)
    sys.modules.pop("hypothesis.extra.redis", None)
    Redis.sets.clear()
    yield Redis
    sys.modules.pop("hypothesis.extra.redis", None)


@pytest.mark.whole_run
def test_runs_share_their_examples_through_redis(redis: type[Redis]) -> None:
    first = run("redis://127.0.0.1:6379/0", DEFECT)
    assert first.cases.replayed == 0
    second = run("redis://127.0.0.1:6379/0", DEFECT)
    assert second.cases.replayed == sum(len(values) for values in redis.sets.values()) > 0
    run("redis://127.0.0.1:6379/0")
    assert not any(redis.sets.values())


@pytest.mark.usefixtures("redis")
def test_a_redis_that_is_down_is_one_line_without_its_password() -> None:
    with pytest.raises(CorpusError) as caught:
        open_database("redis://us:secret@down:6379/0")
    assert "cannot use redis://***@down:6379/0: no connection" in str(caught.value)
    assert "secret" not in str(caught.value)
    assert "\n" not in str(caught.value)


def test_without_the_package_redis_one_line_says_what_to_install(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setitem(sys.modules, "redis", None)
    monkeypatch.delitem(sys.modules, "hypothesis.extra.redis", raising=False)
    assert cli.main(["check", "--database", "redis://127.0.0.1"]) == 2
    error = capsys.readouterr().err
    assert "pip install redis" in error
    assert error.count("\n") == 1


@pytest.mark.parametrize("place", ["github:us", "github:us/ours/a/b", "s3://bucket", "", "github:"])
def test_a_place_that_is_none_is_one_line(place: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["check", "--database", place]) == 2
    error = capsys.readouterr().err
    assert "github:OWNER/REPO" in error
    assert error.count("\n") == 1


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write anywhere")
def test_a_directory_that_cannot_be_written_is_one_line(tmp_path: Path) -> None:
    tmp_path.chmod(0o500)
    with pytest.raises(CorpusError, match="cannot keep examples in"):
        open_database(str(tmp_path))


def test_a_file_is_no_directory(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(CorpusError, match="cannot keep examples in"):
        open_database(str(tmp_path / "file"))
