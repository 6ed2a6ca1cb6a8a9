"""A store that cannot be used: people are told, nothing is taken, nothing is done."""
# first: it waits until a store is tried again
import contextlib
import pathlib
import sqlite3
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent))
from fault.test_crash import configuration, starts
from fault.test_damage import ODD, damage
from fault.test_failing import FOLDER_FAILS, LONG, OPENS_FAIL, READS_FAIL, WRITES_FAIL, Table
from support.harness import Firstline, Scratch, WebhookSink, free_port, run_all, wait_until


def begun(firstline, scratch):
    """It took an alert, and ended."""
    firstline.start()
    assert firstline.fire(ODD).status == 200
    firstline.wait_incident(lambda r: r["service"] == "worker")
    firstline.stop()


def start(firstline):
    """It comes up and does not get ready."""
    firstline.start(wait=False, listen=(listen := f"127.0.0.1:{free_port()}"))
    firstline.port = int(listen.rsplit(":", 1)[1])

    def refuses():
        assert firstline.child.poll() is None, "serve ended:\n" + firstline.log_text()[-3000:]
        with contextlib.suppress(OSError):
            return firstline.fire(ODD).status == 507
    wait_until(refuses, 20, 0.1, "refused with 507")


def pages(hook, word="store"):
    return [str(body) for _, body in list(hook.requests) if word in str(body)]


def whole(firstline):
    """The bytes of the store."""
    return [(firstline.state / name).read_bytes() for name in ("firstline.db", "firstline.db-wal")
            if (firstline.state / name).exists() and (firstline.state / name).stat().st_size]


def refuses(firstline, why):
    answer = firstline.fire({"alertname": "WorkerDown", "service": "worker"})
    assert answer.status == 507 and answer.headers.get("Retry-After") and why in answer.body.decode(), answer.body
    ready = firstline.request("GET", "/-/ready", token=None)
    assert ready.status == 503 and why in ready.body.decode(), ready.body
    # What is not known is not told as if there were nothing, nor who anybody is.
    for path in ("/api/v2/alerts", "/v1/incidents", "/v1/on-call"):
        for token in ("local", "flt_of-somebody"):
            asked = firstline.request("GET", path, token=token)
            assert asked.status == 507 and why in asked.body.decode(), (path, token, asked.status, asked.body)
    status = firstline.cli("status")
    said = " ".join(status.stdout.split())
    assert status.returncode == 0 and why in said and "No incident" not in said, status
    assert "firstline_refusing 1" in firstline.request("GET", "/metrics").body.decode()
    done = firstline.cli("silence", "add", "Held", "--for", "1h", "--comment", "c")
    assert done.returncode == 1 and why in done.stderr, done
    assert firstline.request("GET", "/-/healthy", token=None).status == 200


def test_a_damaged_row_that_decides_is_told_and_nothing_is_taken():
    with Scratch("decides") as scratch:
        hook = WebhookSink(scratch)
        firstline = Firstline(scratch, configuration(scratch, hook))
        begun(firstline, scratch)
        row = damage(firstline, "incident", "open = 1")
        before = whole(firstline)
        start(firstline)
        gate = firstline.role("gate")
        refuses(firstline, f"incident {row} is damaged")
        wait_until(lambda: pages(hook), 15, message="people are told")
        [page] = pages(hook)
        for part in ("damaged", f"incident {row}", "journal verify", "restore"):
            assert part in page, page
        # So it stays while the store is tried again; nobody is told of it once more.
        wait_until(lambda: firstline.log_text().count("the store is tried again") >= 2, 40, 0.1, "tried again")
        assert firstline.child.poll() is None and firstline.role("gate") == gate, "it stays up"
        # Nor by a server that is started again, as systemd would.
        firstline.stop()
        start(firstline)
        wait_until(lambda: "told of it already" in firstline.log_text(), 10)
        assert len(pages(hook)) == 1, pages(hook)
        assert not starts(scratch)
        verified = firstline.cli("journal", "verify", "--state", firstline.state)
        assert verified.returncode == 1 and f"incident {row}" in verified.stdout + verified.stderr, verified
        assert whole(firstline) == before, "the damaged store is as it was"


def test_a_damaged_file_is_told_and_a_backup_takes_its_place():
    with Scratch("file") as scratch:
        hook = WebhookSink(scratch)
        firstline = Firstline(scratch, configuration(scratch, hook))
        firstline.start()
        assert firstline.fire(ODD).status == 200
        firstline.cli("backup", scratch.dir / "backup.db", check=True)
        firstline.stop()
        for name in ("firstline.db", "firstline.db-wal"):
            with contextlib.suppress(FileNotFoundError), open(firstline.state / name, "r+b") as file:
                file.write(b"damaged " * 100)
        start(firstline)
        refuses(firstline, "is not a database")
        wait_until(lambda: pages(hook), 15, message="people are told")
        assert "restore" in pages(hook)[0], pages(hook)
        firstline.stop()
        firstline.state = scratch.dir / "restored"
        firstline.cli("restore", scratch.dir / "backup.db", "--state", firstline.state, check=True)
        firstline.start()
        assert [a["labels"]["alertname"] for a in firstline.get("/api/v2/alerts")] == ["Odd"]
        assert len(pages(hook)) == 1 and not (firstline.state / "told").exists()


def break_table(firstline, table):
    """The first page of it is none, in a file too large to be looked at as a whole at a start."""
    file = firstline.state / "firstline.db"
    with sqlite3.connect(file, isolation_level=None) as db:
        db.execute("CREATE TABLE filler (x)")
        db.executemany("INSERT INTO filler VALUES (zeroblob(?))", [(8 << 20,)] * 9)
        db.execute("DROP TABLE filler")
        [page] = db.execute("SELECT rootpage FROM sqlite_schema WHERE name = ?", (table,)).fetchone()
        [size] = db.execute("PRAGMA page_size").fetchone()
    db.close()
    with open(file, "r+b") as raw:
        raw.seek((page - 1) * size)
        raw.write(b"\xff" * 100)


def test_damage_that_is_met_again_and_again_is_told_once():
    with Scratch("writes") as scratch:
        hook = WebhookSink(scratch)
        firstline = Firstline(scratch, configuration(scratch, hook)).start()
        firstline.stop()
        break_table(firstline, "incident")
        firstline.start()  # nothing of it is read then
        ends = lambda: firstline.log_text().count("commit: ")

        def fire():
            with contextlib.suppress(OSError):
                return firstline.fire(ODD).status
        assert fire() != 200
        wait_until(lambda: fire() == 507, 10, 0.1, "refused with 507")
        wait_until(lambda: pages(hook), 15, message="people are told")
        assert "malformed" in firstline.log_text() and "damaged" in pages(hook)[0], pages(hook)
        wait_until(lambda: fire() and ends() >= 3, 40, 0.2, "met again")
        assert len(pages(hook)) == 1 and firstline.child.poll() is None, pages(hook)
        assert fire() != 200


def fails_for_good(firstline, scratch, hook, table, how):
    """The disk fails so; it is told; it works again."""
    table.break_disk(how)
    start(firstline)
    refuses(firstline, "Input/output error")
    wait_until(lambda: pages(hook, "Input/output error"), 15, message="people are told")
    assert len(pages(hook, "Input/output error")) == 1, pages(hook)
    table.break_disk(0)
    wait_until(lambda: firstline.fire(ODD).status == 200, 60, 0.2, "it goes on by itself")
    firstline.wait_incident(lambda r: "no alert was taken" in r["title"], 20, "told of for good")
    firstline.wait_incident(lambda r: r["service"] == "worker")
    assert not starts(scratch)


def test_a_disk_that_fails_at_the_start_is_told():
    with Scratch("eio") as scratch:
        hook, table = WebhookSink(scratch), Table(scratch)
        firstline = Firstline(scratch, configuration(scratch, hook), env=table.environment())
        begun(firstline, scratch)
        for how in (READS_FAIL, WRITES_FAIL) + ((OPENS_FAIL,) if LONG else ()):
            hook.requests.clear()
            fails_for_good(firstline, scratch, hook, table, how)
            firstline.stop()
            (firstline.state / "told").unlink()  # as after five minutes of work
        firstline.start()
        assert firstline.fire({"alertname": "WorkerDown", "service": "worker"}).status == 200
        wait_until(lambda: starts(scratch), 15, message="and hands takes its orders")
        firstline.stop()
        verified = firstline.cli("journal", "verify", "--replay", "--state", firstline.state)
        assert verified.returncode == 0, verified.stdout + verified.stderr


def test_deaths_by_the_disk_put_no_alert_into_quarantine():
    with Scratch("blameless") as scratch:
        hook, table = WebhookSink(scratch), Table(scratch)
        firstline = Firstline(scratch, configuration(scratch, hook), env=table.environment()).start()
        alert = {"alertname": "Bystander", "service": "worker"}

        def ended():
            with contextlib.suppress(OSError):
                return firstline.fire(alert).status == 503
            return True
        for _ in range(3):
            table.break_disk(WRITES_FAIL)
            assert ended()
            table.break_disk(0)
            wait_until(lambda: firstline.fire(ODD).status == 200, 60, 0.2, "it goes on by itself")
        assert firstline.log_text().count("commit: ") >= 3, firstline.log_text()
        assert firstline.fire(alert).status == 200, firstline.log_text()[-2000:]


def test_a_folder_that_cannot_be_read_at_the_start_is_told():
    with Scratch("gone") as scratch:
        hook, table = WebhookSink(scratch), Table(scratch)
        firstline = Firstline(scratch, configuration(scratch, hook), env=table.environment())
        begun(firstline, scratch)
        table.break_disk(FOLDER_FAILS)
        start(firstline)
        answer = firstline.fire({"alertname": "WorkerDown", "service": "worker"})
        assert answer.status == 507 and b"the state folder cannot be read" in answer.body, answer.body
        wait_until(lambda: pages(hook, "the state folder cannot be read"), 15, message="people are told")
        assert "nor heard of" in firstline.log_text()
        table.break_disk(0)
        wait_until(lambda: firstline.fire(ODD).status == 200, 30, 0.2, "it goes on by itself")
        assert len(pages(hook, "the state folder cannot be read")) <= 2, pages(hook)
        assert "hands: ended by signal" not in firstline.log_text(), "what it says of itself was refused"
        assert firstline.fire({"alertname": "WorkerDown", "service": "worker"}).status == 200
        wait_until(lambda: starts(scratch), 30, message="and hands takes its orders")
        firstline.stop()
        verified = firstline.cli("journal", "verify", "--replay", "--state", firstline.state)
        assert verified.returncode == 0, verified.stdout + verified.stderr


if __name__ == "__main__":
    run_all(sys.modules[__name__])
