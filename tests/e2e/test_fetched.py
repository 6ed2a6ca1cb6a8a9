"""Calendars that are fetched from URLs: what changes there is in force here, what breaks there
is not, and no schedule is ever empty for it."""
# bare: firstline-ics has a bound on its memory that no sanitizer keeps
import http.server
import json
import os
import pathlib
import re
import shutil
import signal
import subprocess
import sys
import threading
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent))
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
from support.harness import BUILD, Firstline, Scratch, run_all, wait_until
from test_calendars import calendar

SECRET = "/private-5ecre7/stand-ins.ics"
CONFIG = """
listen: 127.0.0.1:0
fallback: ops
channels:
  hook: {{webhook: '{base}/hook'}}
people:
  ana: {{name: Ana Souza, reach: [hook: ana]}}
  mei: {{name: Mei, reach: [hook: mei]}}
calendar_urls:
  holidays: {{url: '{base}/holidays.ics', every: 6h}}
  stand-ins: {{url: 'file:{secret}', every: 5m}}
calendars:
  holidays: {{zone: Europe/Lisbon, ics: holidays}}
teams:
  ops:
    kind: operations
    on_call:
      zone: Europe/Lisbon
      rotations:
        - {{name: primary, people: [ana], handover: 'Mon 09:00', overrides: [{{ics: stand-ins}}]}}
        - {{name: second, people: [ana], handover: 'Mon 09:00', except: holidays}}
      escalate: [{{to: primary, after: 5m}}, {{to: second}}]
services:
  shop: {{owner: ops, tier: 2}}
"""


def stand_in(day, who="mei", stamp="20260101T000000Z"):
    """For all of a day of May 2035. Google stamps every event anew each time."""
    return calendar([f"DTSTAMP:{stamp}", f"DTSTART;VALUE=DATE:203505{day:02}", f"SUMMARY:{who}"])


class Provider:
    """Says what it is told to; counts what it was asked."""

    def __init__(self, scratch):
        self.requests = []
        self.bodies = {"/holidays.ics": calendar(["DTSTART;VALUE=DATE:20350620", "SUMMARY:summer"]), SECRET: stand_in(1)}
        self.etag = {}
        self.fault = None
        self.held = threading.Event()
        outer = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self):
                outer.requests.append((self.path, dict(self.headers)))
                if self.path == SECRET and outer.fault == "late":
                    outer.held.wait(60)
                if self.path != SECRET or outer.fault is None:
                    etag = outer.etag.get(self.path)
                    same = etag is not None and self.headers.get("If-None-Match") == etag
                    body = b"" if same else outer.bodies.get(self.path, "").encode()
                    self.send_response(304 if same else 200 if body else 404)
                    if etag:
                        self.send_header("ETag", etag)
                    self.send_header("Content-Length", str(len(body)))
                    self.end_headers()
                    self.wfile.write(body)
                elif outer.fault == "hang":
                    outer.held.wait(60)
                elif outer.fault == "elsewhere":
                    self.send_response(302)
                    self.send_header("Location", "http://127.0.0.1:1/")
                    self.end_headers()
                elif outer.fault == "large":
                    self.send_response(200)
                    self.end_headers()
                    try:
                        for _ in range(40):
                            self.wfile.write(b"x" * 65536)
                    except OSError:
                        pass
                else:
                    self.send_error(outer.fault)

            def do_POST(self):
                outer.requests.append((self.path, self.rfile.read(int(self.headers["Content-Length"])).decode()))
                self.send_response(200)
                self.end_headers()

            def log_message(self, *args):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        self.port = self.server.server_address[1]
        self.base = f"http://127.0.0.1:{self.port}"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
        scratch.stack.callback(self.end)

    def end(self):
        self.held.set()
        self.server.shutdown()
        self.server.server_close()

    def asked(self, path):
        return [headers for at, headers in self.requests if at == path]


def begin(scratch):
    provider = Provider(scratch)
    secret = scratch.file("secrets/stand-ins", provider.base + SECRET + "\n", 0o600)
    scratch.file("config/production.yaml", CONFIG.format(base=provider.base, secret=secret))
    firstline = Firstline(scratch, scratch.dir / "config").start()
    wait_until(lambda: days(firstline) == [1], message="the first copy is in force")
    return firstline, provider


def days(firstline):
    """Those of May 2035 that mei has."""
    items = firstline.get("/v1/on-call/shifts?team=ops&from=2035-05-01T00:00:00Z&to=2035-06-01T00:00:00Z")["items"]
    return [int(s["until_wall"][8:10]) for s in items if s["rotation"] == "primary" and s["person"] == "mei"]


def away(firstline):
    items = firstline.get("/v1/on-call/shifts?team=ops&from=2035-06-19T00:00:00Z&to=2035-06-22T00:00:00Z")["items"]
    return [s for s in items if s["rotation"] == "second" and s["gap"]]


def ask_again(firstline, provider, path=SECRET):
    """A reload means what is at the URLs by now, too."""
    before = len(provider.asked(path))
    firstline.child.send_signal(signal.SIGHUP)
    wait_until(lambda: len(provider.asked(path)) > before, message="it is asked again")


def adopted(firstline):
    return firstline.log_text().count("calendars: the new configuration is in force")


def gap(firstline, name):
    return next((g for g in firstline.get("/v1/gaps")["items"] if g["kind"] == "calendar" and g["subject"] == name), None)


def test_what_changes_there_is_in_force_and_what_breaks_is_not():
    with Scratch("fetched") as scratch:
        firstline, provider = begin(scratch)
        wait_until(lambda: away(firstline), message="the holiday is one")
        config = lambda: firstline.get("/v1/status")["config"]

        wait_until(lambda: adopted(firstline) == 2, message="the log says so too")

        # It says the same in other words: nothing is adopted.
        provider.bodies[SECRET] = stand_in(1, stamp="20260202T020202Z")
        before = config(), adopted(firstline)
        ask_again(firstline, provider)
        provider.bodies[SECRET] = stand_in(2)
        provider.etag[SECRET] = '"two"'
        ask_again(firstline, provider)
        wait_until(lambda: days(firstline) == [2], message="the change is in force")
        wait_until(lambda: adopted(firstline) > before[1], message="the log says so too")
        assert config() != before[0] and adopted(firstline) == before[1] + 1, "once, for what says something else"

        # Nobody's edits come with it: the folder is edited while it is on its way.
        provider.bodies[SECRET], provider.fault = stand_in(5), "late"
        ask_again(firstline, provider)
        written = scratch.dir / "config/production.yaml"
        before = written.read_text()
        written.write_text(before + "  books: {owner: ops, tier: 2}\n")
        provider.fault = None
        provider.held.set()
        wait_until(lambda: days(firstline) == [5], message="what was late is in force")
        provider.held.clear()
        assert [s["name"] for s in firstline.get("/v1/services")["items"]] == ["shop"]
        written.write_text(before)
        provider.bodies[SECRET] = stand_in(2)
        provider.etag[SECRET] = '"two"'
        ask_again(firstline, provider)
        wait_until(lambda: days(firstline) == [2], message="as before")

        # As it was: its server is asked with what it said of the copy.
        ask_again(firstline, provider)
        ask_again(firstline, provider)
        wait_until(lambda: any(h.get("If-None-Match") == '"two"' for h in provider.asked(SECRET)), message="asked with the ETag")
        assert days(firstline) == [2]

        # Taken away, it is there again with the next one.
        (firstline.state / "calendars/stand-ins.ics").rename(scratch.dir / "away.ics")
        del provider.etag[SECRET]
        ask_again(firstline, provider)
        wait_until(lambda: (firstline.state / "calendars/stand-ins.ics").exists() and days(firstline) == [2], message="it is kept again")

        # Each of these leaves what was there, and says why.
        for body, fault, said in (
                (stand_in(3, who="a stranger"), None, "url:stand-ins.ics:7:1: error: nobody is called 'a stranger'"),
                (stand_in(3)[:-15], None, "has no end"), ("<html>sign in</html>", None, "this is no iCalendar"),
                (None, 500, "it answers 500"), (None, 404, "it answers 404"), (None, "elsewhere", "redirects are not followed"),
                (None, "large", "over 1 MiB")):
            provider.bodies[SECRET], provider.fault = body or provider.bodies[SECRET], fault
            ask_again(firstline, provider)
            wait_until(lambda: said in firstline.log_text(), message=said)
            assert days(firstline) == [2], said
        provider.bodies[SECRET], provider.fault = stand_in(4), None
        ask_again(firstline, provider)
        wait_until(lambda: days(firstline) == [4], message="whole again")
        assert not gap(firstline, "stand-ins"), "its copy was never old"

        # One that hangs holds up nothing else.
        provider.fault = "hang"
        ask_again(firstline, provider)
        firstline.fire({"alertname": "Down", "service": "shop"})
        wait_until(lambda: provider.asked("/hook"), message="people are told meanwhile")
        provider.held.set()

        # The secret URL is in nothing that is kept or shown; what was journaled replays.
        firstline.stop()
        word = SECRET.split("/")[1].encode()
        kept = b"".join(p.read_bytes() for p in firstline.state.rglob("*") if p.is_file())
        assert word not in kept and word not in firstline.log_text().encode()
        firstline.cli("journal", "verify", "--replay", check=True)


def test_a_restart_has_the_last_copy_while_its_server_is_away():
    with Scratch("fetched-away") as scratch:
        firstline, provider = begin(scratch)
        wait_until(lambda: away(firstline), message="the holiday is one")
        firstline.stop()
        provider.end()
        copy = firstline.state / "calendars/stand-ins.ics"
        assert copy.stat().st_mode & 0o777 == 0o600
        old = time.time() - 86400
        os.utime(copy, (old, old))
        firstline.start()
        assert days(firstline) == [1] and away(firstline), "before anything is fetched"
        found = wait_until(lambda: gap(firstline, "stand-ins"), message="a copy of yesterday is a gap")
        assert "stays in force" in found["text"] and "refused" in found["text"].lower() or "connect" in found["text"], found
        assert not gap(firstline, "holidays"), "that one is fresh"
        assert "stand-ins" in firstline.cli("gaps", check=True).stdout

        # `check` has the copies of a server, or says that there are none.
        check = lambda *more: subprocess.run([BUILD / "firstline", "check", firstline.config, *more], capture_output=True, text=True, timeout=60)
        assert check().returncode == 0 and check().stderr.count("there is no copy here") == 2
        assert check("--state", firstline.state).returncode == 0 and "no copy" not in check("--state", firstline.state).stderr
        copy.write_text(stand_in(1, who="a stranger"))
        refused = check("--state", firstline.state)
        assert refused.returncode == 1 and "nobody is called 'a stranger'" in refused.stderr, refused

        # A copy that fits no more is left out at a start, rather than that nothing starts.
        firstline.stop()
        firstline.start()
        assert days(firstline) == [] and "does not fit any more" in firstline.log_text()
        assert firstline.get("/v1/on-call")["items"], "the rotation stands"

        # It is back, at the same place: the gap is over.
        back = http.server.ThreadingHTTPServer(("127.0.0.1", provider.port), provider.server.RequestHandlerClass)
        back.daemon_threads = True
        threading.Thread(target=back.serve_forever, daemon=True).start()
        scratch.stack.callback(back.shutdown)
        # What fits no better is not taken for it.
        provider.bodies[SECRET] = stand_in(1, who="another stranger")
        ask_again(firstline, provider)
        wait_until(lambda: "nobody is called 'another stranger'" in firstline.log_text(), message="it is refused")
        assert gap(firstline, "stand-ins") and days(firstline) == [] and "another" not in copy.read_text()
        provider.bodies[SECRET] = stand_in(1)
        ask_again(firstline, provider)
        wait_until(lambda: days(firstline) == [1] and not gap(firstline, "stand-ins"), message="all is well")
        firstline.stop()
        firstline.cli("journal", "verify", "--replay", check=True)


CHECKED = """
fallback: ops
channels: {{hook: {{webhook: 'http://127.0.0.1:1/hook'}}}}
people: {{ana: {{name: Ana, reach: [hook: ana]}}}}
calendar_urls:
  away: {{url: '{url}'}}
calendars: {{holidays: {{zone: Europe/Lisbon, ics: away}}}}
teams:
  ops:
    kind: operations
    on_call:
      zone: Europe/Lisbon
      rotations: [{{name: primary, people: [ana], handover: 'Mon 09:00'}}, {{name: second, people: [ana], handover: 'Mon 09:00', except: holidays}}]
      escalate: [{{to: primary, after: 5m}}, {{to: second}}]
services: {{shop: {{owner: ops, tier: 2}}}}
"""
AT = "production.yaml:6:3: error: calendar away: "


def test_check_fetches_when_it_is_asked_to():
    with Scratch("fetched-check") as scratch:
        provider = Provider(scratch)
        provider.bodies["/page"] = "<!doctype html><title>Sign in</title>"
        provider.bodies["/mars.ics"] = calendar(["DTSTART;TZID=Mars/Olympus:20350620T100000", "DURATION:PT1H", "SUMMARY:up"])
        provider.bodies["/large.ics"] = "BEGIN:VCALENDAR\r\n" + "X" * (1 << 20)
        open_, closed = scratch.file("open", provider.base + "/holidays.ics\n", 0o600), scratch.file("closed", "x", 0o644)

        def check(url, *more):
            scratch.file("config/production.yaml", CHECKED.format(url=url))
            return subprocess.run([BUILD / "firstline", "check", scratch.dir / "config", *more], capture_output=True, text=True, timeout=60)

        done = check(provider.base + "/holidays.ics")
        assert done.returncode == 0 and "there is no copy here" in done.stderr and "--fetch" in done.stderr and not provider.requests, done
        for url in (provider.base + "/holidays.ics", f"file:{open_}"):
            done = check(url, "--fetch")
            assert done.returncode == 0 and not done.stderr, done
        assert len(provider.asked("/holidays.ics")) == 2, "once each"

        provider.fault = "elsewhere"
        for url, said in ((provider.base + "/nothing", AT + "it answers 404"),
                          ("http://127.0.0.1:1/x.ics", AT + "Failed to connect"),
                          (provider.base + "/large.ics", AT + "it is over 1 MiB"),
                          (provider.base + SECRET, AT + "it leads elsewhere"),
                          (f"file:{closed}", AT + "the secret"),
                          ("http://169.254.169.254/latest/meta-data", AT + "it is at 169.254.169.254, where no request of ours goes"),
                          ("http://[::ffff:169.254.169.254]/latest", AT + "it is at ::ffff:169.254.169.254, where"),
                          (provider.base + "/page", "url:away.ics:1:1: error: this is no iCalendar"),
                          (provider.base + "/mars.ics", "error: unknown time zone 'Mars/Olympus'")):
            done = check(url, "--fetch")
            assert done.returncode == 1 and said in done.stderr and "hint: " in done.stderr, (url, done)
        assert check(provider.base, "--fetch", "--diff", "HEAD").returncode == 2


READER = """#!/usr/bin/python3 -IS
import os, subprocess, sys, time
text = sys.stdin.buffer.read()
while b"SLOW" in text and not os.path.exists("{released}"):
    open("{begun}", "w").close()
    time.sleep(0.02)
sys.exit(subprocess.run(["{reader}"], input=text).returncode)
"""


def with_slow_reader(scratch):
    """A program whose reader of calendars takes its time over those that say SLOW."""
    folder = scratch.dir / "program"
    folder.mkdir()
    for name in ("firstline", "firstline-shim"):
        shutil.copy2(BUILD / name, folder / name)
    begun, released = scratch.dir / "begun", scratch.dir / "released"
    reader = folder / "firstline-ics"
    reader.write_text(READER.format(begun=begun, released=released, reader=BUILD / "firstline-ics"))
    reader.chmod(0o755)
    return folder / "firstline", begun, released


def test_a_calendar_that_takes_long_delays_nothing_else():
    with Scratch("fetched-slow") as scratch:
        provider = Provider(scratch)
        secret = scratch.file("secrets/stand-ins", provider.base + SECRET + "\n", 0o600)
        config = CONFIG.format(base=provider.base, secret=secret)
        scratch.file("config/production.yaml", config)
        firstline = Firstline(scratch, scratch.dir / "config")
        firstline.program, begun, released = with_slow_reader(scratch)
        firstline.start()
        wait_until(lambda: days(firstline) == [1], message="the first copy is in force")
        provider.bodies[SECRET] = stand_in(2).replace("SUMMARY", "COMMENT:SLOW\r\nSUMMARY")
        ask_again(firstline, provider)
        wait_until(begun.exists, message="it is being read")

        # A role that ends is started again, and a reload waits: nobody is sent away for it.
        gate = firstline.kill_role("gate")
        wait_until(lambda: firstline.role("gate") not in (None, gate), message="another gate")
        firstline.wait_ready()
        scratch.file("config/more.yaml", "services:\n  ledger: {owner: ops, tier: 3}\n")
        answers = []
        reload = threading.Thread(target=lambda: answers.append(firstline.request("POST", "/v1/reload", b"", timeout=60)))
        reload.start()
        assert firstline.get("/v1/status")["hands_up"] and days(firstline) == [1] and not answers
        released.touch()
        reload.join()
        assert answers[0].status == 200, answers[0].body
        wait_until(lambda: days(firstline) == [2], message="the other copy is in force")
        assert firstline.get("/v1/services/ledger")
        assert "another reload is on its way" not in firstline.log_text()

        # It ends in the middle of one.
        begun.unlink()
        released.unlink()
        firstline.child.send_signal(signal.SIGHUP)
        wait_until(begun.exists, message="it is being read")
        began = time.monotonic()
        firstline.stop()
        assert time.monotonic() - began < 8, "nobody waits for it"
        released.touch()


if __name__ == "__main__":
    run_all(sys.modules[__name__])
