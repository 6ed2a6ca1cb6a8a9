"""Completion: the candidates, and that bash, zsh and fish offer them."""
import os
import pathlib
import pty
import select
import subprocess
import sys
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent))
from support.canned_server import CannedServer
from support.harness import BUILD, Scratch, run_all

INCIDENTS = {"items": [{"id": 12, "title": "Queue stuck\tand \u001b[31mred"},
                       {"id": 17, "title": "Disk full"}, {"id": 9, "title": "x" * 5000}]}


def environment(scratch, **more):
    env = {k: v for k, v in os.environ.items() if not k.startswith("FIRSTLINE_")}
    env.update(PATH=f"{BUILD}:{os.environ['PATH']}", HOME=str(scratch.dir), TERM="dumb", **more)
    return env


def candidates(*words, env=None):
    done = subprocess.run([BUILD / "firstline", "complete", *words], env=env, timeout=30,
                          capture_output=True, text=True)
    assert done.returncode == 0 and done.stderr == "", done
    return dict(line.split("\t") for line in done.stdout.splitlines())


def test_commands_and_options():
    assert "incident" in candidates("inc") and "run" not in candidates("inc")
    assert list(candidates("incident", "s")) == ["show", "settle"]
    assert list(candidates("help", "incident", "s")) == ["show", "settle"]
    found = candidates("run", "--")
    assert {"--dry-run", "--incident", "--token-file"} <= set(found)
    assert found["--wait"].startswith("until it is over")
    assert candidates("run", "--incident", "") == {}, "its value, not an argument"
    assert candidates("no-such-command", "") == {}


def test_what_the_server_knows():
    with Scratch("complete") as scratch:
        server = CannedServer(scratch, {
            "GET /v1/incidents": (200, INCIDENTS),
            "GET /v1/tokens": (200, {"items": [{"name": "ana", "principal": "person:ana"},
                                               {"name": "old", "revoked": True}]}),
            "GET /v1/asked": (403, {"error": {"status": 403, "message": "no", "exit": 4}})})
        env = environment(scratch, FIRSTLINE_URL=server.url)
        found = candidates("incident", "ack", "", env=env)
        assert list(found) == ["12", "17", "9"]
        assert found["12"] == "Queue stuck and ?[31mred", found
        assert found["9"] == "x" * 80, found
        assert list(candidates("incident", "ack", "1", env=env)) == ["12", "17"]
        assert candidates("incident", "ack", "12", "", env=env) == {}, "it takes one"
        assert list(candidates("incident", "note", "--json", "", env=env)) == ["12", "17", "9"]
        assert list(candidates("token", "revoke", "", env=env)) == ["ana"]
        assert candidates("approve", "", env=env) == {}, "one that refuses adds nothing"
        assert candidates("why", "", env=environment(
            scratch, FIRSTLINE_URL="http://127.0.0.1:1")) == {}


def test_bash_offers_them():
    with Scratch("bash") as scratch:
        server = CannedServer(scratch, {"GET /v1/incidents": (200, INCIDENTS)})
        script = ('eval "$(firstline completion bash)"; '
                  'COMP_WORDS=(firstline incident ack 1); COMP_CWORD=3; '
                  '_firstline; printf "%s\\n" "${COMPREPLY[@]}"; complete -p firstline')
        done = subprocess.run(["bash", "--norc", "-c", script], capture_output=True, text=True,
                              env=environment(scratch, FIRSTLINE_URL=server.url), timeout=30)
        assert done.stdout.splitlines()[:2] == ["12", "17"], done
        assert "-F _firstline firstline" in done.stdout
        # What is said of a command may look like a pattern.
        for option in ("nullglob", "failglob"):
            script = (f'shopt -s {option}; eval "$(firstline completion bash)"; '
                      'COMP_WORDS=(firstline journal ""); COMP_CWORD=2; '
                      '_firstline; printf "%s\\n" "${COMPREPLY[@]}"')
            done = subprocess.run(["bash", "--norc", "-c", script], capture_output=True,
                                  text=True, env=environment(scratch), timeout=30)
            assert sorted(done.stdout.split()) == ["checkpoint", "prove", "show", "verify"], done


def test_fish_offers_them():
    with Scratch("fish") as scratch:
        server = CannedServer(scratch, {"GET /v1/incidents": (200, INCIDENTS)})
        script = "firstline completion fish | source; complete -C 'firstline incident ack 1'"
        done = subprocess.run(["fish", "--no-config", "-c", script], capture_output=True,
                              text=True, timeout=30,
                              env=environment(scratch, FIRSTLINE_URL=server.url))
        assert done.stdout.splitlines()[1] == "17\tDisk full", done
        assert len(done.stdout.splitlines()) == 2, done
        scratch.file("eyes.yaml", "")
        script = f"firstline completion fish | source; complete -C 'firstline check {scratch.dir}/ey'"
        done = subprocess.run(["fish", "--no-config", "-c", script], capture_output=True,
                              text=True, timeout=30, env=environment(scratch))
        assert f"{scratch.dir}/eyes.yaml" in done.stdout, "where nothing else is known, a path"


def typed(argv, env, lines, wanted):
    """What a shell on a terminal shows after these lines, once `wanted` stands in it."""
    pid, fd = pty.fork()
    if pid == 0:
        os.execvpe(argv[0], argv, env)
    shown, end = b"", time.monotonic() + 30
    try:
        for line, ready in lines:
            while ready.encode() not in shown:
                assert time.monotonic() < end, shown
                if select.select([fd], [], [], 0.1)[0]:
                    shown += os.read(fd, 65536)
            shown = b""
            os.write(fd, line.encode())
        while wanted.encode() not in shown:
            assert time.monotonic() < end, shown
            if select.select([fd], [], [], 0.1)[0]:
                shown += os.read(fd, 65536)
    finally:
        os.close(fd)
        os.waitpid(pid, 0)
    return shown.decode(errors="replace")


def test_zsh_offers_them():
    with Scratch("zsh") as scratch:
        server = CannedServer(scratch, {"GET /v1/incidents": (200, INCIDENTS)})
        functions = scratch.dir / "functions"
        functions.mkdir()
        (functions / "_firstline").write_text(subprocess.run(
            [BUILD / "firstline", "completion", "zsh"], capture_output=True, text=True).stdout)
        begin = (f"fpath=({functions} $fpath); autoload -Uz compinit; "
                 f"compinit -u -d {scratch.dir}/dump; PS1='rea''dy> '\n")
        typed(["zsh", "-f", "-i"], environment(scratch, FIRSTLINE_URL=server.url, PS1="# "),
              [(begin, "# "), ("firstline incident ack 1\t", "ready> ")], "Disk full")


if __name__ == "__main__":
    run_all(sys.modules[__name__])
