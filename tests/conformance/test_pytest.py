"""Test the suite as plain pytest: the same cases over any number of workers, and one report of them."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from pollinations_conformance import test_server
from pollinations_conformance.reports import merge
from pollinations_conformance.reports.json import read
from pollinations_conformance.server import running
from pollinations_conformance.suite.keyring import ROLES

LISTS = "MODELS-V1 or MODELS-INFO or listModels or listTextModels"
ALONE = "ACC-BAL-04 or ACC-USAGE-10 or CACHE-HIT-06 or CHAT-RES-01 or IMG-GET-01 or IMG-GET-15"


def suite(tmp_path: Path, *arguments: str, **settings: object) -> subprocess.CompletedProcess[str]:
    environment = {name: value for name, value in os.environ.items()
                   if not name.startswith(("POLLINATIONS_", "PYTEST_"))}  # fmt: skip
    environment |= {f"POLLINATIONS_{name}": str(value) for name, value in settings.items()}
    module = ["--pyargs", "pollinations_conformance.test_server", "-p", "no:cacheprovider", "-q"]
    return subprocess.run(
        [sys.executable, "-m", "pytest", *module, *arguments],
        cwd=tmp_path, env=environment, capture_output=True, text=True, timeout=300, check=False,
    )  # fmt: skip


@pytest.mark.whole_run
def test_workers_share_the_cases_and_their_reports_make_one(tmp_path: Path) -> None:
    alone = suite(tmp_path, "-k", LISTS, REPORT_DIR=tmp_path / "alone")
    shared = suite(tmp_path, "-k", LISTS, "-n", "2", REPORT_DIR=tmp_path / "shared")
    assert (alone.returncode, shared.returncode) == (0, 0), alone.stdout + shared.stdout
    whole = read(tmp_path / "alone" / "report.json")
    files = merge.find([tmp_path / "shared"], tmp_path / "shared" / "report.json")
    parts = [read(file) for file in files]
    merged = merge.merge(list(zip(files, parts, strict=True)))
    assert len(parts) == 2
    for name in ("written", "generated", "valid", "invalid"):
        assert merged.cases[name] == whole.cases[name] > 0 or name == "invalid"
    assert all(part.cases["written"] + part.cases["generated"] > 0 for part in parts)
    assert [(item.id, item.verdict) for item in merged.lines] == [
        (item.id, item.verdict) for item in whole.lines
    ]


@pytest.mark.whole_run
@pytest.mark.longest
def test_workers_leave_each_other_alone_on_a_server_that_they_share(tmp_path: Path) -> None:
    with running(seed=3) as server:
        keys = [f'{role} = "{server.keys[role]}"' for role in ROLES
                if role != "quoted-name"]  # fmt: skip
        (tmp_path / "keys.toml").write_text("[keys]\n" + "\n".join(keys) + "\n")
        done = suite(
            tmp_path, "-n", "2", "-k", ALONE, BASE_URL=server.base_url, MEDIA_URL=server.media_url,
            KEYS_FILE=tmp_path / "keys.toml", BUDGET=100, REPORT_DIR=tmp_path / "reports",
        )  # fmt: skip
        assert done.returncode == 0, done.stdout
        for file in (tmp_path / "reports").rglob("*.*"):
            assert server.keys["secret"] not in file.read_text(encoding="utf-8")
    assert "skipped" not in done.stdout
    parts = [read(file) for file in (tmp_path / "reports").rglob("report.json")]
    assert [part.ledger["limit"] for part in parts] == [50, 50]


@pytest.mark.whole_run
def test_a_defect_fails_the_tests_that_see_it_and_a_known_one_is_expected(tmp_path: Path) -> None:
    (tmp_path / "known.toml").write_text(
        '[[known]]\nrequirement = "MODELS-*"\nreason = "seen"\ndate = 2026-01-01\n'
    )
    with running(defects=["infos-dollars"]) as server:
        found = suite(tmp_path, "-k", "MODELS-INFO", BASE_URL=server.base_url)
        excused = suite(tmp_path, "-k", "MODELS-INFO", BASE_URL=server.base_url,
                        KNOWN=tmp_path / "known.toml")  # fmt: skip
    assert found.returncode == 1
    assert "Prices MUST be in pollen" in found.stdout
    assert "curl" in found.stdout
    assert excused.returncode == 0, excused.stdout
    assert "xfailed" in excused.stdout


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        ("SEED", "x", "POLLINATIONS_SEED cannot be 'x'"),
        ("LEVEL", "MUST", "POLLINATIONS_LEVEL cannot be 'MUST'"),
        ("KNOWN", "absent.toml", "cannot read the known failures in absent.toml"),
        ("BASE_URL", "ftp://nowhere", "POLLINATIONS_BASE_URL must begin with http://"),
        ("BASE_URL", "http://127.0.0.1:9", "nothing responds at http://127.0.0.1:9"),
    ],
)
def test_a_setting_that_means_nothing_is_one_line(
    name: str, value: str, said: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(f"POLLINATIONS_{name}", value)
    monkeypatch.delenv("PYTEST_XDIST_WORKER", raising=False)
    with pytest.raises(pytest.exit.Exception) as caught, test_server.opened():
        test_server.level()  # read at the end of each test
    assert caught.value.returncode == 2
    assert said in str(caught.value.msg)
    assert "\n" not in str(caught.value.msg)


@pytest.mark.whole_run
def test_a_setting_that_means_nothing_ends_the_session(tmp_path: Path) -> None:
    done = suite(tmp_path, "-k", "MODELS-V1", LEVEL="MUST")
    assert done.returncode == 2
    lines = [line for line in done.stdout.splitlines() if "Exit:" in line]
    assert ["POLLINATIONS_LEVEL cannot be 'MUST'" in line for line in lines] == [True]
    assert "Traceback" not in done.stdout + done.stderr
