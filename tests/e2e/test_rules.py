"""Authority as it is written: all of it, what covers a service, and the rule at a line."""
import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent))
from support.harness import Firstline, Scratch, run_all

BASE = """
fallback: ops
people:
  ana: {name: Ana, email: ana@example.com, zone: UTC, reach: [page]}
channels: {page: {webhook: "http://127.0.0.1:9/"}}
teams:
  ops:
    kind: operations
    on_call: {zone: UTC, rotations: [{name: primary, people: [ana], every: 1 week, handover: "Mon 09:00"}], escalate: [{to: primary}]}
services:
  shop: {owner: ops, tier: 1}
  search: {owner: ops, tier: 3, environment: staging}
actions:
  restart: {verb: restart, run: [/bin/true], timeout: 10s}
"""
RULES = """# who may what
authority:
  - {grant: restart what is down, to: [automation, on-duty: ops], may: [restart], on: {tier: [1]},
     within: {per_service: 3 in 1h}, until: 2035-12-31, owner: ana}

  - prohibit: nothing moves in staging   # a comment
    may: any
    on: {environment: [staging]}
    because: it is being measured
    liftable: true
  - {grant: what was, to: [person: ana], may: [restart], on: {service: [shop]}, until: 2020-01-01, owner: ana}
"""


def test_rules_are_told_as_they_are_written():
    with Scratch("rules") as scratch:
        config = scratch.dir / "config"
        (config / "rules").mkdir(parents=True)
        (config / "base.yaml").write_text(BASE)
        (config / "rules/authority.yaml").write_text(RULES)
        firstline = Firstline(scratch, config).start()
        items = firstline.get("/v1/rules")["items"]
        assert [(r["kind"], r["name"], r["line"]) for r in items] == [
            ("grant", "restart what is down", 3), ("prohibition", "nothing moves in staging", 6),
            ("grant", "what was", 11)], items
        grant, staging, over = items
        assert grant["file"] == "rules/authority.yaml" and grant["owner"] == "ana" and grant["in_force"], grant
        assert grant["to"] == ["automation", "on-duty: ops"] and grant["may"] == ["restart"], grant
        lines = RULES.split("\n")
        assert grant["text"] == "\n".join(lines[2:4]), grant["text"]
        assert staging["text"] == "\n".join(lines[5:10]) and staging["any"] and staging["liftable"], staging
        assert not over["in_force"] and over["until_wall"].startswith("2020-01-02"), over
        of = lambda query: [r["name"] for r in firstline.get("/v1/rules?" + query)["items"]]
        assert of("service=shop") == ["restart what is down", "what was"]
        assert of("service=search") == ["nothing moves in staging"]
        assert of("file=rules/authority.yaml&line=6") == ["nothing moves in staging"]
        assert of("file=rules/authority.yaml&line=7") == of("file=other.yaml") == []
        assert firstline.request("GET", "/v1/rules?service=none").status == 404
        assert firstline.request("GET", "/v1/rules?line=x").status == 400


if __name__ == "__main__":
    run_all(sys.modules[__name__])
