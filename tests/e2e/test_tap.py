"""One tap: a link that was sent to a person acknowledges for them, once they say so. Looking
at it does nothing, and nobody makes another."""
import hashlib
import hmac
import json
import pathlib
import re
import sys
import urllib.error
import urllib.parse
import urllib.request

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent))
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
from support.harness import Firstline, Scratch, run_all, wait_until
from test_channels import CONFIG, SECRETS, SMS, Provider, begin


def tapped(firstline, link, method="POST", data=b""):
    """Without a token, as a phone would."""
    request = urllib.request.Request(f"http://127.0.0.1:{firstline.port}{link}", method=method, data=data if method == "POST" else None,
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
        again, third = (forged(firstline, notice=n) for n in (4711, 4712))  # of more messages to the same person
        incident = lambda: firstline.get("/v1/incidents/1")["incident"]
        seq = lambda: firstline.get("/v1/status")["seq"]
        assert "It is yours</h1>" in tapped(firstline, link)[1]
        told = lambda: [t for t in firstline.get("/v1/incidents/1")["timeline"] if "notice delivered to" in t["text"]]
        wait_until(lambda: len(told()) == 6, message="whoever is told has answered: that is a step too")
        before = seq()
        status, page, _ = tapped(firstline, link)
        assert status == 200 and "This link acknowledged incident 1 on 20" in page and "once: it is yours" in page, page
        assert seq() == before, "nothing was stepped"
        status, page, _ = tapped(firstline, again)
        assert status == 200 and "It is yours already" in page, page
        used = seq()
        status, page, _ = tapped(firstline, again)
        assert status == 200 and "came too late for incident 1 on 20" in page and "once: it is yours" in page, page
        assert seq() == used == before + 1, "that it was used is remembered, once"
        # Taken back since: it is not acknowledged by the same link once more.
        token = json.loads(firstline.cli("token", "add", "ana", "--role", "operator", "--json", check=True).stdout)["secret"]
        assert firstline.request("POST", "/v1/incidents/1/unacknowledge", {}, token=token).status == 200
        for tap in (link, again):
            assert "once: nobody has it now" in tapped(firstline, tap)[1] and not incident()["acknowledged"], tap
        # Handed over since: the same link does not take it from whoever has it now.
        assert firstline.post("/v1/incidents/1/hand-over", {"person": "mei"}).status == 200
        assert incident()["acknowledged_by"] == "person:mei"
        for tap, want in ((link, "once: mei has it"), (again, "once: mei has it"), (third, "Nothing was done: mei has it")):
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


def begin_with(scratch, *changes):
    """ana is reached as the changes of the configuration say."""
    provider, text = Provider(scratch), CONFIG
    for before, after in changes:
        assert before in text
        text = text.replace(before, after)
    for name, secret in {**SECRETS, "mattermost": provider.base + "/hooks/canary-hook"}.items():
        scratch.file(f"secrets/{name}", secret + "\n", 0o600)
    scratch.file("config/production.yaml", text.format(base=provider.base, secrets=scratch.dir / "secrets"))
    return Firstline(scratch, scratch.dir / "config").start(), provider


def useful(firstline, number):
    return {u["who"]: u["yes"] for u in firstline.get(f"/v1/incidents/{number}")["incident"].get("useful", [])}


def test_a_digest_asks_of_each_that_is_over():
    with Scratch("tap-asks") as scratch:
        firstline, provider = begin_with(scratch, ("topic: all-of-us", "topic: all-of-us, digest: {{after: 1, every: 10s}}"))
        firstline.fire(*({"alertname": f"Down{i}", "service": "shop", "severity": "sev3"} for i in range(5)))
        wait_until(lambda: link_in(provider), message="the first digest")
        for number in range(1, 5):
            firstline.cli("incident", "resolve", str(number), check=True)

        def asked():
            bodies = [json.loads(b) for _, b in provider.sent("/") if json.loads(b)["topic"] == "ana-duty"]
            urls = [a["url"] for body in bodies for a in body.get("actions", []) if a["label"] == "Was it useful?"]
            return urls[-1].removeprefix("https://firstline.example.com") if urls else None
        link = wait_until(asked, 30, message="the digest of the ends")
        assert re.fullmatch(r"/act/was-useful\.[1-4](-[1-4])*\.\d+\.\d+\.[0-9a-f]{32}\.ana", link), link
        numbers = [int(n) for n in link.split(".")[1].split("-")]
        assert len(numbers) > 1, "of 5, the open one is none"

        status, page, _ = tapped(firstline, link, "GET")
        assert status == 200 and "<script" not in page and not useful(firstline, numbers[0]), "looking does nothing"
        for number in numbers:
            assert f'name="said" value="{number}-yes">useful</button>' in page and f'value="{number}-no"' in page, page
        status, page, _ = tapped(firstline, link, data=f"said={numbers[0]}-no".encode())
        assert status == 200 and f"Noted: incident {numbers[0]} was not useful" in page and f"{numbers[1]}-yes" in page, page
        status, page, _ = tapped(firstline, link, data=f"said={numbers[1]}-yes".encode())
        assert status == 200 and f"Noted: incident {numbers[1]} was useful" in page, page
        assert useful(firstline, numbers[0]) == {"person:ana": False} and useful(firstline, numbers[1]) == {"person:ana": True}

        # It asks of those alone, and of nothing that is not said.
        assert tapped(firstline, link, data=b"said=5-yes")[0] == 403
        for said in (b"", b"said=", b"said=x-yes", f"said={numbers[0]}-maybe".encode(), f"said={numbers[0]}-yes&said={numbers[0]}-no".encode()):
            status, page, _ = tapped(firstline, link, data=said)
            assert status == 422 and "Press one of the buttons" in page, (said, status, page)
        assert tapped(firstline, link.replace(f".{numbers[0]}-", ".5-"), data=b"said=5-yes")[0] == 403
        assert not useful(firstline, 5) and useful(firstline, numbers[0]) == {"person:ana": False}


def test_a_text_message_asks_with_one_link():
    with Scratch("tap-sms") as scratch:
        firstline, provider = begin_with(scratch, ("reach: [phone: ana-duty]", "reach: [sms: '+351910000000']"))
        hers = lambda: [urllib.parse.parse_qs(b)["Body"][0] for _, b in provider.sent(SMS) if "351910000000" in b]
        firstline.fire({"alertname": "Down", "service": "shop"})
        first = wait_until(hers, message="the call")[0]
        assert first.split("\n")[1].startswith("https://firstline.example.com/act/acknowledge.1."), first
        firstline.cli("incident", "resolve", "1", check=True)
        last = wait_until(lambda: [b for b in hers() if "Useful?" in b], message="the end")[0]
        found = re.fullmatch(r".*\nUseful\? https://firstline\.example\.com(/act/was-useful\.1\.\d+\.\d+\.[0-9a-f]{32}\.ana)", last)
        assert found and last.count("https://") == 1 and len(last) < 306, "two parts at most"
        assert 'href="/incidents/1"' in tapped(firstline, found[1], "GET")[1]
        assert tapped(firstline, found[1], data=b"said=1-yes")[0] == 200
        assert useful(firstline, 1) == {"person:ana": True}
        # The team's number is nobody's: nobody is asked there.
        assert all("was-useful" not in b for _, b in provider.sent(SMS) if "351210000000" in b)


if __name__ == "__main__":
    run_all(sys.modules[__name__])
