"""A proxy in front of PostgreSQL that breaks in the ways in which networks break."""

import contextlib
import socket
import threading
from pathlib import Path

import sqlalchemy

COMMIT = b"COMMIT"


class Proxy:
    """Forwards TCP connections on ``url`` to the server, until told otherwise."""

    def __init__(self, server_url):
        server = sqlalchemy.make_url(server_url)
        folder = server.query["host"]
        (self._target,) = [path for path in Path(folder).glob(".s.PGSQL.*") if not path.name.endswith(".lock")]
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._lock = threading.Lock()
        self._pairs = set()
        self._open = threading.Event()  # clear: nothing gets through
        self._open.set()
        self.refusing = False
        self.commits = 0
        self.lose_answer_of = None  # the number of the COMMIT whose answer shall be lost
        plain = server.set(host="127.0.0.1", port=self._listener.getsockname()[1], query={})
        self.url = plain.render_as_string(hide_password=False)
        threading.Thread(target=self._accept, daemon=True).start()

    def hold(self):
        """Let nothing through any more, and tell nobody: a network that is gone."""
        self._open.clear()

    def release(self):
        self._open.set()

    def cut(self):
        """Break every connection and refuse new ones: a server that is down."""
        self.refusing = True
        self._break(list(self._pairs))

    def mend(self):
        self.refusing = False

    def close(self):
        self._listener.close()
        self.cut()

    def _accept(self):
        while True:
            try:
                client, _ = self._listener.accept()
            except OSError:
                return
            if self.refusing:
                client.close()
                continue
            server = socket.socket(socket.AF_UNIX)
            server.connect(str(self._target))
            pair = (client, server)
            with self._lock:
                self._pairs.add(pair)
            losing = threading.Event()
            for source, sink, inward in ((client, server, True), (server, client, False)):
                threading.Thread(target=self._pump, args=(pair, source, sink, inward, losing), daemon=True).start()

    def _pump(self, pair, source, sink, inward, losing):
        with contextlib.suppress(OSError):
            while data := source.recv(65536):
                self._open.wait()
                if inward and COMMIT in data:
                    with self._lock:
                        self.commits += 1
                        if self.commits == self.lose_answer_of:
                            losing.set()
                if not inward and losing.is_set():
                    break  # the server has answered, and nobody will hear it
                sink.sendall(data)
        self._break([pair])

    def _break(self, pairs):
        for pair in pairs:
            with self._lock:
                self._pairs.discard(pair)
            for end in pair:
                with contextlib.suppress(OSError):
                    end.shutdown(socket.SHUT_RDWR)
                end.close()
