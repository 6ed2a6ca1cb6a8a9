#!/usr/bin/python3
"""The gate alone, with real sockets in front and a scripted engine behind: what Alertmanager's
API answers, what /v1 asks, and what a hostile client or a dying engine can do."""
import bisect
import http.client
import json
import pathlib
import re
import socket
import sys
import threading
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent))
from support import gate as g
from support.gate import Gate, answer
from support.harness import bare, run_all, wait_until

ONE = '[{"labels":{"alertname":"A","cluster":"c1","severity":"critical"}}]'
POST = "POST /api/v2/alerts HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"


def post(gate, body, **more):
    return gate.request("POST", "/api/v2/alerts", body, **more)


def message(found):
    return found.json["error"]["message"]


# ---- Alertmanager's API ----

def test_alertmanager_status_codes():
    """Recorded from Debian's prometheus-alertmanager 0.25: status, type of body, body."""
    rows = [
        ("[]", 200, ""),
        (ONE, 200, ""),
        ('[{"labels":{}}]', 400, '"at least one label pair required"\n'),
        ('[{"labels":{"a":""}}]', 400, '"at least one label pair required"\n'),
        ("[{}]", 422, '{"code":602,"message":"0.labels in body is required"}'),
        ("", 422, '{"code":602,"message":"alerts in body is required"}'),
        ('[{"labels":{"a":"b"},"startsAt":"2026-01-02T00:00:00Z","endsAt":"2026-01-01T00:00:00Z"}]',
         400, '"start time must be before end time"\n'),
        ("{", 400, None), ("{}", 400, None), ('[{"labels":{"a":1}}]', 400, None),
        ('[{"labels":{"a":"b"},"startsAt":"soon"}]', 400, None),
        ('[{"labels":{"a":"b"},"generatorURL":"::"}]', 422, None),
        ('[{"labels":{"a":"\xff"}}]'.encode("latin-1"), 400, None),
    ]
    with Gate() as gate:
        for body, status, want in rows:
            found = post(gate, body)
            assert found.status == status, (body, found)
            if want is not None:
                assert found.body.decode() == want, (body, found)
            elif status == 400:
                assert found.json["code"] == 400, (body, found)
                assert found.json["message"].startswith(
                    'parsing alerts body from "" failed, because '), found
            else:
                assert found.json["code"] == 601, (body, found)
        found = post(gate, "[]", headers={"Content-Type": "text/plain"})
        assert found.status == 415 and found.json == {
            "code": 415,
            "message": 'unsupported media type "text/plain", only [application/json] are allowed'}
        assert post(gate, "[]", headers={"Content-Encoding": "gzip"}).status == 415
        found = post(gate, "[]", headers={"Content-Type": "application/json; charset=utf-8"})
        assert found.status == 200
        found = gate.request("DELETE", "/api/v2/alerts")
        assert found.status == 405 and found.headers["Allow"] == "POST,GET", found
        assert found.json["code"] == 405
        found = gate.request("GET", "/api/v2/nope")
        assert found.status == 404
        assert found.json == {"code": 404, "message": "path /api/v2/nope was not found"}


def test_alerts_reach_the_engine():
    with Gate() as gate:
        before = time.time() * 1000
        assert post(gate, '[{"labels":{"c":"🙂","a":"b","b":"Σ","d":"eΘ","z":""},'
                          '"annotations":{"s":"t"}},{"labels":{"alertname":"GoodOne"},'
                          '"startsAt":"2026-11-23T07:13:22.380Z",'
                          '"endsAt":"2026-11-23T07:18:22.380Z"}]'.encode(),
                    token="flt_x").status == 200
        asked = gate.engine.asked[-1]
        first, second = asked.alerts()
        assert asked.token == "flt_x"
        assert first[0] == 0x0f92a997ae46be5b
        assert first[1] == {"a": "b", "b": "Σ", "c": "🙂", "d": "eΘ"} and first[2] == {"s": "t"}
        assert abs(first[3] - before) < 5000 and first[4] - first[3] == 300000
        assert second[0] == 0x3f779503f87a9103
        assert second[4] - second[3] == 300000 and second[3] % 1000 == 380
        assert post(gate, ONE, token=None).status == 200
        assert gate.engine.asked[-1].token == ""


def test_what_is_valid_is_taken_and_the_rest_told():
    with Gate() as gate:
        found = post(gate, '[{"labels":{"a":"b"}},{"labels":{}},{"labels":{"c":"d"}}]')
        assert found.status == 400
        assert found.json == "at least one label pair required", found
        assert [a[1] for a in gate.engine.asked[-1].alerts()] == [{"a": "b"}, {"c": "d"}]


def test_what_the_engine_refuses():
    rows = [(401, "WWW-Authenticate", 'Bearer realm="firstline", error="invalid_token"'),
            (403, None, None), (503, "Retry-After", "1"), (507, "Retry-After", "10")]
    with Gate() as gate:
        for status, name, value in rows:
            gate.engine.on = lambda asked, s=status: answer(s, error="no", exit=4)
            found = post(gate, ONE)
            assert found.status == status and found.json == "no", found
            assert name is None or found.headers[name] == value, found.headers
            found = gate.request("GET", "/v1/status")
            assert found.json == {"error": {"status": status, "message": "no", "exit": 4}}


def alerts_in_pages(rows):
    """An engine that lists `rows` (fingerprint, item) in pages by cursor, as ours does."""
    keys = [row[0] for row in rows]

    def on(asked):
        if asked.op != "alerts":
            return answer()
        cursor, limit = asked.fields.get(6, 0), asked.fields.get(7, 0)
        first = bisect.bisect_right(keys, cursor)
        page = rows[first:first + limit]
        items = [row[1] for row in page]
        frames = [answer(items=items[i:i + 500], more=True) for i in range(0, len(items), 500)]
        frames = frames or [answer()]
        frames[-1][6] = False
        frames[-1][4] = page[-1][0] if len(page) == limit else 0
        return frames
    return on


def test_listing_is_alertmanagers_bytes():
    item = g.alert(0xd0b0f9c089b0ac23, {"alertname": "A", "cluster": "c1", "severity": "critical"},
                   {"runbook_url": "http://r", "summary": "s<&>\""}, "http://g/x", "crit",
                   starts=1795418002380, ends=1795418302380, updated=1795418002380)
    with Gate(alerts_in_pages([(0xd0b0f9c089b0ac23, item)])) as gate:
        found = gate.request("GET", "/api/v2/alerts")
        assert found.status == 200 and found.headers["Content-Type"] == "application/json"
        assert found.headers["Access-Control-Allow-Origin"] == "*"
        assert found.headers["Cache-Control"] == "no-store"
        assert found.body == (
            b'[{"annotations":{"runbook_url":"http://r","summary":"s<&>\\""},'
            b'"endsAt":"2026-11-23T07:18:22.380Z","fingerprint":"d0b0f9c089b0ac23",'
            b'"receivers":[{"name":"crit"}],"startsAt":"2026-11-23T07:13:22.380Z",'
            b'"status":{"inhibitedBy":[],"silencedBy":[],"state":"active"},'
            b'"updatedAt":"2026-11-23T07:13:22.380Z","generatorURL":"http://g/x",'
            b'"labels":{"alertname":"A","cluster":"c1","severity":"critical"}}]\n'), found.body


def test_listing_filters():
    rows = [(i, g.alert(i, {"alertname": f"A{i}", "job": "api" if i % 2 else "db"},
                        owner="web" if i < 3 else "data")) for i in range(1, 6)]

    def names(query):
        found = gate.request("GET", "/api/v2/alerts?" + query)
        assert found.status == 200, (query, found)
        return [a["labels"]["alertname"] for a in found.json]

    with Gate(alerts_in_pages(rows)) as gate:
        assert names("") == ["A1", "A2", "A3", "A4", "A5"]
        # What matches is the engine's to find: it gets them as they came.
        names("filter=job%3D%22db%22&filter=%7Ba!~%22x%22,b%3Dc%7D")
        assert gate.engine.asked[-1].params() == {"filter.00": 'job="db"',
                                                  "filter.01": '{a!~"x",b=c}'}
        names("receiver=dat.&active=false&filter=a%3Db")
        assert gate.engine.asked[-1].params() == {"filter.00": "a=b", "no-active": "1",
                                                  "receiver": "dat."}
        names("active=maybe")
        assert gate.engine.asked[-1].params() == {"no-active": "1"}
        names("silenced=false&inhibited=false&unprocessed=false")
        assert gate.engine.asked[-1].params() == {"no-inhibited": "1", "no-silenced": "1"}
        found = gate.request("GET", "/api/v2/alerts?filter=%7B")
        assert found.status == 400 and found.json == "bad matcher format: {", found
        for bad in ("a", "=b", "a=~%22(%22", "a%3D%22b", "%7Ba%3Db", "%7Ba%3Db%20c%3Dd%7D"):
            assert gate.request("GET", "/api/v2/alerts?filter=" + bad).status == 400, bad
        assert gate.request("GET", "/api/v2/alerts?receiver=(").status == 400


def test_listing_of_100000_is_streamed_in_bounded_memory():
    n, base = 100_000, 1 << 40
    one = g.alert(base, {"alertname": "A", "n": "000000", "pad": "x" * 300})
    mark = base.to_bytes(8, "big")
    encoded = [(base + i, {**one, 3: one[3].replace(mark, (base + i).to_bytes(8, "big"))
                           .replace(b"000000", b"%06d" % i)}) for i in range(n)]
    with Gate(alerts_in_pages(encoded)) as gate:
        gate.request("GET", "/-/ready")
        before = gate.memory()
        s = gate.connect()
        s.sendall(b"GET /api/v2/alerts HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
        time.sleep(0.5)
        asked = len(gate.engine.requests("alerts"))
        assert asked < 40, f"{asked} pages are asked for though nobody reads"
        assert post(gate, ONE).status == 200, "others are served meanwhile"
        most, data = 0, []
        while piece := s.recv(1 << 20):
            data.append(piece)
            if len(data) % 200 == 0:
                most = max(most, gate.memory())
        text = b"".join(data)
        found = re.findall(rb'"n":"(\d+)"', text)
        assert len(found) >= n * 0.99, len(found)  # some stand across a chunk's border
        assert text.endswith(b"0\r\n\r\n"), text[-40:]
        assert len(gate.engine.requests("alerts")) >= n // 1000
        assert most - before < 16 << 20, f"{(most - before) >> 20} MB more"


# ---- the engine dies ----

def test_no_engine():
    with Gate(engine=False) as gate:
        found = post(gate, ONE)
        assert found.status == 503 and found.headers["Retry-After"] == "1", found
        assert gate.request("GET", "/-/ready").status == 503
        assert gate.request("GET", "/-/healthy").status == 200
        assert gate.request("GET", "/v1/status").json["error"]["exit"] == 1
        gate.new_engine()
        wait_until(lambda: gate.request("GET", "/-/ready").status == 200, 5)
        assert post(gate, ONE).status == 200


def in_thread(what):
    found = []
    thread = threading.Thread(target=lambda: found.append(what()), daemon=True)
    thread.start()

    def result():
        thread.join(15)
        assert found, "no answer"
        return found[0]
    return result


def test_what_is_in_flight_when_the_engine_dies():
    with Gate(lambda asked: None) as gate:
        waiting = [in_thread(lambda i=i: post(gate, json.dumps([{"labels": {"a": str(i)}}])))
                   for i in range(8)]
        waiting.append(in_thread(lambda: gate.request("GET", "/v1/incidents")))
        wait_until(lambda: len(gate.engine.asked) == 9, 5)
        began = time.monotonic()
        gate.engine.die()
        for result in waiting:
            found = result()
            assert found.status == 503 and found.headers["Retry-After"] == "1", found
        assert time.monotonic() - began < 1, "at once"
        assert post(gate, ONE).status == 503


def test_a_body_at_two_deaths_is_quarantined():
    poison = '[{"labels":{"alertname":"Poison"},"annotations":{"n":"%d"},"startsAt":"%s"}]'

    def die_of_poison(asked):
        if any(a[1]["alertname"] == "Poison" for a in asked.alerts()):
            gate.engine.die()
            return None
        return answer()

    def body(n, at):
        return poison % (n, at)

    with Gate(die_of_poison) as gate:
        assert post(gate, body(1, "2026-01-01T00:00:00Z")).status == 503
        gate.new_engine(die_of_poison)
        wait_until(lambda: post(gate, ONE).status == 200, 5)
        assert post(gate, body(1, "2026-01-02T00:00:00Z")).status == 503, "times do not matter"
        engine = gate.new_engine(die_of_poison)
        wait_until(lambda: post(gate, ONE).status == 200, 5)
        kept = wait_until(lambda: [a for a in engine.asked if a.kind == g.QUARANTINE], 5)
        assert len(kept) == 1 and b"Poison" in kept[0].fields[3] and kept[0].fields[5] == 2
        assert re.fullmatch("[0-9a-f]{64}", kept[0].fields[4]), kept[0].fields
        found = post(gate, body(1, "2026-01-03T00:00:00Z"))
        assert found.status == 422 and "quarantine" in found.json["message"], found
        assert post(gate, ONE).status == 200
        assert gate.metric('firstline_gate_refused_total{why="quarantine"}') == 1


def test_deaths_of_the_disk_blame_nobody():
    def on(asked):
        if asked.wire:
            gate.engine.die_of_the_disk()
            return None
        return answer()

    body = '[{"labels":{"alertname":"Bystander"}}]'
    with Gate(on) as gate:
        for _ in range(3):
            assert post(gate, body).status == 503
            gate.new_engine(on)
            wait_until(lambda: gate.request("GET", "/-/ready").status == 200, 5)
        # And then of something else: that counts once.
        gate.new_engine(lambda asked: gate.engine.die() if asked.wire else answer())
        wait_until(lambda: gate.request("GET", "/-/ready").status == 200, 5)
        assert post(gate, body).status == 503
        engine = gate.new_engine(g.accept_all)
        wait_until(lambda: post(gate, body).status == 200, 5)
        assert gate.metric('firstline_gate_refused_total{why="quarantine"}') == 0
        assert not [a for a in engine.asked if a.kind == g.QUARANTINE]


def test_the_last_word_of_an_engine_is_heard_where_it_cannot_be_written_to():
    """Its end may be met by a write, before what it said is read."""
    body = '[{"labels":{"alertname":"Bystander"}}]'
    with Gate(lambda asked: None) as gate:
        for _ in range(20):
            engine = gate.engine
            waiting = [in_thread(lambda: post(gate, body))]
            wait_until(lambda: any(a.wire for a in list(engine.asked)), 5)
            # While it ends, another body is written to it.
            waiting.append(in_thread(lambda: post(gate, body)))
            engine.die_of_the_disk()
            assert {one().status for one in waiting} == {503}
            gate.new_engine(lambda asked: None if asked.wire else answer())
            wait_until(lambda: gate.request("GET", "/-/ready").status == 200, 5)
        assert gate.metric('firstline_gate_refused_total{why="quarantine"}') == 0


def test_reports_to_the_quarantine_are_told_once_until_they_are_kept():
    bodies = [json.dumps([{"labels": {"alertname": f"Poison{i}"},
                           "annotations": {"text": "x" * 8000}}]) for i in range(9)]
    kept, refusing = [], []

    def keep(asked):
        if asked.kind != g.QUARANTINE:
            return answer()
        if not refusing:
            kept.append(asked.fields[4])
            gate.engine.tell_quarantined(kept)
        return None

    def reports(engine):
        return [a.fields[4] for a in list(engine.asked) if a.kind == g.QUARANTINE]

    with Gate(lambda asked: None) as gate:
        waiting = [in_thread(lambda b=b: post(gate, b)) for b in bodies]
        wait_until(lambda: len(gate.engine.asked) == len(bodies), 5)
        gate.engine.die()
        assert [one().status for one in waiting] == [503] * len(bodies)
        for body in bodies:  # each is a suspect and goes alone
            gate.new_engine(lambda a: gate.engine.die() if a.wire else answer())
            wait_until(lambda: gate.request("GET", "/-/ready").status == 200, 5)
            assert post(gate, body).status == 503
        refusing.append(True)
        engine = gate.new_engine(keep)
        wait_until(lambda: len(reports(engine)) == 8, 5)
        assert gate.metric("firstline_gate_reports_dropped_total") == 1
        assert gate.metric("firstline_gate_alerts_held") == 9
        # It did not keep them then; when it can, it says so and hears each of them again.
        refusing.clear()
        engine.tell_quarantined(kept)
        wait_until(lambda: len(kept) == 8, 5)
        assert post(gate, ONE).status == 200, "what the gate had to say before is said"
        told = reports(engine)
        assert len(told) == 16 and sorted(told[8:]) == sorted(set(told)), len(told)
        assert gate.metric("firstline_gate_alerts_held") == 9, "nothing counts twice"
        # Another engine keeps them already: it hears nothing.
        engine = gate.new_engine(keep, kept)
        wait_until(lambda: post(gate, ONE).status == 200, 5)
        assert reports(engine) == []
        assert [post(gate, body).status for body in bodies] == [422] * len(bodies)


def test_bystanders_of_a_death_are_sent_alone_and_cleared():
    hold = threading.Event()
    together = []

    def slow(asked):
        if asked.kind != g.ALERTS:
            return answer()
        together.append(asked)
        assert len(together) == 1 or hold.is_set(), "a suspect is not alone"
        time.sleep(0.02)
        together.remove(asked)
        return answer()

    bodies = [json.dumps([{"labels": {"alertname": f"B{i}"}}]) for i in range(12)]
    with Gate(lambda asked: None) as gate:
        waiting = [in_thread(lambda b=b: post(gate, b)) for b in bodies]
        wait_until(lambda: len(gate.engine.asked) == 12, 5)
        gate.engine.die()
        assert {result().status for result in waiting} == {503}
        # each is now suspected: they go one by one, and live
        in_flight = []

        def one_by_one(asked):
            if asked.kind == g.ALERTS:
                in_flight.append(asked.id)
            return None

        engine = gate.new_engine(one_by_one)
        waiting = [in_thread(lambda b=b: post(gate, b)) for b in bodies]
        for i in range(12):
            wait_until(lambda i=i: len(in_flight) == i + 1, 5, message=f"{i} sent")
            time.sleep(0.02)
            assert len(in_flight) == i + 1, "a suspect is not alone"
            engine.send(g.ANSWER, in_flight[i], answer())
        assert {result().status for result in waiting} == {200}
        # nothing is left of the suspicion: all at once again
        waiting = [in_thread(lambda b=b: post(gate, b)) for b in bodies]
        wait_until(lambda: len(in_flight) == 24, 5)
        engine.die()
        assert {result().status for result in waiting} == {503}


def test_a_malformed_message_closes_the_engine_and_no_more():
    def nonsense(asked):
        gate.engine.send(g.ANSWER, asked.id, b"\xff\xff")
        return None
    with Gate(nonsense) as gate:
        assert post(gate, ONE).status == 503
        gate.ready.clear()
        assert gate.ready.wait(5), "it asks the supervisor for another connection"
        gate.new_engine(g.accept_all)
        wait_until(lambda: post(gate, ONE).status == 200, 5)
        assert gate.metric("firstline_gate_frames_bad_total") == 1


# ---- hostile and odd clients ----

def test_requests_that_can_be_read_in_two_ways():
    rows = {
        "two lengths": "Content-Length: 2\r\nContent-Length: 3\r\n\r\n[]x",
        "the same length twice": "Content-Length: 2\r\nContent-Length: 2\r\n\r\n[]",
        "length and chunked": "Content-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n2\r\n[]\r\n0\r\n\r\n",
        "chunked and length": "Transfer-Encoding: chunked\r\nContent-Length: 2\r\n\r\n2\r\n[]\r\n0\r\n\r\n",
        "another coding": "Transfer-Encoding: gzip, chunked\r\n\r\n2\r\n[]\r\n0\r\n\r\n",
        "identity": "Transfer-Encoding: identity\r\nContent-Length: 2\r\n\r\n[]",
        "chunked twice": "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        "a sign": "Content-Length: +2\r\n\r\n[]",
        "a list": "Content-Length: 2, 2\r\n\r\n[]",
        "a blank before the colon": "Content-Length : 2\r\n\r\n[]",
        "two hosts": "Host: localhost\r\nContent-Length: 2\r\n\r\n[]",
        "two tokens": "Authorization: Bearer a\r\nAuthorization: Bearer b\r\nContent-Length: 2\r\n\r\n[]",
        "a control character": "X: a\x01b\r\nContent-Length: 2\r\n\r\n[]",
    }
    smuggled = "GET /-/healthy HTTP/1.1\r\nHost: localhost\r\n\r\n"
    with Gate() as gate:
        for name, rest in rows.items():
            found = gate.raw((POST + rest + smuggled).encode("latin-1"))
            assert found.startswith(b"HTTP/1.1 400 "), (name, found[:200])
            assert b" 200 " not in found, (name, "the connection goes on", found)
            assert found.endswith((b"<end>", b"<reset>")), (name, found[-80:])
        assert not [a for a in gate.engine.asked if a.kind == g.ALERTS]


def test_hosts():
    with Gate(hosts=["firstline.example.com:8443"]) as gate:
        for host, status in {"localhost": 200, "localhost:9911": 200, "127.0.0.1:1": 200,
                             "127.9.9.9": 200, "[::1]:9911": 200, "LOCALHOST": 200,
                             "firstline.example.com": 200, "FirstLine.example.com.:443": 200,
                             "evil.example.com": 421, "localhost.evil.com": 421,
                             "127.0.0.1.evil.com": 421, "10.0.0.1": 421, "": 421,
                             "firstline.example.com.evil": 421}.items():
            for path in ("/-/healthy", "/api/v2/alerts", "/v1/status", "/nope"):
                found = gate.raw(f"GET {path} HTTP/1.1\r\nHost: {host}\r\n"
                                 "Authorization: Bearer t\r\nConnection: close\r\n\r\n")
                want = status if status != 200 or path != "/nope" else 404
                assert found.startswith(f"HTTP/1.1 {want} ".encode()), (host, path, found[:100])
        found = gate.raw("GET /-/healthy HTTP/1.1\r\n\r\n")
        assert found.startswith(b"HTTP/1.1 400 "), found
        gate.settings(hosts=["other.example.com"])
        wait_until(lambda: b" 200 " in gate.raw(
            "GET /-/healthy HTTP/1.1\r\nHost: other.example.com\r\nConnection: close\r\n\r\n"), 5)


def test_sizes():
    with Gate(body_max=100_000) as gate:
        found = gate.raw("GET /" + "a" * 9000 + " HTTP/1.1\r\nHost: localhost\r\n"
                         "Connection: close\r\n\r\n")
        assert found.startswith(b"HTTP/1.1 414 "), found[:100]
        many = "".join(f"X-{i}: y\r\n" for i in range(150))
        found = gate.raw(f"GET /-/healthy HTTP/1.1\r\nHost: localhost\r\n{many}\r\n")
        assert found.startswith(b"HTTP/1.1 431 "), found[:100]
        found = gate.raw("GET /-/healthy HTTP/1.1\r\nHost: localhost\r\nX: " + "y" * 60000 +
                         "\r\n\r\n")
        assert b" 431 " in found[:20] or b"<reset>" in found, found[:100]
        assert post(gate, "[" + " " * 99_998 + "]").status == 200
        found = post(gate, "[" + " " * 100_000 + "]")
        assert found.status == 413 and found.json["code"] == 413, found
        found = gate.raw(POST + "Expect: 100-continue\r\nContent-Length: 200000\r\n\r\n")
        assert found.startswith(b"HTTP/1.1 413 "), found[:100]
        chunk = "10000\r\n" + " " * 65536 + "\r\n"
        found = gate.raw(POST + "Transfer-Encoding: chunked\r\n\r\n" + chunk * 2 + "0\r\n\r\n")
        assert b"HTTP/1.1 413 " in found[:100], found[:100]
        deep = "[" * 100 + "]" * 100
        assert post(gate, deep).status == 400
        found = post(gate, json.dumps([{"labels": {"a": str(i)}} for i in range(4097)]))
        assert found.status == 413, found


def test_chunked_and_pipelined():
    with Gate() as gate:
        pieces = [ONE[i:i + 7] for i in range(0, len(ONE), 7)]
        chunked = "".join(f"{len(p):x}\r\n{p}\r\n" for p in pieces) + "0\r\n\r\n"
        found = gate.raw(POST + "Transfer-Encoding: chunked\r\n\r\n" + chunked)
        assert found.startswith(b"HTTP/1.1 200 "), found
        whole = POST + f"Content-Length: {len(ONE)}\r\n\r\n" + ONE
        found = gate.raw(whole * 20)
        assert found.count(b"HTTP/1.1 200 ") == 20, found
        assert len([a for a in gate.engine.asked if a.kind == g.ALERTS]) == 21
        with gate.connect() as s:
            s.sendall((POST + f"Expect: 100-continue\r\nContent-Length: {len(ONE)}\r\n\r\n")
                      .encode())
            assert s.recv(1000).startswith(b"HTTP/1.1 100 ")
            s.sendall(ONE.encode())
            assert s.recv(10000).startswith(b"HTTP/1.1 200 ")


def test_odd_requests():
    rows = [
        ("GET /-/healthy HTTP/1.0\r\nHost: localhost\r\n\r\n", 200),
        ("GET /-/healthy HTTP/1.1\r\nHost: localhost\r\nContent-Length: 2\r\n\r\n[]", 400),
        ("GET /%2e%2e/x HTTP/1.1\r\nHost: localhost\r\n\r\n", 400),
        ("GET /v1/%zz HTTP/1.1\r\nHost: localhost\r\n\r\n", 400),
        ("GET /v1/%00 HTTP/1.1\r\nHost: localhost\r\n\r\n", 400),
        ("GET /v1/%ff HTTP/1.1\r\nHost: localhost\r\n\r\n", 400),
        ("GET http://localhost/-/healthy HTTP/1.1\r\nHost: localhost\r\n\r\n", 400),
        ("GET /-%2Fhealthy HTTP/1.1\r\nHost: localhost\r\n\r\n", 404),
        ("GET /-/healthy/ HTTP/1.1\r\nHost: localhost\r\n\r\n", 404),
        ("PUT /-/healthy HTTP/1.1\r\nHost: localhost\r\n\r\n", 405),
        ("OPTIONS /v1/status HTTP/1.1\r\nHost: localhost\r\n\r\n", 405),
    ]
    with Gate() as gate:
        for text, status in rows:
            found = gate.raw(text)
            assert re.match(rb"HTTP/1.[01] %d " % status, found), (text, found[:150])
        found = gate.request("HEAD", "/-/healthy")
        assert found.status == 200 and found.body == b"" and found.headers["Content-Length"] == "2"
        assert gate.request("GET", "/").status == 200  # the pages


@bare("it counts memory")
def test_a_thousand_idle_connections():
    with Gate() as gate:
        before = gate.memory()
        idle = [gate.connect() for _ in range(1000)]
        for s in idle:
            s.sendall(b"GET /-/healthy HTTP/1.1\r\nHost: localhost\r\n\r\n")
        for s in idle:
            assert s.recv(2000).startswith(b"HTTP/1.1 200 ")
        for _ in range(20):
            assert post(gate, ONE).status == 200
        assert gate.metric("firstline_gate_connections") >= 1000
        assert gate.memory() - before < 48 << 20, gate.memory() - before
        for s in idle:
            s.close()
        wait_until(lambda: gate.metric("firstline_gate_connections") < 5, 5)


def test_the_longest_idle_make_room_within_one_address():
    with Gate() as gate:
        held = [gate.connect() for _ in range(2000)]
        wait_until(lambda: gate.metric("firstline_gate_connections") >= 2000, 5)
        for _ in range(50):
            assert post(gate, ONE).status == 200, "who asks gets in"
        assert gate.metric("firstline_gate_connections") <= 2000
        assert gate.metric("firstline_gate_cut_for_room_total") >= 1
        assert held[0].recv(10) == b"", "the longest idle went"
        held[-1].sendall(b"GET /-/healthy HTTP/1.1\r\nHost: localhost\r\n\r\n")
        assert held[-1].recv(1000).startswith(b"HTTP/1.1 200 "), "the newest is still there"
        for s in held:
            s.close()


def test_few_descriptors_are_few_connections_and_are_told():
    with Gate(descriptors=264) as gate:
        assert "at most 200 connections" in wait_until(lambda: gate.log, 5)[0], gate.log
        held = [gate.connect() for _ in range(400)]
        for _ in range(20):
            assert post(gate, ONE).status == 200
        assert gate.metric("firstline_gate_connections") <= 200
        for s in held:
            s.close()


def test_deadlines():
    """All at once, since each takes as long as it takes."""
    with Gate(lambda asked: None) as gate:
        began = time.monotonic()

        def slow_head():
            with gate.connect(60) as s:
                s.sendall(b"GET /-/healthy HTTP/1.1\r\n")
                return drip(s, b"X: y\r\n")

        def slow_line():
            with gate.connect(60) as s:
                return drip(s, b"G")

        def slow_body():
            with gate.connect(60) as s:
                s.sendall((POST + "Content-Length: 1000\r\n\r\n").encode())
                return drip(s, b" ")

        def drip(s, piece):
            try:
                while time.monotonic() - began < 50:
                    s.sendall(piece)
                    s.settimeout(1)
                    try:
                        if not s.recv(1000).startswith(b"HTTP/1.1 408 "):
                            break
                    except TimeoutError:
                        pass
            except OSError:
                pass
            return time.monotonic() - began

        def stalled_body():
            """Fast at first: what came in time buys seconds, not minutes."""
            with gate.connect(60) as s:
                s.sendall((POST + "Content-Length: 1000000\r\n\r\n").encode() + b" " * 130000)
                return drip(s, b" ")

        cut = [in_thread_long(f) for f in (slow_head, slow_line, slow_body, stalled_body)]
        late = [in_thread(lambda: post(gate, ONE)),
                in_thread(lambda: gate.request("POST", "/v1/stop-all", "{}"))]
        for result in late:
            found = result()
            assert found.status == 504 and b"not known" in found.body, found
            assert 9 < time.monotonic() - began < 13
        assert gate.request("GET", "/-/healthy").status == 200
        for result in cut:
            seconds = result()
            assert 9 < seconds < 15, seconds


def test_an_answer_at_the_last_moment_is_an_answer():
    """400 that come within 10 ms before and 30 ms after the time is over."""
    asked_at = []

    def hold(asked):
        asked_at.append((time.monotonic(), asked.id))

    with Gate(hold) as gate:
        waiting = []
        for _ in range(400):
            connection = gate.connect(20)
            connection.sendall(b"GET /api/v2/alerts HTTP/1.1\r\nHost: localhost\r\n\r\n")
            waiting.append(connection)
        wait_until(lambda: len(asked_at) == 400, message="all are asked")
        due = sorted((at + 9.99 + i % 41 / 1000, number) for i, (at, number) in enumerate(asked_at))
        for at, number in due:
            time.sleep(max(0, at - time.monotonic()))
            gate.engine.send(g.ANSWER, number, answer())
        found = [connection.recv(12) for connection in waiting]
        assert set(found) <= {b"HTTP/1.1 200", b"HTTP/1.1 504"}, sorted(set(found))


def in_thread_long(what):
    found = []
    thread = threading.Thread(target=lambda: found.append(what()), daemon=True)
    thread.start()

    def result():
        thread.join(60)
        assert found, "no answer"
        return found[0]
    return result


# ---- /v1 ----

def test_routes_ask_the_engine():
    """Method, path, body; the op that is asked, and fields of the request by number."""
    rows = [
        ("GET", "/v1/status", None, "status", {}),
        ("GET", "/v1/incidents?state=all&service=web&owner=ops&limit=7&cursor=9", None,
         "incidents", {6: 9, 7: 7, 11: ["owner", "ops", "service", "web", "state", "all"]}),
        ("GET", "/v1/incidents/12", None, "incident", {4: 12}),
        ("GET", "/v1/incidents/12/why", None, "why", {4: 12}),
        ("POST", "/v1/incidents/12/acknowledge", "{}", "command", {4: 12, 12: 1}),
        ("POST", "/v1/incidents/12/acknowledge", None, "command", {4: 12, 12: 1}),
        ("POST", "/v1/incidents/12/notes", '{"text":"it was DNS"}', "command",
         {4: 12, 9: "it was DNS", 12: 2}),
        ("POST", "/v1/incidents/12/resolve", '{"text":"done"}', "command",
         {4: 12, 9: "done", 12: 3}),
        ("POST", "/v1/incidents/12/run", '{"runbook":"restart-web"}', "command",
         {4: 12, 8: "restart-web", 12: 4}),
        ("POST", "/v1/incidents/12/run",
         '{"action":"scale","target":"web-1","with":{"replicas":4,"a":"b"}}', "command",
         {4: 12, 8: "scale", 10: "web-1", 11: ["a", "b", "replicas", "4"], 12: 4, 14: True}),
        ("POST", "/v1/incidents/12/cancel", "{}", "command", {4: 12, 12: 5}),
        ("POST", "/v1/attempts/7/settle", '{"happened":"yes"}', "command", {5: 7, 12: 6, 13: 1}),
        ("POST", "/v1/stop-all", '{"text":"worse"}', "command", {9: "worse", 12: 7}),
        ("POST", "/v1/resume", "{}", "command", {12: 8}),
        ("GET", "/v1/handoffs", None, "handoffs", {7: 100}),
        ("GET", "/v1/handoffs/3", None, "handoff", {5: 3}),
        ("GET", "/v1/gaps?limit=1000", None, "gaps", {7: 1000}),
        ("GET", "/v1/on-call?team=ops&at=2026-11-23T07:00:00Z", None, "on-call",
         {8: "ops", 11: ["at", "1795417200000"]}),
        ("GET", "/v1/on-call/shifts?team=ops&from=2026-11-23T07:00:00Z&to=1795417200001", None, "shifts",
         {8: "ops", 11: ["from", "1795417200000", "to", "1795417200001"]}),
        ("POST", "/v1/may", '{"principal":"person:ana","action":"scale","service":"web",'
         '"target":"web-1","with":{"replicas":"4"}}', "may",
         {8: "scale", 9: "person:ana", 10: "web-1",
          11: ["service", "web", "with.replicas", "4"]}),
        ("POST", "/v1/may", '{"principal":"agent:x","behalf":["person:ana"],"action":"scale",'
         '"targets":3,"live":{"replicas":2},"at":"2026-11-23T07:00:00Z"}', "may",
         {8: "scale", 9: "agent:x", 11: ["at", "1795417200000", "behalf.0", "person:ana",
                                         "live.replicas", "2", "targets", "3"]}),
        ("POST", "/v1/who-can", '{"action":"scale","service":"web"}', "who-can",
         {8: "scale", 11: ["service", "web"]}),
        ("POST", "/v1/what-can", '{"service":"web","behalf":"person:ana"}', "what-can",
         {11: ["behalf.0", "person:ana", "service", "web"]}),
        ("GET", "/v1/asked", None, "asked", {7: 100}),
        ("GET", "/v1/asked?state=all&limit=5&cursor=9", None, "asked", {6: 9, 7: 5, 11: ["state", "all"]}),
        ("GET", "/v1/asked/17", None, "asked-one", {5: 17}),
        ("POST", "/v1/asked/17/approve", '{"why":"fine","digest":"' + "ab" * 32 + '"}', "command",
         {5: 17, 9: "fine", 12: 13, 17: b"\xab" * 32}),
        ("POST", "/v1/asked/17/deny", '{"why":"no"}', "command", {5: 17, 9: "no", 12: 14}),
        ("POST", "/v1/asked/17/withdraw", "{}", "command", {5: 17, 12: 15}),
        ("POST", "/v1/services/web/hands-on", '{"for":"2h","why":"mine"}', "command",
         {8: "web", 9: "mine", 12: 16, 18: 7200000}),
        ("POST", "/v1/services/42/hands-on", "{}", "command", {5: None, 8: "42", 12: 16}),
        ("POST", "/v1/services/web/hands-off", '{"lease":7}', "command", {5: 7, 8: "web", 12: 17}),
        ("POST", "/v1/services/web/break-glass", '{"for":"30m","why":"now"}', "command",
         {8: "web", 9: "now", 12: 18, 18: 1800000}),
        ("GET", "/v1/leases?state=open", None, "leases", {}),
        ("POST", "/v1/leases/7/review", '{"text":"right"}', "command", {5: 7, 9: "right", 12: 19}),
        ("POST", "/v1/attempts/7/undo", '{"why":"worse"}', "command", {5: 7, 9: "worse", 12: 20}),
        ("POST", "/v1/runs/7/answer", '{"value":"left"}', "command", {5: 7, 9: "left", 12: 21}),
        ("POST", "/v1/runs/7/continue", '{"runbook":"r"}', "command", {5: 7, 8: "r", 12: 46}),
        ("GET", "/v1/tokens", None, "tokens", {}),
        ("POST", "/v1/tokens", '{"name":"h","principal":"agent:h","role":"operator",'
         '"behalf":"person:ana"}', "token-add",
         {8: "h", 11: ["behalf", "person:ana", "principal", "agent:h", "role", "operator"]}),
        ("POST", "/v1/tokens", '{"name":"p","principal":"source:p","role":"source",'
         '"until":"2026-11-23T07:00:00Z"}', "token-add",
         {8: "p", 11: ["principal", "source:p", "role", "source", "until", "1795417200000"]}),
        ("DELETE", "/v1/tokens/13", None, "command", {5: 13, 12: 10}),
        ("DELETE", "/v1/tokens/prom%20eu", None, "command", {8: "prom eu", 12: 10}),
        ("GET", "/v1/journal?cursor=5", None, "journal", {6: 5}),
        ("POST", "/v1/reload", "{}", "reload", {}),
        ("GET", "/v1/whoami", None, "who", {}),
    ]
    with Gate() as gate:
        for method, path, body, op, fields in rows:
            gate.request(method, path, body, token="flt_abc")
            asked = gate.engine.asked[-1]
            assert asked.op == op, (path, asked.op, gate.request(method, path, body))
            assert asked.token == "flt_abc" and asked.fields[15] == 10000
            for number, value in fields.items():
                assert asked.fields.get(number) == value, (path, number, asked.fields)
            if method != "GET":
                gate.request(method, path, body, headers={"Idempotency-Key": "k-1"})
                assert gate.engine.asked[-1].fields[3] == "k-1"
            found = gate.request(method, path, body, token=None)
            assert found.status == 401 and found.json["error"]["exit"] == 4, (path, found)
            assert found.headers["WWW-Authenticate"] == 'Bearer realm="firstline"'


def test_requests_are_read_strictly():
    rows = [
        ("GET", "/v1/incidents?stat=open", None, 400, "'stat'"),
        ("GET", "/v1/incidents?limit=1&limit=2", None, 400, "'limit'"),
        ("GET", "/v1/incidents?limit=x", None, 400, "'limit'"),
        ("GET", "/v1/incidents?limit=1001", None, 400, "'limit' is a number from 1 to 1000"),
        ("GET", "/v1/incidents?limit=0", None, 400, "'limit' is a number from 1 to 1000"),
        ("GET", "/v1/journal?limit=0", None, 400, "'limit' is a number from 1 to 1000"),
        ("GET", "/v1/journal?cursor=-1", None, 400, "'cursor' is a number from 0 to 18446744073709551615"),
        ("GET", "/v1/incidents?state=sleeping", None, 400, "sleeping"),
        ("GET", "/v1/on-call?at=soon", None, 400, "'at'"),
        ("GET", "/v1/on-call/shifts?to=soon", None, 400, "'to'"),
        ("GET", "/v1/handoffs/3?format=pdf", None, 400, "markdown"),
        ("GET", "/v1/incidents/0", None, 404, "not found"),
        ("GET", "/v1/incidents/x", None, 404, "not found"),
        ("GET", "/v1/incidents/99999999999", None, 404, "99999999999"),
        ("GET", "/v1/nope", None, 404, "not found"),
        ("GET", "/v1/incidents/1/notes", None, 405, "POST"),
        ("POST", "/v1/incidents/1/notes", "{}", 400, "'text' is missing"),
        ("POST", "/v1/incidents/1/notes", '{"text":"a","txet":"b"}', 400, "'txet'"),
        ("POST", "/v1/incidents/1/notes", '{"text":"a","text":"b"}', 400, "twice"),
        ("POST", "/v1/incidents/1/notes", '{"text":7}', 400, "at byte 8"),
        ("POST", "/v1/incidents/1/notes", '{"text":"a"} x', 400, "byte"),
        ("POST", "/v1/incidents/1/notes", '["a"]', 400, "expected an object"),
        ("POST", "/v1/incidents/1/run", "{}", 400, "'runbook' or an 'action'"),
        ("POST", "/v1/incidents/1/run", '{"runbook":"a","action":"b"}', 400, "not both"),
        ("POST", "/v1/incidents/1/run", '{"action":"a","with":{"x":"1","x":"2"}}', 400, "twice"),
        ("POST", "/v1/incidents/1/run", '{"action":"a","with":{"x":[]}}', 400, "expected"),
        ("POST", "/v1/attempts/1/settle", '{"happened":"maybe"}', 400, "yes"),
        ("POST", "/v1/tokens", '{"name":"p","principal":"x","role":"source","until":"soon"}',
         400, "'until'"),
        ("POST", "/v1/reload", '{"x":1}', 400, "'x'"),
        ("GET", "/v1/asked?state=over", None, 400, "open or all"),
        ("GET", "/v1/leases?service=web", None, 400, "'service'"),
        ("POST", "/v1/asked/0/approve", "{}", 404, "not found"),
        ("POST", "/v1/asked/1/approve", '{"digest":"ab"}', 400, "64 hex"),
        ("POST", "/v1/services/web/break-glass", '{"for":"30m"}', 400, "'why' is missing"),
        ("POST", "/v1/services/web/break-glass", '{"why":"x"}', 400, "'for' is missing"),
        ("POST", "/v1/services/web/hands-on", '{"for":"5x"}', 400, "length of time"),
        ("POST", "/v1/services//hands-on", "{}", 404, "not found"),
        ("POST", "/v1/leases/7/review", "{}", 400, "'text' is missing"),
        ("POST", "/v1/may", '{"action":"a","targets":0}', 400, "1 to 1024"),
        ("POST", "/v1/may", '{"action":"a","at":"soon"}', 400, "'at'"),
        ("POST", "/v1/may", '{"action":"a","behalf":[1]}', 400, "string"),
        ("POST", "/v1/who-can", '{"action":"a"}', 400, "'service' is missing"),
        ("POST", "/v1/what-can", '{"service":"a","action":"b"}', 400, "'action'"),
        ("POST", "/v1/incidents/1/notes", '{"text":"' + "x" * 300_000 + '"}', 413, "at most"),
    ]
    with Gate() as gate:
        for method, path, body, status, text in rows:
            found = gate.request(method, path, body)
            assert found.status == status and text in message(found), (path, body and body[:50], found)
        found = gate.request("POST", "/v1/resume", "{}", headers={"Content-Type": "text/plain"})
        assert found.status == 415 and "json" in message(found)
        found = gate.request("POST", "/v1/resume", "{}", headers={"Idempotency-Key": "k" * 300})
        assert found.status == 400
        found = gate.request("GET", "/v1/status", token=None,
                             headers={"Authorization": "Bearer " + "x" * 600})
        assert found.status == 401
        assert not gate.engine.asked


def test_answers_as_json():
    def on(asked):
        return answers[asked.op]

    row = {1: 3, 2: 12, 3: 1, 4: 2, 5: "web-dev", 6: "title", 8: "why", 9: "# The case\n"}
    answers = {
        "incidents": answer(items=[g.incident(1), g.incident(2, "db", 6)], cursor=2, seq=9),
        "incident": [
            answer(items=[g.incident(1), g.timeline(4, "opened")], more=True),
            answer(items=[g.timeline(5, "a note"), g.item("decision", 0, {1: 8}),
                          g.item("handoff", 0, row)])],
        "why": [answer(items=[g.item(0, 7, {1: "scale", 2: "scale", 4: 1})], more=True),
                answer(items=[g.incident(1), g.item("attempt", 0, {1: 7})])],
        "command": answer(202, items=[g.incident(1)]),
        "may": answer(items=[g.item("decision", 0, {1: 8})], exit=5),
        "status": answer(items=[g.item(0, 1, {1: "0.1.0", 3: 7})]),
        "token-add": answer(201, items=[g.item("token", 0, {1: 5, 2: "p"}),
                                        g.item(0, 6, {1: 5, 2: "p", 3: "flt_secret"})]),
        "who": answer(items=[g.item("token", 0, {4: "person:ana", 5: 2})]),
        "handoff": answer(items=[g.item("handoff", 0, row)]),
        "handoffs": answer(items=[g.item("handoff", 0, row)]),
        "journal": answer(items=[g.item(0, 5, {1: 4, 3: b"abc"})], cursor=4),
        "asked": answer(items=[g.item("asked", 0, {1: 17, 4: 2})], cursor=17),
        "asked-one": [answer(items=[g.item("asked", 0, {1: 17, 4: 2, 15: {2: ["n", "12"]}})], more=True),
                      answer(items=[g.item("decision", 0, {1: 8, 14: 2})])],
        "who-can": {**answer(items=[g.item(0, 9, {1: "person:ana", 2: 1, 3: "t"})]), 9: "as of then"},
    }
    with Gate(on) as gate:
        found = gate.request("GET", "/v1/incidents").json
        assert [i["service"] for i in found["items"]] == ["web", "db"]
        assert found["cursor"] == "2" and found["seq"] == 9
        assert found["items"][1]["state"] == "closed"
        only = gate.request("GET", "/v1/incidents?state=closed").json["items"]
        assert [i["id"] for i in only] == [2], "what the store does not filter is filtered here"
        whole = gate.request("GET", "/v1/incidents/1")
        found = whole.json
        assert list(found) == ["incident", "timeline", "runs", "attempts", "decisions",
                               "asked", "notices", "handoffs"], list(found)
        assert [t["text"] for t in found["timeline"]] == ["opened", "a note"]
        assert found["runs"] == [] and len(found["decisions"]) == 1
        assert found["handoffs"][0]["case_file"] == "# The case\n"
        same = gate.request("GET", "/v1/incidents/1",
                            headers={"If-None-Match": f'"x", {whole.headers["ETag"]}'})
        assert same.status == 304 and same.body == b"" and same.headers["ETag"]
        found = gate.request("GET", "/v1/incidents/1/why").json
        assert found["can"][0]["action"] == "scale" and found["attempts"][0]["id"] == 7
        found = gate.request("POST", "/v1/incidents/1/run", '{"runbook":"x"}')
        assert found.status == 202 and found.json["incident"]["id"] == 1
        found = gate.request("POST", "/v1/may", '{"action":"x"}').json
        assert found["exit"] == 5 and found["decision"]["id"] == 8
        answers["may"] = {**answers["may"], 9: 'as of "then"'}
        assert gate.request("POST", "/v1/may", '{"action":"x"}').json["note"] == 'as of "then"'
        found = gate.request("POST", "/v1/who-can", '{"action":"x","service":"y"}').json
        assert found["items"] == [{"principal": "person:ana", "verdict": "allow", "text": "t"}], found
        assert found["note"] == "as of then" and found["cursor"] is None
        found = gate.request("GET", "/v1/asked").json
        assert found["items"][0]["state"] == "approval" and found["cursor"] == "17", found
        found = gate.request("GET", "/v1/asked/17").json
        assert found["asked"]["given"]["observed"] == {"n": "12"}, found
        assert found["decision"]["verdict"] == "allow-after-approval", found
        answers["asked-one"] = answer(items=[g.item("asked", 0, {1: 17, 4: 1})])
        assert gate.request("GET", "/v1/asked/17").json["decision"] is None
        assert gate.request("GET", "/v1/status").json["version"] == "0.1.0"
        found = gate.request("POST", "/v1/tokens",
                             '{"name":"p","principal":"x","role":"source"}')
        assert found.status == 201 and found.json["secret"] == "flt_secret"
        assert gate.request("GET", "/v1/whoami").json == {"principal": "person:ana",
                                                           "role": "operator"}
        assert gate.request("GET", "/v1/handoffs/3").json["title"] == "title"
        found = gate.request("GET", "/v1/handoffs/3?format=markdown")
        assert found.body == b"# The case\n"
        assert found.headers["Content-Type"] == "text/markdown; charset=utf-8"
        assert gate.request("GET", "/v1/handoffs").json["items"][0]["case_file"] == ""
        assert gate.request("GET", "/v1/journal").json["items"][0]["bytes"] == "YWJj"
        answers["incident"] = [answer(items=[g.timeline(4, "x")], more=True),
                               answer(404, error="no such incident", exit=3)]
        found = gate.request("GET", "/v1/incidents/1")
        assert found.status == 404 and found.json["error"]["exit"] == 3
        answers["incident"] = answer(items=[{1: 1, 2: 0, 3: b"\xff"}])
        assert gate.request("GET", "/v1/incidents/1").status == 500


def test_the_next_part_of_an_incident_is_asked_for_when_the_last_was_read():
    parts = {0: answer(items=[g.incident(12), *(g.timeline(i + 1, "x" * 8000) for i in range(2000))], cursor=7),
             7: answer(items=[g.timeline(3000, "small")], cursor=1 << 56 | 9),
             1 << 56 | 9: answer(items=[g.item("attempt", 0, {1: 5})])}
    with Gate(lambda asked: parts[asked.fields.get(6, 0)]) as gate:
        with gate.connect() as slow:
            slow.sendall(b"GET /v1/incidents/11 HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer t\r\n\r\n")
            wait_until(lambda: gate.engine.asked, message="the first part is asked for")
            time.sleep(0.5)
            assert len(gate.engine.asked) == 1, "nobody has read it"
        found = gate.request("GET", "/v1/incidents/12")
        asked = [asked for asked in gate.engine.asked if asked.fields[4] != 11]
        assert [a.fields.get(6, 0) for a in asked] == list(parts)
        assert {(a.op, a.token, a.fields[4]) for a in asked} == {("incident", "t", 12)}
        assert len(found.json["timeline"]) == 2001 and found.json["attempts"][0]["id"] == 5
        assert found.json["runs"] == [] and found.json["handoffs"] == []
        # A part too small to be streamed is not answered before the next is there.
        parts[0] = answer(items=[g.incident(12)], cursor=7)
        found = gate.request("GET", "/v1/incidents/12")
        assert len(found.json["timeline"]) == 1 and "ETag" in found.headers
        # Where the engine goes between two parts, the answer does not look whole.
        parts[0] = answer(items=[g.timeline(i + 1, "x" * 8000) for i in range(2000)], cursor=7)
        parts[7] = answer(503, error="starting")
        try:
            found = gate.request("GET", "/v1/incidents/12")
            assert False, found
        except http.client.IncompleteRead:
            pass


def test_an_answer_that_goes_wrong_behind_its_beginning_is_broken_off():
    """Both frames come at once: the answer is begun, but nothing of it is sent yet."""
    begun = answer(items=[g.timeline(i + 2, "x" * 1000) for i in range(400)], more=True)
    for then in (answer(500, error="the store is damaged"), answer(items=[{1: 1, 2: 0, 3: b"\xff"}])):
        with Gate(lambda asked: [begun, then]) as gate:
            try:
                found = gate.request("GET", "/v1/incidents/1")
                assert False, found.status
            except (http.client.HTTPException, OSError):
                pass
            assert gate.request("GET", "/-/healthy").status == 200, "the gate lives on"


def test_an_incident_of_any_length_is_streamed():
    frames = [answer(items=[g.incident(1)], more=True)]
    frames += [answer(items=[g.timeline(i * 500 + k + 2, "x" * 100) for k in range(500)],
                      more=True) for i in range(20)]
    with Gate(lambda asked: frames + [answer()]) as gate:
        found = gate.request("GET", "/v1/incidents/1")
        assert found.status == 200 and "ETag" not in found.headers
        assert len(found.json["timeline"]) == 10_000 and found.json["handoffs"] == []


def test_security_headers_everywhere():
    with Gate() as gate:
        for method, path in [("GET", "/-/healthy"), ("GET", "/-/ready"), ("GET", "/metrics"),
                             ("GET", "/api/v2/alerts"), ("GET", "/api/v2/x"), ("GET", "/v1/status"),
                             ("POST", "/api/v2/alerts"), ("DELETE", "/v1/status"), ("GET", "/"),
                             ("GET", "/alerts")]:
            body = "[]" if method == "POST" else None
            found = gate.request(method, path, body).headers
            assert "frame-ancestors 'none'" in found["Content-Security-Policy"], path
            assert found["X-Content-Type-Options"] == "nosniff" and found["X-Frame-Options"] == "DENY"
            kind = r"application/json|(text/html|text/plain|application/openmetrics-text; version=1.0.0); charset=utf-8"
            assert found["Content-Length"] == "0" or re.fullmatch(kind, found["Content-Type"]), (path, found)
            assert "Server" not in found, "who answers is nobody's business"
            assert found["Referrer-Policy"] == "no-referrer"
            assert found["Cross-Origin-Opener-Policy"] == "same-origin"
            # The board tells what is open; a page that scripts fill tells nothing.
            assert found["Cache-Control"] == ("no-cache" if path == "/alerts" else "no-store"), (path, found)
            cors = found.get("Access-Control-Allow-Origin")
            assert cors == ("*" if (method, path) == ("GET", "/api/v2/alerts") else None), path


# ---- health, metrics, the end ----

def test_ready_means_that_alerts_would_be_taken():
    with Gate() as gate:
        for status, want in ((200, 200), (401, 200), (403, 200), (507, 503), (503, 503)):
            gate.engine.on = lambda asked, s=status: answer(s, error="no room")
            found = gate.request("GET", "/-/ready", token=None)
            assert found.status == want, (status, found)
        assert gate.engine.asked[-1].wire == b""
        assert abs(gate.engine.asked[-1].read_wall / 1000 - time.time()) < 60
        assert abs(gate.engine.asked[-1].read_boot / 1000 - time.clock_gettime(time.CLOCK_BOOTTIME)) < 60


def test_metrics_are_openmetrics():
    def on(asked):
        if asked.op == "metrics":
            return answer(items=[g.item(0, 2, {1: "commits", 2: 'a "b"', 3: True, 5: 7}),
                                 g.item(0, 2, {1: "up", 2: "x", 4: ["role", "ha\"nds"], 5: 1})])
        return answer()
    with Gate(on) as gate:
        post(gate, ONE)
        found = gate.request("GET", "/metrics")
        assert found.headers["Content-Type"].startswith("application/openmetrics-text")
        text = found.body.decode()
        assert text.endswith("# EOF\n") and text.count("# EOF") == 1
        assert "# TYPE firstline_commits counter\n" in text
        assert "firstline_commits_total 7\n" in text
        assert '# HELP firstline_commits a \\"b\\"\n' in text
        assert 'firstline_up{role="ha\\"nds"} 1\n' in text
        assert "firstline_gate_alerts_accepted_total 1\n" in text
        seen, family = set(), None
        for line in text.splitlines()[:-1]:
            if line.startswith("# TYPE "):
                family = line.split()[2]
                assert family not in seen, f"{family} twice"
                seen.add(family)
            elif not line.startswith("#"):
                assert line.startswith(family), (family, line)
                assert re.fullmatch(r'[a-z_]+(\{[^}]*\})? [0-9.]+', line), line


def test_stop_answers_what_is_in_flight():
    with Gate(lambda asked: None) as gate:
        idle = gate.connect()
        waiting = in_thread(lambda: post(gate, ONE))
        wait_until(lambda: gate.engine.asked, 5)
        gate.stop()
        time.sleep(0.2)
        assert gate.child.poll() is None
        assert idle.recv(10) == b"", "an idle connection is closed"
        gate.engine.send(g.ANSWER, gate.engine.asked[0].id, answer())
        assert waiting().status == 200
        gate.child.wait(3)
        assert gate.child.returncode == 0


def test_it_ends_with_its_supervisor():
    with Gate() as gate:
        gate.sock.shutdown(socket.SHUT_RDWR)
        gate.child.wait(3)


# ---- events ----

class Stream:
    """A reader of server-sent events."""

    def __init__(self, gate, last=None, token="t"):
        self.sock = gate.connect()
        head = f"GET /v1/events HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {token}\r\n"
        if last is not None:
            head += f"Last-Event-ID: {last}\r\n"
        self.sock.sendall((head + "\r\n").encode())
        self.text = b""
        self.ended = False

    def read(self, until, timeout=5):
        """All events so far, once `until(events)` holds."""
        end = time.monotonic() + timeout
        while not until(self.events()):
            self.sock.settimeout(max(0.01, end - time.monotonic()))
            try:
                piece = self.sock.recv(1 << 20)
            except TimeoutError:
                raise AssertionError(f"not in time: {self.text[-500:]}") from None
            self.text += piece
            if not piece or self.text.endswith(b"\r\n0\r\n\r\n"):
                self.ended = True
                break
        return self.events()

    def body(self):
        head, _, rest = self.text.partition(b"\r\n\r\n")
        out = b""
        while rest:
            size, _, rest = rest.partition(b"\r\n")
            try:
                n = int(size, 16)
            except ValueError:
                break
            out, rest = out + rest[:n], rest[n + 2:]
        return out.decode(errors="replace")

    def events(self):
        found = []
        for block in self.body().split("\n\n")[:-1]:
            lines = dict(line.split(": ", 1) for line in block.split("\n") if not
                         line.startswith(":"))
            if "data" in lines:
                found.append((lines["event"], json.loads(lines["data"]), lines.get("id")))
        return found


def on_events(asked):
    """Head of the journal is 10; entries 1 to 10 have a timeline row each."""
    if asked.op == "who":
        return answer(items=[g.item("token", 0, {4: "person:ana", 5: 2})], seq=10)
    if asked.op == "events":
        frames = [answer(items=[g.timeline(i, f"old {i}")], seq=i, more=True)
                  for i in range(asked.fields.get(6, 0) + 1, 11)]
        return frames + [answer(seq=10)]
    return answer()


def test_events_live():
    with Gate(on_events) as gate:
        stream = Stream(gate)
        stream.read(lambda e: "retry" in stream.body())
        assert b"Content-Type: text/event-stream" in stream.text
        gate.engine.publish(11, g.incident(1), g.timeline(20, "opened"))
        gate.engine.publish(12, g.incident(1, state=2))
        events = stream.read(lambda e: len(e) == 3)
        assert [(e[0], e[2]) for e in events] == [("incident", None), ("timeline", "11"),
                                                  ("incident", "12")]
        assert events[2][1]["state"] == "acting"
        assert gate.metric("firstline_gate_streams") == 1
        stream.sock.close()


def test_events_resume():
    with Gate(on_events) as gate:
        first = Stream(gate)
        first.read(lambda e: "retry" in first.body())
        for seq in range(11, 16):
            gate.engine.publish(seq, g.timeline(seq, f"new {seq}"))
        first.read(lambda e: len(e) == 5)
        asked = len(gate.engine.requests("events"))
        again = Stream(gate, last=13)
        assert [e[2] for e in again.read(lambda e: len(e) == 2)] == ["14", "15"]
        assert len(gate.engine.requests("events")) == asked, "from memory"
        older = Stream(gate, last=7)
        ids = [e[2] for e in older.read(lambda e: len(e) == 8)]
        assert ids == ["8", "9", "10", "11", "12", "13", "14", "15"], ids
        assert gate.engine.requests("events")[-1].fields[6] == 7
        gate.engine.publish(16, g.timeline(16, "for all"))
        for stream in (first, again, older):
            assert stream.read(lambda e: e and e[-1][2] == "16")


def test_events_that_nobody_hears_are_asked_of_the_engine():
    with Gate(on_events) as gate:
        gate.engine.publish(10, g.timeline(10, "unheard"))
        assert gate.metric("firstline_gate_events_total") == 0
        late = Stream(gate, last=9)
        assert [e[1]["text"] for e in late.read(lambda e: len(e) == 1)] == ["old 10"]
        assert gate.engine.requests("events")[-1].fields[6] == 9
        gate.engine.publish(11, g.timeline(11, "heard"))
        late.read(lambda e: len(e) == 2)
        late.sock.close()
        seq = 11
        while gate.metric("firstline_gate_streams") > 0:  # it is noticed when something is written
            seq += 1
            gate.engine.publish(seq, g.timeline(seq, "to nobody"))
        gate.engine.publish(seq + 1, g.timeline(seq + 1, "for who comes back"))
        asked = len(gate.engine.requests("events"))
        heard = Stream(gate, last=10).read(lambda e: len(e) == seq - 9)
        assert [e[2] for e in heard] == [str(n) for n in range(11, seq + 2)]
        assert len(gate.engine.requests("events")) == asked, "from memory"


def test_events_over_the_death_of_an_engine():
    with Gate(on_events) as gate:
        stream = Stream(gate)
        stream.read(lambda e: "retry" in stream.body())
        gate.engine.publish(11, g.timeline(11, "before"))
        stream.read(lambda e: len(e) == 1)
        gate.engine.die()

        def later(asked):
            if asked.op == "events":
                assert asked.fields[6] == 11, asked.fields
                return [answer(items=[g.timeline(12, "unpublished")], seq=12, more=True),
                        answer(seq=12)]
            return answer()

        engine = gate.new_engine(later)
        stream.read(lambda e: len(e) == 2)
        engine.publish(13, g.timeline(13, "after"))
        events = stream.read(lambda e: len(e) == 3)
        assert [e[1]["text"] for e in events] == ["before", "unpublished", "after"]
        engine.die()
        gate.new_engine(lambda asked: answer(403, error="revoked"))
        stream.read(lambda e: stream.ended)
        assert "no longer accepted" in stream.body()


def test_events_need_a_token_and_a_number():
    with Gate(lambda asked: answer(403, error="no", exit=4)) as gate:
        assert gate.request("GET", "/v1/events", token=None).status == 401
        assert gate.request("GET", "/v1/events").status == 403
        assert gate.request("GET", "/v1/events", headers={"Last-Event-ID": "x"}).status == 400


def test_a_slow_reader_of_events_is_cut():
    with Gate(on_events) as gate:
        slow, quick = Stream(gate), Stream(gate)
        for stream in (slow, quick):
            stream.read(lambda e: "retry" in stream.body())
        before = gate.memory()
        done = threading.Event()

        def read_all():
            while not done.is_set():
                quick.sock.settimeout(0.2)
                try:
                    quick.text = quick.sock.recv(1 << 20)[-4000:]
                except TimeoutError:
                    pass

        thread = threading.Thread(target=read_all, daemon=True)
        thread.start()
        text = "x" * 60_000
        for seq in range(11, 700):
            gate.engine.publish(seq, g.timeline(seq, text))
        wait_until(lambda: b"id: 699\n" in quick.text, 10)
        done.set()
        thread.join()
        slow.read(lambda e: slow.ended, 10)
        assert "too slow" in slow.body()[-200:], slow.body()[-200:]
        assert gate.memory() - before < 64 << 20, gate.memory() - before


def test_a_thousand_streams():
    with Gate(on_events) as gate:
        streams = [Stream(gate) for _ in range(1000)]
        for stream in streams:
            stream.read(lambda e: "retry" in stream.body())
        assert gate.request("GET", "/v1/events").status == 503
        for seq in range(11, 21):
            gate.engine.publish(seq, g.timeline(seq, "to all"))
        for stream in streams:
            assert [e[2] for e in stream.read(lambda e: len(e) == 10)][-1] == "20"
        for stream in streams:
            stream.sock.close()
        for seq in range(21, 24):
            gate.engine.publish(seq, g.timeline(seq, "to nobody"))
            time.sleep(0.05)
        wait_until(lambda: Stream(gate).read(lambda e: True, 1) is not None, 5)


if __name__ == "__main__":
    run_all(sys.modules[__name__])
