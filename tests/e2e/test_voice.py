"""A telephone call by Twilio that is answered by its keys. Twilio's own library makes what we
take as signed, and builds the TwiML that ours must be alike."""
import http.client
import json
import pathlib
import subprocess
import sys
import urllib.parse
import xml.etree.ElementTree as ET

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent))
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
from support.harness import Answer, Firstline, Scratch, run_all, wait_until
from support.peers import PEERS, node
from test_channels import Provider

TOKEN = "0123456789abcdef0123456789abcdef"
PUBLIC = "https://firstline.example.com"
CALLS, TEXTS = "/2010-04-01/Accounts/AC123/Calls.json", "/2010-04-01/Accounts/AC123/Messages.json"


def begin(scratch, second=True):
    provider = Provider(scratch)
    scratch.file("secrets/twilio", TOKEN + "\n", 0o600)
    scratch.file("config/production.yaml", f"""
fallback: ops
url: {PUBLIC}/
channels:
  call: {{twilio_voice: AC123, token: 'file:{scratch.dir}/secrets/twilio', from: '+15550100', url: '{provider.base}', digest: never}}
people:
  ana: {{reach: [call: '+351210000001']}}
  mei: {{reach: [call: '+351210000002']}}
  eva: {{reach: [call: '+351210000003'], role: viewer}}
teams:
  ops:
    kind: operations
    on_call:
      zone: UTC
      rotations:
        - {{name: first, people: [ana], every: 1 day, handover: '09:00'}}
        - {{name: second, people: [mei], every: 1 day, handover: '09:00'}}
      escalate: [{{to: first, after: 1h}}{", {to: second}" if second else ""}]
services:
  shop: {{owner: ops, tier: 1}}
""")
    return Firstline(scratch, scratch.dir / "config").start(), provider


class Twilio:
    """Its library, as a process that is asked line by line."""

    def __init__(self, scratch, token=TOKEN):
        self.child = subprocess.Popen(node("twilio_voice.mjs", token), cwd=PEERS, stdin=subprocess.PIPE,
                                      stdout=subprocess.PIPE, text=True)
        scratch.stack.callback(lambda: (self.child.stdin.close(), self.child.kill(), self.child.wait(), self.child.stdout.close()))

    def ask(self, **question):
        self.child.stdin.write(json.dumps(question) + "\n")
        self.child.stdin.flush()
        return json.loads(self.child.stdout.readline())


def called(provider, number):
    return [dict(urllib.parse.parse_qsl(body, strict_parsing=True)) for _, body in
            provider.sent(CALLS, lambda b: f"To=%2B{number}" in b)]


def params(digits, **but):
    return {"AccountSid": "AC123", "ApiVersion": "2010-04-01", "CallSid": "CA0123", "CallStatus": "in-progress",
            "Called": "+351210000001", "Digits": digits, "FinishedOnKey": "", "From": "+15550100", "msg": "Gather End",
            "Direction": "outbound-api", "To": "+351210000001", **but}


def press(firstline, url, form, signature, kind="application/x-www-form-urlencoded"):
    connection = http.client.HTTPConnection("127.0.0.1", firstline.port, timeout=30)
    try:
        connection.request("POST", url.removeprefix(PUBLIC), body=urllib.parse.urlencode(form), headers={
            "Content-Type": kind, "Host": "127.0.0.1", **({"X-Twilio-Signature": signature} if signature is not None else {})})
        answer = connection.getresponse()
        return Answer(answer.status, dict(answer.getheaders()), answer.read())
    finally:
        connection.close()


def same_xml(ours, theirs):
    assert ET.canonicalize(ours) == ET.canonicalize(theirs), (ours, theirs)


def action_of(call):
    return ET.fromstring(call["Twiml"]).find("Gather").get("action")


def test_a_call_is_answered_by_a_key():
    with Scratch("voice") as scratch:
        firstline, provider = begin(scratch)
        twilio = Twilio(scratch)
        assert firstline.post("/api/v2/alerts", [{"labels": {"alertname": "Down <&\"'>", "service": "shop"},
                                                  "annotations": {"summary": "a & b\u202e <Hangup/>"}}]).status == 200
        call, = wait_until(lambda: called(provider, 351210000001), message="the call")
        assert call["From"] == "+15550100" and set(call) == {"To", "From", "Twiml"}
        # What is said, and where a key leads, as their library would write it.
        tree = ET.fromstring(call["Twiml"])
        action, say = action_of(call), tree.find("Gather/Say").text
        assert "Incident 1, severity 3, service shop: " in say and "Down <&\"'>" in say, say
        assert "\u202e" not in say and "Press 4 to acknowledge. Press 5 if it is not for you" in say, say
        assert len(call["Twiml"]) < 4000
        assert action.startswith(PUBLIC + "/in/twilio/acknowledge.1."), action
        same_xml(call["Twiml"], twilio.ask(call={"action": action, "text": say, "after": tree.find("Say").text}))

        good = params("4")
        signature = twilio.ask(url=action, params=good)
        assert twilio.ask(url=action, params=good, signature=signature) is True
        incident = lambda: firstline.get("/v1/incidents/1")["incident"]
        other = action.replace("acknowledge.1.", "acknowledge.2.")
        later = Twilio(scratch, "f" * 32)
        rows = [  # none of them does anything
            ("no signature", action, good, None),
            ("another token", action, good, later.ask(url=action, params=good)),
            ("another key", action, params("5"), signature),
            ("one more", action, {**good, "x": "1"}, signature),
            ("another account", action, params("4", AccountSid="AC9"), twilio.ask(url=action, params=params("4", AccountSid="AC9"))),
            ("another incident", other, good, twilio.ask(url=other, params=good)),
            ("another host", action, good, twilio.ask(url=action.replace("firstline.", "evil."), params=good)),
            ("not by TLS", action, good, twilio.ask(url=action.replace("https", "http"), params=good)),
            ("no link", PUBLIC + "/in/twilio/x", good, twilio.ask(url=PUBLIC + "/in/twilio/x", params=good)),
            ("too long", action, params("4", msg="x" * 20000), twilio.ask(url=action, params=params("4", msg="x" * 20000))),
        ]
        for name, url, form, with_ in rows:
            answer = press(firstline, url, form, with_)
            assert answer.status == 403 and not incident()["acknowledged"], (name, answer)
        assert press(firstline, action, good, signature, "application/json").status == 415
        # A key that does nothing is said so, and asked for once more.
        nine = params("9")
        answer = press(firstline, action, nine, twilio.ask(url=action, params=nine))
        root = ET.fromstring(answer.body)
        same_xml(answer.body.decode(), twilio.ask(said={"text": root.find("Gather/Say").text, "again": True}))
        assert answer.status == 200 and "does nothing" in root.find("Gather/Say").text and not incident()["acknowledged"]

        answer = press(firstline, action, good, signature)
        assert answer.status == 200 and answer.headers["Content-Type"].startswith("text/xml"), answer
        same_xml(answer.body.decode(), twilio.ask(said={"text": "It is yours. Goodbye."}))
        assert incident()["acknowledged_by"] == "person:ana"
        assert any("by telephone, called by notice" in t["text"] for t in firstline.get("/v1/incidents/1")["timeline"])
        # The same once more does nothing, also when it was taken back since.
        seq = firstline.get("/v1/status")["seq"]
        again = press(firstline, action, good, signature)
        assert again.status == 200 and b"does it once: it is yours" in again.body, again
        assert firstline.get("/v1/status")["seq"] == seq, "nothing was stepped"
        # The end can wait until it is read: nobody is called.
        firstline.cli("incident", "resolve", "1", check=True)
        text, = wait_until(lambda: provider.sent(TEXTS), message="the end")
        assert "To=%2B351210000001" in text[1] and len(called(provider, 351210000001)) == 1
        firstline.stop()
        assert firstline.cli("journal", "verify", "--replay", "--state", firstline.state).returncode == 0
        for path in [scratch.dir / "state.log", *firstline.state.rglob("*")]:
            assert not path.is_file() or TOKEN.encode() not in path.read_bytes(), path


def test_a_key_that_came_too_late_does_nothing_later():
    with Scratch("voice-late") as scratch:
        firstline, provider = begin(scratch)
        twilio = Twilio(scratch)
        firstline.fire({"alertname": "Down", "service": "shop"})
        call, = wait_until(lambda: called(provider, 351210000001), message="the call")
        action, four = action_of(call), params("4")
        signature = twilio.ask(url=action, params=four)
        token = json.loads(firstline.cli("token", "add", "mei", "--role", "operator", "--json", check=True).stdout)["secret"]
        by_mei = lambda what: firstline.request("POST", f"/v1/incidents/1/{what}", {}, token=token)
        assert by_mei("acknowledge").status == 200
        answer = press(firstline, action, four, signature)
        assert answer.status == 200 and b"Nothing was done: mei has it" in answer.body, answer
        assert by_mei("unacknowledge").status == 200
        # Whoever heard it on the way sends it again: nobody has it still.
        again = press(firstline, action, four, signature)
        assert again.status == 200 and b"came too late" in again.body and b"once: nobody has it now" in again.body, again
        firstline.stop()
        firstline.start()
        assert b"once: nobody has it now" in press(firstline, action, four, signature).body
        assert not firstline.get("/v1/incidents/1")["incident"]["acknowledged"]
        firstline.stop()
        assert firstline.cli("journal", "verify", "--replay", "--state", firstline.state).returncode == 0


def test_who_is_called_by_mistake_passes_it_on():
    with Scratch("voice-next") as scratch:
        firstline, provider = begin(scratch)
        twilio = Twilio(scratch)
        firstline.fire({"alertname": "Down", "service": "shop"})
        call, = wait_until(lambda: called(provider, 351210000001), message="the call")
        action, five = action_of(call), params("5")
        signature = twilio.ask(url=action, params=five)
        answer = press(firstline, action, five, signature)
        same_xml(answer.body.decode(), twilio.ask(said={"text": "The next is called. Goodbye."}))
        second, = wait_until(lambda: called(provider, 351210000002), message="the next, at once")
        assert any("said that it is not for them" in t["text"] for t in firstline.get("/v1/incidents/1")["timeline"])
        # The same again goes no further than it went.
        again = press(firstline, action, five, signature)
        assert again.status == 200 and b"gone on to the next already" in again.body, again
        last = action_of(second)
        answer = press(firstline, last, five, twilio.ask(url=last, params=five))
        assert answer.status == 200 and b"nobody after you" in answer.body, answer
        # Who was first may still have it; then it is nobody's to pass on.
        four = params("4")
        assert b"It is yours" in press(firstline, action, four, twilio.ask(url=action, params=four)).body
        assert b"ana has incident 1" in press(firstline, last, five, twilio.ask(url=last, params=five)).body
        assert len(called(provider, 351210000001)) == 1 == len(called(provider, 351210000002))


def test_a_preview_shows_the_call_and_check_says_what_is_missing():
    with Scratch("voice-check") as scratch:
        firstline, provider = begin(scratch)
        shown = firstline.cli("channel", "preview", "call", "--to", "ana", check=True).stdout
        assert "Calls.json" in shown and "Twiml=" in shown and TOKEN not in shown
        assert not provider.requests
        path = firstline.config / "production.yaml"
        path.write_text(path.read_text().replace(f"url: {PUBLIC}/\n", ""))
        checked = firstline.cli("check", firstline.config)
        assert checked.returncode == 1 and "no 'url' that Twilio could reach" in checked.stdout + checked.stderr, checked


if __name__ == "__main__":
    run_all(sys.modules[__name__])
