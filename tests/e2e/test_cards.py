"""Every kind of card that goes to Microsoft Teams is one to the library of whoever made
Adaptive Cards: nothing in it is unknown, wrong or missing, whatever a label holds."""
import json
import pathlib
import subprocess
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent))
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
from support.harness import Firstline, Scratch, run_all, wait_until
from support.peers import PEERS, node
from test_channels import Provider

HOSTILE = ['"}]}', "**b** [x](http://evil) <at>all</at>", "\u202e}{\u2066", "${secret}", "{{DATE(2017-02-14T06:00Z,SHORT)}}",
           "a\\u0000b\\", "x" * 3000, "\U0001f525" * 500, "line\none\ttab"]


def begin(scratch):
    provider = Provider(scratch)
    scratch.file("config/production.yaml", f"""
fallback: ops
url: https://firstline.example.com
channels:
  cards: {{teams: '{provider.base}/cards', digest: never}}
  many: {{teams: '{provider.base}/many', digest: {{after: 1, every: 10s}}}}
  worded:
    teams: '{provider.base}/worded'
    digest: never
    words: {{subject: '{{{{incident.title}}}}', text: "{{{{text}}}} {{{{#fields}}}}{{{{name}}}}={{{{value}}}}{{{{/fields}}}}"}}
people:
  ana: {{reach: [cards]}}
teams:
  ops:
    kind: operations
    on_call:
      zone: UTC
      rotations: [{{name: a, people: [ana], every: 1 day, handover: '09:00'}}]
    notify: [cards, many, worded]
services:
  shop: {{owner: ops, tier: 1}}
""")
    return Firstline(scratch, scratch.dir / "config").start(), provider


def parsed(bodies):
    cards = []
    for body in bodies:
        message = json.loads(body)
        assert message["type"] == "message" and len(message["attachments"]) == 1, message
        attachment = message["attachments"][0]
        assert attachment["contentType"] == "application/vnd.microsoft.card.adaptive", attachment
        assert len(body.encode()) < 28 * 1024, "Teams refuses it"
        cards.append(json.dumps(attachment["content"]))
    done = subprocess.run(node("adaptive_cards.mjs"), cwd=PEERS, input="\n".join(cards) + "\n",
                          capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr
    read = [json.loads(line) for line in done.stdout.splitlines()]
    assert len(read) == len(cards)
    for card, one in zip(cards, read):
        assert not one["wrong"], (one["wrong"], card)
        assert one["texts"], card
        runs = [i["text"] for e in json.loads(card)["body"] for i in e["inlines"]]
        assert one["texts"] == runs, "all of it was read, as it is"
        assert all(url.startswith("https://firstline.example.com/") for _, url in one["actions"]), one
    return read


def test_each_card_is_one_to_who_made_them():
    with Scratch("cards") as scratch:
        firstline, provider = begin(scratch)
        for i, text in enumerate(HOSTILE):
            alert = {"labels": {"alertname": f"Down{i} {text}"[:1000], "service": "shop", "hostile": text[:1000]},
                     "annotations": {"summary": text}}
            assert firstline.post("/api/v2/alerts", [alert]).status == 200
        wait_until(lambda: len(provider.sent("/cards")) >= 2 * len(HOSTILE), 40, 0.1, "the pages")
        first = firstline.incidents()[0]["id"]
        firstline.cli("channel", "test", "cards", check=True)
        firstline.post(f"/v1/incidents/{first}/acknowledge", {"text": HOSTILE[0]})
        wait_until(lambda: provider.sent("/many", lambda b: "messages" in b), 40, 0.1, "a digest")
        for row in firstline.incidents():
            firstline.cli("incident", "resolve", str(row["id"]), check=True)
        wait_until(lambda: len(provider.sent("/cards", lambda b: '"Good"' in b)) >= len(HOSTILE), 40, 0.1, "the ends")
        bodies = [body for path, _, body in provider.requests]
        read = parsed(bodies)
        kinds = {title for one in read for title, _ in one["actions"]}
        assert kinds == {"Acknowledge", "Open", "Useful", "Not useful"}, kinds
        assert not any(c in text for one in read for text in one["texts"] for c in "\u202e\u2066"), "turned around"


if __name__ == "__main__":
    run_all(sys.modules[__name__])
