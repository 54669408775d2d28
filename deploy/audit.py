"""Prints the licences of everything that `requirements.txt` brings, and what is known to be wrong with it.

    python deploy/audit.py

Ends with 1 where a licence is not among those below, or where a package has a known vulnerability. Vulnerabilities are
looked up by pip-audit, on the network; where that cannot be, the script says so and passes.
"""

from __future__ import annotations

import json
import re
import subprocess
import sys
from importlib import metadata
from pathlib import Path

REQUIREMENTS = Path(__file__).resolve().parents[1] / "requirements.txt"
SECONDS = 300

# Licences under which the packages may be used beside this project's own, as they are written in the packages.
GOOD = re.compile(
    r"\b(MIT|BSD|0BSD|Apache|ISC|PSF|Python Software Foundation|MPL|Mozilla|HPND|Zlib|CC0|Unlicense|LGPL|CNRI|BSL)\b",
    re.IGNORECASE,
)
BAD = re.compile(r"\b(AGPL|Affero|(?<!L)GPL|GNU General Public|SSPL|proprietary|non-?commercial)", re.IGNORECASE)

# What a package's own files say, where its metadata does not.
KNOWN = {"tld": "MPL-1.1 OR GPL-2.0-only OR LGPL-2.1-or-later"}


def brought_by(requirements: Path) -> list[str]:
    """The installed distributions that the requirements need, directly or through others, by name."""
    waiting = [
        re.split(r"[=<>\[;]", line)[0].strip()
        for line in requirements.read_text("utf-8").splitlines()
        if line.strip() and not line.startswith(("#", "-"))
    ]
    found: dict[str, None] = {}
    while waiting:
        name = re.sub(r"[-_.]+", "-", waiting.pop()).lower()
        if name in found:
            continue
        try:
            needs = metadata.requires(name) or []
        except metadata.PackageNotFoundError:
            continue
        found[name] = None
        waiting += [re.split(r"[^\w.-]", need)[0] for need in needs if "extra ==" not in need]
    return sorted(found)


def licence(name: str) -> str:
    """What a distribution says of its licence, in one line."""
    if name in KNOWN:
        return KNOWN[name]
    about = metadata.metadata(name)
    classified = [line.rpartition(":: ")[2] for line in about.get_all("Classifier") or [] if line.startswith("License")]
    told = about.get("License-Expression") or "; ".join(classified) or (about.get("License") or "").strip()
    return " ".join(told.split())[:80] or "unknown"


def is_good(text: str) -> bool:
    """Whether a licence, or one of those that may be chosen from, is among the good ones."""
    choices = re.split(r"\bOR\b", text)
    return any(GOOD.search(choice) and not BAD.search(choice) for choice in choices)


def vulnerabilities() -> tuple[list[str], str]:
    """What is known to be wrong with the packages of this environment, and why it could not be looked up, if so."""
    try:
        run = subprocess.run(
            [sys.executable, "-m", "pip_audit", "--local", "--format", "json", "--progress-spinner", "off"],
            capture_output=True,
            encoding="utf-8",
            timeout=SECONDS,
        )
        packages = json.loads(run.stdout)["dependencies"]
    except subprocess.TimeoutExpired:
        return [], "the advisories could not be reached in time"
    except (ValueError, KeyError):
        return [], " ".join(run.stderr.split())[-200:] or "pip-audit gave no answer"
    looked_up = [package for package in packages if "skip_reason" not in package]
    if not looked_up:
        return [], "the advisories know none of the packages (no network?)"
    for package in packages:
        if "skip_reason" in package:
            print(f"{package['name']} was not looked up: {package['skip_reason']}", file=sys.stderr)
    found = []
    for package in looked_up:
        for entry in package["vulns"]:
            mended = ", ".join(entry["fix_versions"]) or "no version yet"
            found.append(f"{package['name']} {package['version']}: {entry['id']}, mended in {mended}")
    return found, ""


def main() -> int:
    """Print both lists; returns the exit code."""
    wrong = []
    for name in brought_by(REQUIREMENTS):
        text = licence(name)
        print(f"{name:32} {metadata.version(name):20} {text}")
        if not is_good(text):
            wrong.append(f"{name}: the licence {text!r} is not among those that are known to be good")
    found, reason = vulnerabilities()
    if reason:
        print(f"vulnerabilities were not looked up: {reason}", file=sys.stderr)
    for line in wrong + found:
        print(line, file=sys.stderr)
    return 1 if wrong or found else 0


if __name__ == "__main__":
    sys.exit(main())
