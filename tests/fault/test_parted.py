"""The connection of two roles breaks, and neither has ended: both have another soon, and all
goes on. A descriptor is taken out of the role (pidfd_getfd), and what it stands for shut down.
Needs no build of its own."""
import ctypes
import os
import pathlib
import re
import socket
import subprocess
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent))
from fault.test_crash import configuration
from support.harness import Firstline, Scratch, WebhookSink, run_all, wait_until

PIDFD_GETFD = 438
libc = ctypes.CDLL(None, use_errno=True)


def link(pid, other):
    """The descriptor of `pid` that is connected with one of `other`'s; None: there is none yet."""
    listed = subprocess.run(["ss", "-xnpH"], capture_output=True, text=True, check=True).stdout
    ends = re.findall(r"^u_str +ESTAB +\d+ +\d+ +\S+ +(\d+) +\S+ +(\d+) +.*pid=(\d+),fd=(\d+)", listed, re.M)
    theirs = {inode for inode, _, owner, _ in ends if int(owner) == other}
    return next((int(fd) for _, peer, owner, fd in ends if int(owner) == pid and peer in theirs), None)


def shut_down(pid, fd):
    held = os.pidfd_open(pid)
    copy = libc.syscall(PIDFD_GETFD, held, fd, 0)
    os.close(held)
    assert copy >= 0, os.strerror(ctypes.get_errno())
    with socket.socket(fileno=copy) as it:
        it.shutdown(socket.SHUT_RDWR)


def parted(name, again):
    with Scratch("parted") as scratch:
        hook = WebhookSink(scratch)
        firstline = Firstline(scratch, configuration(scratch, hook, seconds=0.2)).start()
        role, engine = firstline.role(name), firstline.role("engine")
        wait_until(lambda: link(role, engine) is not None, 20, message="they are connected")
        shut_down(role, link(role, engine))
        wait_until(lambda: again(firstline, role), 20, message="both have another")
        wait_until(lambda: firstline.fire({"alertname": "Last", "service": "last"}).status == 200, 20, 0.2,
                   "alerts are taken")
        wait_until(lambda: any("Last" in str(body) for _, body in list(hook.requests)), 20, message="people are told")


def test_hands_that_the_engine_lost_are_started_again():
    parted("hands", lambda firstline, before: firstline.role("hands") not in (None, before)
           and "error: hands: ended by signal 9" in firstline.log_text())


def test_a_gate_that_the_engine_lost_asks_for_another():
    parted("gate", lambda firstline, before: "gate: no engine: " in firstline.log_text() and
           firstline.role("gate") == before)


if __name__ == "__main__":
    run_all(sys.modules[__name__])
