"""Nobody takes half an answer for a whole one: what could not be written to stdout is said, and
the exit code is not 0. And every command has the same state folder."""
import os
import pathlib
import signal
import subprocess
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent))
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
from support.harness import BUILD, Scratch, run_all, wait_until
from test_backup import start


def into(out, *args):
    return subprocess.run([BUILD / "firstline", *map(str, args)], stdout=out, text=True,
                          stderr=subprocess.PIPE, stdin=subprocess.DEVNULL, timeout=60)


def test_a_full_disk_behind_stdout_is_told_by_every_command():
    with Scratch("full") as s, open("/dev/full", "w") as full:
        live = start(s)
        url = f"http://127.0.0.1:{live.port}"
        state = ["--state", live.state]
        for args in (
                ["journal", "show", *state], ["journal", "show", "--json", *state],
                ["journal", "verify", *state], ["journal", "verify", "--json", *state],
                ["journal", "checkpoint", *state], ["journal", "checkpoint", "--key", *state],
                ["export", *state], ["backup", s.dir / "b.db", *state],
                ["backup", s.dir / "c.db", "--json", *state],
                ["restore", s.dir / "b.db", "--state", s.dir / "x"],
                ["completion", "bash"], ["completion", "zsh"], ["completion", "fish"],
                ["help"], ["help", "exit-codes"], ["version"], ["--version"], ["journal", "--help"],
                ["help", "journal", "show"], ["check", live.config], ["complete", "journ"],
                ["status", "--url", url, *state], ["status", "--json", "--url", url, *state],
                ["incident", "list", "--json", "--url", url, *state],
                ["token", "list", "--json", "--url", url, *state]):
            done = into(full, *args)
            assert done.returncode == 1, (args, done)
            assert done.stderr.count("could not write all of the answer to stdout") == 1, (args, done)
        done = into(full, "statsu")
        assert done.returncode == 2 and "stdout" not in done.stderr, done
        live.stop()


def test_serve_has_the_state_folder_of_every_other_command():
    with Scratch("state") as s:
        config = start(s)
        config.stop()

        def serves_in(name, *args, **env):
            clean = {k: v for k, v in os.environ.items()
                     if k not in ("FIRSTLINE_STATE", "STATE_DIRECTORY")}
            child = subprocess.Popen(
                [BUILD / "firstline", "serve", "--config", config.config, "--quiet", *args],
                env=dict(clean, **env), cwd=s.dir, stdin=subprocess.DEVNULL)
            try:
                wait_until(lambda: (s.dir / name / "endpoint").exists(), message=name)
            finally:
                child.send_signal(signal.SIGTERM)
                child.wait(timeout=30)
            assert sum(p.name == "endpoint" for p in s.dir.glob("*/endpoint")) == len(seen) + 1
            seen.add(name)

        for left in s.dir.glob("*/endpoint"):
            left.unlink()
        seen = set()
        serves_in("by-env", FIRSTLINE_STATE="by-env", STATE_DIRECTORY=str(s.dir / "systemd"))
        serves_in("by-option", "--state", "by-option", FIRSTLINE_STATE="by-env")
        serves_in("systemd", STATE_DIRECTORY=str(s.dir / "systemd"))
        serves_in("firstline-state")


if __name__ == "__main__":
    run_all(sys.modules[__name__])
