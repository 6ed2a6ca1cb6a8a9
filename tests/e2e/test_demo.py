"""`firstline demo`: four things happen, for real, in 80 columns, and nothing is left of it."""
import contextlib
import os
import pathlib
import re
import signal
import subprocess
import sys
import tempfile
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent))
from support.harness import run_all, wait_until

BUILD = pathlib.Path(sys.argv[1] if len(sys.argv) > 1 else "build").resolve()


def ours():
    """Folders and processes of demonstrations."""
    folders = {str(p) for p in pathlib.Path("/tmp").glob("firstline-demo-*")}
    processes = set()
    for entry in pathlib.Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                argv = (entry / "cmdline").read_bytes()
            except OSError:
                continue
            if b"firstline-demo-" in argv:
                processes.add(int(entry.name))
    return folders, processes


def start():
    return subprocess.Popen([BUILD / "firstline", "demo", "--once"], stdout=subprocess.PIPE,
                            stderr=subprocess.PIPE, text=True)


def what_is(pid):
    with contextlib.suppress(OSError):
        return pathlib.Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ").decode()
    return "gone now"


def expect_nothing_left(before):
    try:
        wait_until(lambda: ours()[1] <= before[1], 10)
    except AssertionError:
        left = {pid: what_is(pid) for pid in ours()[1] - before[1]}
        raise AssertionError(f"its processes are there still: {left}") from None
    assert ours()[0] <= before[0], ours()[0] - before[0]


def test_four_things_happen_and_nothing_is_left():
    before = ours()
    began = time.monotonic()
    demo = start()
    out, err = demo.communicate(timeout=60)
    took = time.monotonic() - began
    assert demo.returncode == 0, out + err
    too_long = [line for line in out.splitlines() if len(line) > 80]
    assert not too_long, too_long
    flat = re.sub(r"\s+", " ", out)
    for what in ("restart-shop on shop-1: exit 0", "answers again, and that is proved",
                 "hangs: saw status 200, wanted status != 200: does not hold",
                 "it was over already: nothing was done to it",
                 "it has not recovered in time", "handed to payments-dev (investigation)",
                 "# ServiceDown: payments does not answer",
                 "deny: empty-spool on ledger-1", "refused by production.yaml:", "to go forward: have",
                 "1 restarted and verified, 1 over already, 1 handed off, 1 refused and left to a person",
                 "2 actions", "developers were not called"):
        assert what in flat, f"'{what}' is not in\n{out}"
    expect_nothing_left(before)
    print(f"  over in {took:.1f} s")


def test_interrupted_in_the_middle_it_leaves_nothing():
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        before = ours()
        demo = start()
        wait_until(lambda: len(ours()[1] - before[1]) >= 6, 20, message="it is at work")
        time.sleep(1)
        os.kill(demo.pid, number)
        out, _ = demo.communicate(timeout=30)
        assert demo.returncode == 1, (number, demo.returncode, out)
        expect_nothing_left(before)


def test_what_outlives_its_server_ends_with_it_too():
    """As an action does, which could start a service again when all others are gone. Whoever
    looks into the folder meanwhile is not touched."""
    before = ours()
    demo = start()
    folder, = wait_until(lambda: ours()[0] - before[0], 20, 0.01, "its folder")
    wait_until(lambda: len(ours()[1] - before[1]) >= 6, 20, message="it is at work")
    reader = subprocess.Popen(["tail", "-f", "/dev/null", f"{folder}/server.log"], stdout=subprocess.DEVNULL,
                              stderr=subprocess.DEVNULL)
    with tempfile.TemporaryDirectory() as state:
        left = subprocess.Popen([BUILD / "firstline", "serve", "--config", f"{folder}/config", "--state", state,
                                 "--listen", "127.0.0.1:0"], stdout=subprocess.DEVNULL,
                                stderr=subprocess.DEVNULL)
        try:
            wait_until(lambda: (pathlib.Path(state) / "endpoint").exists(), 20, message="it serves")
            os.kill(demo.pid, signal.SIGINT)
            demo.communicate(timeout=30)
            assert left.wait(10) == -signal.SIGKILL
            assert reader.poll() is None, "whoever reads was ended"
        finally:
            left.kill()
            reader.kill()
            reader.wait()
    expect_nothing_left(before)


def test_what_is_written_while_it_is_cleared_goes_too():
    """As a service writes its number that the script of an action started just then."""
    before = ours()
    demo = start()
    folder, = wait_until(lambda: ours()[0] - before[0], 20, 0.01, "its folder")
    wait_until(lambda: len(ours()[1] - before[1]) >= 6, 20, message="it is at work")
    os.kill(demo.pid, signal.SIGINT)
    wait_until(lambda: not pathlib.Path(folder, "config").exists(), 20, 0, "it is cleared")
    late = 0
    ends = time.monotonic() + 0.5
    while time.monotonic() < ends:
        with contextlib.suppress(FileNotFoundError):
            pathlib.Path(folder, f"late-{late}").touch()
            late += 1
    demo.communicate(timeout=30)
    print(f"  {late} files were late")
    expect_nothing_left(before)


def test_whose_reader_goes_leaves_nothing():
    before = ours()
    demo = start()
    demo.stdout.readline()
    demo.stdout.close()
    demo.stderr.read()
    assert demo.wait(30) == 1, demo.returncode
    expect_nothing_left(before)


def test_help_and_mistakes():
    done = subprocess.run([BUILD / "firstline", "demo", "now"], capture_output=True, text=True)
    assert done.returncode == 2 and "demo takes no 'now'" in done.stderr, done


if __name__ == "__main__":
    run_all(sys.modules[__name__])
