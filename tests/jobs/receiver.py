"""A receiver of callbacks that can be killed: writes down what it took before it says so.

`python -m tests.jobs.receiver PORT FILE SEED`: of all callbacks it answers some with 500, resets the
connection of some, keeps some waiting, and takes the rest.
"""

from __future__ import annotations

import os
import random
import socket
import struct
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


class Receiver(BaseHTTPRequestHandler):
    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["content-length"]))
        mood = chance.random()
        if mood < 0.1:
            self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            self.connection.close()
            return
        if mood < 0.12:
            threading.Event().wait()  # slow: until whoever calls has lost patience
        if mood < 0.25:
            self.answer(500)
            return
        line = f"{self.headers['webhook-id']} {body.decode()}\n".encode()
        os.write(taken, line)
        self.answer(200)

    def answer(self, status: int) -> None:
        self.send_response(status)
        self.send_header("content-length", "0")
        self.end_headers()

    def log_message(self, *_: object) -> None:
        """Say nothing."""


class Listener(ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, *_: object) -> None:
        """Say nothing: connections are reset on purpose."""


if __name__ == "__main__":
    port, path, seed = int(sys.argv[1]), sys.argv[2], int(sys.argv[3])
    chance = random.Random(seed)
    taken = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND)
    with Listener(("127.0.0.1", port), Receiver) as listener:
        print("ready", flush=True)
        listener.serve_forever(poll_interval=0.05)
