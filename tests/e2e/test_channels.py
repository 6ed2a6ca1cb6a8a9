"""Every kind of channel that speaks HTTP, against a server that keeps what it was sent: told
of the beginning, told of the end, with the secrets where they belong and nowhere else."""
import base64
import http.server
import json
import os
import pathlib
import signal
import sys
import threading
import urllib.parse

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent))
from support.harness import Firstline, Scratch, run_all, wait_until

CONFIG = """
fallback: ops
url: https://firstline.example.com
channels:
  phone: {{ntfy: '{base}', token: 'file:{secrets}/ntfy', topic: all-of-us}}
  town: {{mattermost: 'file:{secrets}/mattermost', channel: ops}}
  cards: {{teams: '{base}/workflow'}}
  pd: {{pagerduty: 'file:{secrets}/pagerduty', url: '{base}/v2/enqueue'}}
  sms: {{twilio: AC123, token: 'file:{secrets}/twilio', from: '+15550100', url: '{base}'}}
people:
  ana: {{reach: [phone: ana-duty]}}
  mei: {{reach: [phone: mei-duty]}}
teams:
  ops:
    kind: operations
    on_call:
      zone: UTC
      rotations: [{{name: a, people: [ana], every: 1 day, handover: '09:00'}}]
    notify: [phone, town, cards, pd, sms: '+351210000000']
services:
  shop: {{owner: ops, tier: 1}}
"""
SECRETS = {"ntfy": "tk_canary_ntfy", "pagerduty": "R0UTINGKEY0CANARY", "twilio": "canary-twilio"}


class Provider:
    """Keeps what is POSTed; answers as told, by path."""

    def __init__(self, scratch):
        self.requests = []
        self.status = {}
        self.answer = lambda path, headers, body: b""
        outer = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self):
                body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
                outer.requests.append((self.path, dict(self.headers), body.decode()))
                answer = outer.answer(*outer.requests[-1])
                self.send_response(outer.status.get(self.path, 200))
                self.send_header("Content-Length", str(len(answer)))
                self.end_headers()
                self.wfile.write(answer)

            def log_message(self, *args):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
        scratch.stack.callback(self.server.shutdown)
        self.base = f"http://127.0.0.1:{self.server.server_address[1]}"

    def sent(self, path, test=lambda body: True):
        return [(headers, body) for at, headers, body in self.requests if at == path and test(body)]


def begin(scratch):
    provider = Provider(scratch)
    for name, secret in {**SECRETS, "mattermost": provider.base + "/hooks/canary-hook"}.items():
        scratch.file(f"secrets/{name}", secret + "\n", 0o600)
    scratch.file("config/production.yaml", CONFIG.format(base=provider.base, secrets=scratch.dir / "secrets"))
    return Firstline(scratch, scratch.dir / "config").start(), provider


SMS = "/2010-04-01/Accounts/AC123/Messages.json"


def test_each_channel_is_told_of_the_beginning_and_the_end():
    with Scratch("channels") as scratch:
        firstline, provider = begin(scratch)
        firstline.fire({"alertname": "Down", "service": "shop", "severity": "critical"})
        paths = ["/", "/hooks/canary-hook", "/workflow", "/v2/enqueue", SMS]
        wait_until(lambda: all(provider.sent(path) for path in paths) and len(provider.sent("/")) >= 2,
                   message="the beginning everywhere")
        topics = {json.loads(body)["topic"] for _, body in provider.sent("/")}
        assert topics == {"ana-duty", "all-of-us"}, topics
        headers, body = provider.sent("/")[0]
        assert headers["Authorization"] == "Bearer tk_canary_ntfy"
        assert json.loads(body)["priority"] == 5 and "Down" in json.loads(body)["title"]
        headers, body = provider.sent("/hooks/canary-hook")[0]
        town = json.loads(body)
        assert town["channel"] == "ops" and town["attachments"][0]["title_link"].startswith("https://firstline")
        card = json.loads(provider.sent("/workflow")[0][1])["attachments"][0]["content"]
        assert card["type"] == "AdaptiveCard" and card["actions"][0]["type"] == "Action.OpenUrl"
        event = json.loads(provider.sent("/v2/enqueue")[0][1])
        assert event["routing_key"] == SECRETS["pagerduty"] and event["event_action"] == "trigger"
        assert event["payload"]["severity"] == "critical" and event["payload"]["source"] == "shop"
        headers, body = provider.sent(SMS)[0]
        assert base64.b64decode(headers["Authorization"].split()[1]) == b"AC123:canary-twilio"
        form = urllib.parse.parse_qs(body)
        assert form["To"] == ["+351210000000"] and form["From"] == ["+15550100"] and "Down" in form["Body"][0]

        incident = firstline.incidents()[0]["id"]
        firstline.cli("incident", "resolve", str(incident), check=True)
        resolved = wait_until(lambda: [json.loads(b) for _, b in provider.sent("/v2/enqueue")
                                       if json.loads(b)["event_action"] == "resolve"], message="the end")
        assert resolved[0]["dedup_key"] == event["dedup_key"] == f"firstline-incident-{incident}"
        wait_until(lambda: all(len(provider.sent(path)) >= 2 for path in paths), message="the end everywhere")

        firstline.stop()
        kept = b"".join(p.read_bytes() for p in scratch.dir.rglob("*")
                        if p.is_file() and p.parent.name != "secrets")
        for secret in [*SECRETS.values(), "canary-hook"]:
            assert secret.encode() not in kept, f"{secret} lies about"


def test_a_message_on_its_way_at_a_stop_is_not_sent_again():
    with Scratch("channels-stop") as scratch:
        firstline, provider = begin(scratch)
        go = threading.Event()
        provider.answer = lambda path, headers, body: b"" if go.wait(20) else b"late"
        firstline.fire({"alertname": "Down", "service": "shop", "severity": "critical"})
        wait_until(lambda: len(provider.requests) == 6, message="all that tells of the beginning")
        os.kill(firstline.child.pid, signal.SIGTERM)
        wait_until(lambda: not firstline.role("gate"), message="the stop")
        go.set()
        assert firstline.child.wait(10) == 0
        firstline.start()
        firstline.cli("incident", "resolve", str(firstline.incidents()[0]["id"]), check=True)
        wait_until(lambda: len(provider.requests) >= 12, message="all that tells of the end")
        paths = [path for path, _, _ in provider.requests]
        assert sorted(paths[:6]) == sorted(paths[6:]), "the beginning was told again"
        assert all("ended" in body for _, _, body in provider.requests[6:]), provider.requests[6:]


def test_a_refusal_that_cannot_get_better_is_given_up_and_told():
    with Scratch("refused") as scratch:
        firstline, provider = begin(scratch)
        provider.status["/v2/enqueue"] = 400
        firstline.fire({"alertname": "Down", "service": "shop"})
        wait_until(lambda: provider.sent("/v2/enqueue"), message="the try")
        gap = wait_until(lambda: [g for g in firstline.get("/v1/gaps")["items"] if g["kind"] == "not-told"],
                         message="the gap")
        assert "400" in gap[0]["text"] or "pd" in gap[0]["text"], gap
        assert len(provider.sent("/v2/enqueue")) == 1, "it was not tried again"


if __name__ == "__main__":
    run_all(sys.modules[__name__])
