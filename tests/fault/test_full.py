"""No room on the disk, bodies that end the engine, and a restart long after."""
import contextlib
import hashlib
import http.client
import json
import os
import pathlib
import re
import shutil
import sqlite3
import subprocess
import sys
import threading
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent))
from fault.test_crash import configuration, starts
from fault.test_failing import Table
from support.engine import Engine
from support.gate import QUARANTINE, QUARANTINED, decode
from support.harness import Firstline, Scratch, WebhookSink, free_port, run_all, wait_until

FAKETIME = pathlib.Path("/usr/lib/x86_64-linux-gnu/faketime/libfaketime.so.1")


@contextlib.contextmanager
def small_disk(path, size):
    path.mkdir(mode=0o700, exist_ok=True)
    subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={size},mode=0700", "tmpfs", str(path)],
                   check=True)
    try:
        yield
    finally:
        subprocess.run(["umount", "-l", str(path)], check=True)


def labels(i):
    return {"alertname": "Full", "service": "worker", "id": str(i), "pad": "x" * 400}


def status(firstline, alert):
    with contextlib.suppress(OSError):
        return firstline.fire(alert).status
    return 0


def status_of(firstline, i):
    with contextlib.suppress(OSError):
        return firstline.fire(labels(i)).status
    return 0


def shown(firstline):
    return {int(a["labels"]["id"]) for a in firstline.get("/api/v2/alerts")
            if a["labels"]["alertname"] == "Full"}


def fill(firstline):
    """Which alerts it took until there was no room, and the first that it did not."""
    with open(firstline.state / "filler", "wb") as file, contextlib.suppress(OSError):
        while True:
            file.write(b"\0" * 65536)
            file.flush()
    taken = set()
    for i in range(20000):
        status = status_of(firstline, i)
        if status == 200:
            taken.add(i)
        elif status == 507:
            return taken, i
        else:
            time.sleep(0.05)  # the engine is being started again
    raise AssertionError("never 507")


def test_a_full_disk_answers_507_loses_nothing_tells_and_heals():
    with Scratch("full") as scratch:
        hook = WebhookSink(scratch)
        firstline = Firstline(scratch, configuration(scratch, hook))
        with small_disk(firstline.state, "12m"):
            firstline.start()
            # One alert is held, before there is no room and while there is none.
            made = firstline.cli("silence", "add", "Held", "--for", "1h", "--comment", "c",
                                 check=True).stdout.strip()
            firstline.fire({"alertname": "Held", "service": "worker"})
            taken, refused = fill(firstline)
            answer = firstline.fire(labels(refused))
            assert answer.status == 507 and answer.headers.get("Retry-After"), answer
            engine = firstline.role("engine")
            refused_requests(firstline, 2000, {200, 401, 507})  # reading goes on
            assert firstline.role("engine") == engine
            ready = firstline.request("GET", "/-/ready", token=None)
            assert ready.status != 200, ready
            wait_until(lambda: any("room on the disk" in str(body) for _, body in hook.requests),
                       15, message="people are told of the full disk")
            assert taken <= shown(firstline), "what was acknowledged is there while full"

            # It begins without room, and has an epoch of its own once there is some.
            firstline.kill_role("engine")
            wait_until(lambda: status_of(firstline, refused) == 507, 10, 0.1, "refused again")
            [held] = [a for a in firstline.get("/api/v2/alerts")
                      if a["labels"]["alertname"] == "Held"]
            assert held["status"]["silencedBy"] == [made], held
            assert firstline.cli("silence", "expire", made).returncode == 1
            (firstline.state / "filler").unlink()
            wait_until(lambda: status_of(firstline, 30000) == 200, 10, 0.1, "it heals by itself")
            assert firstline.fire({"alertname": "WorkerDown", "service": "worker"}).status == 200
            wait_until(lambda: starts(scratch), 15, message="and hands takes its orders")
            assert taken <= shown(firstline), "and there once it healed"
            firstline.kill_all()
            firstline.start()
            assert taken | {30000} <= shown(firstline), "and there after kill -9"
            firstline.stop()
            shown_all = firstline.cli("journal", "show", "--json", "--state", firstline.state).stdout
            epochs = [int(n) for n in re.findall(r'"epoch": ?(\d+), ?"engine": ?true', shown_all)]
            assert len(epochs) >= 3 and epochs == sorted(set(epochs)), epochs
            verified = firstline.cli("journal", "verify", "--replay", "--state", firstline.state)
            assert verified.returncode == 0, verified.stdout + verified.stderr


def told(firstline, text):
    """Does an incident of Firstline's own say so?"""
    return any(text in f'{line.get("text")}' for row in firstline.incidents()
               for line in firstline.incident(row["id"])["timeline"])


def a_role_dies(firstline, name):
    died = firstline.kill_role(name)
    wait_until(lambda: firstline.role(name) not in (None, died), 10, message=f"another {name}")
    wait_until(lambda: status_of(firstline, 1) == 507, 10, 0.1, "refused as before")


def test_who_died_while_the_disk_was_full_is_told_after_it():
    with Scratch("full-died") as scratch:
        firstline = Firstline(scratch, configuration(scratch, WebhookSink(scratch)))
        with small_disk(firstline.state, "12m"):
            firstline.start()
            fill(firstline)
            a_role_dies(firstline, "gate")
            a_role_dies(firstline, "hands")
            (firstline.state / "filler").unlink()
            wait_until(lambda: status_of(firstline, 30000) == 200, 10, 0.1, "it heals by itself")
            for name in ("gate", "hands"):
                wait_until(lambda: told(firstline, f"the role {name} ended by signal 9"), 10,
                           message=f"what became of {name}")
            firstline.stop()
            verified = firstline.cli("journal", "verify", "--replay", "--state", firstline.state)
            assert verified.returncode == 0, verified.stdout + verified.stderr


def test_who_died_while_the_disk_was_read_only_is_told_after_it():
    with Scratch("frozen-died") as scratch:
        firstline = Firstline(scratch, configuration(scratch, WebhookSink(scratch)))
        with frozen(scratch, firstline):
            wait_until(lambda: status_of(firstline, 1) == 507, 20, 0.1, "refused with 507")
            a_role_dies(firstline, "gate")
            remount(firstline.state, "rw")
            wait_until(lambda: status_of(firstline, 3) == 200, 20, 0.1, "it heals by itself")
            wait_until(lambda: told(firstline, "the role gate ended by signal 9"), 10,
                       message="what became of the gate")


def pages(hook):
    return [str(body) for _, body in hook.requests if "read-only" in str(body)]


def refuses_as_read_only(firstline, hook):
    """It takes nothing, says why wherever it is asked, pages once and acts on nothing."""
    wait_until(lambda: status_of(firstline, 1) == 507, 20, 0.1, "refused with 507")
    answer = firstline.fire(labels(2))
    assert answer.status == 507 and answer.headers.get("Retry-After"), answer
    assert b"read-only" in answer.body, answer
    ready = firstline.request("GET", "/-/ready", token=None)
    assert ready.status == 503 and b"read-only" in ready.body, ready
    assert "read-only" in firstline.cli("status").stdout
    silence = firstline.cli("silence", "add", "Held", "--for", "1h", "--comment", "c")
    assert silence.returncode == 1 and "read-only" in silence.stderr, silence
    wait_until(lambda: pages(hook), 15, message="people are told of the read-only disk")


def heals(firstline, scratch):
    wait_until(lambda: status_of(firstline, 3) == 200, 20, 0.1, "it heals by itself")
    firstline.wait_incident(lambda r: "can be written to again" in r["title"], 20, "told of for good")
    assert firstline.fire({"alertname": "WorkerDown", "service": "worker"}).status == 200
    wait_until(lambda: starts(scratch), 15, message="and hands takes its orders")
    firstline.stop()
    verified = firstline.cli("journal", "verify", "--replay", "--state", firstline.state)
    assert verified.returncode == 0, verified.stdout + verified.stderr


def remount(path, how):
    """What was killed just now may still be on its way out of it."""
    wait_until(lambda: subprocess.run(["mount", "-o", f"remount,{how}", str(path)], capture_output=True).returncode == 0,
               10, 0.1, f"it is mounted {how}")


def test_a_start_on_a_read_only_disk_tells_and_heals():
    for end in ("stop", "kill_all"):  # its log is in the file, or beside it
        with Scratch("frozen") as scratch:
            hook = WebhookSink(scratch)
            firstline = Firstline(scratch, configuration(scratch, hook))
            with small_disk(firstline.state, "24m"):
                firstline.start()
                assert firstline.fire(labels(0)).status == 200
                getattr(firstline, end)()
                remount(firstline.state, "ro")
                firstline.port = None
                firstline.start(wait=False, listen=(listen := f"127.0.0.1:{free_port()}"))
                firstline.port = int(listen.rsplit(":", 1)[1])
                refuses_as_read_only(firstline, hook)
                assert shown(firstline) == {0}, "what was acknowledged is there meanwhile"
                # Started again meanwhile it pages nobody once more.
                firstline.kill_role("engine")
                refuses_as_read_only(firstline, hook)
                remount(firstline.state, "rw")
                heals(firstline, scratch)
                assert len(pages(hook)) == 2, "one as it began and one as it was over"


def test_what_was_closed_is_read_where_nothing_can_be_written():
    """As a snapshot that is mounted, or by who may only read."""
    with Scratch("snapshot") as scratch:
        firstline = Firstline(scratch, configuration(scratch, WebhookSink(scratch)))
        with small_disk(firstline.state, "24m"):
            firstline.start()
            assert firstline.fire(labels(0)).status == 200
            firstline.cli("journal", "checkpoint", check=True)
            firstline.stop()
            remount(firstline.state, "ro")
            firstline.cli("journal", "verify", "--replay", check=True)  # with its logs
            remount(firstline.state, "rw")
            closed = sqlite3.connect(firstline.state / "firstline.db")
            closed.execute("PRAGMA wal_checkpoint(TRUNCATE)")
            closed.close()
            assert not list(firstline.state.glob("firstline.db-*")), "all of it is in the file"

            def reads(*args, **how):
                done = subprocess.run([firstline.program, *map(str, args), "--state", firstline.state],
                                      stdin=subprocess.DEVNULL, capture_output=True, text=True,
                                      timeout=60, **how)
                assert done.returncode == 0, done
                return done.stdout

            asked = (["journal", "verify", "--replay"], ["journal", "show"], ["export"],
                     ["journal", "checkpoint", "--key"])
            said = [reads(*args) for args in asked]
            for log in firstline.state.glob("firstline.db-*"):
                log.unlink()  # of a reader, and empty
            remount(firstline.state, "ro")
            assert [reads(*args) for args in asked] == said
            reads("backup", scratch.dir / "b.db")
            remount(firstline.state, "rw")
            assert not list(firstline.state.glob("firstline.db-*"))
            scratch.dir.chmod(0o755)
            firstline.state.chmod(0o755)
            (firstline.state / "firstline.db").chmod(0o644)
            assert reads("export", user=65534, group=65534, extra_groups=[]) == said[2]


@contextlib.contextmanager
def frozen(scratch, firstline):
    """It took an alert, and is started on the disk that is read-only since."""
    with small_disk(firstline.state, "24m"):
        firstline.start()
        assert firstline.fire(labels(0)).status == 200
        firstline.stop()
        remount(firstline.state, "ro")
        firstline.port = None
        firstline.start(wait=False, listen=(listen := f"127.0.0.1:{free_port()}"))
        firstline.port = int(listen.rsplit(":", 1)[1])
        yield
        firstline.stop()


def test_the_page_of_a_read_only_disk_is_tried_again_until_somebody_is_reached():
    with Scratch("again") as scratch:
        hook = WebhookSink(scratch)
        firstline = Firstline(scratch, configuration(scratch, hook))
        hook.status = 503
        with frozen(scratch, firstline):
            wait_until(lambda: pages(hook), 15, message="tried")
            hook.status = 200
            wait_until(lambda: len(pages(hook)) > 1, 15, message="tried again")
            wait_until(lambda: "people are told of it" in firstline.log_text(), 10, message="told")
            tried = len(pages(hook))
            firstline.kill_role("engine")
            refuses_as_read_only(firstline, hook)
            assert len(pages(hook)) == tried and not starts(scratch), pages(hook)


def test_the_page_of_a_read_only_disk_takes_the_next_reach():
    with Scratch("next") as scratch:
        hook, second = WebhookSink(scratch), WebhookSink(scratch)
        config = configuration(scratch, hook)
        file = config / "production.yaml"
        file.write_text(file.read_text().replace("reach: [hook]", "reach: [hook, second]").replace(
            "channels:", f'channels:\n  second: {{webhook: "{second.url}", digest: never}}'))
        firstline = Firstline(scratch, config)
        hook.status = 404  # for good
        with frozen(scratch, firstline):
            wait_until(lambda: pages(second), 15, message="told by the other channel")
            assert len(pages(hook)) == 1


def test_the_page_of_a_full_disk_is_tried_again():
    with Scratch("full-again") as scratch:
        hook = WebhookSink(scratch)
        firstline = Firstline(scratch, configuration(scratch, hook))
        with small_disk(firstline.state, "12m"):
            firstline.start()
            hook.status = 503
            fill(firstline)
            told = lambda: [b for _, b in list(hook.requests) if "room on the disk" in str(b)]
            wait_until(told, 15, message="tried")
            hook.status = 200
            wait_until(lambda: len(told()) > 1, 15, message="tried again")
            wait_until(lambda: "people are told of it" in firstline.log_text(), 10)
            (firstline.state / "filler").unlink()
            wait_until(lambda: status_of(firstline, 30000) == 200, 10, 0.1, "it heals by itself")
            firstline.stop()
            verified = firstline.cli("journal", "verify", "--replay", "--state", firstline.state)
            assert verified.returncode == 0, verified.stdout + verified.stderr


def test_a_read_only_disk_without_a_store_is_told_and_ends_the_start():
    with Scratch("frozen-new") as scratch:
        firstline = Firstline(scratch, configuration(scratch, WebhookSink(scratch)))
        with small_disk(firstline.state, "24m"):
            remount(firstline.state, "ro")
            firstline.start(wait=False)
            assert firstline.child.wait(20) == 1
            assert "Read-only file system" in firstline.log_text(), firstline.log_text()


@contextlib.contextmanager
def failing_disk(scratch, path):
    """An ext4 of its own that turns read-only at an error, and the file that makes one."""
    image = scratch.dir / "image"
    with open(image, "wb") as file:
        file.truncate(64 << 20)
    subprocess.run(["mkfs.ext4", "-q", str(image)], check=True)
    path.mkdir(mode=0o700)
    subprocess.run(["mount", "-o", "loop,errors=remount-ro", str(image), str(path)], check=True)
    try:
        path.chmod(0o700)
        device = os.stat(path).st_dev
        name = os.path.basename(os.path.realpath(f"/sys/dev/block/{os.major(device)}:{os.minor(device)}"))
        yield pathlib.Path(f"/sys/fs/ext4/{name}/trigger_fs_error")
    finally:
        subprocess.run(["umount", "-l", str(path)], check=True)


def test_a_disk_that_turns_read_only_is_told():
    if not pathlib.Path("/dev/loop-control").exists() or not shutil.which("mkfs.ext4"):
        print("# no loop device or no mkfs.ext4 here: the other tests of a read-only disk stand")
        return
    with Scratch("turns") as scratch:
        hook = WebhookSink(scratch)
        firstline = Firstline(scratch, configuration(scratch, hook))
        with failing_disk(scratch, firstline.state) as trigger:
            firstline.start()
            assert firstline.fire(labels(0)).status == 200
            trigger.write_text("1")
            refuses_as_read_only(firstline, hook)
            assert shown(firstline) == {0}, "what was acknowledged is there meanwhile"
            assert len(pages(hook)) == 1 and not starts(scratch)
            firstline.stop()


def refused_requests(firstline, times, answers):
    """The largest that the gate lets through, over and over, with all that refuses them."""
    filters = "&".join(["filter=a=b"] * 32)
    silence = json.dumps({"matchers": [{"name": "a", "value": "b", "isRegex": False}] * 32,
                          "createdBy": "x", "comment": "c", "startsAt": "2030-01-01T00:00:00Z",
                          "endsAt": "2030-01-02T00:00:00Z"})
    asked = [("GET", "/api/v2/alerts?" + filters, None), ("POST", "/v1/may", '{"action":"x"}'),
             ("POST", "/api/v2/silences", silence),
             ("POST", "/api/v2/alerts", json.dumps([{"labels": labels(1)}]))]
    connection = http.client.HTTPConnection("127.0.0.1", firstline.port, timeout=15)
    for i in range(times):
        method, path, body = asked[i % len(asked)]
        head = {"Content-Type": "application/json", "Authorization": "Bearer unknown"}
        connection.request(method, path, body, head)
        response = connection.getresponse()
        response.read()
        assert response.status in answers, (method, path[:40], response.status)
    connection.close()


def test_refused_requests_cost_the_engine_nothing():
    with Scratch("refused") as scratch:
        firstline = Firstline(scratch, configuration(scratch, WebhookSink(scratch))).start()
        firstline.cli("token", "add", "one", "--role", "viewer", check=True)
        engine = firstline.role("engine")
        refused_requests(firstline, 100, {401})
        before = resident(engine)
        refused_requests(firstline, 8000, {401})
        assert firstline.role("engine") == engine
        assert resident(engine) - before < 1 << 20, (before, resident(engine))


def resident(pid):
    return int(pathlib.Path(f"/proc/{pid}/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")


def test_a_body_that_ends_the_engine_twice_is_quarantined():
    with Scratch("poison") as scratch:
        hook = WebhookSink(scratch)
        firstline = Firstline(scratch, configuration(scratch, hook),
                              env={"FIRSTLINE_POISON": "deadly-label"}).start()
        good = {"alertname": "Fine", "service": "worker"}
        bad = {"alertname": "Bad", "service": "worker", "poison": "deadly-label"}
        statuses = []

        def send_bad():
            with contextlib.suppress(OSError):
                statuses.append(firstline.fire(bad).status)
                return statuses[-1] == 422
            return False
        wait_until(send_bad, 30, 0.3, f"the body is refused for good: {statuses}")
        assert statuses.count(503) >= 2, statuses
        engine = firstline.role("engine")
        wait_until(lambda: firstline.fire(good).status == 200, 15, message="others go on")
        assert firstline.fire(bad).status == 422
        assert firstline.role("engine") == engine, "what is refused reaches no engine"
        firstline.wait_incident(lambda r: r["service"] == "" and "uarantin" in str(r), 20,
                                "an incident of its own")
        # For good: whatever is started again, it reaches no engine.
        for again in (lambda: firstline.kill_role("gate"), lambda: firstline.kill_role("engine"),
                      firstline.stop, firstline.kill_all):
            again()
            if firstline.child.poll() is not None:
                firstline.start()
            wait_until(lambda: status(firstline, good) == 200, 15, message="others go on")
            engine = firstline.role("engine")
            assert status(firstline, bad) == 422
            assert firstline.role("engine") == engine
        quarantined = [i for i in firstline.incidents() if "uarantin" in i["title"]]
        assert len(quarantined) == 1, quarantined


def large(name, mib, alerts):
    """A body that takes so much room in the journal's entry: names and clocks are the rest."""
    value = "x" * 8000
    each = (mib << 20) // alerts - 400
    texts = {f"text{i}": value for i in range(each // 8016)}
    texts["rest"] = value[:each % 8016]
    return json.dumps([{"labels": {"alertname": f"{name}{i}", "service": "worker"},
                        "annotations": texts} for i in range(alerts)]).encode()


def roomy(scratch, hook):
    config = configuration(scratch, hook)
    with open(config / "production.yaml", "a") as file:
        file.write("limits: {body: 64 MiB, incidents_per_service: 10000}\n")
    return config


def post_later(firstline, body):
    """As a thread; its status, once it is there."""
    found = []

    def post():
        with contextlib.suppress(OSError):
            found.append(firstline.request("POST", "/api/v2/alerts", body, token=None, timeout=30,
                                           headers={"Content-Type": "application/json"}).status)
    thread = threading.Thread(target=post, daemon=True)
    thread.start()
    return lambda: thread.join(30) or found


def test_large_bodies_while_the_disk_is_slow_share_no_entry():
    with Scratch("share") as scratch:
        table = Table(scratch)
        firstline = Firstline(scratch, roomy(scratch, WebhookSink(scratch)),
                              env=table.environment()).start()
        engine = firstline.role("engine")
        table.slow_disk(1200)
        waiting = [post_later(firstline, large("Aside", 1, 20))]
        time.sleep(0.3)  # it is being committed: what comes now is stepped into the next entry
        waiting.append(post_later(firstline, large("Almost", 15, 300)))
        time.sleep(0.4)
        waiting.append(post_later(firstline, large("Most", 23, 450)))
        statuses = [one() for one in waiting]
        assert firstline.role("engine") == engine, "the engine ended\n" + firstline.log_text()[-2000:]
        assert statuses == [[200]] * 3, statuses
        firstline.stop()
        verified = firstline.cli("journal", "verify", "--replay", "--state", firstline.state)
        assert verified.returncode == 0, verified.stdout + verified.stderr


def test_the_largest_body_in_incidents_of_their_own_fits_an_entry():
    with Scratch("most") as scratch:
        hook = WebhookSink(scratch)
        config = roomy(scratch, hook)
        firstline = Firstline(scratch, config).start()
        engine = firstline.role("engine")
        assert post_later(firstline, large("Most", 23, 4096))() == [200]
        assert firstline.role("engine") == engine, "the engine ended\n" + firstline.log_text()[-2000:]
        firstline.stop()
        verified = firstline.cli("journal", "verify", "--replay", "--state", firstline.state)
        assert verified.returncode == 0, verified.stdout + verified.stderr


def report(n):
    return {2: hashlib.sha256(b"%d" % n).digest(), 3: b"body %d" % n, 4: digest_of(n).hex(), 5: 2, 6: 1}


def digest_of(n):
    return hashlib.sha256(b"digest %d" % n).digest()


def kept(engine):
    """What the engine told last that it keeps, the newest first."""
    lists = [payload for kind, _, payload in list(engine.told) if kind == QUARANTINED]
    joined = decode(lists[-1])[0].get(1, b"") if lists else b""
    return [joined[i:i + 32] for i in range(0, len(joined), 32)]


def test_the_quarantine_forgets_the_oldest_beyond_its_bound():
    with Scratch("bound") as scratch:
        firstline = Firstline(scratch, configuration(scratch, WebhookSink(scratch))).start()
        firstline.stop()
        with Engine(firstline.state) as engine:
            # All at once: many fall into one commit. Each is told of twice and kept once.
            engine.send(QUARANTINE, *(report(i // 2) for i in range(2 * 515)))
            newest = [digest_of(n) for n in range(514, 2, -1)]
            wait_until(lambda: kept(engine) == newest, 20, message="all are told as kept")
            assert engine.metric("quarantine_dropped") == 3
        with Engine(firstline.state) as engine:
            wait_until(lambda: kept(engine) == newest, 10, message="and by the next engine")
            engine.send(QUARANTINE, report(515))
            newest = [digest_of(515)] + newest[:-1]
            wait_until(lambda: kept(engine) == newest, 10, message="one more")
            assert engine.metric("quarantine_dropped") == 1
        verified = firstline.cli("journal", "verify", "--replay", "--state", firstline.state)
        assert verified.returncode == 0, verified.stdout + verified.stderr


def test_a_restart_after_two_days_of_unchanged_resends_expires_nothing():
    assert FAKETIME.exists(), "package faketime"
    with Scratch("days") as scratch:
        hook = WebhookSink(scratch)
        config = configuration(scratch, hook)
        firstline = Firstline(scratch, config).start()
        assert firstline.fire({"alertname": "Old", "service": "worker"}, seconds=240).status == 200
        # Re-sent for two days: only its freshness moves, and that is not kept.
        assert firstline.fire({"alertname": "Old", "service": "worker"}, seconds=270).status == 200
        firstline.kill_all()
        later = {"LD_PRELOAD": str(FAKETIME), "FAKETIME": "+2d", "FAKETIME_DONT_FAKE_MONOTONIC": "1"}
        firstline.env.update(later)
        firstline.start()
        time.sleep(3)  # two sweeps: each would end it, were it taken for quiet
        alerts = firstline.get("/api/v2/alerts")
        assert [a["labels"]["alertname"] for a in alerts] == ["Old"], alerts
        rows = [r for r in firstline.incidents() if r["service"] == "worker"]
        assert rows and rows[0]["alerts_active"] == 1, rows


if __name__ == "__main__":
    run_all(sys.modules[__name__])
