"""The whole path with real peers: Prometheus scrapes nginx through the blackbox exporter,
nginx dies, Firstline restarts it, verifies, tells the people on duty, and closes."""
# first: it waits for real verifications
import contextlib
import os
import pathlib
import signal
import sys
import time
import urllib.request

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent))
from support.harness import (Firstline, Scratch, SmtpSink, WebhookSink, free_port, run_all,
                             wait_until)

SECRET = "whsec_" + "c3BpbmUtdGVzdC1zZWNyZXQtb2YtMzItYnl0ZXMhIQ=="


class Production:
    """nginx, its exporter and a Prometheus that alerts Firstline."""

    def __init__(self, scratch, breakable):
        self.scratch = scratch
        self.nginx_port = free_port()
        self.exporter_port = free_port()
        self.prometheus_port = free_port()
        self.conf = scratch.dir / "nginx.conf"
        self.pid_file = scratch.dir / "nginx.pid"
        self.write_conf()
        # A production where a restart cannot help: the start script breaks the service.
        body = "exit 0" if breakable else f'exec /usr/sbin/nginx -c "{self.conf}"'
        self.script = scratch.file("restart-nginx", "#!/bin/sh\n" + body + "\n", 0o755)

    def write_conf(self):
        self.scratch.file("nginx.conf", f"""
pid {self.pid_file};
error_log {self.scratch.dir}/nginx-error.log;
events {{ worker_connections 64; }}
http {{
  access_log off;
  client_body_temp_path {self.scratch.dir}/body; proxy_temp_path {self.scratch.dir}/proxy;
  fastcgi_temp_path {self.scratch.dir}/fcgi; uwsgi_temp_path {self.scratch.dir}/uwsgi;
  scgi_temp_path {self.scratch.dir}/scgi;
  server {{ listen 127.0.0.1:{self.nginx_port}; location / {{ return 200 "hello\\n"; }} }}
}}
""")

    def start_nginx(self):
        os.spawnv(os.P_WAIT, "/usr/sbin/nginx", ["nginx", "-c", str(self.conf)])
        wait_until(self.up, message="nginx answers")
        self.scratch.stack.callback(self.kill_nginx)

    def up(self):
        with contextlib.suppress(OSError):
            url = f"http://127.0.0.1:{self.nginx_port}/"
            return urllib.request.urlopen(url, timeout=1).status == 200
        return False

    def kill_nginx(self):
        """The master and its workers: those whose parent it is."""
        from support.harness import children
        with contextlib.suppress(OSError, ValueError):
            pid = int(self.pid_file.read_text())
            workers = list(children(pid))
            os.kill(pid, signal.SIGKILL)
            for worker in workers:
                with contextlib.suppress(ProcessLookupError):
                    os.kill(worker, signal.SIGKILL)

    def start_monitoring(self, firstline_port, token):
        s = self.scratch
        s.file("blackbox.yml", "modules:\n  http: {prober: http, timeout: 1s}\n")
        s.file("rules.yml", f"""
groups:
- name: web
  interval: 1s
  rules:
  - alert: WebDown
    expr: probe_success{{job="web"}} == 0
    for: 1s
    labels: {{severity: critical}}
    annotations: {{summary: "the web server does not answer"}}
""")
        s.file("token", token, 0o600)
        s.file("prometheus.yml", f"""
global: {{scrape_interval: 1s, evaluation_interval: 1s}}
rule_files: [rules.yml]
alerting:
  alertmanagers:
  - authorization: {{credentials_file: {s.dir}/token}}
    static_configs: [{{targets: ['127.0.0.1:{firstline_port}']}}]
scrape_configs:
- job_name: web
  metrics_path: /probe
  params: {{module: [http], target: ['http://127.0.0.1:{self.nginx_port}/']}}
  static_configs: [{{targets: ['127.0.0.1:{self.exporter_port}']}}]
""")
        s.start("prometheus-blackbox-exporter", f"--config.file={s.dir}/blackbox.yml",
                f"--web.listen-address=127.0.0.1:{self.exporter_port}")
        s.start("prometheus", f"--config.file={s.dir}/prometheus.yml",
                f"--storage.tsdb.path={s.dir}/tsdb",
                f"--web.listen-address=127.0.0.1:{self.prometheus_port}",
                "--rules.alert.resend-delay=2s", cwd=s.dir)


def configuration(scratch, production, smtp, hook):
    secret = scratch.file("hook.secret", SECRET, 0o600)
    scratch.file("config/production.yaml", f"""
listen: 127.0.0.1:0
prometheus: http://127.0.0.1:{production.prometheus_port}
fallback: web-ops
channels:
  email: {{smtp: "smtp://127.0.0.1:{smtp.port}", from: firstline@example.com, digest: never}}
  ops-hook: {{webhook: "{hook.url}", secret: "file:{secret}", digest: never}}
people:
  ana: {{name: Ana Souza, email: ana@example.com, zone: Europe/Lisbon, reach: [email]}}
teams:
  web-ops:
    kind: operations
    on_call:
      zone: Europe/Lisbon
      rotations:
        - {{name: primary, people: [ana], every: 1 week, handover: "Mon 09:00"}}
      escalate: [{{to: primary}}]
    notify: [ops-hook]
  web-dev: {{kind: development}}
services:
  web:
    owner: web-ops
    developers: web-dev
    tier: 1
    journeys: [browse]
hosts:
  web-1: {{service: web, role: web}}
alerts:
  - {{match: {{alertname: WebDown}}, service: web}}
actions:
  restart-nginx:
    verb: restart
    run: ["{production.script}"]
    timeout: 20s
    repeat: safe
authority:
  - grant: automation restarts web
    to: [automation, on-duty: web-ops]
    may: [restart]
    on: {{service: [web]}}
    within: {{per_service: 3 in 1h, at_once: 1}}
    while: incident
    until: 2030-01-01
    owner: ana
""")
    scratch.file("config/runbooks/web-down.md", f"""---
runbook: web-down
service: web
answers: [{{alertname: WebDown}}]
ceiling: auto
---
# The web server does not answer

## Is it really this?

```check down
promql: 'probe_success{{job="web"}}'
expect: "== 0"
every: 1s
within: 20s
```

## Put it right

```action restart
do: restart-nginx
targets: {{service: web, role: web}}
```

## Did it work?

```verify answers
http: http://127.0.0.1:{production.nginx_port}/
expect: "status == 200"
for: 2s
every: 1s
within: 8s
otherwise: broken
```

```handoff broken
class: investigation
because: a restart does not bring it back
ask: find out why it does not start
attach: [alerts, attempts, timeline]
```
""")
    return scratch.dir / "config"


def begin(scratch, breakable):
    smtp = SmtpSink(scratch)
    hook = WebhookSink(scratch, SECRET)
    production = Production(scratch, breakable)
    firstline = Firstline(scratch, configuration(scratch, production, smtp, hook)).start()
    made = firstline.cli("token", "add", "prometheus", "--role", "source", "--json", check=True)
    import json
    token = json.loads(made.stdout)["secret"]
    production.start_nginx()
    production.start_monitoring(firstline.port, token)
    up = f"http://127.0.0.1:{production.prometheus_port}/api/v1/query?query=probe_success"
    wait_until(lambda: b'"1"]' in get(up), 30, 0.2, "Prometheus sees nginx up")
    return smtp, hook, production, firstline


def get(url):
    with contextlib.suppress(OSError):
        return urllib.request.urlopen(url, timeout=2).read()
    return b""


def texts(whole):
    return [row["text"] for row in whole["timeline"]]


def test_a_dead_service_is_restarted_verified_and_closed_without_a_person():
    with Scratch("spine") as scratch:
        smtp, hook, production, firstline = begin(scratch, breakable=False)
        production.kill_nginx()
        incident = firstline.wait_incident(lambda row: row["state"] == "recovered", 60,
                                           "the incident recovers")
        assert production.up()
        assert incident["severity"] == "sev1", incident
        assert incident["owner"] == "web-ops" and "browse" in incident["impact"], incident
        closed = firstline.wait_incident(lambda row: row["state"] == "closed", 150,
                                         "the incident closes")
        assert closed["end"] == "verified" and not closed["acknowledged"], closed

        whole = firstline.incident(closed["id"])
        assert [a["state"] for a in whole["attempts"]] == ["exited"], whole["attempts"]
        decision = whole["decisions"][0]
        assert decision["verdict"] == "allow", decision
        reason = decision["reasons"][0]
        assert reason["file"].endswith("production.yaml") and reason["line"] > 0, reason
        kinds = {row["kind"] for row in whole["timeline"]}
        assert {"opened", "runbook", "check", "decision", "attempt", "notice", "state"} <= kinds, kinds

        wait_until(lambda: len(smtp.messages) >= 2, message="two mails")
        first, last = smtp.parsed()[0], smtp.parsed()[-1]
        assert first["To"] == "ana@example.com" and "web" in first["Subject"]
        for word in ("browse", "sev1", "web-ops", "web-down", "firstline incident"):
            assert word in first.get_content(), (word, first.get_content())
        assert "ecovered" in last.get_content() or "ecovered" in last["Subject"], last
        assert last["References"], "the end is in the thread of the beginning"
        assert hook.bad_signatures == 0 and "incident.opened" in hook.types(), hook.types()
        assert hook.types()[-1] == "incident.ended", hook.types()

        shown = firstline.cli("why", closed["id"], check=True).stdout
        assert "automation restarts web" in shown and "production.yaml:" in shown, shown
        firstline.stop()
        verified = firstline.cli("journal", "verify", "--replay", "--state", firstline.state)
        assert verified.returncode == 0, verified.stdout + verified.stderr



if __name__ == "__main__":
    run_all(sys.modules[__name__])
