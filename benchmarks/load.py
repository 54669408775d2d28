"""Many people at once: 500 questions from 100 users at 50 a second, over a real socket, to the real program.

    python benchmarks/load.py [--questions 500] [--users 100] [--rate 50] [--corpus corpus]

Half of the questions come as `/ask`, half as mentions. Every one must be answered once, and no heartbeat may be late;
if not, the exit code is 1. Prints median and 99th percentile of the time from question to visible answer, and the bot's
memory. The stand-in for Discord runs in this process, on the same cores, without checking bodies against the API
description.
"""

from __future__ import annotations

import argparse
import itertools
import os
import statistics
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from tests.standin import Discord
from tests.standin.payloads import BOT_ID
from tests.standin.program import Program

HEARTBEAT_MS = 1000
LATE_SECONDS = 1.0
"""A heartbeat is late when it comes this much after its time."""

FIRST_USER = 700000000000000001
QUESTIONS = (
    "What is the Defense Production Act?",
    "Qui est Dario Amodei ?",
    "When did Pete Hegseth meet the head of Anthropic?",
    "Quels usages Anthropic refuse-t-elle ?",
    "What is the deadline of the ultimatum?",
    "Que risque Anthropic ?",
    "Who won the football world cup in 1998?",
    "Que dit le communiqué de l'entreprise ?",
)


def main() -> int:
    """Run the load and print what came of it; the exit code."""
    options = _options()
    root = Path(__file__).resolve().parents[1]
    discord = Discord(heartbeat_ms=HEARTBEAT_MS, checking=False)
    with tempfile.TemporaryDirectory() as data:
        settings = {"CORPUS_DIR": str(root / options.corpus), "DATA_DIR": data}
        settings |= {name: os.environ[name] for name in ("EMBEDDING_MODEL",) if name in os.environ}
        program = Program(discord.settings | settings)
        try:
            program.wait_for("ready as", 600)
            return _measure(discord, program, options)
        finally:
            program.stop()
            discord.close()


def _measure(discord: Discord, program: Program, options: argparse.Namespace) -> int:
    memory_before, cpu_before = _megabytes(program.pid), _cpu_seconds(program.pid)
    asked = []
    began = time.monotonic()
    # Every question is a little different, so that no cache answers for the model.
    for number, question in zip(range(options.questions), itertools.cycle(QUESTIONS), strict=False):
        time.sleep(max(0.0, began + number / options.rate - time.monotonic()))
        user = FIRST_USER + number % options.users
        if number % 2:
            asked.append((time.monotonic(), discord.say(f"<@{BOT_ID}> {question} ({number})", by=user)))
        else:
            asked.append((time.monotonic(), discord.slash("ask", question=f"{question} ({number})", by=user)))
    sent_seconds = time.monotonic() - began
    seconds, wrong = [], 0
    for moment, thing in asked:
        if isinstance(thing, dict):
            discord.reply_to(thing, 120)
            answers = discord.replies_to(thing)
        else:
            discord.shown(thing, 120)
            answers = [thing.message, *thing.followups]
        wrong += len(answers) != 1 or ("Next" not in str(answers[0]) and "suivants" not in str(answers[0]))
        seconds.append(discord.rest.shown_at[answers[0]["id"]] - moment)
    late = [gap for _, gap in discord.gateway.heartbeats if gap > HEARTBEAT_MS / 1000 + LATE_SECONDS]
    per_second = len(asked) / (max(discord.rest.shown_at.values()) - began)
    print(f"questions      {len(asked)} from {options.users} users in {sent_seconds:.1f} s")
    print(f"answered once  {len(asked) - wrong}")
    print(f"answers        {per_second:.1f} a second")
    print(f"median         {statistics.median(seconds) * 1000:.0f} ms")
    print(f"99th           {statistics.quantiles(seconds, n=100)[98] * 1000:.0f} ms")
    print(f"slowest        {max(seconds) * 1000:.0f} ms")
    slowest_beat = max(gap for _, gap in discord.gateway.heartbeats)
    print(f"heartbeats     {len(discord.gateway.heartbeats)}, {len(late)} late, longest gap {slowest_beat:.2f} s")
    cpu = (_cpu_seconds(program.pid) - cpu_before) / len(asked)
    print(f"processor      {cpu * 1000:.1f} ms an answer, all threads of the bot")
    print(f"memory         {memory_before:.0f} MB before, {_megabytes(program.pid):.0f} MB after")
    return 1 if wrong or late else 0


def _megabytes(pid: int) -> float:
    """Resident memory of a process, as Linux tells it; 0 elsewhere."""
    status = Path(f"/proc/{pid}/status")
    lines = status.read_text().splitlines() if status.exists() else []
    return sum(int(line.split()[1]) / 1e3 for line in lines if line.startswith("VmRSS:"))


def _cpu_seconds(pid: int) -> float:
    """Processor time of a process so far, as Linux tells it; 0 elsewhere."""
    stat = Path(f"/proc/{pid}/stat")
    if not stat.exists():
        return 0.0
    user, system = stat.read_text().rpartition(")")[2].split()[11:13]
    return (int(user) + int(system)) / os.sysconf("SC_CLK_TCK")


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--questions", type=int, default=500)
    parser.add_argument("--users", type=int, default=100)
    parser.add_argument("--rate", type=float, default=50.0, help="questions a second")
    parser.add_argument("--corpus", default="corpus")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
