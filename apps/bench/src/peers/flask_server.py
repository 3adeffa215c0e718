"""Flask-SocketIO on its default server, as its documentation begins. Says what a line on standard input asks for."""

import json
import logging
import sys
import threading
import time

from flask import Flask
from flask_socketio import SocketIO

app = Flask(__name__)
socketio = SocketIO(app)
logging.getLogger("werkzeug").setLevel(logging.ERROR)


def say(sequence, due_at):
    now = int(time.time() * 1000)
    message = {"topic": "hello-world", "partition": 0, "offset": sequence - 1, "timestamp": now, "key": "bench"}
    message |= {"text": "Hello world", "environment": "bench", "sequence": sequence, "sentAt": now}
    message |= {"nextInMs": due_at, "dueAt": None}
    socketio.emit("message", message)


def pace(first, count, rate):
    start = time.monotonic() * 1000
    for index in range(count + 1):
        due_at = start + index * 1000 / rate
        time.sleep(max(0, due_at / 1000 - time.monotonic()))
        if index < count:
            say(first + index, due_at)


def listen():
    for line in sys.stdin:
        pace(**json.loads(line))
        print("published", flush=True)


threading.Thread(target=listen, daemon=True).start()
socketio.run(app, host="127.0.0.1", port=int(sys.argv[1]), allow_unsafe_werkzeug=True)
