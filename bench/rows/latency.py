"""From an alert that was accepted to what comes of it: an action started, a webhook received;
while nothing else happens and beside a storm.

Each alert is a trouble of its own: Firstline opens an incident, decides, commits, and its
runbook starts bench_stamp. Alertmanager's group has group_wait 0s. Times are from when the
client sends the alert, which is stricter than from its 200 (Alertmanager's webhook may come
before that), all by CLOCK_MONOTONIC."""
import time

from .common import FIRSTLINE, PULSES, Firstline, finish, say
from .table import Line

NAME = "latency"
TITLE = "From an alert to what comes of it"

STORM_RATE = 50_000
WAIT_S = 60
ALERTMANAGER = """
route:
  receiver: sink
  group_by: [service]
  group_wait: 0s
  group_interval: 5m
  routes: [{receiver: none, matchers: ['service="bench"'], group_by: [alertname]}]
receivers:
- name: none
- {name: sink, webhook_configs: [{url: 'http://127.0.0.1:{sink}/'}]}
"""
RUNBOOK = """---
runbook: pulse
answers: [{{alertname: Pulse}}]
ceiling: auto
---
# It does not answer

```action start
do: stamp
```

```verify over
run: [/bin/true]
expect: exit == 0
within: 5s
```
"""


def configuration():
    services = "".join(f"  pulse-{i:05}: {{{{owner: ops, tier: 3}}}}\n" for i in range(PULSES + 1))
    return FIRSTLINE + services + """
actions:
  stamp: {{verb: restart, run: ['{stamp}', '{stamps}', '${{target}}'], repeat: safe}}
authority:
  - {{grant: automation restarts, to: [automation], may: [restart], on: {{tier: [1, 2, 3, 4]}},
     while: incident, until: 2090-01-01, owner: ana}}
"""


def percentile(values, share):
    values = sorted(values)
    return values[min(len(values) - 1, int(len(values) * share))]


def delays_ms(begins, first, stamps):
    """From each alert's begin to its stamp; one that never came counts as the whole wait."""
    found = []
    for i, begin in enumerate(begins):
        stamp = stamps.get(f"pulse-{first + i:05}")
        found.append((stamp - begin) / 1000 if stamp else WAIT_S * 1000.0)
    return found


def pulses(server, hooks, first, n):
    """Sends n, waits until all effects are there: delays of each kind of effect."""
    effects = {"webhook": hooks}
    if server.name == "Firstline":
        effects["action"] = server.stamps
    paced = finish(server.pace(count=n, gap_us=25000, first=first))
    names = {f"pulse-{first + i:05}" for i in range(n)}
    until = time.monotonic() + WAIT_S
    while any(names - effect().keys() for effect in effects.values()):
        if time.monotonic() > until:
            say(f"{server.name}: {[len(names - e().keys()) for e in effects.values()]} effects never came")
            break
        time.sleep(0.05)
    found = {name: delays_ms(paced["sent_us"], first, effect()) for name, effect in effects.items()}
    found["after 200"] = delays_ms(paced["answered_us"], first, effects.get("action", hooks)())
    return found


def take(bench, kind, watch):
    """{"idle": ..., "storm": ...}: delays of each kind of effect, and what the storm sent."""
    n = bench.size(PULSES // 2, 10)
    config = configuration() if kind is Firstline else ALERTMANAGER
    with bench.sink() as (port, hooks), \
            bench.server(kind, config, sink=port, **{"runbooks/pulse.md": RUNBOOK}) as server:
        pulses(server, hooks, PULSES, 1)  # so that everything was used once
        with watch:
            idle = pulses(server, hooks, 0, n)
        with watch, server.storm(bench.size(8, 1), STORM_RATE) as storm:
            time.sleep(bench.size(1, 0.2))
            beside = pulses(server, hooks, PULSES // 2, n)
        return {"idle": idle, "storm": beside, "rate": storm["alerts_per_s"]}


def lines(peer, ours, when, said, goal, note):
    for share, name in ((0.5, "p50"), (0.99, "p99")):
        def figure(of, effect):
            return of.of(lambda run: percentile(run[when][effect], share))
        yield Line(f"alert sent to action started, {said}, {name}", "ms", None, figure(ours, "action"),
                   goal=goal if name == "p99" else None,
                   note=f"{figure(ours, 'after 200').median:.2f} ms from its 200{note}")
        yield Line(f"alert sent to webhook received, {said}, {name}", "ms", figure(peer, "webhook"),
                   figure(ours, "webhook"))


def measure(bench):
    peer, ours = bench.pair(lambda kind, watch: take(bench, kind, watch), runs=bench.size(3, 1))
    storm = f"; {ours.of('rate').median:,.0f}/s taken in, Alertmanager {peer.of('rate').median:,.0f}/s"
    yield from lines(peer, ours, "idle", "idle", 10, "")
    yield from lines(peer, ours, "storm", f"in a storm of {STORM_RATE:,}/s", 50, storm)
