"""GET /api/v2/alerts of a real server: filters, pages of what matches, and how long it takes
with a hundred thousand alerts (LONG=1: a million)."""
# alone: it takes all of the machine, or says how long something took
import base64
import concurrent.futures
import contextlib
import http.client
import json
import os
import pathlib
import re
import socket
import subprocess
import sys
import threading
import time
import urllib.parse

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent))
from e2e.test_prometheus import configuration
from support.engine import Engine
from support.gate import ANSWER, OPS, REQUEST, decode, encode, frame
from support.harness import Firstline, Scratch, WebhookSink, children, run_all, wait_until

BUILD = pathlib.Path(sys.argv[1] if len(sys.argv) > 1 else "build").resolve()


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
    """Each of the eight takes all the steps there are for each of 20,000 alerts."""
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


def followed(firstline, after, seconds=2):
    """The rows of a stream that goes on after that entry, as far as they come in time."""
    rows, end = [], time.monotonic() + seconds
    with contextlib.closing(http.client.HTTPConnection("127.0.0.1", firstline.port, timeout=seconds)) as stream:
        stream.request("GET", f"/v1/events?after={after}",
                       headers={"Authorization": "Bearer " + firstline.token()})
        answer = stream.getresponse()
        assert answer.status == 200, answer.status
        with contextlib.suppress(TimeoutError):
            while time.monotonic() < end:
                line = answer.readline()
                if line.startswith(b"data: "):
                    rows.append(json.loads(line[6:]))
    return rows


def test_a_stream_goes_on_from_an_entry_with_many_rows():
    with Scratch("resumed") as scratch:
        firstline = Firstline(scratch, configuration(scratch, WebhookSink(scratch))).start()
        assert firstline.fire(*({"alertname": f"A{i}", "service": "shop"} for i in range(200))).status == 200
        firstline.wait_incident(lambda row: True)
        before = [row["id"] for number in firstline.incidents("state=all&limit=1000")
                  for row in firstline.incident(number["id"])["timeline"]]
        # A gate that has just come asks the engine for what was before it.
        firstline.stop()
        firstline.start()
        engine = firstline.role("engine")
        rows = followed(firstline, 0)
        assert firstline.role("engine") == engine, firstline.log_text()[-2000:]
        ids = [row["id"] for row in rows if "text" in row]
        assert set(before) <= set(ids), (len(before), len(ids))


def fire_bytes(firstline, name, n, bytes_each):
    """One batch, so that all of it comes to stand in one entry of the journal."""
    alerts = [{"labels": {"alertname": name, "service": "shop", "id": str(i)},
               "annotations": {"summary": "x" * bytes_each}} for i in range(n)]
    answer = firstline.request("POST", "/api/v2/alerts", alerts, timeout=30)
    assert answer.status == 200, answer


def journal(firstline):
    """All of it: numbers of the entries, bytes of each page, what was said of those too long."""
    numbers, pages, too_long, cursor = [], [], [], "0"
    while cursor:
        answer = firstline.request("GET", f"/v1/journal?limit=1000&cursor={cursor}", timeout=30)
        if answer.status == 422:
            too_long.append(answer.json["error"]["message"])
            cursor = re.search(r"cursor=(\d+) goes on past it", too_long[-1]).group(1)
            continue
        assert answer.status == 200, answer
        page, cursor = answer.json["items"], answer.json["cursor"]
        numbers += [entry["seq"] for entry in page]
        pages.append(sum(len(base64.b64decode(entry["bytes"])) for entry in page))
    return numbers, pages, too_long


def test_the_journal_is_read_whole_whatever_its_entries_hold():
    with Scratch("journal") as scratch:
        config = configuration(scratch, WebhookSink(scratch))
        with (config / "production.yaml").open("a") as file:
            file.write("limits: {body: 32 MiB}\n")
        firstline = Firstline(scratch, config).start()
        engine = firstline.role("engine")
        for i in range(5):
            fire_bytes(firstline, f"Big{i}", 4000, 1200)
        fire_bytes(firstline, "Vast", 4000, 5000)
        assert firstline.fire({"alertname": "Small", "service": "shop"}).status == 200
        numbers, pages, too_long = journal(firstline)
        assert firstline.role("engine") == engine, firstline.log_text()[-2000:]
        print(f"  pages of {', '.join(f'{n:,}' for n in pages)} bytes; {too_long}")
        assert len(too_long) == 1 and len(pages) > 2 and max(pages) <= 16 << 20, (too_long, pages)
        shown = re.search(r"'firstline (journal show --from (\d+) --limit 1)'", too_long[0])
        missing = int(shown.group(2))
        assert sorted(numbers + [missing]) == list(range(1, numbers[-1] + 1)) and numbers[-1] > missing
        told = firstline.cli(*shown.group(1).split(), "--state", firstline.state, "--json", check=True)
        steps = json.loads(told.stdout)["steps"]
        assert sum(len(step["event"].get("changes", ())) for step in steps) == 4000


def test_numbers_and_times_at_the_ends_of_their_range():
    """Whatever is asked for, the engine lives on."""
    with Scratch("ends") as scratch:
        firstline = Firstline(scratch, configuration(scratch, WebhookSink(scratch))).start()
        assert firstline.fire({"alertname": "A", "service": "shop"}).status == 200
        incident = firstline.wait_incident(lambda row: True)["id"]
        engine = firstline.role("engine")
        numbers = [0, 1, 2**31, 2**32 - 1, 2**32, 2**63 - 2, 2**63 - 1, 2**63, 2**64 - 1, 2**64, -1]
        times = [f"{day}T{hour}:59:59{zone}" for day in ("0001-01-01", "1969-12-31", "9998-12-31", "9999-12-31")
                 for hour in ("00", "23") for zone in ("Z", "-23:59", "%2B23:59")]
        asked = [f"/v1/{table}?cursor={n}" for n in numbers for table in ("incidents", "handoffs", "gaps", "journal")]
        asked += [f"/v1/incidents?state=closed&cursor={n}" for n in numbers]
        asked += [f"/v1/{row}/{n}" for n in numbers for row in ("incidents", "handoffs")]
        asked += [f"/v1/incidents/{n}/why" for n in numbers]
        asked += [f"/v1/on-call?at={t}" for t in times + numbers]
        for path in asked:
            answer = firstline.request("GET", path)
            assert answer.status in (200, 400, 404), (path, answer)
            assert firstline.role("engine") == engine, path
        for n in numbers:
            for path in (f"/v1/incidents/{n}/notes", f"/v1/attempts/{n}/settle", f"/v1/incidents/{n}/run"):
                answer = firstline.post(path, {"text": "x"})
                assert answer.status in (200, 400, 404, 409, 422), (path, answer)
            with contextlib.closing(http.client.HTTPConnection("127.0.0.1", firstline.port)) as stream:
                stream.request("GET", f"/v1/events?after={n}",
                               headers={"Authorization": "Bearer " + firstline.token()})
                assert stream.getresponse().status in (200, 400), n
        matchers = [{"name": "a", "value": "b", "isRegex": False}]
        for t in times:
            t = t.replace("%2B", "+")
            firstline.fire({"alertname": "B", "service": "shop", "t": t})
            firstline.request("POST", "/api/v2/alerts", [
                {"labels": {"alertname": "C"}, "startsAt": t},
                {"labels": {"alertname": "D"}, "startsAt": "2026-01-01T00:00:00Z", "endsAt": t}])
            for start in ("2026-01-01T00:00:00Z", t):
                firstline.post("/api/v2/silences", {"matchers": matchers, "startsAt": start, "endsAt": t,
                                                    "createdBy": "x", "comment": "x"})
            firstline.post("/v1/tokens", {"name": "n", "principal": "person:n", "role": "viewer", "until": t})
            firstline.request("DELETE", "/v1/tokens/n")
        firstline.post(f"/v1/incidents/{incident}/notes", {"text": "still here"})
        time.sleep(1)
        assert firstline.role("engine") == engine, firstline.log_text()[-2000:]


def ask_at_once(firstline, path, times):
    """The answers that were not cut for room, while alerts go on and the gate keeps its engine."""
    answers, firing = [], []

    def ask():
        with contextlib.suppress(http.client.IncompleteRead, OSError):
            answers.append(firstline.request("GET", path, timeout=60))
    asking = [threading.Thread(target=ask) for _ in range(times)]
    for thread in asking:
        thread.start()
    while any(thread.is_alive() for thread in asking):
        firing.append(firstline.fire({"alertname": f"B{len(firing)}", "service": "shop"}).status)
    assert set(firing) == {200}, firing
    assert "no engine" not in firstline.log_text(), firstline.log_text()
    assert {answer.status for answer in answers} <= {200, 504}, answers
    whole = [answer.json for answer in answers if answer.status == 200]
    print(f"  {len(whole)} of {times} whole; {len(firing)} alerts meanwhile")
    assert whole
    return whole


def at_once(times, what):
    """Its results, of as many threads."""
    with concurrent.futures.ThreadPoolExecutor(times) as pool:
        return list(pool.map(lambda _: what(), range(times)))


def test_an_incident_of_any_length_is_read_whole():
    notes = 4400
    with Scratch("whole incident") as scratch:
        firstline = Firstline(scratch, configuration(scratch, WebhookSink(scratch))).start()
        assert firstline.fire({"alertname": "A", "service": "shop"}).status == 200
        path = f"/v1/incidents/{firstline.wait_incident(lambda row: True)['id']}"
        note = {"text": "x" * 16_000}

        def write():
            return all(firstline.post(path + "/notes", note).status == 200 for _ in range(notes // 8))
        assert all(at_once(8, write))
        for path, sections in (path, 8), (path + "/why", 7):
            before = memory_mb(firstline, "gate"), memory_mb(firstline, "engine")
            answers = at_once(3, lambda: firstline.request("GET", path, timeout=60))
            assert {answer.status for answer in answers} == {200}, answers
            assert len({answer.body for answer in answers}) == 1
            found = answers[0].json
            timeline = [row["id"] for row in found["timeline"]]
            assert len(answers[0].body) > 64 << 20 and len(timeline) > notes and len(found) == sections
            assert timeline == sorted(set(timeline)), "each once, in order, over all parts"
            assert sum(row["text"] == note["text"] for row in found["timeline"]) == notes
            grown = memory_mb(firstline, "gate") - before[0], memory_mb(firstline, "engine") - before[1]
            print(f"  {len(answers[0].body) >> 20} MiB; gate and engine grew by {grown[0]:.0f} and {grown[1]:.0f} MB")
            assert grown[0] < 24 and grown[1] < 24, grown


def test_a_part_ends_anywhere():
    """Also between two kinds of rows: the timeline grows past a part's length by small steps."""
    with Scratch("parts") as scratch:
        firstline = Firstline(scratch, configuration(scratch, WebhookSink(scratch))).start()
        assert firstline.fire({"alertname": "A", "service": "shop"}).status == 200
        number = firstline.wait_incident(lambda row: True)["id"]
        wait_until(lambda: any(row["state"] == "delivered" for row in firstline.incident(number)["notices"]))
        notices, can = firstline.incident(number)["notices"], firstline.get(f"/v1/incidents/{number}/why")["can"]
        texts = ["x" * 15_900] * 65 + ["y" * 100] * 150
        for i, text in enumerate(texts):
            assert firstline.post(f"/v1/incidents/{number}/notes", {"text": text}).status == 200
            if i < 63:
                continue
            found = firstline.incident(number)
            assert [row["text"] for row in found["timeline"] if row["text"] in texts] == texts[:i + 1], i
            assert found["notices"] == notices and notices, i
            assert firstline.get(f"/v1/incidents/{number}/why")["can"] == can


def test_many_long_incidents_at_once_leave_the_gate_its_engine():
    with Scratch("long incidents") as scratch:
        firstline = Firstline(scratch, configuration(scratch, WebhookSink(scratch))).start()
        assert firstline.fire({"alertname": "A", "service": "shop"}).status == 200
        path = f"/v1/incidents/{firstline.wait_incident(lambda row: True)['id']}"
        note = {"text": "x" * 16_000}
        assert all(firstline.post(path + "/notes", note).status == 200 for _ in range(1500))
        whole = ask_at_once(firstline, path, 20)
        assert len(whole) == 20
        assert all(len(incident["timeline"]) > 1500 for incident in whole)


def test_many_lists_of_silences_at_once_leave_the_gate_its_engine():
    with Scratch("long silences") as scratch:
        firstline = Firstline(scratch, configuration(scratch, WebhookSink(scratch))).start()
        for i in range(1000):
            matchers = [{"name": f"m{k}", "value": f"{i}" + "v" * 3900, "isRegex": False} for k in range(3)]
            made = firstline.post("/api/v2/silences", {
                "matchers": matchers, "startsAt": "2020-01-01T00:00:00Z", "endsAt": "2100-01-01T00:00:00Z",
                "createdBy": "x", "comment": "c" * 4000})
            assert made.status == 200, made
        for silences in ask_at_once(firstline, "/api/v2/silences", 40):
            assert len(silences) == 1000


if __name__ == "__main__":
    run_all(sys.modules[__name__])
