"""What is taken along is everything that the store has, also where it has no entry about it any
more, once, and as of one moment."""
import base64
import contextlib
import hashlib
import json
import pathlib
import sqlite3
import sys
import threading

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent))
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
from support.harness import Scratch, run_all, wait_until
from test_backup import ALERT, aged, cli, let_go, start


def exported(state):
    done = cli("export", state=state)
    assert done.returncode == 0, done.stderr
    return [json.loads(line) for line in done.stdout.splitlines()]


def stored(state, sql):
    connection = sqlite3.connect(f"file:{state}/firstline.db?mode=ro", uri=True)
    try:
        return [row[0] for row in connection.execute(sql)]
    finally:
        connection.close()


def test_what_has_no_entry_any_more_is_taken_along_all_the_same():
    with Scratch("export") as s:
        live, _, kept = aged(s)
        base = let_go(live.state, 1000)
        lines = exported(live.state)
        entries = [line["entry"] for line in lines if "entry" in line]
        assert entries[0]["seq"] == base + 1
        alerts = {line["row"]["body"]["labels"]["alertname"]: line["row"]
                  for line in lines if line.get("table") == "alerts"}
        assert sorted(alerts) == ["Later0", "Later1", "Stays"], alerts
        row = alerts["Stays"]
        assert row["incident"] == kept and row["source"] and not row["held"], row
        assert row["starts_wall"] < row["ends_wall"], row
        made = [line["configuration"] for line in lines if "configuration" in line]
        assert sorted(made) == sorted(h.lower() for h in stored(live.state, "SELECT hex(hash) FROM bundle"))
        assert len(made) == 1, "once, however often it was started with"
        rows = sum("table" in line and line["table"] != "alerts" for line in lines)
        tables = stored(live.state, "SELECT name FROM sqlite_schema WHERE type = 'table' AND name IN"
                        " (SELECT substr(name, 1, length(name) - 5) FROM sqlite_schema"
                        "  WHERE type = 'index' AND name LIKE '%/_open' ESCAPE '/')")
        assert rows == sum(stored(live.state, f"SELECT count(*) FROM {t}")[0]
                           for t in tables if t != "alerts"), tables


def texts(value):
    if isinstance(value, str):
        yield value
    for one in value.values() if isinstance(value, dict) else value if isinstance(value, list) else ():
        yield from texts(one)


def test_no_hash_of_a_secret_is_in_it_in_any_clothing():
    with Scratch("hashes") as s:
        live = start(s)
        made = live.cli("token", "add", "ana", "--role", "operator", "--json", check=True)
        live.cli("token", "revoke", "ana", check=True)
        live.stop()
        wanted = hashlib.sha256(json.loads(made.stdout)["secret"].encode()).digest()
        rows = stored(live.state, "SELECT body FROM token")
        assert any(wanted in row for row in rows), "it looks for the right one"
        shown = cli("journal", "show", "--json", state=live.state)
        assert shown.returncode == 0 and '"ana"' in shown.stdout, shown
        lines = exported(live.state) + [json.loads(line) for line in shown.stdout.splitlines()]
        for text in texts(lines):
            decoded = b""
            with contextlib.suppress(ValueError):
                decoded = base64.b64decode(text, validate=True)
            assert wanted not in decoded and wanted.hex() not in text, text


def test_configurations_come_in_the_order_in_which_they_were_adopted():
    with Scratch("bundles") as s:
        live = start(s)
        first = live.config / "runbooks/worker-down.md"
        first.write_text(first.read_text() + "\nMore of it.\n")
        live.stop()
        live.start()
        live.stop()
        made = [line for line in exported(live.state) if "configuration" in line]
        assert len(made) == 2
        texts = [line["files"]["runbooks/worker-down.md"] for line in made]
        assert "More of it." not in texts[0] and "More of it." in texts[1], "as they came"


def test_a_configuration_that_cannot_be_read_is_an_error():
    with Scratch("damaged") as s:
        live = start(s)
        live.stop()
        connection = sqlite3.connect(live.state / "firstline.db")
        connection.execute("UPDATE bundle SET bytes = substr(bytes, 2)")
        connection.commit()
        connection.close()
        done = cli("export", state=live.state)
        assert done.returncode == 1 and "does not match its hash" in done.stderr, done


def test_beside_a_busy_server_it_is_one_moment():
    with Scratch("moment") as s:
        live = start(s)
        (s.dir / "hold").unlink()
        live.fire(ALERT)
        stop, sent = threading.Event(), []

        def load():
            while not stop.is_set():
                n = len(sent)
                live.fire({"alertname": f"Load{n}", "service": "worker", "part": "x" * 5000})
                sent.append(n)

        sender = threading.Thread(target=load)
        sender.start()
        try:
            wait_until(lambda: len(sent) > 5, message="load goes on")
            for _ in range(5):
                before = len(sent)
                lines = exported(live.state)
                wait_until(lambda: len(sent) > before, message="load goes on")
                rows = {line["row"]["id"] for line in lines if line.get("table") == "timeline"}
                told = {effect["effect"]["row"]["id"]
                        for line in lines if "entry" in line
                        for step in line["entry"]["steps"] for effect in step["effects"]
                        if effect["kind"] == "append-timeline"}
                assert told and told == rows, (told - rows, rows - told)
        finally:
            stop.set()
            sender.join()
        live.stop()


if __name__ == "__main__":
    run_all(sys.modules[__name__])
