"""Slack: a message with buttons, kept as it is now, with a thread below it; and what comes back
when a button is pressed. Slack's own client proves what stands for Slack here, and Slack's own
framework for apps that what we take as signed is so."""
# first: it waits for an incident to close
import contextlib
import hashlib
import hmac
import http.client
import http.server
import json
import pathlib
import subprocess
import sys
import threading
import time
import urllib.parse

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent))
from support.harness import ROOT, Answer, Firstline, Scratch, run_all, wait_until
from support.peers import node

TOKEN = "xoxb-canary-of-the-slack-tests"
SIGNING = "8f742231b10e8888abcd99yyyzzz85a5"
CHANNELS = {"C0DUTY": "C0DUTY", "#duty": "C0DUTY", "U0ANA": "D0ANA", "D0ANA": "D0ANA"}
BLOCKS = {"section": ("text", 3000), "context": ("elements", None), "actions": ("elements", None)}


def wrong_blocks(blocks):
    """As Slack refuses them, by its page on Block Kit."""
    def plain(text, most):
        return (text.get("type") == "plain_text" and set(text) <= {"type", "text", "emoji"} and
                0 < len(text.get("text", "")) <= most)
    for block in blocks:
        if block.get("type") not in BLOCKS or len(blocks) > 50:
            return True
        if block["type"] == "section" and not plain(block.get("text", {}), 3000):
            return True
        if block["type"] == "context" and not all(plain(e, 3000) for e in block["elements"]):
            return True
        for button in block.get("elements", []) if block["type"] == "actions" else []:
            known = {"type", "text", "action_id", "value", "url", "style"}
            if (button["type"] != "button" or set(button) - known or not plain(button["text"], 75) or
                    len(button["action_id"]) > 255 or len(button.get("value", "")) > 2000 or
                    len(button.get("url", "")) > 3000 or
                    button.get("style", "primary") not in ("primary", "danger")):
                return True
    return False


class Slack:
    """chat.postMessage and chat.update, strict; answers as told meanwhile."""

    def __init__(self, scratch):
        self.messages, self.order, self.calls, self.fail = {}, [], [], []
        self.lock, self.n = threading.Lock(), 0
        outer = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self):
                body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
                with outer.lock:
                    status, said = outer.call(self.path.split("/")[-1], self.headers, body)
                said = json.dumps(said).encode()
                self.send_response(status)
                self.send_header("Content-Type", "application/json; charset=utf-8")
                if status == 429:
                    self.send_header("Retry-After", "1")
                self.send_header("Content-Length", str(len(said)))
                self.end_headers()
                self.wfile.write(said)

            def log_message(self, *args):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
        scratch.stack.callback(self.server.shutdown)
        self.base = f"http://127.0.0.1:{self.server.server_address[1]}/api"

    def arguments(self, headers, body):
        if headers["Content-Type"].startswith("application/json"):
            return json.loads(body)
        form = dict(urllib.parse.parse_qsl(body.decode()))
        for name in ("blocks", "attachments"):
            if name in form:
                form[name] = json.loads(form[name])
        return form

    def call(self, method, headers, body):
        self.calls.append(method)
        if self.fail:
            return self.fail.pop(0)
        given = self.arguments(headers, body)
        if headers["Authorization"] != "Bearer " + TOKEN and given.get("token") != TOKEN:
            return 200, {"ok": False, "error": "invalid_auth"}
        channel = CHANNELS.get(given.get("channel"))
        if channel is None:
            return 200, {"ok": False, "error": "channel_not_found"}
        if not given.get("text") and not given.get("blocks"):
            return 200, {"ok": False, "error": "no_text"}
        if wrong_blocks(given.get("blocks", [])) or any(
                wrong_blocks(a.get("blocks", [])) for a in given.get("attachments", [])):
            return 200, {"ok": False, "error": "invalid_blocks"}
        if method == "chat.update":
            if (channel, given.get("ts")) not in self.messages:
                return 200, {"ok": False, "error": "message_not_found"}
            key = (channel, given["ts"])
        elif method == "chat.postMessage":
            if "thread_ts" in given and (channel, given["thread_ts"]) not in self.messages:
                return 200, {"ok": False, "error": "invalid_thread_ts"}
            self.n += 1
            key = (channel, f"1503435956.{self.n:06d}")
            self.order.append(key)
        else:
            return 200, {"ok": False, "error": "unknown_method"}
        self.messages[key] = {**self.messages.get(key, {}), **given}
        return 200, {"ok": True, "channel": channel, "ts": key[1], "text": given.get("text"),
                     "message": {**given, "type": "message", "ts": key[1]}}

    def roots(self, channel="C0DUTY"):
        return [(key, self.messages[key]) for key in self.order
                if key[0] == channel and "thread_ts" not in self.messages[key]]

    def replies(self, ts):
        return [m for m in self.messages.values() if m.get("thread_ts") == ts]


def begin(scratch, slack, runbook=None):
    scratch.file("slack.token", TOKEN + "\n", 0o600)
    scratch.file("slack.signing", SIGNING + "\n", 0o600)
    d = scratch.dir
    scratch.file("config/production.yaml", f"""
listen: 127.0.0.1:0
url: https://firstline.example.com
fallback: ops
channels:
  talk: {{slack: '#duty', token: 'file:{d}/slack.token', signing_secret: 'file:{d}/slack.signing', url: '{slack.base}', digest: never}}
people:
  ana: {{name: Ana, zone: UTC, reach: [talk: U0ANA], slack: U0ANA}}
  eva: {{name: Eva, zone: UTC, slack: U0EVA}}
teams:
  ops:
    kind: operations
    on_call:
      zone: UTC
      rotations: [{{name: primary, people: [ana], every: 1 week, handover: "Mon 09:00"}}]
      escalate: [{{to: primary}}]
    notify: [talk]
services:
  shop: {{owner: ops, tier: 1}}
""")
    return Firstline(scratch, d / "config").start()


def form_of(user, action, value):
    payload = {"type": "block_actions", "user": {"id": user, "username": "x", "team_id": "T1"},
               "api_app_id": "A1", "token": "x", "trigger_id": "1.2", "team": {"id": "T1", "domain": "x"},
               "container": {"type": "message_attachment"}, "channel": {"id": "C0DUTY", "name": "duty"},
               "response_url": "https://hooks.slack.com/actions/x",
               "actions": [{"type": "button", "action_id": action, "block_id": "b", "value": value,
                            "text": {"type": "plain_text", "text": "Acknowledge"},
                            "action_ts": "1548426417.840180"}]}
    return urllib.parse.urlencode({"payload": json.dumps(payload)}).encode()


def signed(body, secret=SIGNING, at=None):
    at = str(int(time.time() if at is None else at))
    mac = hmac.new(secret.encode(), b"v0:" + at.encode() + b":" + body, hashlib.sha256).hexdigest()
    return {"X-Slack-Request-Timestamp": at, "X-Slack-Signature": "v0=" + mac}


def press(port, body, headers, path="/in/slack/talk"):
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
    try:
        connection.request("POST", path, body=body, headers={
            "Content-Type": "application/x-www-form-urlencoded", "Host": "127.0.0.1", **headers})
        answer = connection.getresponse()
        return Answer(answer.status, dict(answer.getheaders()), answer.read())
    finally:
        connection.close()


def buttons(message):
    return [e for a in message["attachments"] for b in a["blocks"] if b["type"] == "actions"
            for e in b["elements"]]


def test_what_stands_for_slack_is_what_its_client_knows():
    with Scratch("slack-fake") as scratch:
        slack = Slack(scratch)
        done = subprocess.run(node("slack_web_api.mjs", slack.base, TOKEN), cwd=ROOT / "tests/peers",
                              capture_output=True, text=True, timeout=60)
        assert done.returncode == 0, done.stderr
        out = json.loads(done.stdout)
        assert out["posted"]["ok"] and out["updated"]["ts"] == out["posted"]["ts"], out
        assert out["reply"]["ts"] != out["posted"]["ts"], out
        for what, error in (("no_channel", "channel_not_found"), ("no_message", "message_not_found"),
                            ("no_token", "invalid_auth"), ("no_text", "no_text"), ("bad_blocks", "invalid_blocks")):
            assert out[what] == error, (what, out[what])


def test_one_message_for_an_incident_and_a_thread_below_it():
    with Scratch("slack") as scratch:
        slack = Slack(scratch)
        slack.fail = [(200, {"ok": False, "error": "internal_error"}), (429, {"ok": False, "error": "ratelimited"})]
        firstline = begin(scratch, slack)
        labels = {"alertname": "Down <!channel> & *co*", "service": "shop"}
        assert firstline.fire(labels).status == 200
        row = firstline.wait_incident(lambda r: r["service"] == "shop", 20)
        # To the channel and, as she is on duty, to ana: one message each, tried again until taken.
        wait_until(lambda: len(slack.roots()) == 1 and len(slack.roots("D0ANA")) == 1, 60, 0.1, "the messages")
        (key, message), = slack.roots()
        assert "&lt;!channel&gt; &amp;" in message["text"], message["text"]
        assert [b["action_id"] for b in buttons(message)] == ["firstline_acknowledge", "firstline_open"]
        assert buttons(message)[0]["value"] == str(row["id"])

        # Pressed: by ana, in Slack.
        body = form_of("U0ANA", "firstline_acknowledge", buttons(message)[0]["value"])
        assert press(firstline.port, body, signed(body)).status == 200
        assert firstline.incident(row["id"])["incident"]["acknowledged_by"] == "person:ana"
        wait_until(lambda: "ana has it" in slack.messages[key]["text"], 20, message="the message says so")
        wait_until(lambda: any("ana has it" in m["text"] for m in slack.replies(key[1])), 20, message="and the thread")
        assert [b["action_id"] for b in buttons(slack.messages[key])] == ["firstline_open"], "nobody else need press"
        assert len(slack.roots()) == 1

        firstline.kill_all()  # which message it was is kept
        firstline.start()
        assert firstline.resolve(labels).status == 200
        firstline.wait_incident(lambda r: r["state"] == "closed", 90)
        wait_until(lambda: slack.messages[key]["attachments"][0]["color"] == "#3db887", 30, message="it is over")
        assert len(slack.roots()) == 1 and len(slack.replies(key[1])) >= 2, slack.order
        wait_until(lambda: all(n["state"] == "delivered" for n in firstline.incident(row["id"])["notices"]),
                   30, 0.1, "all of it was taken")
        assert len(slack.roots("D0ANA")) == 1, "alike in what was said to her alone"
        firstline.stop()
        verified = firstline.cli("journal", "verify", "--replay", "--state", firstline.state)
        assert verified.returncode == 0, verified.stdout + verified.stderr
        for path in [scratch.dir / "state.log", *firstline.state.rglob("*")]:
            kept = path.read_bytes() if path.is_file() else b""
            assert TOKEN.encode() not in kept and SIGNING.encode() not in kept, path


def test_a_refusal_that_cannot_get_better_is_given_up():
    with Scratch("slack-refused") as scratch:
        slack = Slack(scratch)
        slack.fail = [(200, {"ok": False, "error": "not_in_channel"})] * 2
        firstline = begin(scratch, slack)
        assert firstline.fire({"alertname": "Down", "service": "shop"}).status == 200
        row = firstline.wait_incident(lambda r: r["service"] == "shop", 20)
        given_up = wait_until(lambda: [n for n in firstline.incident(row["id"])["notices"]
                                       if n["state"] == "given-up"], 20, 0.1, "it is given up")
        assert "not_in_channel" in given_up[0]["error"], given_up
        assert given_up[0]["tries"] == 1


def test_what_is_signed_is_what_slacks_own_framework_takes():
    with Scratch("slack-press") as scratch:
        slack = Slack(scratch)
        firstline = begin(scratch, slack)
        assert firstline.fire({"alertname": "Down", "service": "shop"}).status == 200
        row = firstline.wait_incident(lambda r: r["service"] == "shop", 20)
        bolt = subprocess.Popen(node("slack_bolt.mjs", SIGNING), cwd=ROOT / "tests/peers",
                                stdout=subprocess.PIPE, text=True)
        scratch.stack.callback(lambda: (bolt.kill(), bolt.wait(), bolt.stdout.close()))
        port = json.loads(bolt.stdout.readline())["port"]
        body = form_of("U0EVA", "firstline_acknowledge", str(row["id"]))
        now = time.time()
        rows = [
            ("good", signed(body), body, True),
            ("another secret", signed(body, "x" * 32), body, False),
            ("another body", signed(body), body.replace(b"U0EVA", b"U0ANA"), False),
            ("too old", signed(body, at=now - 301), body, False),
            ("none", {}, body, False),
            ("no timestamp", {"X-Slack-Signature": signed(body)["X-Slack-Signature"]}, body, False),
            ("another time", {**signed(body), "X-Slack-Request-Timestamp": str(int(now) - 1)}, body, False),
            ("another version", {**signed(body), "X-Slack-Signature":
                                 signed(body)["X-Slack-Signature"].replace("v0", "v1")}, body, False),
        ]
        for name, headers, sent, good in rows:
            theirs, ours = press(port, sent, headers), press(firstline.port, sent, headers)
            assert (theirs.status == 200) == good, (name, theirs)
            # eva may look alone: so far she comes, and no further
            assert ours.status == (403 if good else 401), (name, ours)
        seen = json.loads(bolt.stdout.readline())
        assert seen == {"user": "U0EVA", "value": str(row["id"]), "type": "button"}, seen
        # Of our own: from the future, twice, by a stranger, a channel that does not call.
        future = signed(body, at=now + 400)
        assert press(firstline.port, body, future).status == 401
        ana = form_of("U0ANA", "firstline_open", "")
        assert press(firstline.port, ana, signed(ana)).status == 200, "a link was opened"
        good = form_of("U0ANA", "firstline_acknowledge", str(row["id"]))
        once = signed(good)
        stranger = form_of("U0NOBODY", "firstline_acknowledge", str(row["id"]))
        assert press(firstline.port, stranger, signed(stranger)).status == 403
        assert not firstline.incident(row["id"])["incident"]["acknowledged"]
        assert press(firstline.port, good, once).status == 200
        assert press(firstline.port, good, once).status == 401, "the same again"
        other = "v0=" + once["X-Slack-Signature"].removeprefix("v0=").upper()
        assert press(firstline.port, good, {**once, "X-Slack-Signature": other}).status == 401, "the same in another spelling"
        assert press(firstline.port, good, signed(good, at=now - 2), "/in/slack/none").status == 401
        # Nor once more to a gate that was started since: it knows nothing of what came before.
        time.sleep(max(0.0, int(float(once["X-Slack-Request-Timestamp"])) + 1.1 - time.time()))
        firstline.kill_role("gate")
        firstline.wait_ready()
        assert press(firstline.port, good, once).status == 401, "the same to another gate"
        later = form_of("U0ANA", "firstline_open", "")
        assert press(firstline.port, later, signed(later)).status == 200
        for rubbish in (b"", b"payload=", b"payload=%", b"payload=%7B%7D&payload=%7B%7D", b"x=1",
                        b"payload=" + b"%5B" * 100, form_of("U0ANA", "firstline_acknowledge", "x")):
            assert press(firstline.port, rubbish, signed(rubbish)).status == 400, rubbish
        assert firstline.incident(row["id"])["incident"]["acknowledged_by"] == "person:ana"
        plain = press(firstline.port, good, {**signed(good, at=now - 3), "Content-Type": "application/json"})
        assert plain.status == 415, plain


if __name__ == "__main__":
    run_all(sys.modules[__name__])
