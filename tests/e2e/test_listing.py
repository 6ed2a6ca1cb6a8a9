"""GET /api/v2/alerts of a real server: filters, pages of what matches, and how long it takes
with a hundred thousand alerts (LONG=1: a million)."""
# alone: it takes all of the machine, or says how long something took
import os
import pathlib
import socket
import sys
import threading
import time
import urllib.parse

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent))
from e2e.test_prometheus import configuration
from support.engine import Engine
from support.gate import ANSWER, OPS, REQUEST, decode, encode, frame
from support.harness import Firstline, Scratch, WebhookSink, bare, children, run_all, wait_until


def listed(firstline, *filters, more=""):
    query = urllib.parse.urlencode([("filter", f) for f in filters]) + more
    return firstline.get("/api/v2/alerts?" + query)


def test_filters():
    with Scratch("filters") as scratch:
        firstline = Firstline(scratch, configuration(scratch, WebhookSink(scratch))).start()
        alerts = [{"alertname": f"A{i}", "service": "shop", "job": "api" if i % 2 else "db",
                   "ü": "é" * i} for i in range(1, 6)]
        assert firstline.fire(*alerts).status == 200

        def names(*filters, more=""):
            found = listed(firstline, *filters, more=more)
            assert [a["fingerprint"] for a in found] == sorted(a["fingerprint"] for a in found)
            return sorted(a["labels"]["alertname"] for a in found)
        rows = [((), "12345"), (('job="db"',), "24"), (("job!=db", 'alertname=~"A[13]"'), "13"),
                (('{alertname!~"A1|A2",job=api}',), "35"), (('missing=""',), "12345"),
                (('missing!=""',), ""), (('alertname=~"A"',), ""), (('job="db"', 'job="api"'), ""),
                (('"ü"="éé"',), "2"), (('job=""',), ""), (('service="shop"', "alertname=A4"), "4")]
        for filters, want in rows:
            assert names(*filters) == [f"A{i}" for i in want], (filters, names(*filters))
        assert names('job="db"', more="&receiver=ops") == ["A2", "A4"]
        assert names('job="db"', more="&receiver=others") == []
        assert names('job="db"', more="&active=false") == []
        assert names(more="&receiver=o.s") == [f"A{i}" for i in range(1, 6)]
        assert names(more="&receiver=op") == [], "it is anchored"
        assert names(more="&active=false") == []
        assert firstline.resolve(alerts[1]).status == 200
        assert names('job="db"') == ["A4"], "what is gone is not found"


def fill(firstline, n):
    """n alerts, 1 % of them with slice=\"07\"."""
    done = 0
    while done < n:
        alerts = [{"labels": {"alertname": f"Load{i % 20}", "service": "shop", "id": str(i),
                              "slice": f"{i % 100:02}", "group": str(i // 50)},
                   "annotations": {"summary": "x" * 200}} for i in range(done, done + 4000)]
        answer = firstline.request("POST", "/api/v2/alerts", alerts)
        assert answer.status == 200, answer
        done += 4000


def ask_without_reading(port, path):
    connection = socket.create_connection(("127.0.0.1", port))
    connection.sendall(f"GET {path} HTTP/1.1\r\nHost: localhost\r\n\r\n".encode())
    return connection


def test_a_flood_of_searches_holds_nobody_up():
    with Scratch("searches") as scratch:
        firstline = Firstline(scratch, configuration(scratch, WebhookSink(scratch))).start()
        fill(firstline, 100_000)
        path = "/api/v2/alerts?" + urllib.parse.urlencode({"filter": 'id=~"none.*"'})
        flood = [ask_without_reading(firstline.port, path) for _ in range(1000)]
        took = []
        end = time.monotonic() + 8
        while time.monotonic() < end:
            began = time.monotonic()
            assert firstline.fire({"alertname": f"New{len(took)}", "service": "shop"}).status == 200
            took.append(time.monotonic() - began)
        took.sort()
        median = took[len(took) // 2]
        print(f"  {len(took)} alerts meanwhile, median {median * 1000:.0f} ms, longest {took[-1] * 1000:.0f} ms")
        assert median < 0.1, median
        for connection in flood:
            connection.settimeout(30)
            assert connection.recv(12)[9:] in (b"200", b"504")
            connection.close()
        # What nobody waits for any more is not searched for.
        began = time.monotonic()
        assert len(listed(firstline, 'slice="07"')) == 1000
        assert time.monotonic() - began < 2, time.monotonic() - began


def test_what_matches_is_found_among_many():
    n = 1_000_000 if os.environ.get("LONG") else 100_000
    with Scratch("many") as scratch:
        firstline = Firstline(scratch, configuration(scratch, WebhookSink(scratch))).start()
        fill(firstline, n)

        def timed(*filters):
            took = []
            for _ in range(3):
                began = time.monotonic()
                found = listed(firstline, *filters)
                took.append(time.monotonic() - began)
            return found, min(took) * 1000
        one_in_100, ms = timed('slice="07"')
        assert len(one_in_100) == n // 100 and all(a["labels"]["slice"] == "07" for a in one_in_100)
        keys = [a["fingerprint"] for a in one_in_100]
        assert keys == sorted(set(keys)), "each once, in order, over all pages"
        fifty, ms_50 = timed('group="7"')
        assert len(fifty) == 50
        none, ms_none = timed('id=~"never.*"')
        assert none == []
        print(f"  of {n:,}: one in a hundred {ms:.1f} ms, fifty {ms_50:.1f} ms, "
              f"a regular expression over all {ms_none:.1f} ms (read and parsed by this test)")


def test_a_costly_expression_is_refused_and_holds_nobody_up():
    """T22: Each of the eight takes all the steps there are for each of 20,000 alerts."""
    with Scratch("costly") as scratch:
        firstline = Firstline(scratch, configuration(scratch, WebhookSink(scratch))).start()
        for first in range(0, 20_000, 4000):
            alerts = [{"labels": {"alertname": "A", "service": "shop", "id": f"{i:06}" + "a" * 24}}
                      for i in range(first, first + 4000)]
            assert firstline.request("POST", "/api/v2/alerts", alerts).status == 200
        query = urllib.parse.urlencode([("filter", 'id!~"[0-9]*(a|aa)+[bc]"')] * 8)
        began = time.monotonic()
        found = firstline.request("GET", "/api/v2/alerts?" + query)
        assert found.status == 400 and "too many steps" in found.json, found
        assert time.monotonic() - began < 2, "it ends with the first"
        found = firstline.request("GET", "/api/v2/alerts?receiver=" + urllib.parse.quote("(o|op|p|s)+[^s]"))
        assert found.status == 200 and found.json == []


def test_no_listing_waits_for_all_newer_ones():
    """Eight ask again as soon as they are answered; none is passed over for good."""
    with Scratch("fair") as scratch:
        firstline = Firstline(scratch, configuration(scratch, WebhookSink(scratch))).start()
        fill(firstline, 100_000)
        end, answered = time.monotonic() + 4, [[] for _ in range(8)]

        def ask(took):
            while time.monotonic() < end:
                began = time.monotonic()
                assert listed(firstline, 'id=~"never.*"') == []
                took.append(time.monotonic() - began)
        askers = [threading.Thread(target=ask, args=(took,)) for took in answered]
        for asker in askers:
            asker.start()
        for asker in askers:
            asker.join()
        counts, slowest = [len(took) for took in answered], max(max(took) for took in answered if took)
        print(f"  answered {counts}, the slowest in {slowest:.2f} s")
        assert slowest < 2, (counts, slowest)


def memory_mb(firstline, role):
    """The most that it ever had."""
    [pid] = [pid for pid, argv in children(firstline.child.pid).items() if argv[1:3] == ["role", role]]
    status = pathlib.Path(f"/proc/{pid}/status").read_text()
    return int(status.split("VmHWM:")[1].split()[0]) / 1024


@bare("it counts memory")
def test_groups_of_many():
    n = 100_000
    with Scratch("groups") as scratch:
        firstline = Firstline(scratch, configuration(scratch, WebhookSink(scratch))).start()
        fill(firstline, n)
        before = memory_mb(firstline, "gate"), memory_mb(firstline, "engine")
        idle = [ask_without_reading(firstline.port, "/api/v2/alerts/groups") for _ in range(20)]
        began = time.monotonic()
        groups = firstline.get("/api/v2/alerts/groups")
        took = time.monotonic() - began
        assert len(groups) == 20 and sum(len(g["alerts"]) for g in groups) == n
        assert [g["labels"] for g in groups] == sorted((g["labels"] for g in groups), key=lambda l: l["alertname"])
        assert all(a["labels"]["alertname"] == g["labels"]["alertname"] for g in groups for a in g["alerts"])
        few = firstline.get("/api/v2/alerts/groups?filter=group%3D%227%22")
        assert sum(len(g["alerts"]) for g in few) == 50, few
        grown = memory_mb(firstline, "gate") - before[0], memory_mb(firstline, "engine") - before[1]
        print(f"  {n:,} alerts in 20 groups in {took:.1f} s; gate and engine grew by {grown[0]:.0f} and {grown[1]:.0f} MB")
        assert grown[0] < 20 and grown[1] < 64, grown
        for connection in idle:
            connection.close()


def test_who_does_not_read_groups_keeps_nobody_out():
    with Scratch("groups-idle") as scratch:
        firstline = Firstline(scratch, configuration(scratch, WebhookSink(scratch))).start()
        fill(firstline, 4000)
        idle = [ask_without_reading(firstline.port, "/api/v2/alerts/groups") for _ in range(80)]

        def groups():
            answer = firstline.request("GET", "/api/v2/alerts/groups", token=None)
            assert answer.status in (200, 503), answer
            return answer.status == 200 and answer.json
        # GROUPED_FRESH_MS: so long those that came first are let be.
        assert sum(len(g["alerts"]) for g in wait_until(groups, 10, every=0.2)) == 4000
        for connection in idle:
            connection.close()


def test_groups_that_take_too_much_memory_are_refused():
    with Scratch("groups-memory") as scratch:
        firstline = Firstline(scratch, configuration(scratch, WebhookSink(scratch))).start()
        held = firstline.post("/api/v2/silences", {
            "matchers": [{"name": "service", "value": "shop", "isRegex": False}], "createdBy": "x", "comment": "x",
            "startsAt": "2020-01-01T00:00:00Z", "endsAt": "2100-01-01T00:00:00Z"})
        assert held.status == 200, held
        for first in range(0, 9000, 1500):
            alerts = [{"labels": {"alertname": f"{i:05}" + "n" * 8000, "service": "shop", "half": str(i % 2)}}
                      for i in range(first, first + 1500)]
            assert firstline.request("POST", "/api/v2/alerts", alerts).status == 200
        refused = firstline.request("GET", "/api/v2/alerts/groups", token=None)
        assert refused.status == 503, refused.status
        assert "128 MiB" in refused.json and "64 MiB" in refused.json and "filter" in refused.json, refused
        assert len(firstline.get("/api/v2/alerts/groups?filter=half%3D1")) == 4500, "as it says"


def test_groups_go_on_from_page_to_page():
    with Scratch("groups-pages") as scratch:
        firstline = Firstline(scratch, configuration(scratch, WebhookSink(scratch))).start()
        names = [f"A{i % 3}" for i in range(10)]
        assert firstline.fire(*({"alertname": name, "i": str(i)} for i, name in enumerate(names))).status == 200
        firstline.stop()
        with Engine(firstline.state) as engine:
            asked = []
            token = (firstline.state / "local.token").read_text()

            def page(cursor, limit):
                """(status, cursor, [(alert's labels, the group's where it begins)])"""
                asked.append(cursor)
                engine.gate.sendall(frame(REQUEST, len(asked), encode(
                    {1: OPS.index("alerts") + 1, 2: token, 6: cursor, 7: limit, 11: ["groups", "1"]})))

                def whole():
                    answers = [decode(p)[0] for kind, n, p in engine.told if (kind, n) == (ANSWER, len(asked))]
                    return answers if answers and not answers[-1].get(6) else None
                answers = wait_until(whole, 10)
                items = [decode(item[3])[0] for answer in answers for item in answer.get(7, [])]
                return answers[-1][1], answers[-1].get(4, 0), [(decode(i[4])[0][1], i.get(12)) for i in items]
            status, cursor, first = page(0, 4)
            assert status == 200 and cursor != 0 and len(first) == 4, (status, cursor, first)
            other = page(0, 9)
            _, last, rest = page(cursor, 5)
            assert page(cursor, 5)[1] == 0, "the tenth, and that was all"
            assert last == cursor and other[2] == first + rest, (first, rest, other)
            assert [labels[1] for labels, _ in first + rest] == sorted(names)[:9]
            begins = [group for _, group in first + rest if group]
            assert begins == [["alertname", "A0"], ["alertname", "A1"], ["alertname", "A2"]], begins
            assert page(cursor, 5)[0] == 503 and page(99, 5)[0] == 503, "nobody knows of that any more"
            assert page(other[1], 5)[:2] == (200, 0)



if __name__ == "__main__":
    run_all(sys.modules[__name__])
