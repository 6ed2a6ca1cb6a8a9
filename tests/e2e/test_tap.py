"""One tap: a link that was sent to a person acknowledges for them, once they say so. Looking
at it does nothing, and nobody makes another."""
import hashlib
import hmac
import json
import pathlib
import re
import sys
import urllib.error
import urllib.request

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent))
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
from support.harness import Scratch, run_all, wait_until
from test_channels import SMS, begin


def tapped(firstline, link, method="POST"):
    """Without a token, as a phone would."""
    request = urllib.request.Request(f"http://127.0.0.1:{firstline.port}{link}", method=method, data=b"" if method == "POST" else None,
                                     headers={"Content-Type": "application/x-www-form-urlencoded"})
    try:
        with urllib.request.urlopen(request, timeout=10) as answer:
            return answer.status, answer.read().decode(), answer.headers
    except urllib.error.HTTPError as error:
        return error.code, error.read().decode(), error.headers


def link_in(provider):
    bodies = [json.loads(b) for _, b in provider.sent("/") if json.loads(b)["topic"] == "ana-duty"]
    urls = [a["url"] for body in bodies for a in body.get("actions", []) if a["label"] == "Acknowledge"]
    return urls[-1].removeprefix("https://firstline.example.com") if urls else None


def forged(firstline, **but):
    parts = {"act": "acknowledge", "incident": 1, "notice": 1, "until": 4102444800, "person": "ana", **but}
    key = hashlib.sha256((firstline.state / "link.key").read_text().strip().encode()).digest()
    claims = "{act}.{incident}.{notice}.{until}.".format(**parts)
    mac = hmac.new(key, b"firstline tap\n" + (claims + parts["person"]).encode(), hashlib.sha256).hexdigest()[:32]
    return f"/act/{claims}{mac}.{parts['person']}"


def test_a_link_acknowledges_when_it_is_tapped_and_not_when_it_is_looked_at():
    with Scratch("tap") as scratch:
        firstline, provider = begin(scratch)
        firstline.fire({"alertname": "Down", "service": "shop"})
        link = wait_until(lambda: link_in(provider), message="the link")
        assert re.fullmatch(r"/act/acknowledge\.1\.\d+\.\d+\.[0-9a-f]{32}\.ana", link), link
        # Mail programs and their scanners open it first.
        for method in ("GET", "HEAD", "GET"):
            status, page, headers = tapped(firstline, link, method)
            assert status == 200
        assert '<form method="post">' in page and "<script" not in page and "Acknowledge</button>" in page
        assert headers["Referrer-Policy"] == "no-referrer" and headers["Cache-Control"] == "no-store"
        assert not firstline.get("/v1/incidents/1")["incident"]["acknowledged"]
        status, page, _ = tapped(firstline, link)
        assert status == 200 and "It is yours" in page, page
        whole = firstline.get("/v1/incidents/1")
        assert whole["incident"]["acknowledged_by"] == "person:ana"
        assert any("by the link in notice" in t["text"] for t in whole["timeline"]), whole["timeline"]
        # Who may read what is kept cannot tap for others: the link is in none of it.
        mac = link.split(".")[4]
        assert mac not in json.dumps(whole) and mac not in firstline.cli("journal", "show", "--json", check=True).stdout
        firstline.stop()
        kept = b"".join(p.read_bytes() for p in firstline.state.rglob("*") if p.is_file())
        assert mac.encode() not in kept
        assert (firstline.state / "link.key").stat().st_mode & 0o777 == 0o600


def test_a_link_does_it_once():
    with Scratch("tap-once") as scratch:
        firstline, provider = begin(scratch)
        firstline.fire({"alertname": "Down", "service": "shop"})
        link = wait_until(lambda: link_in(provider), message="the link")
        again = forged(firstline, notice=4711)  # of a second message to the same person
        incident = lambda: firstline.get("/v1/incidents/1")["incident"]
        seq = lambda: firstline.get("/v1/status")["seq"]
        assert "It is yours</h1>" in tapped(firstline, link)[1]
        before = seq()
        status, page, _ = tapped(firstline, link)
        assert status == 200 and "This link acknowledged incident 1 on 20" in page and "once: it is yours" in page, page
        status, page, _ = tapped(firstline, again)
        assert status == 200 and "It is yours already" in page, page
        assert seq() == before, "nothing was stepped"
        # Taken back since: it is not acknowledged by the same link once more.
        token = json.loads(firstline.cli("token", "add", "ana", "--role", "operator", "--json", check=True).stdout)["secret"]
        assert firstline.request("POST", "/v1/incidents/1/unacknowledge", {}, token=token).status == 200
        assert "once: nobody has it now" in tapped(firstline, link)[1] and not incident()["acknowledged"]
        # Handed over since: the same link does not take it from whoever has it now.
        assert firstline.post("/v1/incidents/1/hand-over", {"person": "mei"}).status == 200
        assert incident()["acknowledged_by"] == "person:mei"
        for tap, want in ((link, "once: mei has it"), (again, "Nothing was done: mei has it")):
            status, page, _ = tapped(firstline, tap)
            assert status == 200 and want in page and incident()["acknowledged_by"] == "person:mei", page
        firstline.stop()
        firstline.start()
        assert "once: mei has it" in tapped(firstline, link)[1], "a restart forgets no tap"
        firstline.cli("journal", "verify", "--replay", check=True)


def test_a_digest_has_one_link_for_all_that_it_calls_for():
    with Scratch("tap-digest") as scratch:
        firstline, provider = begin(scratch)
        firstline.fire(*({"alertname": f"Down{i}", "service": "shop", "severity": "sev3"} for i in range(7)))
        link = wait_until(lambda: link_in(provider), message="the link of the digest")
        numbers = link.split(".")[1].split("-")
        assert link.startswith("/act/acknowledge.") and sorted(map(int, numbers)) == list(range(1, 8)), link
        status, page, _ = tapped(firstline, link, "GET")
        assert status == 200 and "Incidents" in page and ' and ' in page and 'href="/incidents"' in page, page
        incident = lambda n: firstline.get(f"/v1/incidents/{n}")["incident"]
        assert not any(incident(n)["acknowledged"] for n in range(1, 8)), "looking does nothing"
        # One is mei's by then, and one is over: the link takes neither.
        assert firstline.post("/v1/incidents/2/hand-over", {"person": "mei"}).status == 200
        firstline.cli("incident", "resolve", "3", check=True)
        forged_more = link.replace("acknowledge.", "acknowledge.9-")
        assert tapped(firstline, forged_more)[0] == 403
        status, page, _ = tapped(firstline, link)
        assert status == 200 and "Yours: " in page and "mei has 2" in page and "3 is over" in page, page
        for n in (1, 4, 5, 6, 7):
            assert incident(n)["acknowledged_by"] == "person:ana", n
        assert incident(2)["acknowledged_by"] == "person:mei" and incident(3).get("acknowledged_by") != "person:ana"
        seq = firstline.get("/v1/status")["seq"]
        status, page, _ = tapped(firstline, link)
        assert status == 200 and "Nothing was done: " in page and "ana has 1" in page, page
        assert firstline.get("/v1/status")["seq"] == seq
        firstline.stop()
        firstline.cli("journal", "verify", "--replay", check=True)


def test_nobody_makes_another_link_and_none_lasts():
    with Scratch("forged") as scratch:
        firstline, provider = begin(scratch)
        firstline.fire({"alertname": "Down", "service": "shop"})
        link = wait_until(lambda: link_in(provider), message="the link")
        for other in (link.replace("acknowledge.1.", "acknowledge.2."), link[:-3] + "eva", link.replace(".ana", ".anb"),
                      link[:60] + ("0" if link[60] != "0" else "1") + link[61:], "/act/x"):
            assert tapped(firstline, other)[0] in (403, 404), other
        # By the key itself, to see that it is not only the key that counts.
        status, page, _ = tapped(firstline, forged(firstline, until=1700000000))
        assert status == 403 and "over" in page, page
        assert tapped(firstline, forged(firstline, person="nobody"))[0] == 403
        assert tapped(firstline, forged(firstline, incident=99))[0] == 404
        assert not firstline.get("/v1/incidents/1")["incident"]["acknowledged"]
        evil = tapped(firstline, "/act/acknowledge.1.1.1." + 32 * "0" + ".%3Cb%3E", "GET")
        assert evil[0] == 404 and "<b>" not in evil[1], evil
        # A team's number is nobody's: no link that anybody with the phone could tap.
        assert all("%2Fact%2F" not in body for _, body in provider.sent(SMS))
        assert tapped(firstline, forged(firstline))[0] == 200
        firstline.cli("incident", "resolve", "1", check=True)
        assert tapped(firstline, forged(firstline))[0] == 409


if __name__ == "__main__":
    run_all(sys.modules[__name__])
