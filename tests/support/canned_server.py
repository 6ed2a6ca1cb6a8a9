"""An HTTP server that gives prepared answers and remembers what it was asked, for tests of
the command line without an engine behind it."""
import http.server
import json
import threading


class CannedServer:
    """answers: {"GET /v1/status": (status, body)}; a body that is no text becomes JSON. A
    list of answers is used up one by one; its last stays. Without the query, a path answers
    any query."""

    def __init__(self, scratch, answers, host="127.0.0.1", ours=True):
        self.ours = ours
        self.answers = {key: list(value) if isinstance(value, list) else [value]
                        for key, value in answers.items()}
        self.requests = []
        outer = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def take(self):
                body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
                outer.requests.append((self.command, self.path, self.headers, body))
                status, answer = outer.answer(self.command, self.path)
                if status is None:
                    self.close_connection = True
                    return
                if not isinstance(answer, (bytes, str)):
                    answer = json.dumps(answer)
                if isinstance(answer, str):
                    answer = answer.encode()
                self.send_response(status)
                self.send_header("Content-Type", "application/json")
                if outer.ours:  # each answer of Firstline has it
                    self.send_header("Cross-Origin-Opener-Policy", "same-origin")
                self.send_header("Content-Length", str(len(answer)))
                self.end_headers()
                self.wfile.write(answer)

            do_GET = do_POST = do_DELETE = take

            def log_message(self, *args):
                pass

        self.server = http.server.ThreadingHTTPServer((host, 0), Handler)
        self.server.daemon_threads = True
        self.url = f"http://{host}:{self.server.server_address[1]}"
        threading.Thread(target=self.server.serve_forever, args=(0.01,), daemon=True).start()
        scratch.stack.callback(self.server.shutdown)

    def answer(self, method, path):
        queue = self.answers.get(f"{method} {path}")
        if queue is None:
            queue = self.answers.get(f"{method} {path.split('?')[0]}")
        if queue is None:
            return 404, {"error": {"status": 404, "message": f"no {method} {path}", "exit": 3}}
        return queue.pop(0) if len(queue) > 1 else queue[0]

    def bodies(self, method, path):
        return [json.loads(body or b"null") for m, p, _, body in self.requests
                if m == method and p == path]
