"""Rows of the store that were changed by nobody we know: the disk, or a hand."""
import contextlib
import os
import pathlib
import signal
import sqlite3
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent))
from fault.test_crash import configuration
from support.harness import Firstline, Scratch, WebhookSink, free_port, run_all, wait_until

ODD = {"alertname": "Odd", "service": "worker"}


def damage(firstline, table, where):
    """Turns its bytes to zero; returns the row's number."""
    with sqlite3.connect(firstline.state / "firstline.db") as db:
        [row] = db.execute(f"SELECT max(id) FROM {table} WHERE {where}").fetchone()
        assert row is not None, f"a row of {table}"
        db.execute(f"UPDATE {table} SET body = zeroblob(length(body)) WHERE id = ?", (row,))
    db.close()
    return row


def gauge(firstline, name):
    text = firstline.request("GET", "/metrics").body.decode()
    return [line.split()[1] for line in text.splitlines() if line.startswith(name + " ")]


def test_a_damaged_line_of_a_timeline_is_left_out_and_told():
    with Scratch("damage") as scratch:
        hook = WebhookSink(scratch)
        firstline = Firstline(scratch, configuration(scratch, hook)).start()
        assert firstline.fire(ODD).status == 200
        incident = firstline.wait_incident(lambda r: r["service"] == "worker")
        firstline.stop()
        bad = [damage(firstline, table, "open = 1") for table in ("timeline", "noise")]
        for _ in range(2):  # and at each start
            firstline.start()
            told = firstline.wait_incident(lambda r: "damaged" in r["title"], 20, "an incident of its own")
            shown = firstline.cli("incident", "show", str(told["id"])).stdout
            assert f"timeline {bad[0]}" in shown and f"noise {bad[1]}" in shown, shown
            assert f"timeline {bad[0]} is damaged, and left out" in firstline.log_text()
            wait_until(lambda: any("damaged" in str(body) for _, body in hook.requests), 15,
                       message="people are told")
            assert gauge(firstline, "firstline_rows_damaged") == ["2"]
            # The incident that it is of goes on, and so do others.
            assert firstline.cli("incident", "ack", str(incident["id"])).returncode in (0, 1)
            assert firstline.fire({"alertname": "More", "service": "worker"}).status == 200
            firstline.stop()
        verified = firstline.cli("journal", "verify", "--state", firstline.state)
        assert verified.returncode == 1 and str(bad[0]) in verified.stdout + verified.stderr, verified


def refused(firstline):
    assert firstline.child.poll() is None, "serve ended:\n" + firstline.log_text()[-3000:]
    with contextlib.suppress(OSError):
        return firstline.fire(ODD).status == 507


def test_a_damaged_row_that_decides_ends_the_engine_and_is_named_once():
    with Scratch("decides") as scratch:
        firstline = Firstline(scratch, configuration(scratch, WebhookSink(scratch))).start()
        assert firstline.fire(ODD).status == 200
        firstline.wait_incident(lambda r: r["service"] == "worker")
        firstline.stop()
        row = damage(firstline, "incident", "open = 1")
        for late in (False, True):  # also where it is read long after the engine has gone
            said = f"error: engine: incident {row} is damaged"
            told = firstline.log_text().count(said)
            firstline.start(wait=False, listen=(listen := f"127.0.0.1:{free_port()}"))
            firstline.port = int(listen.rsplit(":", 1)[1])
            if late:
                wait_until(lambda: firstline.role("engine"), 10, 0.001, "an engine")
                os.kill(firstline.child.pid, signal.SIGSTOP)
                wait_until(lambda: not firstline.role("engine"), 10, message="its end")
                os.kill(firstline.child.pid, signal.SIGCONT)
            wait_until(lambda: refused(firstline), 20, 0.1, "it goes on without the store")
            assert firstline.log_text().count(said) == told + 1, firstline.log_text()
            firstline.stop()


if __name__ == "__main__":
    run_all(sys.modules[__name__])
