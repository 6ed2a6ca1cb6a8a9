"""/v1/openapi.json: real answers are what it says they are."""
import json
import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent))
from support.harness import ROOT, Firstline, Scratch, WebhookSink, run_all
from test_access import configuration

API = json.loads((ROOT / "docs/openapi.json").read_text())
KINDS = {"string": str, "boolean": bool, "object": dict, "array": list, "null": type(None), "integer": int}


def faults(schema, value, place="answer"):
    if "$ref" in schema:
        return faults(API["components"]["schemas"][schema["$ref"].split("/")[-1]], value, place)
    if "oneOf" in schema:
        tries = [faults(one, value, place) for one in schema["oneOf"]]
        return [] if [] in tries else tries[0]
    kinds = schema.get("type", [])
    kinds = [kinds] if isinstance(kinds, str) else kinds
    if kinds and not any(isinstance(value, KINDS[k]) and not (k == "integer" and isinstance(value, bool)) for k in kinds):
        return [f"{place}: {value!r} is no {kinds}"]
    if "enum" in schema and value not in schema["enum"]:
        return [f"{place}: {value!r} is none of {schema['enum']}"]
    out = []
    if isinstance(value, dict):
        known = schema.get("properties", {})
        out += [f"{place}: lacks {n}" for n in schema.get("required", []) if n not in value]
        for name, member in value.items():
            more = schema.get("additionalProperties", True)
            if name in known:
                out += faults(known[name], member, f"{place}.{name}")
            elif more is False:
                out.append(f"{place}: {name} is not in it")
            elif isinstance(more, dict):
                out += faults(more, member, f"{place}.{name}")
    if isinstance(value, list):
        for i, item in enumerate(value):
            out += faults(schema.get("items", {}), item, f"{place}[{i}]")
    return out


def test_real_answers_are_as_described():
    with Scratch("openapi") as scratch:
        firstline = Firstline(scratch, configuration(scratch, WebhookSink(scratch), action="exit 0")).start()
        served = json.loads(firstline.request("GET", "/v1/openapi.json").body)
        assert served == API, "the server serves another description"
        assert firstline.fire({"alertname": "Down", "service": "s0"}).status == 200
        assert firstline.fire({"alertname": "Other", "service": "s0"}).status == 200
        firstline.wait_incident(lambda r: r["state"] in ("recovered", "closed"), 40)
        firstline.post("/v1/incidents/1/notes", {"text": "x"})
        firstline.post("/v1/services/s0/hands-on", {"for": "10m"})
        looked, wrong = 0, []
        for path, operations in API["paths"].items():
            real = path.replace("{number}", "1").replace("{name}", "s0-down" if "runbooks" in path else "s0")
            if "get" not in operations or path in ("/v1/events", "/v1/session"):
                continue
            answer = firstline.request("GET", real)
            assert answer.status in (200, 404), (real, answer)
            if answer.status == 404:
                continue
            looked += 1
            schema = operations["get"]["responses"]["200"]["content"]["application/json"]["schema"]
            wrong += [f"GET {real}: {f}" for f in faults(schema, json.loads(answer.body))]
        for path, body in (("/v1/may", {"action": "act", "service": "s0"}), ("/v1/who-can", {"action": "act", "service": "s0"}),
                           ("/v1/what-can", {"service": "s0", "principal": "person:ana"}), ("/v1/runbooks/s0-down/plan", {"service": "s0"}),
                           ("/v1/incidents/2/acknowledge", {}), ("/v1/stop-all", {"text": "x"}), ("/v1/resume", {}),
                           ("/v1/tokens", {"name": "t", "principal": "person:x", "role": "viewer"})):
            answer = firstline.post(path, body)
            assert answer.status in (200, 201, 202), (path, answer)
            looked += 1
            described = API["paths"][path.replace("s0-down", "{name}").replace("/2/", "/{number}/")]["post"]
            schema = described["responses"]["200"]["content"]["application/json"]["schema"]
            wrong += [f"POST {path}: {f}" for f in faults(schema, answer.json)]
        assert not wrong, "\n".join(wrong[:30])
        print(f"  {looked} answers looked at")


def test_the_manual_tells_which_lists_have_pages_and_how_requests_are_refused():
    manual = (ROOT / "docs/api.md").read_text()
    told = manual.split("Pages have\nthe lists of ")[1].split(": these take\n`limit`")[0]
    assert len(told.split(", ")) == 7, told
    licence = API["info"]["license"]
    assert licence["identifier"] == "Apache-2.0" and "url" not in licence, licence
    with Scratch("pages") as scratch:
        firstline = Firstline(scratch, configuration(scratch, WebhookSink(scratch), action="exit 0")).start()
        assert firstline.fire({"alertname": "Down", "service": "s0"}).status == 200
        firstline.wait_incident(lambda r: r["service"] == "s0")
        paged = 0
        for path, operations in API["paths"].items():
            if "get" not in operations or path in ("/v1/events", "/v1/session", "/v1/openapi.json"):
                continue
            names = {p.get("name") for p in operations["get"].get("parameters", [])}
            if "limit" in names:
                paged += 1
                assert "cursor" in names, path
                word = path.split("/")[-1] if "{" not in path and "groups" not in path else "groups" if "groups" in path else "alerts"
                assert word in told, (path, told)
            elif "{" in path:
                continue
            status = firstline.request("GET", path.replace("{number}", "1") + "?limit=1").status
            assert status == (200 if "limit" in names else 400), (path, status)
        assert paged == 10, paged
        for want, path, headers, data in ((414, "/v1/" + "a" * 9000, {}, None), (431, "/v1/status", {"X-A": "a" * 20000}, None),
                                          (431, "/v1/status", {"X-A": "a" * 80000}, None),
                                          (415, "/v1/stop-all", {"Content-Type": "text/plain"}, b"{}")):
            answer = firstline.request("POST" if data else "GET", path, data, headers=headers)
            assert answer.status == want and f"{want}" in manual.split("| Status |")[1].split("**Lists**")[0], (want, answer)
        assert firstline.request("GET", "/v1/status").status == 200


def test_errors_are_as_described():
    with Scratch("openapi-errors") as scratch:
        firstline = Firstline(scratch, configuration(scratch, WebhookSink(scratch))).start()
        for path in ("/v1/incidents/99", "/v1/services/none", "/v1/runbooks/none", "/v1/incidents?state=none", "/v1/incidents/1/alerts?limit=0"):
            answer = firstline.request("GET", path)
            assert answer.status in (400, 404), (path, answer)
            assert not faults({"$ref": "#/components/schemas/Error"}, json.loads(answer.body)), path


if __name__ == "__main__":
    run_all(sys.modules[__name__])
