"""`docs/operating.md` is held to the code: settings, metrics, log lines, exit codes."""

from __future__ import annotations

import ast
import inspect
import re

from bot.health import EXIT_SILENT
from bot.metrics import Metrics
from index import errors
from tests.conftest import ROOT

PAGE = (ROOT / "docs" / "operating.md").read_text("utf-8")
SOURCES = sorted([*(ROOT / "bot").rglob("*.py"), *(ROOT / "index").rglob("*.py")])


def section(title: str) -> str:
    (found,) = re.findall(rf"^## {title}$.*?(?=^## |\Z)", PAGE, re.MULTILINE | re.DOTALL)
    return found


def calls(path):
    return [node for node in ast.walk(ast.parse(path.read_text("utf-8"))) if isinstance(node, ast.Call)]


def settings_of_the_code() -> set[str]:
    """What `values.get("NAME")` asks for, wherever it is asked."""
    return {
        call.args[0].value
        for path in (ROOT / "index" / "settings.py", ROOT / "bot" / "settings.py")
        for call in calls(path)
        if isinstance(call.func, ast.Attribute)
        and call.func.attr == "get"
        and call.args
        and isinstance(call.args[0], ast.Constant)
    }


def test_the_table_of_settings_is_that_of_the_code():
    documented = set(re.findall(r"^\| `([A-Z_]+)` \|", section("Settings"), re.MULTILINE))
    assert documented == settings_of_the_code()
    assert "DISCORD_TOKEN" in documented


def test_the_defaults_are_those_of_the_code():
    from bot.settings import bot_settings

    settings = bot_settings({})
    table = dict(re.findall(r"^\| `([A-Z_]+)` \| `?([^|`]*)`? \|", section("Settings"), re.MULTILINE))
    assert table["CORPUS_DIR"] == str(settings.index.corpus_dir)
    assert table["DATA_DIR"] == str(settings.index.data_dir)
    assert table["EMBEDDING_MODEL"] == settings.index.embedding_model
    assert table["LOG_LEVEL"] == settings.log_level
    assert (table["FEEDBACK"] == "on") is settings.keep_feedback
    assert (table["LOG_QUESTIONS"] == "on") is settings.log_questions
    assert table["METRICS_PORT"] == "off"
    assert settings.metrics_port is None


def test_no_setting_is_read_behind_their_back():
    for path in SOURCES:
        if path.name not in ("settings.py", "sandbox.py", "console.py"):  # NO_COLOR is every terminal's.
            assert "os.environ" not in path.read_text("utf-8"), path


def test_every_metric_is_explained():
    found = set(re.findall(r"^# TYPE (verbatim_\w+)", Metrics().text().decode(), re.MULTILINE))
    documented = set(re.findall(r"`(verbatim_[a-z_]+)", section("Metrics and health")))
    assert {name for name in found if not name.endswith("_created")} == documented


def log_messages():
    """The messages that are logged, each with its module; of a table of messages all of them."""
    for path in SOURCES:
        module = ".".join(path.relative_to(ROOT).with_suffix("").parts)
        tables = {
            node.targets[0].id: node.value
            for node in ast.parse(path.read_text("utf-8")).body
            if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name)
        }
        for call in calls(path):
            function = call.func
            if (
                isinstance(function, ast.Attribute)
                and isinstance(function.value, ast.Name)
                and function.value.id in ("_log", "_answers")
                and call.args
            ):
                message = call.args[0]
                if isinstance(message, ast.Subscript):
                    for text in ast.literal_eval(tables[message.value.id]).values():
                        yield module, text
                else:
                    yield module, ast.literal_eval(message)


def test_every_log_line_is_explained():
    page = re.sub(r"\s+", " ", section("The log")).replace(" …_ms=…", "")
    messages = list(log_messages())
    assert len(messages) > 8
    for module, message in messages:
        pattern = re.sub(r"(%[-.\d]*[sdfr])+", "…", message)
        assert pattern in page, (module, pattern)


def test_every_exit_code_is_explained():
    codes = {
        error.exit_code
        for _, error in inspect.getmembers(errors, inspect.isclass)
        if issubclass(error, errors.VerbatimError)
    }
    documented = set(map(int, re.findall(r"^\| (\d+) \|", section("Exit codes"), re.MULTILINE)))
    assert documented == codes | {0, 2, 130, EXIT_SILENT}
