"""What is long is read whole: the journal, streams of events, incidents, silences; whatever is asked
for, and however many ask for it."""
# first: it takes longest of those that work
import base64
import concurrent.futures
import contextlib
import http.client
import json
import pathlib
import re
import sys
import threading
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent))
from e2e.test_listing import memory_mb
from e2e.test_prometheus import configuration
from support.harness import Firstline, Scratch, WebhookSink, bare, run_all, wait_until


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


@bare("it counts memory")
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
