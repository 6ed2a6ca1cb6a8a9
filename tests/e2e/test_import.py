#!/usr/bin/python3
"""firstline import runbook: prose becomes runbooks that load, whatever is in it, and is graded."""
import json
import os
import pathlib
import random
import subprocess
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent))
from support.harness import BUILD, Scratch, run_all

FIRSTLINE = str(BUILD / "firstline")

DISK = """---
title: Disk full
owner: storage-ops
---
# NodeDiskFull

## Meaning

The disk of a node is nearly full.

## Diagnosis

```shell
$ df -h /var
Filesystem      Size
```

## Mitigation

Remove what is old with `kubectl delete pod cache-0`, then wait until the alert resolves.

```check not-a-step
exit: 0
```

## Escalation

Contact the people who own the node pool, day or night.
"""


def firstline(*argv, code=0, cwd=None):
    done = subprocess.run([FIRSTLINE, *map(str, argv)], capture_output=True, text=True, cwd=cwd,
                          timeout=60, stdin=subprocess.DEVNULL,
                          env=dict(os.environ, NO_COLOR="1"))
    assert done.returncode == code, (argv, done.returncode, done.stdout, done.stderr)
    return done


def git(folder, *argv):
    subprocess.run(["git", "-C", folder, "-c", "user.name=t", "-c", "user.email=t@example.com",
                    *argv], check=True, capture_output=True, env=dict(
                        os.environ, GIT_AUTHOR_DATE="2024-01-05T00:00:00Z",
                        GIT_COMMITTER_DATE="2024-01-05T00:00:00Z"))


def test_it_is_taken_over_and_loads():
    with Scratch("import") as s:
        s.file("old/node/NodeDiskFull.md", DISK)
        s.file("old/other/NodeDiskFull.md", "Nothing but words.\n")
        s.file("old/_index.md", "# Not a runbook\n")
        s.file("old/README.md", "# Nor this\n")
        os.utime(s.dir / "old/other/NodeDiskFull.md", (1700000000, 1700000000))
        git(s.dir / "old", "init", "-q")
        git(s.dir / "old", "add", "node")
        git(s.dir / "old", "commit", "-qm", "x")
        firstline("init", s.dir / "production")
        out = s.dir / "production/runbooks"
        done = firstline("import", "runbook", "old", "--out", out, cwd=s.dir)
        lines = done.stdout.splitlines()
        assert lines[1].split()[:7] == ["old/node/NodeDiskFull.md", "yes", "cmd", "cmd", "words",
                                        "-", "words"], lines
        assert lines[1].endswith(" 5/6  NodeDiskFull") and "d  5/6" in lines[1], lines
        assert "d* 0/6" in lines[2], lines
        text = (out / "node-disk-full.md").read_text()
        assert text.startswith("---\nrunbook: node-disk-full\n"
                               "answers: [{alertname: NodeDiskFull}]\nceiling: suggest\n---\n")
        assert "```text check not-a-step\n" in text and "```text\ndf -h /var\n```" in text, text
        assert (out / "node-disk-full-2.md").exists()
        done = firstline("check", s.dir / "production")
        assert " 3 runbooks" in done.stdout and "no mistakes" in done.stdout, done.stdout
        # What is there is never written over.
        (out / "node-disk-full.md").write_text("mine")
        firstline("import", "runbook", "old", "--out", out, code=9, cwd=s.dir)
        assert (out / "node-disk-full.md").read_text() == "mine"


def test_it_grades_without_writing():
    with Scratch("import") as s:
        s.file("NodeDiskFull.md", DISK)
        done = firstline("import", "runbook", "NodeDiskFull.md", "--json", cwd=s.dir)
        (found,) = json.loads(done.stdout)
        assert found["alert"] == "NodeDiskFull" and found["alert_from"] == "heading", found
        assert found["named_owner"] == "storage-ops" and found["check"] == "commands", found
        assert found["verify"] == "words" and found["undo"] == "no" and found["grade"] == 5, found
        assert found["age_days"] == 0 and found["age_from"] == "file", found
        assert [c["kind"] for c in found["commands"]] == ["look", "change"], found
        assert sorted(p.name for p in s.dir.iterdir()) == ["NodeDiskFull.md"]
        assert "Nothing was written" in firstline("import", "runbook", "NodeDiskFull.md",
                                                  cwd=s.dir).stderr
        assert "No such file" in firstline("import", "runbook", "gone.md", code=3,
                                           cwd=s.dir).stderr
        firstline("import", "runbook", code=2)
        s.file("big.md", "x" * 70000)
        assert "over 64 kB" in firstline("import", "runbook", "big.md", code=1,
                                         cwd=s.dir).stderr


def test_nonsense_is_taken_over_too():
    """Bytes of all kinds: each becomes a runbook that loads, all at once."""
    chance = random.Random(7)
    pieces = [b"```check x\n", b"```", b"~~~~\n", b"\n", b"> ", b"- ", b"    ", b"\t", b"\0", b"\xff",
              b"---\n", b"# A\n", b"<div>\n", b"`ls -l`", b"${x}", b"\r", b"| a |\n", b"word "]
    with Scratch("import") as s:
        for i in range(100):
            (s.dir / f"x{i}.md").write_bytes(
                b"".join(chance.choice(pieces) for _ in range(chance.randrange(60))))
        firstline("init", s.dir / "production")
        firstline("import", "runbook", *sorted(s.dir.glob("x*.md")), "--out",
                  s.dir / "production/runbooks")
        done = firstline("check", s.dir / "production")
        assert " 101 runbooks" in done.stdout and "no mistakes" in done.stdout, done.stdout


def test_a_library_of_runbooks():
    """Public ones, where the environment says where they are: LONG=1 RUNBOOKS=folder."""
    folder = os.environ.get("RUNBOOKS")
    if os.environ.get("LONG") != "1" or not folder:
        return
    with Scratch("import") as s:
        firstline("init", s.dir / "production")
        done = firstline("import", "runbook", folder, "--out", s.dir / "production/runbooks")
        print(done.stdout)
        assert "no mistakes" in firstline("check", s.dir / "production").stdout


if __name__ == "__main__":
    run_all(sys.modules[__name__])
