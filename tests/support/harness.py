"""What the end-to-end and kill tests share: a Firstline to start, kill and ask, and real
peers on loopback. Every test is a function test_*(); run_all prints "ok NAME" or
"not ok NAME" and exits 1 when any failed. Only processes started here are ever ended."""
import base64
import contextlib
import hashlib
import hmac
import http.client
import http.server
import json
import os
import pathlib
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
import traceback

BUILD = pathlib.Path(sys.argv[1] if len(sys.argv) > 1 else "build").resolve()
ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
KEEP = os.environ.get("KEEP") == "1"  # keep the folders of failed tests
SANITIZED = bool(os.environ.get("ASAN_OPTIONS"))  # as `make san-e2e` sets it
REPLAY = os.environ.get("REPLAY")  # a file: each journal of a test that passed is replayed twice, and told there


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


def wait_until(what, timeout=15.0, every=0.02, message="what was waited for"):
    """The first true value of what(), or an AssertionError after the timeout."""
    end = time.monotonic() + timeout
    while True:
        value = what()
        if value:
            return value
        if time.monotonic() > end:
            raise AssertionError(f"not within {timeout} s: {message}")
        time.sleep(every)


class Scratch:
    """Folders and clean-up of one test."""

    def __init__(self, name):
        self.dir = pathlib.Path(tempfile.mkdtemp(prefix=f"firstline-{name}-"))
        self.stack = contextlib.ExitStack()

    def __enter__(self):
        return self

    def __exit__(self, kind, value, trace):
        self.stack.close()
        said = sanitizers_said(self.dir)
        if REPLAY and kind is None and (BUILD / "firstline").exists():
            for store in sorted(self.dir.glob("*/firstline.db")):
                replay_twice(store.parent)
        if kind is None or not KEEP:
            shutil.rmtree(self.dir, ignore_errors=True)
        assert not said, said
        return False

    def file(self, name, text, mode=0o644):
        path = self.dir / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
        path.chmod(mode)
        return path

    def start(self, *argv, env=None, log=None, cwd=None, stdin=subprocess.DEVNULL):
        """A child that is ended with the test."""
        out = open(self.dir / (log or (pathlib.Path(argv[0]).name + ".log")), "ab")
        child = subprocess.Popen([str(a) for a in argv], stdin=stdin, stdout=out,
                                 stderr=out, env=env, cwd=cwd, start_new_session=True)
        out.close()
        self.stack.callback(end, child)
        return child


def sanitizers_said(folder):
    """What ASan or UBSan found in a program built with them, as its log has it."""
    for log in folder.glob("**/*.log"):
        text = log.read_text(errors="replace")
        found = re.search(r"ERROR: AddressSanitizer|\.[ch]:\d+:\d+: runtime error: ", text)
        if found:
            return text[max(0, found.start() - 200):][:6000]
    return ""


def replay_twice(state):
    """Effects and tables are the recorded ones to the byte, or it is said what is not; and the second time
    the same is said. What a test damaged on purpose is told as such."""
    said = []
    for _ in range(2):
        done = subprocess.run([BUILD / "firstline", "journal", "verify", "--replay", "--state", state],
                              stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=600)
        said.append((done.returncode, done.stdout, done.stderr))
    with open(REPLAY, "a") as out:
        out.write(f"{'same' if said[0] == said[1] else 'OTHER'} {said[0][0]} {pathlib.Path(sys.argv[0]).name} "
                  f"{state.parent.name}/{state.name}: {(said[0][1] + said[0][2]).strip()[-300:]!r}\n")
    assert said[0] == said[1], said


def end(child, timeout=10):
    if child.poll() is not None:
        return
    child.terminate()
    try:
        child.wait(timeout)
    except subprocess.TimeoutExpired:
        child.kill()
        child.wait()


def children(pid):
    """pids and command lines of the direct children."""
    found = {}
    for entry in pathlib.Path("/proc").iterdir():
        if not entry.name.isdigit():
            continue
        try:
            stat = (entry / "stat").read_text()
            parent = int(stat.rsplit(")", 1)[1].split()[1])
            if parent == pid:
                found[int(entry.name)] = (entry / "cmdline").read_bytes().decode(
                    errors="replace").split("\0")
        except (OSError, ValueError, IndexError):
            continue
    return found


class Answer:
    def __init__(self, status, headers, body):
        self.status = status
        self.headers = headers
        self.body = body

    @property
    def json(self):
        return json.loads(self.body)

    def __repr__(self):
        return f"<{self.status} {self.body[:400]!r}>"


class Firstline:
    """`firstline serve` with a configuration folder."""

    def __init__(self, scratch, config, env=None, name="state"):
        self.scratch = scratch
        self.config = config
        self.state = scratch.dir / name
        self.env = dict(os.environ, **(env or {}))
        self.log = f"{name}.log"
        self.program = BUILD / "firstline"
        self.child = None
        self.port = None

    def start(self, wait=True, listen=None):
        with contextlib.suppress(OSError):
            (self.state / "endpoint").unlink()
        port = self.port or 0
        self.child = self.scratch.start(
            self.program, "serve", "--config", self.config, "--state", self.state,
            "--listen", listen or f"127.0.0.1:{port}", env=self.env, log=self.log)
        if wait:
            self.wait_ready()
        return self

    def wait_ready(self, timeout=20):
        def ready():
            assert self.child.poll() is None, "serve ended:\n" + self.log_text()[-3000:]
            endpoint = self.state / "endpoint"
            if not endpoint.exists():
                return False
            self.port = int(endpoint.read_text().strip().rsplit(":", 1)[1])
            with contextlib.suppress(OSError, http.client.HTTPException):
                return self.request("GET", "/-/ready", token=None).status == 200
            return False
        wait_until(ready, timeout, message="serve is ready\n" + self.log_text()[-2000:])

    def log_text(self):
        path = self.scratch.dir / self.log
        return path.read_text(errors="replace") if path.exists() else ""

    def token(self):
        return (self.state / "local.token").read_text().strip()

    def request(self, method, path, body=None, token="local", headers=None, timeout=15):
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=timeout)
        try:
            head = dict(headers or {})
            if token == "local":
                head["Authorization"] = "Bearer " + self.token()
            elif token:
                head["Authorization"] = "Bearer " + token
            if body is not None and not isinstance(body, (bytes, str)):
                body = json.dumps(body)
                head.setdefault("Content-Type", "application/json")
            connection.request(method, path, body=body, headers=head)
            response = connection.getresponse()
            return Answer(response.status, dict(response.getheaders()), response.read())
        finally:
            connection.close()

    def get(self, path):
        answer = self.request("GET", path)
        assert answer.status == 200, f"GET {path}: {answer}"
        return answer.json

    def post(self, path, body=None, headers=None):
        return self.request("POST", path, body if body is not None else {}, headers=headers)

    def fire(self, *alerts, seconds=300, token=None):
        """POST alerts given as label dicts."""
        now = time.time()
        body = [{"labels": labels, "annotations": {"summary": "fired by a test"},
                 "startsAt": stamp(now), "endsAt": stamp(now + seconds)} for labels in alerts]
        return self.request("POST", "/api/v2/alerts", body, token=token)

    def resolve(self, *alerts, token=None):
        now = time.time()
        body = [{"labels": labels, "startsAt": stamp(now - 60), "endsAt": stamp(now - 1)}
                for labels in alerts]
        return self.request("POST", "/api/v2/alerts", body, token=token)

    def incidents(self, query="state=all"):
        """All of them, page by page."""
        items, cursor = [], ""
        while True:
            page = self.get(f"/v1/incidents?{query}{cursor}")
            items += page["items"]
            if "limit=" in query or not page["cursor"]:
                return items
            cursor = f"&cursor={page['cursor']}"

    def incident(self, number):
        return self.get(f"/v1/incidents/{number}")

    def wait_incident(self, test, timeout=20, message="an incident"):
        """The first incident (its row) for which test(row) holds."""
        def look():
            with contextlib.suppress(OSError, http.client.HTTPException, AssertionError):
                for row in self.incidents():
                    if test(row):
                        return row
            return None
        return wait_until(look, timeout, 0.1, message)

    def role(self, name):
        """pid of a role, or None."""
        for pid, argv in children(self.child.pid).items():
            if len(argv) > 2 and argv[1] == "role" and argv[2] == name:
                return pid
        return None

    def kill_role(self, name, number=signal.SIGKILL):
        pid = self.role(name)
        assert pid, f"no role {name}"
        os.kill(pid, number)
        return pid

    def kill_all(self):
        """The supervisor and every role at once, as a power cut would."""
        pids = list(children(self.child.pid))
        os.kill(self.child.pid, signal.SIGKILL)
        for pid in pids:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        self.child.wait()

    def stop(self):
        end(self.child)

    def cli(self, *args, check=False, text=True, seconds=30):
        done = subprocess.run(
            [str(BUILD / "firstline"), *map(str, args)],
            env=dict(self.env, FIRSTLINE_STATE=str(self.state),
                     FIRSTLINE_URL=f"http://127.0.0.1:{self.port}", NO_COLOR="1"),
            stdin=subprocess.DEVNULL, capture_output=True, text=text, timeout=seconds)
        if check:
            assert done.returncode == 0, f"{args}: {done.returncode}\n{done.stdout}{done.stderr}"
        return done


def stamp(seconds):
    whole = time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(seconds))
    return f"{whole}.{int(seconds * 1000) % 1000:03d}Z"


class SmtpSink:
    """A real SMTP server (aiosmtpd) that keeps what it takes. `refuse` counts down 4xx."""

    def __init__(self, scratch):
        from aiosmtpd.controller import Controller
        self.messages = []
        self.refuse = 0
        outer = self

        class Handler:
            async def handle_DATA(self, server, session, envelope):
                if outer.refuse > 0:
                    outer.refuse -= 1
                    return "451 try again"
                outer.messages.append(envelope)
                return "250 OK"

        self.port = free_port()
        controller = Controller(Handler(), hostname="127.0.0.1", port=self.port)
        controller.start()
        scratch.stack.callback(controller.stop)

    def parsed(self):
        import email
        import email.policy
        return [email.message_from_bytes(e.content, policy=email.policy.default)
                for e in list(self.messages)]

    def subjects(self):
        return [str(m["Subject"]) for m in self.parsed()]


class WebhookSink:
    """Takes webhooks; checks the Standard Webhooks signature when it has the secret."""

    def __init__(self, scratch, secret=None):
        self.requests = []
        self.bad_signatures = 0
        self.status = 200
        self.secret = secret
        outer = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self):
                body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
                outer.take(self.headers, body)
                self.send_response(outer.status)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def do_GET(self):
                self.send_response(outer.status)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *args):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        self.port = self.server.server_address[1]
        self.url = f"http://127.0.0.1:{self.port}/hook"
        thread = threading.Thread(target=self.server.serve_forever, daemon=True)
        thread.start()
        scratch.stack.callback(self.server.shutdown)

    def take(self, headers, body):
        if self.secret is not None:
            key = self.secret
            key = base64.b64decode(key[6:]) if key.startswith("whsec_") else key.encode()
            signed = b".".join([headers["webhook-id"].encode(),
                                headers["webhook-timestamp"].encode(), body])
            want = base64.b64encode(hmac.new(key, signed, hashlib.sha256).digest()).decode()
            if f"v1,{want}" not in headers.get("webhook-signature", "").split(" "):
                self.bad_signatures += 1
        self.requests.append((headers.get("webhook-id"), json.loads(body)))

    def types(self):
        return [body.get("type") for _, body in list(self.requests)]


def bare(why):
    """Of a test that no program under a sanitizer can pass, for what it measures or preloads."""
    def mark(test):
        test.bare = why
        return test
    return mark


def run_all(module):
    failed = 0
    only = sys.argv[2:]
    for name, test in list(vars(module).items()):
        if not name.startswith("test_") or not callable(test):
            continue
        if only and name not in only:
            continue
        if SANITIZED and hasattr(test, "bare"):
            print(f"  left out {name}: {test.bare}")
            continue
        began = time.monotonic()
        try:
            test()
            print(f"ok {name} ({time.monotonic() - began:.1f} s)", flush=True)
        except Exception:  # a test may fail in any way; the others go on
            failed += 1
            print(f"not ok {name}", flush=True)
            traceback.print_exc(file=sys.stdout)
            sys.stdout.flush()
    sys.exit(1 if failed else 0)
