"""Backup beside a live server, and what a restored one does: it knows all, tells it, and
starts nothing until a person says so."""
import base64
import hashlib
import json
import os
import pathlib
import sqlite3
import subprocess
import sys
import threading
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent))
from support.harness import BUILD, Firstline, Scratch, WebhookSink, run_all, wait_until

ALERT = {"alertname": "WorkerDown", "service": "worker", "severity": "critical"}


def configuration(scratch, hook):
    """An action that goes on while the file `hold` is there, and writes that it began."""
    d = scratch.dir
    scratch.file("heal", f"""#!/bin/sh
echo "$FIRSTLINE_ATTEMPT" >> {d}/starts
while [ -e {d}/hold ]; do sleep 0.05; done
""", 0o755)
    scratch.file("hold", "")
    return scratch.file("config/production.yaml", f"""
listen: 127.0.0.1:0
fallback: ops
channels: {{hook: {{webhook: "{hook.url}", digest: never}}}}
people: {{ana: {{name: Ana, email: ana@example.com, zone: UTC, reach: [hook]}}}}
teams:
  ops:
    kind: operations
    on_call:
      zone: UTC
      rotations: [{{name: primary, people: [ana], every: 1 week, handover: "Mon 09:00"}}]
      escalate: [{{to: primary}}]
  dev: {{kind: development}}
services: {{worker: {{owner: ops, developers: dev, tier: 2}}}}
hosts: {{worker-1: {{service: worker, role: worker}}}}
actions: {{heal: {{verb: restart, run: ["{d}/heal"], timeout: 60s}}}}
authority:
  - grant: automation heals workers
    to: [automation]
    may: [restart]
    on: {{service: [worker]}}
    within: {{per_service: 5 in 1h, at_once: 1}}
    until: 2030-01-01
    owner: ana
""").parent


RUNBOOK = """---
runbook: worker-down
service: worker
answers: [{alertname: WorkerDown}]
---
# The worker is down

```action heal
do: heal
targets: {service: worker, role: worker}
```

```verify again
run: ["/bin/true"]
expect: "exit == 0"
within: 5s
```
"""


def begun(scratch):
    path = scratch.dir / "starts"
    return path.read_text().split() if path.exists() else []


def cli(*args, state):
    return subprocess.run([BUILD / "firstline", *map(str, args), "--state", str(state)],
                          capture_output=True, text=True, stdin=subprocess.DEVNULL, timeout=60)


def start(scratch):
    config = configuration(scratch, WebhookSink(scratch))
    scratch.file("config/runbooks/worker-down.md", RUNBOOK)
    return Firstline(scratch, config).start()


def test_a_restored_server_does_nothing_until_a_person_says_so():
    with Scratch("backup") as s:
        live = start(s)
        live.fire(ALERT)
        wait_until(lambda: begun(s), message="the action begins")
        number = live.incidents()[0]["id"]
        attempt = live.incident(number)["attempts"][0]["id"]
        file = s.dir / "backup.db"
        done = cli("backup", file, "--json", state=live.state)
        assert done.returncode == 0, done
        said = json.loads(done.stdout)
        assert said["entries"] > 0 and file.stat().st_mode & 0o777 == 0o600, said
        assert not list(s.dir.glob("backup.db?*")), "nothing beside it"

        # The world goes on: another incident gets the next number.
        live.fire({"alertname": "Later", "service": "worker"})
        wait_until(lambda: len(live.incidents()) == 2, message="the second incident")
        (s.dir / "hold").unlink()
        live.wait_incident(lambda row: row["id"] == number and row["state"] in
                           ("recovered", "closed"))
        live.stop()

        other = s.dir / "other"
        done = cli("restore", file, state=other)
        assert done.returncode == 0 and "firstline resume" in done.stderr, done
        again = Firstline(s, live.config, name="other").start()
        assert not (other / "restored").exists()
        status = again.get("/v1/status")
        assert status["stopped"] and "restored" in status["stopped_why"], status
        assert "1 attempt was open" in done.stderr
        row = wait_until(lambda: [a for a in again.incident(number)["attempts"]
                                  if a["id"] == attempt and a["state"] == "in-doubt"],
                         message="the open attempt is in doubt")[0]
        assert row["action"] == "heal"
        again.fire(ALERT, {"alertname": "New", "service": "worker"})
        new = again.wait_incident(lambda row: "New" in row["title"])
        assert new["id"] > 100000, "numbers that were given since are not given again"
        again.wait_incident(lambda row: row["id"] == new["id"] and row["needs_person"],
                            message="it waits for a person")
        assert len(begun(s)) == 1, "nothing was started"
        refused = again.post(f"/v1/incidents/{number}/run",
                             {"action": "heal", "target": "worker-1"})
        assert refused.status == 403, refused
        verified = again.cli("journal", "verify", "--replay")
        assert verified.returncode == 0, verified
        again.stop()

        # It stays so over another start, until somebody resumes.
        again.start()
        assert again.get("/v1/status")["stopped"]
        again.cli("incident", "settle", number, attempt, "yes", check=True)
        again.cli("resume", check=True)
        assert not again.get("/v1/status")["stopped"]
        again.stop()


def test_a_mark_of_a_restore_that_cannot_be_read_lets_nothing_act():
    with Scratch("mark") as s:
        live = start(s)
        live.stop()
        file, other = s.dir / "b.db", s.dir / "other"
        assert cli("backup", file, state=live.state).returncode == 0
        assert cli("restore", file, state=other).returncode == 0
        (other / "restored").write_text("x" * 1000)
        again = Firstline(s, live.config, name="other").start()
        status = again.get("/v1/status")
        assert status["stopped"] and "restored" in status["stopped_why"], status
        again.fire(ALERT)
        again.wait_incident(lambda row: "WorkerDown" in row["title"])
        assert begun(s) == []
        assert not (other / "restored").exists()
        again.stop()


def test_names_are_from_where_one_stands():
    with Scratch("here") as s:
        live = start(s)
        live.stop()
        (s.dir / "a place").mkdir()

        def here(*args):
            return subprocess.run([BUILD / "firstline", *args], cwd=s.dir / "a place",
                                  capture_output=True, text=True, timeout=60,
                                  env={k: v for k, v in os.environ.items()
                                       if k != "FIRSTLINE_STATE"})

        assert here("backup", "b.db", "--state", str(live.state)).returncode == 0
        for state in (["--state", "a state"], ["--state", "./b/"], []):
            done = here("restore", "b.db", *state)
            assert done.returncode == 0, done
        with subprocess.Popen(["cat", s.dir / "a place/b.db"], stdout=subprocess.PIPE) as cat:
            done = subprocess.run([BUILD / "firstline", "restore", "/dev/stdin", "--state", "piped"],
                                  cwd=s.dir / "a place", stdin=cat.stdout,
                                  capture_output=True, timeout=60)
        assert done.returncode == 0, done
        made = {path.name for path in (s.dir / "a place").iterdir()}
        assert made == {"b.db", "a state", "b", "firstline-state", "piped"}, made
        assert here("journal", "verify").returncode == 0
        for name in ("file:x", "file:y?mode=memory", ":memory:", "-x"):
            done = here("backup", name, "--state", str(live.state))
            assert done.returncode == 0 and (s.dir / "a place" / name).stat().st_size > 0, done
            assert here("restore", name, "--state", f"of {name}").returncode == 0


def test_backups_beside_a_busy_server_are_whole():
    with Scratch("busy") as s:
        live = start(s)
        (s.dir / "hold").unlink()
        stop, sent = threading.Event(), []

        def load():
            n = 0
            while not stop.is_set():
                labels = [{"alertname": "Load", "service": "worker", "n": f"{n}-{i}"}
                          for i in range(200)]
                if live.fire(*labels).status == 200:
                    sent.append(len(labels))
                n += 1

        sender = threading.Thread(target=load)
        sender.start()
        try:
            heads = []
            for i in range(5):
                before = sum(sent)
                wait_until(lambda: sum(sent) > before, message="load goes on")
                done = cli("backup", s.dir / f"{i}.db", "--json", state=live.state)
                assert done.returncode == 0, done
                heads.append(json.loads(done.stdout))
        finally:
            stop.set()
            sender.join()
        assert [h["entries"] for h in heads] == sorted({h["entries"] for h in heads}), heads
        for i, head in enumerate(heads):
            state = s.dir / f"state-{i}"
            assert cli("restore", s.dir / f"{i}.db", state=state).returncode == 0
            said = json.loads(cli("journal", "verify", "--json", state=state).stdout)
            assert said["ok"] and said["head"] == head["head"], (said, head)
        live.stop()


def test_everything_can_be_taken_along():
    with Scratch("export") as s:
        live = start(s)
        (s.dir / "hold").unlink()
        live.fire(ALERT)
        live.wait_incident(lambda row: row["state"] in ("recovered", "closed"))
        token = live.post("/v1/tokens", {"name": "ci", "principal": "source:ci",
                                         "role": "source"})
        assert token.status < 300, token
        done = cli("export", state=live.state)
        assert done.returncode == 0, done.stderr
        lines = [json.loads(line) for line in done.stdout.splitlines()]
        tables = {line["table"] for line in lines if "table" in line}
        assert {"incident", "attempt", "decision", "notice", "run", "token"} <= tables, tables
        entries = [line["entry"] for line in lines if "entry" in line]
        assert [e["seq"] for e in entries] == list(range(1, len(entries) + 1))
        assert "WorkerDown" in json.dumps(entries)
        files = [line["files"] for line in lines if "configuration" in line]
        assert len(files) == 1 and files[0]["runbooks/worker-down.md"] == RUNBOOK
        row = [line["row"] for line in lines if line.get("table") == "token"][0]
        assert row["name"] == "ci" and "secret" not in row
        assert cli("export", state=s.dir / "none").returncode == 3
        live.stop()


def signed_elsewhere(key, note):
    """Signed-note by another implementation: the text that this key signed."""
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
    name, ident, rest = key.strip().split("+", 2)
    raw = base64.b64decode(rest)
    assert raw[0] == 1 and bytes.fromhex(ident) == hashlib.sha256(
        name.encode() + b"\n" + raw).digest()[:4]
    text, line = note.rsplit("\n\n", 1)
    dash, signer, signature = line.rstrip("\n").split(" ")
    signature = base64.b64decode(signature)
    assert dash == "\u2014" and signer == name and signature[:4] == bytes.fromhex(ident)
    Ed25519PublicKey.from_public_bytes(raw[1:]).verify(signature[4:], (text + "\n").encode())
    return text + "\n"


def test_a_checkpoint_kept_elsewhere_shows_what_was_changed():
    """T25"""
    with Scratch("prove") as s:
        live = start(s)
        (s.dir / "hold").unlink()
        live.fire(ALERT)
        live.wait_incident(lambda row: row["state"] in ("recovered", "closed"))
        note = cli("journal", "checkpoint", state=live.state)
        key = cli("journal", "checkpoint", "--key", state=live.state)
        assert note.returncode == key.returncode == 0, (note, key)
        assert (live.state / "journal.key").stat().st_mode & 0o777 == 0o600
        text = signed_elsewhere(key.stdout, note.stdout).split("\n")
        s.file("note", note.stdout)
        s.file("key", key.stdout)

        def prove(state=live.state):
            return cli("journal", "prove", s.dir / "note", "--key", s.dir / "key", state=state)

        live.fire({"alertname": "Later", "service": "worker"})
        live.wait_incident(lambda row: "Later" in row["title"])
        done = prove()
        assert done.returncode == 0 and f"{text[1]} entries as they were signed" in done.stdout
        live.stop()
        # One that ends before it, and one that was written anew with as many entries.
        short = s.dir / "short"
        other = Firstline(s, live.config, name="short").start()
        done = prove(short)
        assert done.returncode == 1 and "was cut off" in done.stderr, done
        for i in range(int(text[1])):
            other.post("/v1/stop-all", {"text": str(i)})
            other.post("/v1/resume", {"text": ""})
        done = prove(short)
        assert done.returncode == 1 and "written anew" in done.stderr, done
        other.stop()
        s.file("note", note.stdout.replace(text[1] + "\n", text[1] + "0\n", 1))
        done = prove()
        assert done.returncode == 1 and "it was changed" in done.stderr, done
        s.file("note", note.stdout)
        s.file("key", key.stdout.replace("firstline", "firstlime"))
        assert prove().returncode == 1


def let_go(state, days, *how):
    done = subprocess.run([BUILD / "tests/e2e/let_go", state, str(days), *how],
                          capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done
    return int(done.stdout)


def aged(s):
    """A server whose first incident is over and was let go of, while the second is open."""
    live = start(s)
    (s.dir / "hold").unlink()
    live.fire(ALERT)
    gone = live.wait_incident(lambda row: row["state"] in ("recovered", "closed"))["id"]
    live.resolve(ALERT)
    done = live.cli("incident", "resolve", gone, "it is over")
    assert done.returncode in (0, 9), done
    live.wait_incident(lambda row: row["id"] == gone and row["state"] == "closed")
    live.fire({"alertname": "Stays", "service": "worker"}, seconds=86400)
    kept = live.wait_incident(lambda row: "Stays" in row["title"])["id"]
    live.stop()
    assert let_go(live.state, 100) == 0, "a mark is made, and nothing is old"
    for i in range(2):  # entries behind the mark, and packs of alerts as new as it
        live.start()
        live.fire({"alertname": f"Later{i}", "service": "worker"}, seconds=86400)
        live.wait_incident(lambda row: f"Later{i}" in row["title"])
        time.sleep(0.5)
        live.stop()
    return live, gone, kept


def test_what_was_let_go_of_is_gone_and_the_rest_is_whole():
    with Scratch("letgo") as s:
        live, gone, kept = aged(s)
        key = cli("journal", "checkpoint", "--key", state=live.state)
        s.file("key", key.stdout)
        s.file("old", cli("journal", "checkpoint", state=live.state).stdout)
        base = let_go(live.state, 1000)
        assert base > 0
        live.start()
        answer = live.request("GET", f"/v1/incidents/{gone}")
        assert answer.status == 410 and "not kept any more" in str(answer.json), answer
        assert live.request("GET", f"/v1/incidents/{gone + 1000}").status == 404
        done = live.cli("incident", "show", gone)
        assert done.returncode == 3 and "not kept any more" in done.stderr, done
        page = live.request("GET", f"/incidents/{gone}", headers={"Accept": "text/html"})
        assert page.status in (200, 410), page
        row = live.incident(kept)
        assert row["timeline"], "what is open keeps its whole story"
        assert [r["id"] for r in live.incidents()].count(gone) == 0
        assert live.request("GET", "/v1/journal?cursor=0&limit=5").status == 410
        for args in (["verify"], ["verify", "--replay"], ["verify", "--key", s.dir / "key"]):
            done = cli("journal", *args, state=live.state)
            assert done.returncode == 0, done
            assert f"entries 1 to {base} were let go of" in done.stdout, done
            assert "that is signed by firstline+" in done.stdout, done
        s.file("new", cli("journal", "checkpoint", state=live.state).stdout)
        for note, code, word in (("new", 0, "as they were signed"), ("old", 0, "since")):
            done = cli("journal", "prove", s.dir / note, "--key", s.dir / "key",
                       state=live.state)
            assert done.returncode == code and word in done.stdout + done.stderr, done

        # Taken along: to another folder by a backup, and as lines of JSON.
        lines = [json.loads(line) for line in
                 cli("export", state=live.state).stdout.splitlines()]
        assert min(line["entry"]["seq"] for line in lines if "entry" in line) == base + 1
        backup = s.dir / "b.db"
        assert cli("backup", backup, state=live.state).returncode == 0
        live.stop()
        other = s.dir / "other"
        assert cli("journal", "checkpoint", "--key", state=other).returncode == 3
        s.file("wrong", wrong_key(s, live))
        done = cli("restore", backup, "--key", s.dir / "wrong", state=other)
        assert done.returncode == 1 and "not by" in done.stderr and not other.exists(), done
        done = cli("restore", backup, "--key", s.dir / "key", state=other)
        assert done.returncode == 0, done
        done = cli("journal", "verify", "--json", state=other)
        assert json.loads(done.stdout)["begin"] == "unchecked", done
        done = cli("journal", "verify", "--json", "--replay", "--key", s.dir / "key",
                   state=other)
        assert done.returncode == 0 and json.loads(done.stdout)["begin"] == "signed", done
        begun_before = len(begun(s))
        again = Firstline(s, live.config, name="other").start()
        assert again.get("/v1/status")["stopped"], "nothing is done until a person says so"
        again.fire({"alertname": "WorkerDown", "service": "worker", "n": "2"})
        again.wait_incident(lambda row: "WorkerDown" in row["title"])
        assert len(begun(s)) == begun_before
        assert again.cli("journal", "verify", "--replay").returncode == 0
        again.stop()


def wrong_key(s, live, *args, name="stranger"):
    (s.dir / name).mkdir(mode=0o700)
    assert cli("backup", s.dir / name / "firstline.db", state=live.state).returncode == 0
    done = cli("journal", "checkpoint", "--key", *args, state=s.dir / name)
    assert done.returncode == 0 and done.stdout, done
    return done.stdout


def test_a_key_is_made_beside_a_store_alone():
    with Scratch("nostore") as s:
        live = start(s)
        live.stop()
        file, volume = s.dir / "b.db", s.dir / "volume"
        volume.mkdir(0o700)
        done = cli("journal", "checkpoint", "--key", state=volume)
        assert done.returncode == 3 and "firstline.db" in done.stderr and not done.stdout, done
        assert os.listdir(volume) == []
        assert cli("backup", file, state=live.state).returncode == 0
        assert cli("restore", file, state=volume).returncode == 0


def test_a_beginning_that_nobody_signed_is_refused():
    with Scratch("cutoff") as s:
        live, gone, kept = aged(s)
        let_go(live.state, 1000, "unsigned")
        done = cli("journal", "verify", state=live.state)
        assert done.returncode == 1 and "nobody has signed" in done.stderr, done
        s.file("key", cli("journal", "checkpoint", "--key", state=live.state).stdout)
        s.file("note", cli("journal", "checkpoint", state=live.state).stdout)
        done = cli("journal", "prove", s.dir / "note", "--key", s.dir / "key",
                   state=live.state)
        assert done.returncode == 1 and "nobody has signed" in done.stderr, done
        done = cli("backup", s.dir / "b.db", state=live.state)
        assert done.returncode == 1 and not (s.dir / "b.db").exists(), done
        # And the bytes of the note themselves are held against a digest.
        connection = sqlite3.connect(live.state / "firstline.db")
        connection.execute("UPDATE base SET note = ?", (b"firstline journal base\n",))
        connection.commit()
        connection.close()
        done = cli("journal", "verify", state=live.state)
        assert done.returncode == 1 and "damaged" in done.stdout + done.stderr, done


def test_what_cannot_be_is_refused_and_leaves_nothing():
    with Scratch("refused") as s:
        live = start(s)
        live.stop()
        file = s.dir / "b.db"
        assert cli("backup", file, state=s.dir / "none").returncode == 3
        assert cli("backup", file, state=live.state).returncode == 0
        done = cli("backup", file, state=live.state)
        assert done.returncode == 1 and "is there already" in done.stderr, done
        done = cli("restore", file, state=live.state)
        assert done.returncode == 1 and "not an empty folder" in done.stderr, done
        done = cli("restore", live.state / "firstline.db", state=s.dir / "x")
        assert done.returncode == 1 and "no backup" in done.stderr, done
        done = cli("restore", s.dir / "missing.db", state=s.dir / "x")
        assert done.returncode == 3, done
        link = s.dir / "link.db"  # to nowhere yet: somebody's all the same
        link.symlink_to(s.dir / "nowhere.db")
        done = cli("backup", link, state=live.state)
        assert done.returncode == 1 and "is there already" in done.stderr, done
        assert link.is_symlink() and not (s.dir / "nowhere.db").exists()
        damaged = bytearray(file.read_bytes())
        connection = sqlite3.connect(file)
        page = connection.execute("PRAGMA page_size").fetchone()[0]
        connection.close()
        for at in range(page * 3 + 100, len(damaged), 97):
            damaged[at] ^= 1
        (s.dir / "bad.db").write_bytes(damaged)
        assert cli("restore", s.dir / "bad.db", state=s.dir / "x").returncode == 1
        s.file("text.db", "not a store")
        assert cli("restore", s.dir / "text.db", state=s.dir / "x").returncode == 1
        left = {path.name for path in s.dir.iterdir()}
        assert not [name for name in left if name.startswith("x") or ".part" in name], left
        assert cli("restore", file, state=s.dir / "deep/er").returncode == 1
        (s.dir / "empty").mkdir()
        assert cli("restore", file, state=str(s.dir / "empty") + "/").returncode == 0
        assert os.listdir(s.dir / "empty/attempts") == []


if __name__ == "__main__":
    run_all(sys.modules[__name__])
