"""Test the command line: lazy subcommands, exit codes and one-line errors."""

import os
import shlex
import subprocess
import sys
import textwrap
from pathlib import Path

import click
import pytest

from pollinations_conformance.cli import main as cli


def run_python(code: str, *args: str, **env: str) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        [sys.executable, "-c", textwrap.dedent(code), *args],
        capture_output=True,
        text=True,
        timeout=60,
        env={**os.environ, **env},
        check=False,
    )


PLUGIN = '''
"""Subcommands that behave in every way the group must cope with."""
import click

@click.command()
def fine() -> None:
    """Print fine."""
    click.echo("fine")

@click.command()
def broken_promise() -> int:
    return 1

@click.command()
@click.pass_context
def leave(ctx: click.Context) -> None:
    ctx.exit(1)

@click.command()
def crash() -> None:
    raise ValueError("no such\\n  thing as sk_live0123 or hunter2")

@click.command()
def refuse() -> None:
    raise click.ClickException("cannot read x.har: it is empty")

@click.command()
def interrupt() -> None:
    raise KeyboardInterrupt

@click.command()
def missing() -> None:
    import a_package_nobody_installed.inner

@click.command()
def much() -> None:
    for number in range(100_000):
        click.echo(f"line {number}")

not_a_command = 3
'''

NAMES = [
    *("fine", "broken_promise", "leave", "crash", "refuse", "interrupt", "missing", "much"),
    *("not_a_command", "absent"),
]


@pytest.fixture
def group(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> click.Group:
    """Make a group like the real one, over subcommands of our own."""
    (tmp_path / "cli_plugin.py").write_text(PLUGIN)
    monkeypatch.setattr(sys, "path", [str(tmp_path), *sys.path])
    monkeypatch.delitem(sys.modules, "cli_plugin", raising=False)
    monkeypatch.setenv("POLLINATIONS_API_KEY", "hunter2")
    lazy = {name: cli.Lazy(f"cli_plugin:{name}", f"About {name}.") for name in NAMES}
    return cli.LazyGroup("test", lazy=lazy, params=list(cli.group.params))


def one_line(text: str) -> str:
    assert text.count("\n") == 1, text
    return text.strip()


def test_overview_imports_no_subcommand(
    group: click.Group, capsys: pytest.CaptureFixture[str]
) -> None:
    assert cli.main(["--help"], group) == 0
    shown = capsys.readouterr().out
    assert all(f"About {name}." in shown for name in NAMES)
    assert "cli_plugin" not in sys.modules


def test_overview_of_the_real_commands_is_light() -> None:
    done = run_python(
        """
        import sys
        from pollinations_conformance.cli import main as cli
        code = cli.main(["--help"])
        heavy = {"schemathesis", "hypothesis", "starlette", "uvicorn", "PIL", "av", "httpx", "yaml"}
        print("loaded:", sorted(heavy & set(sys.modules)))
        sys.exit(code)
        """
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.endswith("loaded: []\n")
    for name in cli.COMMANDS:
        assert f"\n  {name} " in done.stdout


def test_subcommand_runs(group: click.Group, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["fine"], group) == 0
    assert capsys.readouterr().out == "fine\n"


def test_subcommand_keeps_its_own_help(
    group: click.Group, capsys: pytest.CaptureFixture[str]
) -> None:
    assert cli.main(["fine", "--help"], group) == 0
    assert "Print fine." in capsys.readouterr().out


@pytest.mark.parametrize("name", ["broken_promise", "leave"])
def test_exit_code_is_the_subcommands(group: click.Group, name: str) -> None:
    assert cli.main([name], group) == 1


def test_foreseen_error_is_one_line_and_exit_2(
    group: click.Group, capsys: pytest.CaptureFixture[str]
) -> None:
    assert cli.main(["refuse"], group) == 2
    assert one_line(capsys.readouterr().err) == "Error: cannot read x.har: it is empty"


@pytest.mark.parametrize("args", [["nonsense"], ["--nonsense"], ["fine", "extra"]])
def test_wrong_usage_is_exit_2(
    group: click.Group, args: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert cli.main(args, group) == 2
    err = capsys.readouterr().err
    assert "Error: " in err
    assert "Traceback" not in err


def test_unforeseen_error_is_one_line_without_keys(
    group: click.Group, capsys: pytest.CaptureFixture[str]
) -> None:
    assert cli.main(["crash"], group) == 2
    line = one_line(capsys.readouterr().err)
    assert "ValueError: no such thing as sk_*** or ***" in line
    assert "--debug" in line


def test_debug_shows_the_traceback_without_keys(
    group: click.Group, capsys: pytest.CaptureFixture[str]
) -> None:
    assert cli.main(["--debug", "crash"], group) == 2
    err = capsys.readouterr().err
    assert 'cli_plugin.py", line' in err
    assert "hunter2" not in err
    assert "live0123" not in err


def test_missing_package_is_named_with_the_remedy(
    group: click.Group, capsys: pytest.CaptureFixture[str]
) -> None:
    assert cli.main(["missing"], group) == 2
    line = one_line(capsys.readouterr().err)
    assert "'a_package_nobody_installed' is missing" in line
    assert "pollinations-contract[conformance]" in line


@pytest.mark.parametrize("name", ["absent", "not_a_command"])
def test_broken_table_entry_is_one_line(
    group: click.Group, name: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert cli.main([name], group) == 2
    assert name in one_line(capsys.readouterr().err)


def test_interruption_is_one_line_and_exit_130(
    group: click.Group, capsys: pytest.CaptureFixture[str]
) -> None:
    assert cli.main(["interrupt"], group) == 130
    assert capsys.readouterr().err.strip() == "Interrupted."


def test_reader_that_leaves_early_causes_no_noise(tmp_path: Path) -> None:
    (tmp_path / "cli_plugin.py").write_text(PLUGIN)
    script = (
        "import sys; from pollinations_conformance.cli import main as cli;"
        "g = cli.LazyGroup('t', lazy={'much': cli.Lazy('cli_plugin:much', '')});"
        "sys.exit(cli.main(['much'], g))"
    )
    process = subprocess.Popen(
        [sys.executable, "-c", script],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env={**os.environ, "PYTHONPATH": str(tmp_path)},
    )
    with process:
        assert process.stdout is not None
        assert process.stderr is not None
        assert process.stdout.readline() == b"line 0\n"
        process.stdout.close()
        assert process.stderr.read() == b""
        assert process.wait(timeout=60) == 2


def test_module_and_script_start_the_same_command_line() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "pollinations_conformance", "--version"],
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    assert done.stdout.startswith("pollinations-conformance, version ")


def test_without_the_extra_the_remedy_is_one_line() -> None:
    done = run_python(
        """
        import sys
        sys.path[:] = [place for place in sys.path if not place.endswith("site-packages")]
        from pollinations_conformance.__main__ import main
        main()
        """
    )
    assert done.returncode == 2
    assert "pollinations-contract[conformance]" in one_line(done.stderr)


# --- help and completion ------------------------------------------------------------------------


@pytest.mark.parametrize("name", cli.COMMANDS)
def test_help_has_two_examples_whose_options_exist(
    name: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert cli.main([name, "--help"]) == 0
    shown = capsys.readouterr().out
    found = cli.COMMANDS[name].examples
    assert len(found) == 2
    context = click.Context(cli.group)
    for arguments, what in found:
        assert f"{cli.PROGRAM} {name} {arguments}".rstrip() in shown
        assert what in shown
        command = cli.group.get_command(context, name)
        assert command is not None
        command.make_context(name, shlex.split(arguments), resilient_parsing=False).close()


def completed(*words: str) -> tuple[list[str], str]:
    """Return what bash would offer for the last word, and which heavy modules it took."""
    done = run_python(
        """
        import atexit, sys
        heavy = {"schemathesis", "httpx", "uvicorn", "jinja2"}
        atexit.register(lambda: print("loaded:", sorted(heavy & set(sys.modules)), file=sys.stderr))
        from pollinations_conformance.cli import main as cli
        sys.exit(cli.main())
        """,
        _POLLINATIONS_CONFORMANCE_COMPLETE="bash_complete",
        COMP_WORDS=" ".join([cli.PROGRAM, *words]),
        COMP_CWORD=str(len(words)),
    )
    return [line.partition(",")[2] for line in done.stdout.splitlines()], done.stderr


def test_the_shell_completes_commands_without_importing_one() -> None:
    assert completed("re") == (["reference", "replay"], "loaded: []\n")
    assert completed("--v")[0] == ["--version"]


def test_the_shell_completes_options_and_choices_of_a_command() -> None:
    assert completed("check", "--fail")[0] == ["--fail-on"]
    assert completed("check", "--tag", "m")[0] == ["models", "media"]
