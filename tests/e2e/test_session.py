"""Browsers: signing in by link, password and token, what a page must send, and the end of it."""
import http.client
import json
import pathlib
import re
import sys
import threading
import time
import urllib.parse

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent))
from support.harness import Answer, Firstline, Scratch, bare, run_all, wait_until

FAKETIME = "/usr/lib/x86_64-linux-gnu/faketime/libfaketime.so.1"
PASSWORD = "correct horse battery staple"


def configuration(scratch):
    scratch.file("config/production.yaml", """
listen: 127.0.0.1:0
url: http://firstline.example.com
fallback: ops
channels: {mail: {smtp: "smtp://127.0.0.1:1", from: firstline@example.com}}
people:
  ana: {name: Ana, email: ana@example.com, zone: UTC, reach: [mail]}
  mei: {name: Mei, email: mei@example.com, zone: UTC, reach: [mail], role: admin}
  leo: {name: Leo, email: leo@example.com, zone: UTC, reach: [mail]}
  eva: {name: Eva, email: eva@example.com, zone: UTC}
teams:
  ops:
    kind: operations
    on_call:
      zone: UTC
      rotations: [{name: primary, people: [ana], every: 1 week, handover: "Mon 09:00"}]
      escalate: [{to: primary, after: 5m}, {to: lead}]
    lead: leo
  dev: {kind: development}
services:
  shop: {owner: ops, developers: dev, tier: 2}
actions:
  act: {verb: restart, run: [/bin/true], timeout: 10s}
""")
    return scratch.dir / "config"


class Browser:
    """A client with a cookie and what its page was told."""

    def __init__(self, firstline):
        self.firstline = firstline
        self.cookie = self.csrf = None

    def ask(self, method, path, body=None, csrf="own", **headers):
        connection = http.client.HTTPConnection("127.0.0.1", self.firstline.port, timeout=30)
        try:
            head = {"Host": f"127.0.0.1:{self.firstline.port}"}
            head.update({name.replace("_", "-"): value for name, value in headers.items()})
            if self.cookie:
                head["Cookie"] = f"theme=dark; firstline={self.cookie}"
            if csrf == "own":
                csrf = self.csrf
            if csrf:
                head["X-Firstline-CSRF"] = csrf
            if body is not None:
                body = json.dumps(body)
                head["Content-Type"] = "application/json"
            connection.request(method, path, body=body, headers=head)
            response = connection.getresponse()
            return Answer(response.status, dict(response.getheaders()), response.read())
        finally:
            connection.close()

    def sign_in(self, body, **headers):
        answer = self.ask("POST", "/v1/session", body, **headers)
        if answer.status == 200:
            cookie = answer.headers["Set-Cookie"]
            self.cookie = re.match(r"firstline=(fls_[0-9A-Za-z]{43});", cookie)[1]
            for part in ("HttpOnly", "SameSite=Strict", "Path=/"):
                assert part in cookie.split("; "), cookie
            self.csrf = answer.json["csrf"]
        return answer


def link_for(firstline, person):
    done = firstline.cli("login-link", person, check=True)
    url, secret = done.stdout.strip().split("/#login=")
    assert url == "http://firstline.example.com", done.stdout
    return secret


def timeline(firstline):
    return firstline.cli("journal", "show", "--json", check=True).stdout


def test_a_form_of_a_page_signs_in():
    """For browsers that run no script; what it then reads: tests/web/test_pages.mjs."""
    with Scratch("form") as scratch:
        firstline = Firstline(scratch, configuration(scratch)).start()

        def send(path, form, **more):
            connection = http.client.HTTPConnection("127.0.0.1", firstline.port, timeout=30)
            try:
                host = f"127.0.0.1:{firstline.port}"
                connection.request("POST", path, body=urllib.parse.urlencode(form), headers={
                    "Host": host, "Origin": f"http://{host}", "Content-Type": "application/x-www-form-urlencoded", **more})
                response = connection.getresponse()
                return Answer(response.status, dict(response.getheaders()), response.read())
            finally:
                connection.close()
        right = {"person": "", "password": "", "token": firstline.token()}
        signed = send("/incidents/7?trail=all", right)
        assert (signed.status, signed.headers["Location"]) == (303, "/incidents/7?trail=all"), signed
        cookie = signed.headers["Set-Cookie"]
        assert re.match(r"firstline=(fls_[0-9A-Za-z]{43});", cookie) and "HttpOnly" in cookie and "SameSite=Strict" in cookie, cookie
        ana = Browser(firstline)
        ana.cookie = cookie.split(";")[0].split("=")[1]
        assert ana.ask("GET", "/v1/session").status == 200
        # It is a sign-in like any other: no other site's page makes it, and a wrong one gives nothing.
        for more in ({"Origin": "http://evil.example"}, {"Origin": "null"}, {"Sec-Fetch-Site": "cross-site"}):
            assert send("/", right, **more).status == 403, more
        for wrong in ({**right, "token": "<script>"}, {"person": "ana", "password": PASSWORD, "token": ""}):
            refused = send("/incidents", wrong)
            assert refused.status == 401 and "Set-Cookie" not in refused.headers, refused
            assert b"<form" in refused.body and b"<script>" not in refused.body, refused.body
        for bad in ({}, {"person": "ana"}, {**right, "token": "\x00"}, {**right, "token": "x" * 600}):
            assert send("/", bad).status in (401, 422), bad


def test_a_link_opens_once():
    with Scratch("link") as scratch:
        firstline = Firstline(scratch, configuration(scratch)).start()
        ana = Browser(firstline)
        assert ana.ask("GET", "/v1/session").status == 401
        first, second = link_for(firstline, "ana"), link_for(firstline, "ana")
        assert ana.sign_in({"link": first}).status == 401, "a new link ends the one before"
        assert ana.sign_in({"link": "fll_" + "x" * 43}).status == 401
        signed = ana.sign_in({"link": second})
        assert signed.status == 200, signed
        told = signed.json
        assert (told["principal"], told["role"]) == ("person:ana", "operator"), told
        assert re.fullmatch(r"\d{4}-\d\d-\d\dT[0-9:.]+Z", told["until"]), told
        assert Browser(firstline).sign_in({"link": second}).status == 401, "it was used"
        assert ana.ask("GET", "/v1/session").json == told
        assert ana.ask("GET", "/v1/whoami").json["principal"] == "person:ana"
        assert firstline.cli("login-link", "nobody").returncode == 3
        # A token says nothing about a browser.
        assert firstline.request("GET", "/v1/session").status == 401
        # The cookie's value is no token, and a token is no cookie.
        assert firstline.request("GET", "/v1/status", token=ana.cookie).status == 401
        fake = Browser(firstline)
        fake.cookie = firstline.token()
        assert fake.ask("GET", "/v1/status").status == 401

        firstline.kill_all()  # it is kept
        firstline.start()
        assert ana.ask("GET", "/v1/session").json == told
        # Roles come from the configuration: a lead leads, others look.
        for person, role in (("leo", "lead"), ("mei", "admin"), ("eva", "viewer")):
            other = Browser(firstline)
            assert other.sign_in({"link": link_for(firstline, person)}).json["role"] == role

        secrets = [second, ana.cookie, ana.csrf]
        gone = ana.ask("DELETE", "/v1/session")
        assert gone.status == 200 and "Max-Age=0" in gone.headers["Set-Cookie"], gone.headers
        assert ana.ask("GET", "/v1/session").status == 401
        told = timeline(firstline)
        assert "signed in by link from 127.0.0.1" in told and "ended a session" in told
        firstline.stop()
        for path in [scratch.dir / "state.log", *firstline.state.rglob("*")]:
            kept = path.read_bytes() if path.is_file() else b""
            for secret in secrets:
                assert secret.encode() not in kept, path
        verified = firstline.cli("journal", "verify", "--replay", "--state", firstline.state)
        assert verified.returncode == 0, verified.stdout + verified.stderr


def test_a_page_must_show_that_it_is_ours():
    with Scratch("csrf") as scratch:
        firstline = Firstline(scratch, configuration(scratch)).start()
        assert firstline.fire({"alertname": "Down", "service": "shop"}).status == 200
        row = firstline.wait_incident(lambda r: r["service"] == "shop", 20)
        here = f"http://127.0.0.1:{firstline.port}"
        ana = Browser(firstline)
        secret = link_for(firstline, "ana")
        for headers in ({"Origin": "http://evil.example"}, {"Origin": "null"},
                        {"Sec_Fetch_Site": "cross-site"}, {"Sec_Fetch_Site": "same-site"}):
            assert ana.sign_in({"link": secret}, **headers).status == 403, headers
        assert ana.sign_in({"link": secret}, Origin=here, Sec_Fetch_Site="same-origin").status == 200
        note = f"/v1/incidents/{row['id']}/notes"
        body = {"text": "seen"}
        for csrf in (None, "x", "0" * 64, ana.csrf[:-1], ana.csrf + "0"):
            assert ana.ask("POST", note, body, csrf=csrf).status == 403, csrf
        for headers in ({"Origin": "http://evil.example"}, {"Sec_Fetch_Site": "same-site"},
                        {"Origin": here.replace("http:", "ftp:")}):
            assert ana.ask("POST", note, body, **headers).status == 403, headers
        assert ana.ask("DELETE", "/v1/session", csrf=None).status == 403
        assert ana.ask("POST", "/v1/may", {"action": "act", "service": "shop"}, csrf=None).status == 403
        assert ana.ask("GET", f"/v1/incidents/{row['id']}", csrf=None).status == 200
        told = ana.ask("POST", note, body, Origin=here, Sec_Fetch_Site="same-origin")
        assert told.status == 200, told
        entry = firstline.incident(row["id"])["timeline"][-1]
        assert entry["who"] == "person:ana", entry
        # Another browser's is not this one's.
        mei = Browser(firstline)
        assert mei.sign_in({"link": link_for(firstline, "mei")}).status == 200
        assert ana.ask("POST", note, body, csrf=mei.csrf).status == 403
        # Two cookies of that name: one was put there by somebody else.
        connection = http.client.HTTPConnection("127.0.0.1", firstline.port, timeout=30)
        connection.request("GET", "/v1/session",
                           headers={"Cookie": f"firstline={ana.cookie}; firstline={mei.cookie}"})
        assert connection.getresponse().status == 401
        # Where both come, the token says who asks.
        both = ana.ask("GET", "/v1/whoami", Authorization="Bearer " + firstline.token())
        assert both.json["principal"] == "local-admin"


def test_passwords():
    with Scratch("password") as scratch:
        firstline = Firstline(scratch, configuration(scratch)).start()
        ana = Browser(firstline)
        assert ana.sign_in({"person": "ana", "password": ""}).status == 401
        assert ana.sign_in({"link": link_for(firstline, "ana")}).status == 200
        assert ana.ask("POST", "/v1/session/password", {"password": "short"}).status == 422
        assert ana.ask("POST", "/v1/session/password", {"password": "x" * 257}).status == 422
        for known in ("password1234", "ana ana ana ana", "1qaz2wsx3edc"):
            refused = ana.ask("POST", "/v1/session/password", {"password": known})
            assert refused.status == 422 and b"everybody tries" in refused.body, refused
        other = Browser(firstline)
        assert other.sign_in({"link": link_for(firstline, "ana")}).status == 200
        made = ana.ask("POST", "/v1/session/password", {"password": PASSWORD})
        assert made.status == 200, made
        assert other.ask("GET", "/v1/session").status == 401, "others are out"
        assert ana.ask("GET", "/v1/session").status == 200
        by_password = Browser(firstline)
        assert by_password.sign_in({"person": "ana", "password": PASSWORD}).status == 200
        assert by_password.ask("GET", "/v1/session").json["how"] == "password"
        for person, password in (("ana", PASSWORD + " "), ("leo", PASSWORD), ("nobody", PASSWORD)):
            assert other.sign_in({"person": person, "password": password}).status == 401
        # A stranger takes as long as somebody with a password.
        took = {}
        for person in ("eva", "ana") * 2:
            began = time.monotonic()
            answer = other.sign_in({"person": person, "password": "not this one, surely"})
            assert answer.status == 401, answer
            took[person] = min(took.get(person, 9), time.monotonic() - began)
        assert took["eva"] > took["ana"] / 4, took

        # Guessing is slowed down for that person from there; others get in meanwhile.
        statuses = [other.sign_in({"person": "leo", "password": f"guess number {i}"}).status
                    for i in range(8)]
        assert statuses[0] == 401 and statuses[-1] == 429, statuses
        slowed = other.sign_in({"person": "leo", "password": "guess"})
        assert 1 <= int(slowed.headers["Retry-After"]) <= 60, slowed.headers
        assert by_password.sign_in({"person": "ana", "password": PASSWORD}).status == 200
        metrics = firstline.request("GET", "/metrics").body.decode()
        assert re.search(r"^firstline_signins_slowed(_total)? [1-9]", metrics, re.M), metrics

        # While passwords are hashed everything else goes on.
        def guess():
            Browser(firstline).sign_in({"person": "mei", "password": "whatever it may be"})
        # Of two who chose the same nobody sees it: each has a salt.
        mei = Browser(firstline)
        assert mei.sign_in({"link": link_for(firstline, "mei")}).status == 200
        assert mei.ask("POST", "/v1/session/password", {"password": PASSWORD}).status == 200
        threads = [threading.Thread(target=guess) for _ in range(4)]
        for thread in threads:
            thread.start()
        assert firstline.fire({"alertname": "Down", "service": "shop"}, token=None).status == 200
        for thread in threads:
            thread.join()
        firstline.stop()
        kept = {path: path.read_bytes() for path in [scratch.dir / "state.log", *firstline.state.rglob("*")] if path.is_file()}
        assert not [path for path, text in kept.items() if PASSWORD.encode() in text]
        hashes = re.findall(rb"\$argon2id\$v=19\$m=19456,t=2,p=1\$([A-Za-z0-9+/]{22})\$", b"".join(kept.values()))
        assert len(set(hashes)) == 2, hashes
        verified = firstline.cli("journal", "verify", "--replay", "--state", firstline.state)
        assert verified.returncode == 0, verified.stdout + verified.stderr


def test_tokens_and_who_ends_whose():
    with Scratch("sessions") as scratch:
        firstline = Firstline(scratch, configuration(scratch)).start()
        local = Browser(firstline)
        assert local.sign_in({"token": firstline.token()}).json["role"] == "admin"
        made = json.loads(firstline.cli("token", "add", "ana", "--role", "operator", "--json",
                                        check=True).stdout)
        sender = json.loads(firstline.cli("token", "add", "prom", "--role", "source", "--json",
                                          check=True).stdout)
        ana, mei = Browser(firstline), Browser(firstline)
        assert ana.sign_in({"token": sender["secret"]}).status == 401
        assert ana.sign_in({"token": made["secret"], "link": "x"}).status == 400
        assert ana.sign_in({}).status == 422
        assert ana.sign_in({"token": made["secret"]}).json["principal"] == "person:ana"
        assert mei.sign_in({"link": link_for(firstline, "mei")}).status == 200
        # A token's session cannot become a password.
        assert ana.ask("POST", "/v1/session/password", {"password": PASSWORD}).status == 403

        own = ana.ask("GET", "/v1/sessions").json["items"]
        assert [row["principal"] for row in own] == ["person:ana"], own
        assert "secret" not in own[0], own
        everyone = mei.ask("GET", "/v1/sessions").json["items"]
        assert len(everyone) == 3, everyone
        of_mei = next(row["id"] for row in everyone if row["principal"] == "person:mei")
        assert ana.ask("DELETE", f"/v1/sessions/{of_mei}").status == 404
        assert mei.ask("DELETE", f"/v1/sessions/{own[0]['id']}").status == 200
        assert ana.ask("GET", "/v1/session").status == 401
        shown = firstline.cli("session", "list", check=True).stdout
        assert "person:mei" in shown and "person:ana" not in shown, shown

        # What a token opened is shut when the token is taken back.
        before = ana.cookie  # nobody knows ahead what will be a session
        assert ana.sign_in({"token": made["secret"]}).status == 200 and ana.cookie != before
        firstline.cli("token", "revoke", "ana", check=True)
        assert ana.ask("GET", "/v1/session").status == 401
        # At most 16 each: the longest idle goes.
        many = [Browser(firstline) for _ in range(17)]
        for browser in many:
            assert browser.sign_in({"token": firstline.token()}).status == 200
        assert many[0].ask("GET", "/v1/session").status == 401
        assert many[16].ask("GET", "/v1/session").status == 200
        firstline.cli("session", "end", str(of_mei), check=True)
        assert mei.ask("GET", "/v1/session").status == 401


def test_a_key_is_known_whoever_carries_it():
    """The same request is the same from another place, by another browser, in another session."""
    with Scratch("keys") as scratch:
        config = configuration(scratch)
        with open(config / "production.yaml", "a") as file:
            file.write("access: {proxy: {from: [127.0.0.1/32]}}\n")
        firstline = Firstline(scratch, config).start()
        made = json.loads(firstline.cli("token", "add", "mei", "--role", "operator", "--json",
                                        check=True).stdout)
        body = {"matchers": [{"name": "a", "value": "b", "isRegex": False}],
                "startsAt": "2030-01-01T00:00:00Z", "endsAt": "2030-01-02T00:00:00Z",
                "createdBy": "me", "comment": "c"}

        def by_token(**headers):
            return firstline.request("POST", "/v1/silences", body, token=made["secret"],
                                     headers={"Idempotency-Key": "k", **headers})

        def by_session(browser, person):
            assert browser.sign_in({"link": link_for(firstline, person)}).status == 200
            return browser.ask("POST", "/v1/silences", body, Idempotency_Key="k")
        answers = [by_token(), by_token(**{"User-Agent": "another/1.0"}),
                   by_token(**{"X-Forwarded-For": "192.0.2.7"}),
                   by_session(Browser(firstline), "mei"), by_session(Browser(firstline), "mei")]
        assert [a.status for a in answers] == [200] * 5, answers
        assert len({a.body for a in answers}) == 1, answers
        # Somebody else's key is another, and so is another request.
        other = by_session(Browser(firstline), "ana")
        assert other.status == 200 and other.body != answers[0].body, other
        body["comment"] = "d"
        assert by_token().status == 422
        assert len(firstline.get("/api/v2/silences")) == 2


@bare("a clock is preloaded")
def test_what_is_grave_needs_a_fresh_sign_in():
    with Scratch("fresh") as scratch:
        firstline = Firstline(scratch, configuration(scratch)).start()
        ana = Browser(firstline)
        assert ana.sign_in({"link": link_for(firstline, "ana")}).status == 200
        made = ana.ask("POST", "/v1/session/password", {"password": PASSWORD})
        assert made.status == 200, made
        body = {"for": "30m", "why": "the house is on fire"}
        glass = "/v1/services/shop/break-glass"
        assert b"sign in once more" not in ana.ask("POST", glass, body).body
        again = ana.ask("POST", "/v1/session/again", {"person": "ana", "password": PASSWORD})
        assert again.status == 200, again
        assert ana.ask("POST", "/v1/session/again", {"person": "ana", "password": "not it"}).status == 401
        # Who comes again must be the same.
        assert ana.ask("POST", "/v1/session/again",
                       {"link": link_for(firstline, "mei")}).status == 401
        assert ana.ask("GET", "/v1/session").json["principal"] == "person:ana"
        # Headers that are no text end nothing but themselves.
        assert ana.ask("GET", "/v1/session", csrf="\xff", User_Agent="\xff\xfe").status == 200

        def later(by):
            firstline.stop()
            firstline.env.update(LD_PRELOAD=FAKETIME, FAKETIME=by, FAKETIME_DONT_FAKE_MONOTONIC="1")
            firstline.start()
        later("+6m")
        refused = ana.ask("POST", glass, body)
        assert refused.status == 403 and b"/v1/session/again" in refused.body, refused
        assert ana.ask("POST", "/v1/session/password", {"password": PASSWORD + "s"}).status == 403, "nor with it another password"
        assert ana.ask("POST", "/v1/session/again", {"person": "ana", "password": PASSWORD}).status == 200
        assert b"sign in once more" not in ana.ask("POST", glass, body).body
        later("+11h")
        assert ana.ask("GET", "/v1/session").status == 200
        later("+22h")  # it was seen at 11 h
        assert ana.ask("GET", "/v1/session").status == 200
        later("+35h")
        assert ana.ask("GET", "/v1/session").status == 401


def test_an_event_stream_ends_with_its_session():
    with Scratch("stream") as scratch:
        firstline = Firstline(scratch, configuration(scratch)).start()
        ana = Browser(firstline)
        assert ana.sign_in({"link": link_for(firstline, "ana")}).status == 200
        connection = http.client.HTTPConnection("127.0.0.1", firstline.port, timeout=60)
        connection.request("GET", "/v1/events", headers={"Cookie": f"firstline={ana.cookie}"})
        stream = connection.getresponse()
        assert stream.status == 200
        assert firstline.fire({"alertname": "Down", "service": "shop"}).status == 200
        wait_until(lambda: b"event: incident" in stream.readline(), 20, message="an event")
        assert ana.ask("DELETE", "/v1/session").status == 200
        rest = stream.read()  # until it ends
        assert b"no longer accepted" in rest, rest[-200:]


if __name__ == "__main__":
    run_all(sys.modules[__name__])
