"""Debian's amtool, its command lines unchanged, against Firstline and beside it against
Alertmanager: both print the same."""
import pathlib
import re
import subprocess
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent))
from support.alertmanager import start_alertmanager
from e2e.test_prometheus import configuration
from support.harness import Firstline, Scratch, WebhookSink, run_all


def amtool(port, *args):
    done = subprocess.run(["amtool", f"--alertmanager.url=http://127.0.0.1:{port}", *args],
                          capture_output=True, text=True, timeout=20)
    return done.returncode, plain(done.stdout), plain(done.stderr)


def plain(text):
    """Without moments, and without the width of columns that depends on them."""
    text = re.sub(r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(\.\d+)?( ?UTC|Z)?", "TIME", text)
    return re.sub(r" +", " ", text)


CALLS = [
    ("alert", "add", "alertname=One", "service=shop", "severity=critical", "--annotation=summary=it is slow"),
    ("alert", "add", "Two", "service=shop", "--generator-url=http://x/y", "--end=2099-01-01T00:00:00Z"),
    ("alert", "add", "Three", "instance=a b"),
    ("alert", "query"),
    ("alert", "query", "alertname=One"),
    ("alert", "query", "alertname=~T.*", "-o", "extended"),
    ("alert", "query", "-o", "json", "service=shop"),
    ("alert", "query", "--active", "severity!=critical"),
    ("alert", "query", "-o", "simple", "service=shop", "severity=~crit.*"),
    ("alert", "query", "-o", "json", "--receiver=ops", "Three"),
    ("alert", "query", "-o", "extended", "--receiver=o.*"),
    ("alert", "query", "--receiver=nobody"),
    ("alert", "query", "instance=\"a b\"", "alertname!~T.o"),
    ("alert", "query", "alertname=~("),
    ("alert", "add", "nothing="),
    ("alert", "add", "Four", "--start=yesterday"),
    ("alert", "query", "--silenced"),
    ("alert", "query", "--inhibited"),
    ("alert", "query", "--unprocessed"),
    ("alert", "query", "alertname=nothing"),
    ("cluster", "show"),
]


def test_alerts_and_cluster():
    with Scratch("amtool") as scratch:
        firstline = Firstline(scratch, configuration(scratch, WebhookSink(scratch))).start()
        port = start_alertmanager(scratch)
        for call in CALLS:
            theirs, ours = amtool(port, *call), amtool(firstline.port, *call)
            assert theirs == ours, (call, theirs, ours)
        assert "One" in amtool(firstline.port, "alert", "query")[1]


def test_config_show():
    with Scratch("amtool-config") as scratch:
        firstline = Firstline(scratch, configuration(scratch, WebhookSink(scratch))).start()
        code, out, err = amtool(firstline.port, "config", "show")
        assert code == 0 and "receivers:" in out and "ops" in out, (code, out, err)
        code, out, err = amtool(firstline.port, "config", "routes", "test", "alertname=X")
        assert code == 0 and out.strip() == "ops", (code, out, err)


if __name__ == "__main__":
    run_all(sys.modules[__name__])
