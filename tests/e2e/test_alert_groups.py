"""GET /v1/alerts/groups and /v1/alerts of a real server, beside what asking for every alert says."""
import concurrent.futures
import itertools
import pathlib
import random
import re
import sys
import time
import urllib.parse

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent))
from e2e.test_prometheus import configuration
from support.harness import Firstline, Scratch, WebhookSink, run_all, stamp, wait_until


def query(path, **given):
    pairs = [(k, v) for k, value in given.items() for v in (value if isinstance(value, (list, tuple)) else [value])]
    return path + "?" + urllib.parse.urlencode(pairs)


def pages(firstline, path, **given):
    """All items, page by page, and the last answer."""
    items, cursor = [], None
    while True:
        answer = firstline.get(query(path, **given, **({"cursor": cursor} if cursor else {})))
        items += answer["items"]
        cursor = answer["cursor"]
        assert len(answer["items"]) <= given.get("limit", 100)
        if cursor is None:
            return items, answer


def fire_some(firstline, rng, n):
    alerts, now = [], time.time()
    for i in range(n):
        labels = {"alertname": rng.choice(["DiskFull", "Slow", "Down"]), "n": str(i)}
        for name in ("service", "env", "zone"):
            if rng.random() < 0.8:
                labels[name] = rng.choice(["shop", "pay", "é"]) if name != "env" else "production"
        alerts.append({"labels": labels, "annotations": {"summary": rng.choice(["The disk", "too slow", "gone"])},
                       "startsAt": stamp(now - rng.randrange(1, 9000)), "endsAt": stamp(now + 600)})
    assert firstline.request("POST", "/api/v2/alerts", alerts).status == 200
    return alerts


# ---- the slow twin ----

def is_asked_for(alert, filters, state, text):
    held = alert["status"]["state"] == "suppressed"
    if state != "all" and held != (state == "held"):
        return False
    values = [v.lower() for v in (*alert["labels"].values(), *alert["annotations"].values())]
    if not all(any(word in v for v in values) for word in text.lower().split()):
        return False
    for name, op, value in filters:
        has = alert["labels"].get(name, "")
        found = re.fullmatch(value, has) is not None if "~" in op else has == value
        if found == op.startswith("!"):
            return False
    return True


def grouped(alerts, by):
    groups = {}
    for alert in alerts:
        groups.setdefault(tuple(alert["labels"].get(name, "") for name in by), []).append(alert)
    return groups


def expect(firstline, by, filters=(), state="all", text="", limit=100, first=5):
    want = [a for a in firstline.get("/api/v2/alerts") if is_asked_for(a, filters, state, text)]
    given = {"filter": [f'{n}{op}"{v}"' for n, op, v in filters], "state": state, "text": text}
    items, answer = pages(firstline, "/v1/alerts/groups", by=by, limit=limit, first=first, **given)
    groups = grouped(want, sorted(by))
    assert (answer["groups"], answer["alerts"]) == (len(groups), len(want)), answer
    assert answer["held"] == sum(a["status"]["state"] == "suppressed" for a in want)
    assert sorted(tuple(i["labels"].values()) for i in items) == sorted(groups)
    for item in items:
        assert list(item["labels"]) == sorted(by)
        alerts = groups[tuple(item["labels"].values())]
        assert item["alerts"] == len(alerts)
        assert item["held"] == sum(a["status"]["state"] == "suppressed" for a in alerts)
        assert sum(item[f"sev{n}"] for n in range(1, 5)) == item["alerts"] - item["held"]
        assert item["oldest_wall"] == min(a["startsAt"] for a in alerts)
        assert item["newest_wall"] == max(a["startsAt"] for a in alerts)
        assert item["first"] == sorted(alerts, key=lambda a: a["fingerprint"])[:first]
        shared = set.intersection(*(set(a["labels"].items()) for a in alerts))
        assert item["shared"] == {n: v for n, v in shared if n not in by}, item
        # And opened, page by page.
        opened = {**given, "filter": given["filter"] + [f'{n}="{v}"' for n, v in item["labels"].items()]}
        assert pages(firstline, "/v1/alerts", limit=limit, **opened)[0] == alerts
    ranks = [(min((n for n in range(1, 5) if i[f"sev{n}"]), default=5), -i["alerts"]) for i in items]
    assert ranks == sorted(ranks), "the worst first, then the largest"


def test_groups_are_what_asking_for_every_alert_says():
    with Scratch("groups") as scratch:
        firstline = Firstline(scratch, configuration(scratch, WebhookSink(scratch))).start()
        expect(firstline, ["alertname"])  # none
        fire_some(firstline, random.Random(7), 120)
        filters = [(), [("env", "=", "production")], [("service", "=~", "s.*|é"), ("zone", "!=", "pay")], [("service", "=", "")]]
        rows = list(itertools.product([["alertname"], ["zone", "service"], ["n"], ["nobody-has-it"]], filters, ["", "disk", "TOO slow", "é"]))
        for i, (by, some, text) in enumerate(random.Random(3).sample(rows, 15)):
            expect(firstline, by, some, "all", text, limit=(100, 1, 7)[i % 3], first=(5, 0, 20)[i % 3])
        now = time.time()
        silence = {"matchers": [{"name": "service", "value": "shop", "isRegex": False}], "createdBy": "t", "comment": "t",
                   "startsAt": stamp(now - 1), "endsAt": stamp(now + 600)}
        assert firstline.request("POST", "/v1/silences", silence).status == 200
        held = sum(a["labels"].get("service") == "shop" for a in firstline.get("/api/v2/alerts"))
        wait_until(lambda: firstline.get("/v1/alerts/groups")["held"] == held, message="all are held")
        assert 0 < held < 120
        for state in ("all", "active", "held"):
            expect(firstline, ["alertname"], (), state, limit=2)
            expect(firstline, ["service", "zone"], [("env", "=", "production")], state, "disk")


def test_what_was_written_is_counted_at_once():
    with Scratch("groups") as scratch:
        firstline = Firstline(scratch, configuration(scratch, WebhookSink(scratch))).start()

        def counted(_):
            return firstline.get("/v1/alerts/groups")["alerts"]
        with concurrent.futures.ThreadPoolExecutor(8) as others:
            for n in range(1, 60):
                # They ask the same all the time, and what is counted for them is shared.
                asked = [others.submit(counted, None) for _ in range(4)]
                assert firstline.fire({"alertname": "A", "service": "shop", "n": str(n)}).status == 200
                assert counted(None) == n, "not yet counted"
                assert all(n - 1 <= one.result() <= n for one in asked)
            together = list(others.map(counted, range(200)))
            assert together == [59] * 200


def test_bad_questions_are_told_what_to_write():
    with Scratch("groups") as scratch:
        firstline = Firstline(scratch, configuration(scratch, WebhookSink(scratch))).start()
        rows = [
            ({"by": ["a", "a"]}, "'by' is the name of a label, of at most 8, each once"),
            ({"by": [f"l{i}" for i in range(9)]}, "of at most 8"), ({"by": ""}, "'by' is the name"),
            ({"limit": 201}, "'limit' is a number from 1 to 200"), ({"limit": 0}, "from 1 to 200"),
            ({"first": 21}, "'first' is a number from 0 to 20"), ({"cursor": "x"}, "'cursor' is a number"),
            ({"state": "open"}, "'state' is active, held or all"),
            ({"text": "a " * 9}, "'text' is at most 8 words"), ({"text": "a" * 257}, "'text' is at most 256 bytes"),
            ({"filter": "severity"}, "'severity' is no matcher: write severity=\"critical\""),
            ({"filter": ["a=b"] * 33}, "more than 32 filters"), ({"text": ["a", "b"]}, "repeated query parameter 'text'"),
            ({"silenced": "false"}, "unknown or repeated query parameter 'silenced'"),
        ]
        for given, want in rows:
            answer = firstline.request("GET", query("/v1/alerts/groups", **given))
            assert answer.status == 400 and want in answer.json["error"]["message"], (given, answer)
        for given in ({"by": "a"}, {"first": 1}, {"limit": 1001}, {"state": "x"}, {"filter": "x"}):
            assert firstline.request("GET", query("/v1/alerts", **given)).status == 400, given
        assert firstline.fire({"alertname": "A", "service": "shop", "id": "000001" + "a" * 24}).status == 200
        answer = firstline.request("GET", query("/v1/alerts/groups", filter='id!~"[0-9]*(a|aa)+[bc]"'))
        assert answer.status == 400 and "too many steps" in answer.json["error"]["message"], answer


def test_a_page_of_long_alerts_ends_sooner():
    with Scratch("groups") as scratch:
        firstline = Firstline(scratch, configuration(scratch, WebhookSink(scratch))).start()
        now = time.time()
        for at in range(0, 240, 40):
            alerts = [{"labels": {"alertname": f"A{at + i}"}, "annotations": {f"a{k}": "x" * 8000 for k in range(4)},
                       "startsAt": stamp(now - 9), "endsAt": stamp(now + 600)} for i in range(40)]
            assert firstline.request("POST", "/api/v2/alerts", alerts).status == 200
        answer = firstline.request("GET", query("/v1/alerts/groups", limit=200))
        assert answer.status == 200 and len(answer.body) < 6 << 20
        items, last = pages(firstline, "/v1/alerts/groups", limit=200)
        assert 0 < len(answer.json["items"]) < 200 and last["groups"] == 240
        assert len(items) == len({i["labels"]["alertname"] for i in items}) == 240


if __name__ == "__main__":
    run_all(sys.modules[__name__])
