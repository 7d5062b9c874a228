"""A language model on 127.0.0.1 that speaks like OpenAI's: it streams, refuses, hangs and breaks off."""

from __future__ import annotations

import json
import queue
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

KEY = "sk-canary-51c0ffee"


class Model:
    """An endpoint; `behave` is a line of words, one for each request to come: the last one stays."""

    def __init__(self):
        self.requests = []
        self.keys = []
        self.hung_up = queue.Queue()
        self.behave = ["answer"]
        model = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self):
                model.requests.append(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
                model.keys.append(self.headers.get("Authorization"))
                way = model.behave.pop(0) if len(model.behave) > 1 else model.behave[0]
                getattr(self, way)()

            def answer(self):
                self.begin()
                for word in ("All", " is", " well."):
                    self.say({"choices": [{"delta": {"content": word}}]})
                self.say({"choices": [{"delta": {}, "finish_reason": "stop"}]})
                self.put(b"data: [DONE]\n\n")
                self.wfile.write(b"0\r\n\r\n")

            def at_once(self):
                body = json.dumps({"choices": [{"message": {"content": "In one piece."}}]}, indent=2).encode()
                self.send_response(200)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def busy(self):
                self.refuse(429, {"error": {"message": "slow down"}})

            def unknown_key(self):
                self.refuse(401, {"error": {"message": f"no such key: {KEY}"}})

            def hang(self):
                self.begin()
                self.say({"choices": [{"delta": {"content": "Well"}}]})
                self.connection.settimeout(60)
                model.hung_up.put(self.rfile.read(1) == b"")
                self.close_connection = True

            def break_off(self):
                self.begin()
                self.say({"choices": [{"delta": {"content": "Well"}}]})
                self.close_connection = True

            def fail_midway(self):
                self.begin()
                self.say({"error": {"message": "out of memory"}})
                self.wfile.write(b"0\r\n\r\n")

            def begin(self):
                self.send_response(200)
                self.send_header("Content-Type", "text/event-stream")
                self.send_header("Transfer-Encoding", "chunked")
                self.end_headers()

            def say(self, event):
                self.put(b"data: " + json.dumps(event).encode() + b"\n\n")

            def put(self, data):
                self.wfile.write(b"%x\r\n%s\r\n" % (len(data), data))
                self.wfile.flush()

            def refuse(self, status, body):
                text = json.dumps(body).encode()
                self.send_response(status)
                self.send_header("Content-Length", str(len(text)))
                self.end_headers()
                self.wfile.write(text)

            def log_message(self, *_): ...

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}/v1"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
