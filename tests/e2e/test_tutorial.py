#!/usr/bin/python3
"""docs/tutorial.md, done as it is written: each file is made, each command given, and what it
prints is what the page shows. Numbers and times may differ; a line "..." stands for any lines."""
import os
import pathlib
import re
import subprocess
import sys
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent))
from support.harness import BUILD, ROOT, Firstline, Scratch, run_all, wait_until

PAGE = ROOT / "docs/tutorial.md"


def blocks():
    pattern = r"^(`{3,})(\w+)(?: +(\S+))?\n(.*?)^\1 *$"
    for m in re.finditer(pattern, PAGE.read_text(), re.M | re.S):
        yield m.group(2), m.group(3), m.group(4)


def commands(block):
    """(command, what it prints) for each "$ command"."""
    for part in re.split(r"^\$ ", block, flags=re.M)[1:]:
        command, _, output = part.partition("\n")
        yield command, output


def plain(text):
    """Without what differs from run to run: numbers, times, places of line breaks."""
    text = re.sub(r"\d+(\.\d+)?(ms|s|m)?\b", "N", text)
    return " ".join(text.replace("│", " ").split())


def shows(page, real):
    """Do the page's lines come in this order, with anything in between where it has '...'?"""
    parts = [re.escape(plain(part)) for part in page.split("...")]
    return re.fullmatch(r"\s*" + r"\s*.*?\s*".join(parts) + r"\s*", plain(real), re.S)


def test_the_tutorial_is_true():
    with Scratch("tutorial") as scratch:
        lab = str(scratch.dir / "lab")
        env = dict(os.environ, PATH=f"{BUILD}:{os.environ['PATH']}", TZ="UTC", NO_COLOR="1",
                   FIRSTLINE_STATE=str(scratch.dir / "state"))
        ours = lambda text: text.replace("/tmp/firstline-lab", lab)
        server = None
        for kind, name, body in blocks():
            if name:
                scratch.file(name, ours(body))
                continue
            if kind != "console":
                continue
            for command, output in commands(body):
                if command.startswith("firstline serve"):
                    server = Firstline(scratch, scratch.dir / "production").start()
                    continue
                done = subprocess.run(ours(command), shell=True, cwd=scratch.dir, env=env,
                                      capture_output=True, text=True, timeout=30)
                mistake = " error: " in output
                assert done.returncode in ((1,) if mistake else (0, 5)), (command, done)
                assert not output.strip() or shows(ours(output), done.stdout + done.stderr), \
                    f"$ {command}\npage:\n{ours(output)}\nreally:\n{done.stdout}{done.stderr}"
                if command.startswith("firstline send") and "--resolved" not in command:
                    wait_until(lambda: server.incident(1)["incident"]["state"] == "recovered",
                               message="the website is back")


if __name__ == "__main__":
    run_all(sys.modules[__name__])
